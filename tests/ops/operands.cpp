// SPDX-License-Identifier: Apache-2.0
#include "operands.h"

#include "girih/dsl/support/env.h"

#include <cmath>
#include <limits>

namespace girih::testing {

namespace {

// What an untouched element holds: NaN where there is one, else a number that
// no test computes.
double poison(DType dtype) {
  if (is_float(dtype))
    return std::numeric_limits<double>::quiet_NaN();
  if (dtype == DType::b1)
    return 1;
  return dtype == DType::u8 ? 171 : -77;
}

bool same(double x, double y) {
  return x == y || (std::isnan(x) && std::isnan(y));
}

std::uint64_t hash(const std::string &text) {
  std::uint64_t value = 0xcbf29ce484222325; // FNV-1a
  for (char byte : text)
    value = (value ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return value;
}

std::int64_t product(const std::vector<std::int64_t> &shape) {
  std::int64_t count = 1;
  for (std::int64_t size : shape)
    count *= size;
  return count;
}

} // namespace

const char *name(Layout layout) {
  switch (layout) {
  case Layout::contiguous:
    return "contiguous";
  case Layout::transposed:
    return "transposed";
  case Layout::stepped:
    return "stepped";
  case Layout::shifted:
    return "shifted";
  case Layout::padded:
    return "padded";
  }
  return "?";
}

std::mt19937_64 random_engine() {
  const auto *test = ::testing::UnitTest::GetInstance()->current_test_info();
  return std::mt19937_64(
      hash(std::string(test->test_suite_name()) + "." + test->name()));
}

void Operand::place(std::vector<std::int64_t> shape, DType dtype,
                    Layout layout) {
  shape_ = std::move(shape);
  const std::size_t rank = shape_.size();
  strides_.assign(rank, 1);
  std::vector<std::size_t> order(rank); // dimensions, innermost first
  for (std::size_t i = 0; i < rank; ++i)
    order[i] = rank - 1 - i;
  if (layout == Layout::transposed && rank >= 2)
    std::swap(order[0], order[1]);
  std::int64_t stride = layout == Layout::stepped ? 2 : 1;
  for (std::size_t i = 0; i < rank; ++i) {
    strides_[order[i]] = stride;
    const std::int64_t pad = layout == Layout::padded && i == 0 ? 3 : 0;
    stride *= std::max<std::int64_t>(shape_[order[i]], 1) + pad;
  }
  // Guards of 32 bytes keep an aligned operand aligned.
  const std::int64_t guard = 32 / bytes(dtype);
  offset_ = guard + (layout == Layout::shifted ? 1 : 0);
  extent_ = offset_ + stride + guard;
}

void Operand::fill(DType dtype, Device device,
                   const std::vector<double> *values) {
  std::vector<double> all(static_cast<std::size_t>(extent_), poison(dtype));
  if (values)
    for_each_offset(shape_, strides_,
                    [&](std::int64_t offset, std::int64_t flat) {
                      all[static_cast<std::size_t>(offset_ + offset)] =
                          (*values)[static_cast<std::size_t>(flat)];
                    });
  memory_ = Array::from(all, {extent_}, dtype, device);
  auto *first = static_cast<std::byte *>(memory_.data()) +
                offset_ * std::int64_t(bytes(dtype));
  view_ = Array(first, shape_, dtype, device, strides_);
}

Operand::Operand(std::vector<std::int64_t> shape, DType dtype, Device device,
                 Layout layout, Values values, std::mt19937_64 &random) {
  place(std::move(shape), dtype, layout);
  std::vector<double> data(static_cast<std::size_t>(product(shape_)));
  std::uniform_int_distribution<int> whole(dtype == DType::u8 ? 0 : -4, 4);
  std::normal_distribution<double> real;
  for (double &value : data)
    value = values == Values::integers || !is_float(dtype) ? whole(random)
                                                           : real(random);
  fill(dtype, device, &data);
}

Operand::Operand(std::vector<std::int64_t> shape, DType dtype, Device device,
                 Layout layout) {
  place(std::move(shape), dtype, layout);
  fill(dtype, device, nullptr);
}

std::vector<double> Operand::values() const {
  const std::vector<double> all = memory_.to(host_device).to_vector();
  std::vector<double> result(static_cast<std::size_t>(product(shape_)));
  for_each_offset(shape_, strides_,
                  [&](std::int64_t offset, std::int64_t flat) {
                    result[static_cast<std::size_t>(flat)] =
                        all[static_cast<std::size_t>(offset_ + offset)];
                  });
  return result;
}

::testing::AssertionResult Operand::untouched_outside() const {
  const std::vector<double> all = memory_.to(host_device).to_vector();
  std::vector<bool> inside(all.size());
  for_each_offset(shape_, strides_, [&](std::int64_t offset, std::int64_t) {
    inside[static_cast<std::size_t>(offset_ + offset)] = true;
  });
  const double expected = poison(view_.dtype());
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!inside[i] && !same(all[i], expected))
      return ::testing::AssertionFailure()
             << "element " << static_cast<std::int64_t>(i) - offset_
             << " of the memory around the view became " << all[i];
  return ::testing::AssertionSuccess();
}

std::vector<double> rounded(const std::vector<double> &values, DType dtype) {
  return Array::from(values, {static_cast<std::int64_t>(values.size())}, dtype,
                     host_device)
      .to_vector();
}

::testing::AssertionResult same_values(const std::vector<double> &actual,
                                       const std::vector<double> &expected) {
  if (actual.size() != expected.size())
    return ::testing::AssertionFailure()
           << actual.size() << " elements, expected " << expected.size();
  std::size_t first = actual.size(), wrong = 0;
  for (std::size_t i = actual.size(); i-- > 0;)
    if (!same(actual[i], expected[i])) {
      first = i;
      ++wrong;
    }
  if (wrong == 0)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << wrong << " of " << actual.size() << " elements differ; element "
         << first << " is " << actual[first] << ", expected "
         << expected[first];
}

std::vector<std::int64_t> parameters(const std::vector<Array> &arrays) {
  std::vector<std::int64_t> block;
  for (const Array &array : arrays) {
    block.push_back(reinterpret_cast<std::intptr_t>(array.data()));
    block.insert(block.end(), array.shape().begin(), array.shape().end());
    block.insert(block.end(), array.strides().begin(), array.strides().end());
  }
  return block;
}

void OnDevice::SetUp() {
  const bool checked = env_has("GIRIH_DEBUG", "bounds");
  if (std::string(GetParam()) == "host")
    return;
  if (on_interpreter()) {
    if (!checked)
      GTEST_SKIP() << "set GIRIH_DEBUG=bounds: launches on the host are then "
                      "interpreted";
    return;
  }
  if (cuda_device_count() == 0)
    GTEST_SKIP() << cuda_unavailable_reason();
  device_ = cuda_device(0);
}

} // namespace girih::testing

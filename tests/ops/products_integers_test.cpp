// SPDX-License-Identifier: Apache-2.0
// Products of integers against sums of 64 bits that wrap: all bits of all
// elements are random, so that nearly every sum leaves its dtype.
#include "operands.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/ops.h"

#include <cstring>

namespace girih::testing {
namespace {

class IntegerProductTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(IntegerProductTest);

using Sizes = std::vector<std::int64_t>;

template <class T> struct Matrix {
  Array array;
  std::vector<T> values; // row major
};

template <class T>
Array placed(const Sizes &shape, const std::vector<T> &values, DType dtype,
             Device device) {
  const Array host = Array::empty(shape, dtype, host_device);
  std::memcpy(host.data(), values.data(), values.size() * sizeof(T));
  return device.kind == Device::Kind::host ? host : host.to(device);
}

template <class T> std::vector<T> read(const Array &array) {
  const Array host = array.to(host_device);
  std::vector<T> values(static_cast<std::size_t>(host.numel()));
  std::memcpy(values.data(), host.data(), values.size() * sizeof(T));
  return values;
}

/// Random bits; with `turned` the last two dimensions are swapped in memory.
template <class T>
Matrix<T> random_matrix(const Sizes &shape, DType dtype, Device device,
                        bool turned, std::mt19937_64 &random) {
  std::size_t count = 1;
  for (const std::int64_t size : shape)
    count *= static_cast<std::size_t>(size);
  std::vector<T> memory(count);
  for (T &each : memory)
    each = static_cast<T>(random());
  if (!turned)
    return {placed(shape, memory, dtype, device), memory};
  Sizes lies = shape;
  std::swap(lies[lies.size() - 1], lies[lies.size() - 2]);
  const auto rows = static_cast<std::size_t>(shape[shape.size() - 2]),
             columns = static_cast<std::size_t>(shape.back());
  std::vector<T> values(count);
  for (std::size_t at = 0; at < count; ++at) {
    const std::size_t plane = at / (rows * columns), row = at / columns % rows,
                      column = at % columns;
    values[at] = memory[(plane * columns + column) * rows + row];
  }
  return {placed(lies, memory, dtype, device)
              .transpose(static_cast<int>(shape.size()) - 2,
                         static_cast<int>(shape.size()) - 1),
          values};
}

/// alpha * a b + beta * c of one matrix of a batch, modulo 2^64.
template <class T, class C>
std::vector<std::uint64_t>
reference(const std::vector<T> &a, const std::vector<T> &b, std::size_t batch,
          std::size_t m, std::size_t n, std::size_t k, std::int64_t alpha = 1,
          const std::vector<C> &c = {}, std::int64_t beta = 0) {
  const auto wide = [](auto value) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  };
  std::vector<std::uint64_t> out;
  for (std::size_t p = 0; p < batch; ++p)
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        std::uint64_t sum = 0;
        for (std::size_t l = 0; l < k; ++l)
          sum += wide(a[(p * m + i) * k + l]) * wide(b[(p * k + l) * n + j]);
        sum *= wide(alpha);
        if (beta != 0)
          sum += wide(beta) * wide(c[(p * m + i) * n + j]);
        out.push_back(sum);
      }
  return out;
}

/// Whether `array` has the lowest bits of what is expected.
template <class T>
void expect_bits(const Array &array, const std::vector<std::uint64_t> &exact) {
  const std::vector<T> actual = read<T>(array);
  ASSERT_EQ(actual.size(), exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i)
    ASSERT_EQ(actual[i], static_cast<T>(exact[i])) << "element " << i;
}

/// Calls `visit(T, dtype, R)` for each dtype, R that of its results.
template <class F> void for_each_integer(F visit) {
  visit(std::int64_t(), i64, std::int64_t());
  visit(std::int32_t(), i32, std::int32_t());
  visit(std::int16_t(), i16, std::int16_t());
  visit(std::uint8_t(), u8, std::uint8_t());
  visit(std::int8_t(), i8, std::int32_t());
}

std::size_t whole(std::int64_t size) { return static_cast<std::size_t>(size); }

TEST_P(IntegerProductTest, Matrices) {
  auto random = random_engine();
  const Sizes shapes[] = {{1, 1, 1},   {37, 50, 41}, {64, 64, 64}, {3, 5, 260},
                          {1, 70, 33}, {70, 1, 33},  {130, 2, 9},  {5, 7, 0}};
  for_each_integer([&]<class T, class R>(T, DType dtype, R) {
    for (const Sizes &s : shapes)
      for (const bool turned : {false, true}) {
        SCOPED_TRACE(std::string(girih::name(dtype)) + " " +
                     std::to_string(s[0]) + "x" + std::to_string(s[1]) + "x" +
                     std::to_string(s[2]) + (turned ? " turned" : ""));
        const auto a = random_matrix<T>({s[0], s[2]}, dtype, device(),
                                        turned && s[0] > 1, random),
                   b = random_matrix<T>({s[2], s[1]}, dtype, device(), turned,
                                        random);
        const auto exact = reference<T, T>(a.values, b.values, 1, whole(s[0]),
                                           whole(s[1]), whole(s[2]));
        expect_bits<R>(ops::mm(a.array, b.array), exact);
        if (s[1] == 1)
          expect_bits<R>(ops::mv(a.array, b.array.select(1, 0)), exact);
      }
  });
}

TEST_P(IntegerProductTest, Batches) {
  auto random = random_engine();
  for_each_integer([&]<class T, class R>(T, DType dtype, R) {
    SCOPED_TRACE(girih::name(dtype));
    const auto a = random_matrix<T>({3, 18, 21}, dtype, device(), true, random),
               b = random_matrix<T>({3, 21, 33}, dtype, device(), false,
                                    random);
    const auto exact = reference<T, T>(a.values, b.values, 3, 18, 33, 21);
    expect_bits<R>(ops::bmm(a.array, b.array), exact);
    expect_bits<R>(ops::matmul(a.array, b.array), exact);
  });
}

TEST_P(IntegerProductTest, AddedTo) {
  auto random = random_engine();
  for_each_integer([&]<class T, class R>(T, DType dtype, R) {
    SCOPED_TRACE(girih::name(dtype));
    const DType added = dtype == i8 ? i32 : dtype;
    const auto a = random_matrix<T>({2, 19, 40}, dtype, device(), false,
                                    random),
               b = random_matrix<T>({2, 40, 9}, dtype, device(), true, random);
    const auto c = random_matrix<R>({2, 19, 9}, added, device(), false, random);
    for (const auto &[beta, alpha] :
         {std::pair(1, 1), std::pair(5, -3), std::pair(0, 7)}) {
      const auto exact = reference<T, R>(a.values, b.values, 2, 19, 9, 40,
                                         alpha, c.values, beta);
      expect_bits<R>(ops::baddbmm(c.array, a.array, b.array, beta, alpha),
                     exact);
      const std::vector<std::uint64_t> first(exact.begin(),
                                             exact.begin() + 19 * 9);
      const Array one = a.array.select(0, 0), two = b.array.select(0, 0),
                  three = c.array.select(0, 0);
      expect_bits<R>(ops::addmm(three, one, two, beta, alpha), first);
      std::vector<std::uint64_t> column;
      for (std::size_t i = 0; i < 19; ++i)
        column.push_back(first[i * 9 + 2]);
      expect_bits<R>(
          ops::addmv(three.select(1, 2), one, two.select(1, 2), beta, alpha),
          column);
    }
  });
}

TEST_P(IntegerProductTest, RefusesFractions) {
  const Array a = Array::zeros({3, 3}, i16, device()),
              real = Array::zeros({3, 3}, f32, device());
  const auto refused = [](ErrorId id, auto call) {
    try {
      call();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const RuntimeError &error) {
      EXPECT_EQ(error.id(), id) << error.what();
    }
  };
  refused(ErrorId::argument, [&] { ops::addmm(a, a, a, 1, 0.5); });
  refused(ErrorId::argument, [&] { ops::addmm(a, a, a, 0x1p31, 1); });
  refused(ErrorId::dtype, [&] { ops::addmm(real, a, a); });
  refused(ErrorId::dtype, [&] { ops::addmm(a, real, real); });
  refused(ErrorId::dtype, [&] {
    const Array bools = Array::zeros({3, 3}, b1, device());
    ops::mm(bools, bools);
  });
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Pooling of integers, windows gone over one by one: the lowest numbers of a
// dtype, which padding must not be larger than, and averages rounded towards 0.
#include "windows_reference.h"

#include "girih/ops/ops.h"

namespace girih::testing {
namespace {

class IntegerPoolingTest : public OnDevice {};
GIRIH_ON_EACH_DEVICE(IntegerPoolingTest);

constexpr std::int64_t planes = 3, height = 9, width = 16;

double lowest(DType dtype) {
  return dtype == u8 ? 0 : -std::ldexp(1, bits(dtype) - 1);
}

/// x[planes, height, width]: some of the lowest, the rest small.
std::vector<double> values_of(DType dtype, std::mt19937_64 &random) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < planes * height * width; ++i)
    values.push_back(random() % 2 == 0 ? lowest(dtype)
                                       : static_cast<double>(random() % 128));
  // A window of nothing else.
  for (std::int64_t i = 0; i < 5 * width; ++i)
    values[static_cast<std::size_t>(i)] = lowest(dtype);
  return values;
}

struct Numbers {
  std::int64_t kernel, stride, padding, dilation = 1;
};

/// Calls `visit(place in x)` for the window of each output in turn, and
/// `done()` after it.
template <class Visit, class Done>
void for_each_window(const Numbers &n, Visit visit, Done done) {
  const auto count = [&](std::int64_t size) {
    return (size + 2 * n.padding - n.dilation * (n.kernel - 1) - 1) / n.stride +
           1;
  };
  for (std::int64_t plane = 0; plane < planes; ++plane)
    for (std::int64_t p = 0; p < count(height); ++p)
      for (std::int64_t q = 0; q < count(width); ++q) {
        for (std::int64_t r = 0; r < n.kernel; ++r)
          for (std::int64_t s = 0; s < n.kernel; ++s) {
            const std::int64_t y = p * n.stride + r * n.dilation - n.padding,
                               x = q * n.stride + s * n.dilation - n.padding;
            if (y >= 0 && y < height && x >= 0 && x < width)
              visit(plane, y * width + x);
          }
        done();
      }
}

TEST_P(IntegerPoolingTest, Largest) {
  auto random = random_engine();
  for (const DType dtype : {i64, i32, i16, i8, u8})
    for (const Numbers &n : {Numbers{3, 2, 1}, Numbers{2, 2, 0},
                             Numbers{3, 1, 1, 2}, Numbers{9, 4, 4}}) {
      SCOPED_TRACE(std::string(girih::name(dtype)) + " kernel " +
                   std::to_string(n.kernel));
      const std::vector<double> values = values_of(dtype, random);
      const Array x =
          Array::from(values, {1, planes, height, width}, dtype, device());
      std::vector<double> largest, places;
      double best = 0, at = -1;
      for_each_window(
          n,
          [&](std::int64_t plane, std::int64_t place) {
            const double value = values[static_cast<std::size_t>(
                plane * height * width + place)];
            if (at < 0 || value > best) {
              best = value;
              at = static_cast<double>(place);
            }
          },
          [&] {
            largest.push_back(best);
            places.push_back(at);
            at = -1;
          });
      const auto both = ops::max_pool2d_with_indices(x, {n.kernel}, {n.stride},
                                                     {n.padding}, {n.dilation});
      EXPECT_TRUE(same_values(both[0].to_vector(), largest));
      EXPECT_TRUE(same_values(both[1].to_vector(), places));
      EXPECT_TRUE(same_values(
          ops::max_pool2d(x, {n.kernel}, {n.stride}, {n.padding}, {n.dilation})
              .to_vector(),
          largest));
    }
}

TEST_P(IntegerPoolingTest, AveragesTowardsZero) {
  auto random = random_engine();
  std::vector<double> values;
  for (std::int64_t i = 0; i < planes * height * width; ++i)
    values.push_back(static_cast<double>(random() % 2001) - 1000);
  const Array x = Array::from(values, {planes, height, width}, i64, device());
  const Numbers n{3, 2, 1};
  for (const bool padded : {true, false})
    for (const std::int64_t divisor : {0, -4, 7}) {
      SCOPED_TRACE(std::to_string(padded) + " by " + std::to_string(divisor));
      std::vector<double> expected;
      std::int64_t sum = 0, inside = 0;
      for_each_window(
          n,
          [&](std::int64_t plane, std::int64_t place) {
            sum += static_cast<std::int64_t>(values[static_cast<std::size_t>(
                plane * height * width + place)]);
            ++inside;
          },
          [&] {
            // No window reaches past the padding.
            const std::int64_t by = divisor != 0 ? divisor
                                    : padded     ? 9
                                                 : inside;
            expected.push_back(static_cast<double>(sum / by));
            sum = inside = 0;
          });
      const Array out =
          ops::avg_pool2d(x, {n.kernel}, {n.stride}, {n.padding}, false, padded,
                          divisor == 0 ? std::nullopt : std::optional(divisor));
      EXPECT_EQ(out.dtype(), i64);
      EXPECT_TRUE(same_values(out.to_vector(), expected));
    }
  expect_refused(ErrorId::dtype, "avg_pool2d", [&] {
    ops::avg_pool2d(Array::zeros({1, 4, 4}, i32, device()), {2});
  });
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Grids whose size is a minimum or a maximum, on every executor.
#include "executors.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace girih::testing {
namespace {

class Grids : public ::testing::TestWithParam<Executor> {};

// Windows of three, every `stride`: one at least, however short the row is.
TEST_P(Grids, WindowsOfShortRows) {
  for (std::int64_t stride : {1, 2}) {
    auto source = make_source(
        "windows",
        [=](Tensor a, Tensor c) {
          return arranged(a.tile({3}, {stride}).other(-1), c.tile({3}));
        },
        [](In a, Out c) { c = a * 2; });
    const DType dtypes[] = {f32, f32};
    const int ranks[] = {1, 1};
    Program program = record(source, dtypes, ranks, {}, {});
    for (std::int64_t n : {0, 1, 2, 3, 4, 5, 9}) {
      std::int64_t windows =
          n == 0 ? 0
                 : 1 + (std::max<std::int64_t>(n - 3, 0) + stride - 1) / stride;
      TestArray a(f32, {n}), c(f32, {windows * 3});
      for (std::int64_t i = 0; i < n; ++i)
        a.set(i, static_cast<double>(i + 1));
      run_on(GetParam(), program, {&a, &c});
      for (std::int64_t e = 0; e < c.numel(); ++e) {
        std::int64_t from = e / 3 * stride + e % 3;
        EXPECT_EQ(c.get(e), from < n ? static_cast<double>(from + 1) * 2 : -2)
            << n << " every " << stride << ", element " << e;
      }
      EXPECT_TRUE(c.untouched_outside());
    }
  }
}

// The part that two operands share, and in another dimension the longer one.
TEST_P(Grids, OfTwoSizes) {
  auto source = make_source(
      "shared_part",
      [](Tensor a, Tensor b, Tensor c) {
        Size rows = min(a.size(0), b.size(0)),
             columns = max(a.size(1), b.size(1));
        auto part = [&](Tensor t) {
          return t[{Slice{0, rows}, Slice{0, columns}}].tile({2, 4});
        };
        return arranged(part(a), part(b), part(c));
      },
      [](In a, In b, Out c) { c = a + b; });
  const DType dtypes[] = {f32, f32, f32};
  const int ranks[] = {2, 2, 2};
  Program program = record(source, dtypes, ranks, {}, {});
  const std::int64_t sizes[][4] = {
      {3, 5, 6, 2}, {6, 2, 3, 9}, {4, 4, 4, 4}, {0, 3, 5, 3}, {1, 0, 1, 8}};
  for (auto [m, n, p, q] : sizes) {
    TestArray a(f32, {m, n}), b(f32, {p, q});
    TestArray c(f32, {std::min(m, p), std::max(n, q)});
    for (TestArray *each : {&a, &b})
      for (std::int64_t i = 0; i < each->numel(); ++i)
        each->set(i, static_cast<double>(each == &a ? i + 1 : 100 * i));
    run_on(GetParam(), program, {&a, &b, &c});
    for (std::int64_t e = 0; e < c.numel(); ++e) {
      std::int64_t row = e / std::max(n, q), column = e % std::max(n, q);
      double x = column < n ? a.get(row * n + column) : 0;
      double y = column < q ? b.get(row * q + column) : 0;
      EXPECT_EQ(c.get(e), x + y) << m << " " << n << " " << p << " " << q;
    }
    EXPECT_TRUE(c.untouched_outside());
  }
}

INSTANTIATE_TEST_SUITE_P(Executors, Grids, every_executor(), executor_name);

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Numbers of C++ as tiles, and fp8, which saturates but keeps what it holds, on
// every executor.
#include "executors.h"

#include "girih/tests/interpreter/one_tile.h"

#include <cmath>

namespace girih::testing {
namespace {

class Literals : public ::testing::TestWithParam<Executor> {
protected:
  /// The result of `application`(x, y), x of all codes of an 8-bit dtype.
  template <class Apply>
  TestArray run(DType in, const TestArray &like, Apply application) {
    TestArray x(in, {256}), y = like;
    for (std::int64_t i = 0; i < x.numel(); ++i)
      x.set_code(i, static_cast<std::uint64_t>(i));
    run_on(GetParam(), one_tile(application, {&x, &y}), {&x, &y});
    EXPECT_TRUE(y.untouched_outside());
    return y;
  }
  /// Expects that code `from(i)` is at place i, any NaN for a NaN.
  template <class Apply, class From>
  void expect_codes(DType dtype, Apply application, From from) {
    SCOPED_TRACE(name(dtype));
    const TestArray y = run(dtype, TestArray(dtype, {256}), application);
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      const auto code = static_cast<std::uint64_t>(from(i));
      if (std::isnan(decode(dtype, code)))
        EXPECT_TRUE(std::isnan(y.get(i))) << i;
      else
        EXPECT_EQ(y.code(i), code) << i;
    }
  }
  /// Expects that y, of this dtype, gets `code` everywhere.
  template <class Apply>
  void expect_code(DType dtype, std::uint64_t code, Apply application) {
    const TestArray y = run(e5m2, TestArray(dtype, {256}), application);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      ASSERT_EQ(y.code(i), code) << name(dtype) << " at " << i;
  }
};

INSTANTIATE_TEST_SUITE_P(Executors, Literals, every_executor(), executor_name);

TEST_P(Literals, Fp8ThatIsOnlyMovedStaysAsItIs) {
  for (DType dtype : {e4m3, e5m2}) {
    const auto same = [](std::int64_t i) { return i; };
    const auto turned = [](std::int64_t i) { return 255 - i; };
    expect_codes(dtype, [](In x, Out y) { y = x; }, same);
    expect_codes(dtype, [=](In x, Out y) { y = cast(x, dtype); }, same);
    expect_codes(
        dtype,
        [](In x, Out y) {
          y = where(arange(256) % 2 == 0, Tile(x), flip(x, 0));
        },
        [](std::int64_t i) { return i % 2 == 0 ? i : 255 - i; });
    expect_codes(
        dtype, [](In x, Out y) { y = gather(x, 0, 255 - arange(256)); },
        turned);
    expect_codes(
        dtype,
        [](In x, Out y) {
          Tile t = x;
          for (Index k : range(3))
            t = flip(t, 0);
          y = t;
        },
        turned);
    expect_codes(
        dtype, [=](In x, Out y) { y = bitcast(bitcast(x, u8), dtype); }, same);
  }
}

TEST_P(Literals, CastsOfInfinitiesSaturate) {
  const TestArray wide =
      run(e5m2, TestArray(f32, {256}), [](In x, Out y) { y = cast(x, f32); });
  EXPECT_EQ(wide.get(0x7c), INFINITY);
  EXPECT_EQ(wide.get(0xfc), -INFINITY);
  const TestArray back = run(e5m2, TestArray(e5m2, {256}),
                             [](In x, Out y) { y = cast(cast(x, f32), e5m2); });
  EXPECT_EQ(back.code(0x7c), 0x7bU);
  EXPECT_EQ(back.code(0xfc), 0xfbU);
}

TEST_P(Literals, NumbersSaturateInFp8) {
  struct {
    DType dtype;
    double number;
    std::uint64_t code;
  } const cases[] = {{e4m3, 1000, 0x7e},     {e4m3, -1000, 0xfe},
                     {e4m3, 464, 0x7e},      {e4m3, INFINITY, 0x7e},
                     {e4m3, 2.25, 0x41},     {e5m2, 1e6, 0x7b},
                     {e5m2, -1e6, 0xfb},     {e5m2, -INFINITY, 0xfb},
                     {e5m2, INFINITY, 0x7b}, {e5m2, 61440, 0x7b}};
  for (auto [to, number, bits] : cases) {
    const DType dtype = to;
    const double value = number;
    const std::uint64_t code = bits;
    SCOPED_TRACE(value);
    expect_code(dtype, code, [=](In, Out y) { y = value; });
    expect_code(dtype, code,
                [=](In, Out y) { y = full(y.shape(), value, dtype); });
    expect_code(dtype, code, [=](In, Out y) { y = full({}, value, dtype); });
    expect_code(dtype, code, [=](In x, Out y) {
      y = where(arange(256) < 0, cast(x, dtype), value);
    });
    expect_code(dtype, code, [=](In x, Out y) {
      y = squeeze(slice(join(cast(x, dtype), value), 1, 1, 1), 1);
    });
    expect_code(dtype, code, [=](In, Out y) {
      y = cat(full({128}, value, dtype), full({128}, value, dtype), 0);
    });
  }
}

// Of reads out of bounds.
TEST_P(Literals, OthersSaturateInFp8) {
  for (auto [to, bits] : {std::pair(e4m3, 0x7e), std::pair(e5m2, 0x7b)}) {
    const DType dtype = to;
    const KernelSource source = make_source(
        "pad",
        [](Tensor x, Tensor y) {
          return arranged(x.pad({{4, 0}}).tile({16}).other(1e6), y.tile({16}));
        },
        [](In x, Out y) { y = x; });
    const Program program =
        record(source, std::array{dtype, dtype}, std::array{1, 1}, {}, {});
    TestArray x(dtype, {12}), y(dtype, {16});
    for (std::int64_t i = 0; i < x.numel(); ++i)
      x.set(i, 1);
    run_on(GetParam(), program, {&x, &y});
    for (std::int64_t i = 0; i < y.numel(); ++i)
      EXPECT_EQ(y.code(i),
                i < 4 ? static_cast<std::uint64_t>(bits) : encode(dtype, 1))
          << name(dtype) << " at " << i;
  }
}

TEST_P(Literals, Integers64AreExact) {
  constexpr std::int64_t numbers[] = {(std::int64_t{1} << 53) - 1,
                                      (std::int64_t{1} << 53) + 1,
                                      -(std::int64_t{1} << 53) - 1,
                                      0x123456789abcdef1,
                                      -0x7ffffffffffffedd,
                                      INT64_MAX,
                                      INT64_MIN,
                                      -1};
  for (const std::int64_t number : numbers) {
    const auto code = static_cast<std::uint64_t>(number);
    expect_code(i64, code, [=](In, Out y) { y = number; });
    expect_code(i64, code, [=](In, Out y) { y = full({256}, number, i64); });
    expect_code(i64, code, [=](In, Out y) { y = full({}, number, i64); });
    expect_code(i64, code + 1, [=](In x, Out y) {
      Tile one = where(cast(x, f32) == cast(x, f32), cast(1, i64), 1);
      y = one + number;
    });
    expect_code(i64, code, [=](In, Out y) {
      y = sum(where(arange(256) == 3, number, cast(0, i64)), dim(0));
    });
  }
  constexpr double largest = 0x1p62 + 0x1p20; // a float is cut as by a cast
  expect_code(i64, (1ULL << 62) + (1ULL << 20),
              [=](In, Out y) { y = largest; });
  expect_code(i64, INT64_MAX, [](In, Out y) { y = 1e30; });
  expect_code(i64, 1ULL << 63, [](In, Out y) { y = -INFINITY; });
  expect_code(i64, 0, [](In, Out y) { y = NAN; });
}

} // namespace
} // namespace girih::testing

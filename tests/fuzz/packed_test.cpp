// SPDX-License-Identifier: Apache-2.0
// i4, u4, e2m1 and ue8m0 on every executor: every code is read, numbers of
// every kind are written, rows lie where they may.
#include "executors.h"

#include <cmath>
#include <random>

namespace girih::testing {
namespace {

class Packed : public ::testing::TestWithParam<Executor> {
protected:
  void expect_loads(DType in, DType out);
  void expect_stores(DType in, DType out);
  void expect_copies(DType in, DType out);
};

INSTANTIATE_TEST_SUITE_P(Executors, Packed, every_executor(), executor_name);

constexpr DType packed_dtypes[] = {i4, u4, e2m1, ue8m0};

std::string described(DType in, DType out) {
  return std::string(name(in)) + " to " + std::string(name(out));
}

/// The code that girih::encode gives for what `x` holds.
std::uint64_t expected_code(DType to, const TestArray &x, std::int64_t i) {
  return encode(to, x.get(i)) &
         (bits(to) == 64 ? ~std::uint64_t{0}
                         : (std::uint64_t{1} << bits(to)) - 1);
}

void Packed::expect_loads(DType in, DType out) {
  SCOPED_TRACE(described(in, out));
  constexpr std::int64_t block = 128, n = 255; // an odd one at the end
  TestArray x(in, {n}), y(out, {n});
  for (std::int64_t i = 0; i < n; ++i)
    x.set_code(i, static_cast<std::uint64_t>(i % (1 << bits(in))));
  run_on(GetParam(),
         elementwise(in, out, block,
                     "  %result = cast %x : " + std::string(name(out)) + "[#]"),
         {&x, &y});
  for (std::int64_t i = 0; i < n; ++i) {
    const double value = x.get(i);
    // Negative numbers wrap to unsigned ones of integers.
    const std::uint64_t wanted =
        is_integer(in) && !is_signed(out)
            ? static_cast<std::uint8_t>(static_cast<int>(value))
            : expected_code(out, x, i);
    if (std::isnan(value) && is_float(out))
      EXPECT_TRUE(std::isnan(y.get(i)));
    else
      EXPECT_EQ(y.code(i), wanted) << value;
  }
  EXPECT_TRUE(y.untouched_outside());
}

TEST_P(Packed, Loads) {
  for (DType in : packed_dtypes)
    for (DType out : {f64, f32, f16, bf16, e4m3, e5m2, i64, i32, i8, u8})
      expect_loads(in, out);
}

/// Ties and limits of all the formats, and numbers of any size.
std::vector<double> numbers_to_pack(DType dtype) {
  std::vector<double> values;
  if (!is_float(dtype)) {
    for (int i = 0; i < 256; ++i)
      values.push_back(is_signed(dtype) ? i - 128 : i);
    return values;
  }
  const double inf = std::numeric_limits<double>::infinity();
  values = {0.0, -0.0, inf, -inf, std::nan(""), 1e-45, -1e-45, 3e38, -3e38};
  for (double tie : {0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0, 7.0, 7.5, 15.5,
                     0x1.8p-127, 0x1.8p-126, 0x1p-127, 0x1p-126, 0x1.8p127})
    for (double near : {1.0, 1 - 0x1p-40, 1 + 0x1p-40, 1 - 0x1p-20, 1.01})
      values.insert(values.end(), {tie * near, -tie * near});
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  while (values.size() < 1200)
    values.push_back(std::ldexp(
        uniform(random),
        static_cast<int>(values.size() % 2 ? random() % 300 : 153) - 150));
  return values;
}

void Packed::expect_stores(DType in, DType out) {
  SCOPED_TRACE(described(in, out));
  constexpr std::int64_t block = 512;
  const std::vector<double> values = numbers_to_pack(in);
  const auto n = static_cast<std::int64_t>(values.size());
  TestArray x(in, {n}), y(out, {n});
  for (std::int64_t i = 0; i < n; ++i)
    x.set(i, values[static_cast<std::size_t>(i)]);
  run_on(GetParam(),
         elementwise(in, out, block,
                     "  %result = cast %x : " + std::string(name(out)) + "[#]"),
         {&x, &y});
  for (std::int64_t i = 0; i < n; ++i) {
    const bool wraps = !is_float(in) && is_integer(out);
    const std::uint64_t wanted =
        wraps ? static_cast<unsigned>(static_cast<int>(x.get(i))) & 15U
              : expected_code(out, x, i);
    ASSERT_EQ(y.code(i), wanted) << x.get(i);
  }
  EXPECT_TRUE(y.untouched_outside());
}

TEST_P(Packed, Stores) {
  for (DType in : {f64, f32, f16, bf16, e4m3, i32, u8, i4, ue8m0})
    for (DType out : packed_dtypes)
      if (in != out)
        expect_stores(in, out);
}

void copy_tiles(In a, Out c) { c = a; }

/// Rows that are padded, blocks that do not fill the matrix.
void Packed::expect_copies(DType in, DType out) {
  SCOPED_TRACE(described(in, out));
  const auto arrangement = [](Tensor a, Tensor c) {
    auto BM = block_size("BM"), BN = block_size("BN");
    return arranged(a.tile({BM, BN}), c.tile({BM, BN}));
  };
  const KernelSource source = make_source("copy", arrangement, copy_tiles);
  Config config;
  config.blocks = {{"BM", 4}, {"BN", 8}};
  const DType dtypes[] = {in, out};
  const int ranks[] = {2, 2};
  const Program program = record(source, dtypes, ranks, {}, config);
  TestArray a(in, {7, 18}, {24, 1}), c(out, {7, 18}, {20, 1});
  for (std::int64_t i = 0; i < a.numel(); ++i)
    a.set_code(i, in == f32 ? encode(f32, decode(e2m1, i % 16U))
                            : static_cast<std::uint64_t>(i) % 16);
  run_on(GetParam(), program, {&a, &c});
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const auto whole = static_cast<std::uint64_t>(
        static_cast<std::int64_t>(a.get(i))); // integers wrap
    EXPECT_EQ(c.code(i), is_integer(in) && is_integer(out)
                             ? whole & ((std::uint64_t{1} << bits(out)) - 1)
                             : expected_code(out, a, i))
        << i;
  }
  EXPECT_TRUE(c.untouched_outside());
}

TEST_P(Packed, Matrices) {
  expect_copies(e2m1, e2m1);
  expect_copies(i4, i32);
  expect_copies(f32, u4);
  expect_copies(u4, i4);
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// What the host does with floats of 16 bits, against the interpreter: tables of
// functions, maxima by images, registers whose even lanes come first. CPUs with
// AVX-512 have less of that; like_interpreter.h takes it from them now and
// then.
#include "like_interpreter.h"

#include "girih/tests/interpreter/kernels.h"

namespace girih::testing {
namespace {

constexpr int words = 65536;

TestArray all_words(DType dtype) {
  TestArray x(dtype, {words});
  for (int i = 0; i < words; ++i) // not in order
    x.set_code(i, static_cast<std::uint64_t>(i * 40503 % words));
  return x;
}

Tile gate(const Located &x) {
  const Tile wide = cast(x, f32);
  return wide / (1 + exp(-wide));
}

TEST(HostWords, FunctionsOfEveryWord) {
  for (DType dtype : {bf16, f16}) {
    SCOPED_TRACE(name(dtype));
    TestArray x = all_words(dtype), y(dtype, {words}), z(f32, {words}),
              w(dtype, {words});
    expect_rows_like_interpreter(
        [=](In a, Out b, Out c, Out d) {
          b = cast(gate(a), dtype);
          c = tanh(cast(a, f32)) * 3.f;
          d = cast(erf(cast(a, f32)) * cast(a, f32), dtype); // both are `a`
        },
        {&x, &y, &z, &w}, 0x1p-7);
  }
}

// Tables of f32 beside other operands, and what comes of no load.
TEST(HostWords, FunctionsAmongOthers) {
  for (std::int64_t length : {1, 16, 33, 300, 4096}) {
    SCOPED_TRACE(length);
    TestArray x(bf16, {length}), up(bf16, {length}), y(bf16, {length}),
        z(bf16, {length}), s(f32, {});
    fill_random(x, 3);
    fill_random(up, 4);
    expect_rows_like_interpreter(
        [](In a, In b, Out c, Out d, Out e) {
          c = cast(gate(a) * cast(b, f32), bf16);
          const Tile both = cast(cast(a, f32) + cast(b, f32), bf16);
          d = cast(gate(both), bf16);
          e = sum(gate(a));
        },
        {&x, &up, &y, &z, &s}, 0x1p-7);
  }
}

// One that several nests need is kept, and another is made of it.
TEST(HostWords, FunctionsOfFunctions) {
  for (std::int64_t length : {1, 40, 1000}) {
    SCOPED_TRACE(length);
    TestArray x(bf16, {length}), row(bf16, {1}), y(bf16, {length}),
        z(f32, {length}), w(bf16, {length}), total(f32, {});
    fill_random(x, 3);
    fill_random(row, 4);
    expect_rows_like_interpreter(
        [](In a, In b, Out c, Out d, Out e, Out f) {
          const Tile kept = gate(a);
          f = sum(kept);
          c = cast(kept * cast(a, f32) + tanh(cast(a, f32)), bf16);
          d = kept * 3.f;
          e = cast(cast(a, f32) * gate(b), bf16); // of one number
        },
        {&x, &row, &y, &z, &w, &total}, 0x1p-7);
  }
}

// A function of two tiles or of a number that calls bring has no table.
TEST(HostWords, FunctionsOfMore) {
  TestArray x(bf16, {100}), y(bf16, {100}), z(bf16, {100}), w(bf16, {100});
  fill_random(x, 5);
  fill_random(y, 6);
  expect_rows_like_interpreter(
      [](In a, In b, Out c, Out d) {
        c = cast(tanh(cast(a, f32) * cast(b, f32)), bf16);
        d = cast(tanh(cast(a, f32) * cast(sum(cast(b, f32)), f32)), bf16);
      },
      {&x, &y, &z, &w}, 0x1p-7);
}

TEST(HostWords, ExtremaOfImages) {
  const std::vector<std::vector<double>> rows = {
      {-0.0, 0.0, -0.0}, {-0.0, -0.0},     {-1, -2, -0.0},   {1, 2, 0.0, -5},
      {-3, -7, -1},      {HUGE_VAL, 1},    {-HUGE_VAL, -1},  {-HUGE_VAL},
      {HUGE_VAL},        {1, NAN, 2},      {-1, -NAN, -2},   {NAN, HUGE_VAL},
      {-NAN, -HUGE_VAL}, {6e-8, -6e-8, 0}, {-6e-8, -1.5e-7}, {5}};
  for (DType dtype : {f32, bf16, f16})
    for (std::int64_t length : {4, 16, 40, 150}) {
      SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(length));
      const auto count = static_cast<std::int64_t>(rows.size());
      TestArray x(dtype, {count, length}), y(f32, {count}), z(f32, {count}),
          w(dtype, {length}), v(dtype, {length});
      for (std::int64_t i = 0; i < count * length; ++i) {
        const auto &row = rows[static_cast<std::size_t>(i / length)];
        const auto at = static_cast<std::size_t>(i % length * 7) % row.size();
        x.set(i, row[at]);
      }
      expect_rows_like_interpreter(
          [](In a, Out b, Out c, Out d, Out e) {
            b = max(cast(a, f32), dim(1));
            c = min(cast(a, f32), dim(1));
            d = max(a, dim(0));
            e = min(a, dim(0));
          },
          {&x, &y, &z, &w, &v});
    }
}

// Neighbours that differ: a lane out of place shows. In tiles of many rows, so
// that whole registers and what is left of rows are among them.
class LanesOfRows : public ::testing::TestWithParam<std::int64_t> {
protected:
  std::int64_t length = GetParam();
  TestArray x{bf16, {3, length}}, row{bf16, {length}}, column{bf16, {3}},
      y{bf16, {3, length}};

  void SetUp() override {
    fill_random(x, 7);
    fill_random(row, 8);
    fill_random(column, 9);
  }
};
INSTANTIATE_TEST_SUITE_P(HostWords, LanesOfRows,
                         ::testing::Values(8, 15, 16, 17, 31, 32, 48, 63, 64,
                                           100, 1000));

TEST_P(LanesOfRows, KeepTheirPlaces) {
  expect_rows_like_interpreter(
      [](In a, In b, In c, Out d) {
        d = cast(cast(a, f32) * cast(unsqueeze(b, 0), f32) +
                     cast(unsqueeze(c, 1), f32),
                 bf16);
      },
      {&x, &row, &column, &y});
}

TEST_P(LanesOfRows, BesideF32) {
  TestArray z(f32, {3, length});
  expect_rows_like_interpreter(
      [](In a, In b, Out c, Out d) {
        const Tile scaled = cast(a, f32) * cast(unsqueeze(b, 0), f32) + 3.f;
        c = cast(scaled, bf16);
        d = scaled;
      },
      {&x, &row, &y, &z});
}

// A tile of bf16 that a reduction keeps for the nest behind it.
TEST_P(LanesOfRows, ReadAgain) {
  TestArray largest(f32, {3}), total(f32, {3});
  expect_rows_like_interpreter(
      [](In a, In b, Out c, Out d, Out e) {
        const Tile kept = cast(
            cast(a, f32) * cast(a, f32) + cast(unsqueeze(b, 0), f32), bf16);
        const Tile again = cast(kept, f32);
        d = max(again, dim(1));
        e = sum(again, dim(1));
        c = cast(again * 2.f - cast(unsqueeze(b, 0), f32), bf16);
      },
      {&x, &row, &y, &largest, &total});
}

TEST(HostWords, LanesWithCoordinates) {
  TestArray x(bf16, {500}), y(bf16, {500}), z(bf16, {500});
  fill_random(x, 10);
  expect_rows_like_interpreter(
      [](In a, Out b, Out c) {
        b = cast(cast(a, f32) + cast(b.offsets(0), f32), bf16);
        c = flip(a, 0);
      },
      {&x, &y, &z});
}

} // namespace
} // namespace girih::testing

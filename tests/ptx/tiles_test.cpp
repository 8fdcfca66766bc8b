// SPDX-License-Identifier: Apache-2.0
// Operations on whole tiles as the nvptx back end does them, against the
// interpreter: reductions, broadcasts and everything else that moves lanes.
#include "girih/compiler/compiler.h"
#include "girih/tests/fuzz/emulated_run.h"
#include "girih/tests/interpreter/folded_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace girih::testing {
namespace {

/// What is true of the arrays, so that accesses are as wide as they can be.
void describe(Program &program, const std::vector<TestArray *> &arrays) {
  std::vector<std::int64_t> block = parameter_block(arrays);
  std::size_t at = 0;
  for (ArrangedOperand &operand : program.operands) {
    auto rank = static_cast<std::size_t>(operand.rank);
    operand.known.aligned = block[at++] % 16 == 0;
    for (std::size_t d = 0; d < rank; ++d) {
      std::uint32_t bit = 1U << d;
      operand.known.size_div16 |= block[at + d] % 16 == 0 ? bit : 0;
      operand.known.unit_stride |= block[at + rank + d] == 1 ? bit : 0;
      operand.known.stride_div16 |= block[at + rank + d] % 16 == 0 ? bit : 0;
    }
    at += 2 * rank;
  }
}

constexpr double exact = 0;

/// Runs `apply` on the inputs, both ways; `error` is relative.
template <class Apply>
void expect_same(Apply apply, std::vector<TestArray *> inputs, TestArray out,
                 int warps, double error = exact) {
  SCOPED_TRACE(std::to_string(warps) + " warps");
  TestArray expected = out;
  std::vector<TestArray *> arrays = inputs, reference = inputs;
  arrays.push_back(&out);
  reference.push_back(&expected);
  Program program = one_tile(apply, arrays);
  interpret_on(program, reference);
  describe(program, arrays);
  program.config.num_warps = warps;
  ASSERT_NO_THROW(run_emulated(program, parameter_block(arrays), 1));
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    double got = out.get(i), want = expected.get(i);
    // CPUs may take subnormal results of a conversion to bf16 for 0.
    bool tiny = std::abs(got) < 0x1p-126 && std::abs(want) < 0x1p-126;
    ASSERT_TRUE(same_number(got, want) || (tiny && error != exact) ||
                std::abs(got - want) <= error * std::abs(want))
        << "element " << i << " is " << got << ", not " << want;
  }
  EXPECT_TRUE(out.untouched_outside());
}

TEST(EmulatedElementwise, WhatCanonicalisationMakes) {
  for (const FoldedKernel &kernel : folded_kernels())
    for (std::int64_t n : {1, 21, 1000}) {
      SCOPED_TRACE(kernel.name);
      TestArray x(kernel.in, {n}), y(kernel.in, {n});
      fill_chosen_bits(x, 1);
      fill_chosen_bits(y, 2);
      expect_same(kernel.apply, {&x, &y}, TestArray(kernel.out, {n}), 4);
    }
}

std::string text(const Shape &shape) {
  std::string out;
  for (std::int64_t size : shape)
    out += (out.empty() ? "" : "x") + std::to_string(size);
  return out;
}

Shape without(Shape shape, int dim) {
  shape.erase(shape.begin() + dim);
  return shape;
}

struct Case {
  Shape shape;
  int dim, warps;
};
const Case cases[] = {
    {{1}, 0, 4},         {{33}, 0, 1},        {{1000}, 0, 3},
    {{1, 4096}, 1, 4},   {{4096}, 0, 8},      {{128, 64}, 1, 4},
    {{128, 64}, 0, 4},   {{13, 7}, 0, 4},     {{13, 7}, 1, 3},
    {{64, 48}, 1, 12},   {{3, 5, 7}, 0, 2},   {{3, 5, 7}, 1, 4},
    {{4, 16, 32}, 1, 4}, {{2, 100, 3}, 1, 4}, {{96, 80}, 1, 6},
};

/// A reduction of everything in `cases`.
template <class Apply>
void expect_reduced(DType in, DType out, Apply apply, bool specials = false) {
  for (const auto &[shape, along, warps] : cases) {
    SCOPED_TRACE(text(shape) + " along " + std::to_string(along));
    TestArray x(in, shape);
    fill_random(x, 11, specials);
    int over = along;
    expect_same([=](In a, Out b) { b = apply(a, dim(over)); }, {&x},
                TestArray(out, without(shape, along)), warps);
  }
}

TEST(EmulatedReduce, Sums) {
  auto sums = [](const Located &x, Dim over) { return sum(x, over); };
  expect_reduced(f32, f32, sums);
  expect_reduced(bf16, f32, sums);
  expect_reduced(f64, f64, sums);
  expect_reduced(i8, i64, sums);
}

TEST(EmulatedReduce, Extrema) {
  auto largest = [](const Located &x, Dim over) { return max(x, over); };
  auto least = [](const Located &x, Dim over) { return min(x, over); };
  expect_reduced(f32, f32, largest, true);
  expect_reduced(f16, f16, least, true);
  expect_reduced(bf16, bf16, largest, true);
  expect_reduced(i32, i32, largest); // redux.sync
  expect_reduced(i16, i16, least);
  expect_reduced(u8, u8, largest);
}

TEST(EmulatedReduce, BoolsAndBits) {
  expect_reduced(b1, b1,
                 [](const Located &x, Dim over) { return any(x, over); });
  expect_reduced(i32, i32, [](const Located &x, Dim over) {
    return reduce(x, over, [](Tile a, Tile b) { return a ^ b; });
  });
}

TEST(EmulatedReduce, PlacesOfExtrema) {
  expect_reduced(
      f32, i64, [](const Located &x, Dim over) { return argmax(x, over); },
      true);
  expect_reduced(bf16, i64,
                 [](const Located &x, Dim over) { return argmin(x, over); });
}

TEST(EmulatedReduce, AnyOperation) {
  // (a + 1) (b + 1) - 1: nothing is known of it.
  expect_reduced(i32, i32, [](const Located &x, Dim over) {
    return reduce(x, over, [](Tile a, Tile b) { return a * b + a + b; });
  });
}

TEST(EmulatedReduce, EverythingToOne) {
  for (int warps : {1, 3, 4}) {
    TestArray x(f32, {20, 30});
    fill_random(x, 3);
    expect_same([](In a, Out b) { b = sum(a); }, {&x}, TestArray(f32, {}),
                warps);
  }
}

/// Row statistics applied to the rows, as softmax and norms do.
TEST(EmulatedRows, Softmax) {
  for (const auto &[shape, along, warps] : cases) {
    if (shape.size() < 2)
      continue;
    SCOPED_TRACE(text(shape));
    for (DType dtype : {f32, bf16}) {
      TestArray x(dtype, shape);
      fill_random(x, 5);
      int over = along;
      expect_same(
          [=](In a, Out b) {
            Tile wide = cast(a, f32);
            Tile e = exp(wide - max(wide, dim(over).kept()));
            b = (e / sum(e, dim(over).kept())).to(dtype);
          },
          {&x}, TestArray(dtype, shape), warps, dtype == bf16 ? 0x1p-7 : 1e-6);
    }
  }
}

TEST(EmulatedRows, QuotientsByAnyDivisor) {
  const double divisors[] = {0x1p-149, 0x1p-127, 0x1.8p-100,  -3, 0x1.8p127, 0,
                             -0.0,     INFINITY, std::nan("")};
  constexpr std::int64_t rows = std::size(divisors), columns = 64;
  const double dividends[] = {0,    -0.0,     0x1p-149, -0x1p-120,    1,
                              1e10, -0x1p127, INFINITY, std::nan(""), 0x1.4p-60,
                              7};
  TestArray x(f32, {rows, columns}), y(f32, {rows, 1});
  for (std::int64_t row = 0; row < rows; ++row) {
    y.set(row, divisors[row]);
    for (std::int64_t i = 0; i < columns; ++i)
      x.set(row * columns + i, dividends[(i + row) % std::size(dividends)]);
  }
  expect_same([](In a, In b, Out c) { c = cast(a / b, bf16); }, {&x, &y},
              TestArray(bf16, {rows, columns}), 1, 0x1p-7);
}

TEST(EmulatedRows, NormWithWeights) {
  for (Shape shape : {Shape{1, 4096}, {4, 256}, {13, 7}, {16, 96}}) {
    SCOPED_TRACE(text(shape));
    TestArray x(bf16, shape), w(bf16, {shape[1]}), bias(f32, {shape[1]});
    for (TestArray *each : {&x, &w, &bias})
      fill_random(*each, 5);
    // Vectors of the rows' length are whole tiles of their own.
    expect_same(
        [](In a, In weight, In add, Out b) {
          Tile wide = cast(a, f32);
          Tile centred = wide - mean(wide, dim(1).kept());
          Tile scale = rsqrt(mean(centred * centred, dim(1).kept()) + 1e-5f);
          b = (centred * scale * cast(weight, f32) + add).to(bf16);
        },
        {&x, &w, &bias}, TestArray(bf16, shape), 4, 0x1p-7);
  }
}

TEST(EmulatedRows, OuterSums) {
  for (int warps : {1, 3, 4}) {
    TestArray x(i32, {37}), y(i32, {64});
    fill_random(x, 1);
    fill_random(y, 2);
    expect_same(
        [](In a, In b, Out c) { c = unsqueeze(a, 1) * 10 + unsqueeze(b, 0); },
        {&x, &y}, TestArray(i32, {37, 64}), warps);
  }
}

/// A function that only moves lanes.
template <class Apply>
void expect_moved(const Shape &from, const Shape &to, Apply apply) {
  SCOPED_TRACE(text(from) + " to " + text(to));
  for (DType dtype : {f32, bf16, i8, f64, b1})
    for (int warps : {1, 3, 4}) {
      TestArray x(dtype, from);
      fill_random(x, 9);
      expect_same([=](In a, Out b) { b = apply(a); }, {&x},
                  TestArray(dtype, to), warps);
    }
}

TEST(EmulatedMoves, PermutedAndReshaped) {
  expect_moved({64, 32}, {32, 64}, [](Tile x) { return transpose(x); });
  expect_moved({13, 7}, {7, 13}, [](Tile x) { return transpose(x); });
  expect_moved({3, 5, 7}, {7, 3, 5},
               [](Tile x) { return permute(x, {2, 0, 1}); });
  expect_moved({8, 64}, {16, 32}, [](Tile x) { return reshape(x, {16, 32}); });
  expect_moved({6, 10}, {4, 15}, [](Tile x) { return reshape(x, {4, 15}); });
  expect_moved({512}, {512, 3},
               [](Tile x) { return broadcast_to(unsqueeze(x, 1), {512, 3}); });
}

TEST(EmulatedMoves, CutAndJoined) {
  expect_moved({64, 32}, {64, 16}, [](Tile x) { return slice(x, 1, 16, 16); });
  expect_moved({50}, {10}, [](Tile x) { return slice(x, 0, 3, 10, 4); });
  expect_moved({64, 32}, {64, 32}, [](Tile x) { return flip(x, 1); });
  expect_moved({13}, {13}, [](Tile x) { return flip(x, 0); });
  expect_moved({64}, {64, 2}, [](Tile x) { return join(x, flip(x, 0)); });
  expect_moved({64, 2}, {64}, [](Tile x) { return split(x).second; });
  expect_moved({5, 12}, {10, 12}, [](Tile x) { return cat(x, x, 0); });
}

TEST(EmulatedMoves, NumbersOfLanes) {
  for (DType dtype : {i32, i64})
    for (int warps : {1, 3, 4}) {
      TestArray x(dtype, {13, 40});
      fill_random(x, 9);
      expect_same(
          [=](In a, Out b) {
            Tile rows = unsqueeze(arange(13, dtype), 1);
            Tile columns = unsqueeze(arange(40, dtype, 7), 0);
            b = where(columns >= rows * 3, a + columns, rows);
          },
          {&x}, TestArray(dtype, {13, 40}), warps);
    }
}

TEST(EmulatedMoves, SomeRotaryHalves) {
  TestArray x(f32, {16, 64}), c(f32, {16, 32}), s(f32, {16, 32});
  for (TestArray *each : {&x, &c, &s})
    fill_random(*each, 4);
  expect_same(
      [](In a, In cosine, In sine, Out b) {
        Tile left = slice(a, 1, 0, 32), right = slice(a, 1, 32, 32);
        b = cat(left * cosine - right * sine, right * cosine + left * sine, 1);
      },
      {&x, &c, &s}, TestArray(f32, {16, 64}), 4);
}

// A small tile next to a large one is loaded as its readers want it; here each
// of them wants a half.
TEST(EmulatedMoves, PairsOfASmallTile) {
  for (std::int64_t pairs : {8, 16, 64})
    for (int warps : {1, 2, 4}) {
      TestArray x(bf16, {1, pairs, 2}), y(bf16, {32, pairs});
      fill_random(x, 4);
      fill_random(y, 5);
      expect_same(
          [](In a, In rows, Out b) {
            auto [left, right] = split(cast(a, f32));
            b = cast(rows, f32) * left - right;
          },
          {&x, &y}, TestArray(f32, {32, pairs}), warps);
    }
}

// Lanes of other widths lie otherwise, so that there are moves on the way.
TEST(EmulatedMoves, TilesOfFewRows) {
  for (Shape shape : {Shape{1, 512},
                      {1, 96},
                      {2, 256},
                      {3, 128},
                      {5, 40},
                      {512, 1},
                      {1, 64, 1},
                      {64, 1, 8},
                      {2, 1, 48}})
    for (int warps : {1, 3, 4}) {
      SCOPED_TRACE(text(shape));
      int along = shape.size() == 3     ? (shape[1] == 1 ? 2 : 1)
                  : shape[0] > shape[1] ? 0
                                        : 1;
      TestArray half(f16, shape), byte(i8, shape);
      fill_random(half, 9);
      fill_random(byte, 9);
      expect_same([=](In a, Out b) { b = cast(flip(a, along), f64); }, {&half},
                  TestArray(f64, shape), warps);
      expect_same([=](In a, Out b) { b = cumsum(cast(a, i64), along); },
                  {&byte}, TestArray(i64, shape), warps);
      expect_same([=](In a, Out b) { b = argsort(a, along); }, {&half},
                  TestArray(i64, shape), warps);
    }
}

TEST(EmulatedHistogram, LanesOfAnyLayout) {
  for (Shape shape : {Shape{1}, {1000}, {4096}, {5, 40}, {3, 2, 7}})
    for (int bins : {1, 100, 1024})
      for (int warps : {1, 3}) {
        SCOPED_TRACE(text(shape) + " into " + std::to_string(bins));
        TestArray x(i64, shape), byte(i8, shape);
        fill_random(x, 9);
        fill_random(byte, 10);
        x.set(0, 0x1p33); // whose low bits are those of 0
        expect_same([=](In a, Out b) { b = histogram(a, bins); }, {&x},
                    TestArray(i32, {bins}), warps);
        expect_same(
            [=](In a, Out b) {
              Tile total = zeros({bins}, i32);
              for (Index k : range(3))
                total = total + histogram(cast(a, i32) + cast(k, i32), bins);
              b = total;
            },
            {&byte}, TestArray(i32, {bins}), warps);
      }
}

/// Shared memory of one program, whose accesses are as wide as can be.
template <class Apply>
std::int64_t shared_bytes(Apply apply, std::vector<TestArray *> arrays) {
  Program program = one_tile(apply, arrays);
  describe(program, arrays);
  return compiler::compile(program, compiler::parse_target("sm_80"))
      .shared_bytes;
}

TEST(EmulatedMoves, TakeTheMemoryOfTheirTile) {
  const Shape shape{1, 4096};
  TestArray x(f32, shape), half(f16, shape), places(i64, shape);
  EXPECT_LE(shared_bytes([](In a, Out b) { b = cumsum(cast(a, f32), 1); },
                         {&half, &x}),
            4096 * 4);
  // Pairs of a key and its place, what 4 warps count, and the values, which no
  // thread holds meanwhile.
  const std::int64_t counts = 4 * 256 * 4 + 32;
  EXPECT_LE(shared_bytes([](In a, Out b) { b = argsort(a, 1); }, {&x, &places}),
            4096 * 8 + counts);
  EXPECT_LE(shared_bytes([](In a, Out b) { b = sort(a, 1); }, {&half, &half}),
            4096 * 4 + counts + 4096 * 2);
}

TEST(EmulatedSorts, DigitsAndWhereEachBegins) {
  const auto sorted = [](const Tile &a) {
    return sort(cast(a & 63, u8), {a, arange(512)}, 0);
  };
  for (int warps : {1, 3, 4}) {
    TestArray x(i32, {512});
    fill_random(x, 1000);
    for (std::size_t which : {1, 2})
      expect_same([=](In a, Out b) { b = sorted(a)[which]; }, {&x},
                  TestArray(i32, {512}), warps);
    expect_same(
        [=](In a, Out b) {
          const Tile digits = sorted(a)[0], digit = arange(64);
          Tile below = zeros({64}, i32), step = zeros({}, i32) + 256;
          loop_while([&] { return step > 0; },
                     [&] {
                       const Tile probe = gather(digits, 0, below + (step - 1));
                       below =
                           where(cast(probe, i32) < digit, below + step, below);
                       step = step >> 1;
                     });
          b = below;
        },
        {&x}, TestArray(i32, {64}), warps);
  }
}

TEST(EmulatedControl, BranchesAndLoopsCarryTiles) {
  for (int warps : {1, 3, 4}) {
    TestArray x(f32, {24, 40});
    fill_random(x, 8);
    expect_same(
        [](In a, Out b) {
          Tile total = zeros({24}, f32);
          Tile tile = a;
          for (Index i : range(3)) {
            when(
                i < 2, [&] { total += sum(tile, dim(1)); },
                [&] { total += max(tile, dim(1)); });
            tile = tile + unsqueeze(total, 1);
          }
          b = total;
        },
        {&x}, TestArray(f32, {24}), warps);
  }
}

TEST(EmulatedDots, ResultsMeetRowsAndColumns) {
  for (int warps : {1, 4}) {
    TestArray x(bf16, {64, 32}), y(bf16, {32, 48}), bias(f32, {48});
    for (TestArray *each : {&x, &y, &bias})
      fill_random(*each, 8);
    expect_same(
        [](In a, In b, In add, Out c) {
          Tile product = dot(a, b) + add;
          c = product - max(product, dim(1).kept());
        },
        {&x, &y, &bias}, TestArray(f32, {64, 48}), warps);
    // The result as an operand, upright and transposed.
    TestArray z(bf16, {48, 16});
    fill_random(z, 2);
    expect_same(
        [](In a, In b, In, In d, Out c) { c = dot(dot(a, b).to(bf16), d); },
        {&x, &y, &bias, &z}, TestArray(f32, {64, 16}), warps);
    expect_same(
        [](In a, In b, Out c) {
          Tile product = dot(a, b).to(bf16);
          c = dot(transpose(product), a);
        },
        {&x, &y}, TestArray(f32, {48, 32}), warps);
  }
}

/// Two digits of a number are a row and a column of ones.
TEST(EmulatedDots, OnesOfDigitsCount) {
  for (const int side : {16, 32, 64})
    for (int warps : {1, 4}) {
      TestArray x(i64, {128});
      for (std::int64_t i = 0; i < 128; ++i) // some more often, some nowhere
        x.set(i, i % 5 == 0 ? -1 : static_cast<double>(i * i % (side * side)));
      expect_same(
          [=](In a, Out c) {
            const Tile bin = cast(a, i32), digits = arange(side, i32);
            const Tile rows = unsqueeze(bin >> (side == 16   ? 4
                                                : side == 32 ? 5
                                                             : 6),
                                        0) == unsqueeze(digits, 1),
                       columns = unsqueeze(bin & (side - 1), 1) ==
                                 unsqueeze(digits, 0);
            c = cast(dot(cast(rows, bf16), cast(columns, bf16)), i32);
          },
          {&x}, TestArray(i32, {side, side}), warps);
    }
}

/// What few instructions make of powers, roots and extrema for 16 bits.
TEST(EmulatedElementwise, ShortFormsOfSixteenBits) {
  TestArray x(bf16, {8, 64});
  fill_random(x, 3);
  const double special[] = {0,   -0.0, 1e-40,    -1e-40,    88,           -88,
                            200, -200, INFINITY, -INFINITY, std::nan(""), 20};
  for (std::size_t i = 0; i < std::size(special); ++i)
    x.set(static_cast<std::int64_t>(i), special[i]);
  for (int warps : {1, 4}) {
    const auto same = [&](auto apply) {
      expect_same([=](In a, Out b) { b = cast(apply(cast(a, f32)), bf16); },
                  {&x}, TestArray(bf16, {8, 64}), warps, 0x1p-7);
    };
    same([](const Tile &a) { return 1 / (1 + exp(-a)); });
    same([](const Tile &a) { return a / (1 + exp(-a)); });
    same([](const Tile &a) {
      const Tile e = exp(min(a, 20)), n = e * (e + 2);
      return a * where(a > 20, 1, n / (n + 2));
    });
    same([](const Tile &a) { return sqrt(log(abs(a) + 1) * 2) * 3; });
    same([](const Tile &a) { return max(-log(abs(a)), 0x1p-25); });
  }
}

/// Angles of which one of a thread is far, and both functions of one.
TEST(EmulatedElementwise, NearAndFarAngles) {
  TestArray x(f32, {4, 64});
  fill_random(x, 4);
  const double special[] = {0, -0.0, 65536, 65537, -1e30, INFINITY, 1e-40};
  for (std::size_t i = 0; i < std::size(special); ++i)
    x.set(static_cast<std::int64_t>(17 * i), special[i]);
  for (int warps : {1, 4})
    expect_same([](In a, Out b) { b = join(sin(a), cos(a)); }, {&x},
                TestArray(f32, {4, 64, 2}), warps, 0x1p-22);
}

/// A level that is read in groups, whose last is not full, and then written
/// from its end.
TEST(EmulatedControl, GroupsOfTilesAndBackwards) {
  const KernelSource source = make_source(
      "backwards",
      [](Tensor x, Tensor y) {
        const auto all = [](const Tensor &t) {
          return t.tile({block_size("B")}).tile({whole});
        };
        return arranged(all(x.other(1)), all(y));
      },
      [](In x, Out y) {
        Tile sum = zeros(x.shape(), f32);
        for (Index turn : range(cdiv(x.size(0), 4)))
          for (int i = 0; i < 4; ++i)
            sum += cast(x[turn * 4 + i], f32);
        const Tile total = girih::sum(sum, dim(0).kept());
        for (Index k : range(x.size(0))) {
          const Index at = x.size(0) - 1 - k;
          y[at] = cast(x[at], f32) + total;
        }
      },
      {"x", "y"});
  for (std::int64_t size : {1, 40, 128, 200}) {
    TestArray x(bf16, {size}), y(f32, {size});
    double total = 0;
    for (std::int64_t i = 0; i < size; ++i) {
      x.set(i, static_cast<double>(i % 7));
      total += static_cast<double>(i % 7);
    }
    // What the groups have beyond the end reads as 1.
    total += static_cast<double>((size + 127) / 128 * 128 - size);
    const DType dtypes[] = {bf16, f32};
    const int ranks[] = {1, 1};
    OperandClass classes[2];
    const Program program = record(source, dtypes, ranks, classes,
                                   parse_config("B=32 num_warps=1"), true);
    run_emulated(program, parameter_block({&x, &y}), 1);
    for (std::int64_t i = 0; i < size; ++i)
      ASSERT_EQ(y.get(i), static_cast<double>(i % 7) + total) << i;
    EXPECT_TRUE(y.untouched_outside());
  }
}

TEST(EmulatedNumbers, LieInTheParameters) {
  for (DType dtype : {f64, f32, f16, bf16, i64, i32, i16, i8, u8, b1}) {
    SCOPED_TRACE(name(dtype));
    TestArray number(dtype, {}), expected(f64, {40}), y(f64, {40});
    number.set(0, dtype == u8 || dtype == b1 ? 1 : -3);
    const KernelSource source = make_source(
        "number",
        [](Tensor number, Tensor y) {
          return arranged(number, y.tile({block_size("B")}));
        },
        [](In number, Out y) { y = cast(number, f64) * 2; }, {"number", "y"});
    const DType dtypes[] = {dtype, f64};
    const int ranks[] = {0, 1};
    OperandClass classes[2];
    classes[0].by_value = true;
    const Program program = record(source, dtypes, ranks, classes,
                                   parse_config("B=16 num_warps=1"), true);
    std::vector<std::int64_t> block = parameter_block({&number, &y});
    // Nothing may be read of the bits above the element.
    block[0] = -1;
    std::uint64_t code = number.code(0);
    std::memcpy(&block[0], &code, std::size_t(std::max(bits(dtype) / 8, 1)));
    run_emulated(program, block, 3);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      ASSERT_EQ(y.get(i), number.get(0) * 2) << i;
    EXPECT_TRUE(y.untouched_outside());
  }
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Programs whose warps are spread over the blocks of a cluster: reductions
// through the shared memory of all of them, tiles that each keeps of its own.
#include "girih/compiler/compiler.h"
#include "girih/dsl/make.h"
#include "girih/tests/fuzz/emulated_run.h"
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace girih::testing {
namespace {

struct Spread {
  int warps, blocks;
};
constexpr Spread spreads[] = {{2, 2}, {8, 4}, {32, 8}, {12, 4}};

std::string text(const Spread &spread) {
  return std::to_string(spread.warps) + " warps in " +
         std::to_string(spread.blocks) + " blocks";
}

using Apply = void (*)(In x, Out y);

Program recorded(const KernelSource &source,
                 const std::vector<TestArray *> &arrays, const Spread &spread) {
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<OperandClass> classes;
  for (const TestArray *array : arrays) {
    dtypes.push_back(array->dtype());
    ranks.push_back(static_cast<int>(array->shape().size()));
    OperandClass known;
    known.unit_stride = 1U << (ranks.back() - 1);
    classes.push_back(known);
  }
  Config config;
  config.num_warps = spread.warps;
  config.num_ctas = spread.blocks;
  return record(source, dtypes, ranks, classes, config);
}

// Each row as tiles of `size` elements; without a level where one has it all.
Program rows_of(Apply apply, std::int64_t size, bool loops,
                const std::vector<TestArray *> &arrays, const Spread &spread) {
  KernelSource source = make_source(
      "rows",
      [=](Tensor x, Tensor y) {
        const auto cut = [=](const Tensor &t) {
          const Tensor tiles = t.tile({1, size});
          return loops ? tiles.tile({1, whole}).at(1, squeeze(0)).squeeze(1)
                       : tiles;
        };
        return arranged(cut(x), cut(y));
      },
      apply, {"x", "y"});
  return recorded(source, arrays, spread);
}

void run(const Program &program, const std::vector<TestArray *> &arrays,
         std::int64_t rows, const Spread &spread) {
  ASSERT_EQ(compiler::compile(program, compiler::nvptx_target(90)).blocks,
            spread.blocks);
  run_emulated(program, parameter_block(arrays), rows, 90);
}

constexpr std::int64_t rows = 3;

// Two reductions, of which the second needs the first.
TEST(Spread, RowsInRegisters) {
  const auto apply = [](In x, Out y) {
    const Tile all = cast(x, f32), mean = sum(all) / x.source_size(1);
    y = max(where(x.in_bounds(), abs(all - mean), 0)) * 2 + all;
  };
  for (const Spread &spread : spreads)
    for (const DType dtype : {f32, bf16})
      for (const std::int64_t length : {2047, 700}) {
        SCOPED_TRACE(text(spread) + ", rows of " + std::to_string(length));
        TestArray x(dtype, {rows, length}), y(f32, {rows, length});
        fill_random(x, 5);
        run(rows_of(apply, 2048, false, {&x, &y}, spread), {&x, &y}, rows,
            spread);
        for (std::int64_t row = 0; row < rows; ++row) {
          double sum = 0, top = 0;
          for (std::int64_t i = 0; i < length; ++i)
            sum += x.get(row * length + i);
          const double mean = sum / static_cast<double>(length);
          for (std::int64_t i = 0; i < length; ++i)
            top = std::max(top, std::abs(x.get(row * length + i) - mean));
          for (std::int64_t i = 0; i < length; ++i)
            ASSERT_NEAR(y.get(row * length + i),
                        top * 2 + x.get(row * length + i), 1e-4)
                << row << ", " << i;
        }
        EXPECT_TRUE(y.untouched_outside());
      }
}

// Along both dimensions of a tile, within blocks and across them: sums, and
// where the largest is, of which no lane changes nothing.
TEST(Spread, TilesOfTwoDimensions) {
  constexpr std::int64_t height = 24, width = 100;
  KernelSource source = make_source(
      "planes",
      [](Tensor x, Tensor y) {
        const auto cut = [](const Tensor &t) {
          return t.tile({1, 32, 128}).at(1, squeeze(0));
        };
        return arranged(cut(x), cut(y));
      },
      [](In x, Out y) {
        const Tile all = x;
        const Tile down = sum(all, dim(0).kept()),
                   across =
                       argmax(where(x.in_bounds(), all, -1e30), dim(1).kept());
        y = all + down + cast(across, all.dtype());
      },
      {"x", "y"});
  for (const Spread &spread : spreads)
    for (const DType dtype : {f32, f64}) {
      SCOPED_TRACE(text(spread) + ", " + std::string(name(dtype)));
      TestArray x(dtype, {rows, height, width}), y(dtype, x.shape());
      fill_random(x, 7);
      run(recorded(source, {&x, &y}, spread), {&x, &y}, rows, spread);
      for (std::int64_t at = 0; at < x.numel(); ++at) {
        const std::int64_t column = at % width, plane = at / (height * width);
        double sum = 0, best = 0;
        for (std::int64_t i = 0; i < height; ++i)
          sum += x.get((plane * height + i) * width + column);
        for (std::int64_t i = 1; i < width; ++i)
          if (x.get(at - column + i) >
              x.get(at - column + static_cast<std::int64_t>(best)))
            best = static_cast<double>(i);
        ASSERT_NEAR(y.get(at), x.get(at) + sum + best, 1e-4) << at;
      }
      EXPECT_TRUE(y.untouched_outside());
    }
}

// Sums of rounds, whose memory each round has again, and rows that blocks keep.
TEST(Spread, RowsReadAgain) {
  const auto apply = [](In x, Out y) {
    Tile total = zeros({}, f32), top = full({}, -1e30, f32);
    for (Index k : range(x.size(0))) {
      const Tile all = cast(x[k], f32);
      total = total + sum(all);
      top = max(top, max(where(x[k].in_bounds(), all, -1e30)));
    }
    for (Index k : range(x.size(0))) {
      const Index at = x.size(0) - 1 - k;
      y[at] = cast(x[at], f32) * 4 + total + top;
    }
  };
  constexpr std::int64_t size = 4096;
  for (const Spread &spread : {spreads[0], spreads[2]})
    for (const DType dtype : {f32, i8})
      for (const std::int64_t length : {std::int64_t{7}, 3 * size + 5}) {
        SCOPED_TRACE(text(spread) + ", rows of " + std::to_string(length));
        TestArray x(dtype, {rows, length}), y(f32, {rows, length});
        fill_random(x, 3);
        run(rows_of(apply, size, true, {&x, &y}, spread), {&x, &y}, rows,
            spread);
        for (std::int64_t row = 0; row < rows; ++row) {
          double sum = 0, top = -1e30;
          for (std::int64_t i = 0; i < length; ++i) {
            sum += x.get(row * length + i);
            top = std::max(top, x.get(row * length + i));
          }
          for (std::int64_t i = 0; i < length; ++i)
            ASSERT_NEAR(y.get(row * length + i),
                        x.get(row * length + i) * 4 + sum + top,
                        1e-5 * (1 + std::abs(sum)))
                << row << ", " << i;
        }
        EXPECT_TRUE(y.untouched_outside());
      }
}

} // namespace
} // namespace girih::testing

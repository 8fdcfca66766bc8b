// SPDX-License-Identifier: Apache-2.0
// Loops whose loads go a round ahead: any number of rounds, with and without
// tiles that reach past the end.
#include "girih/compiler/compiler.h"
#include "girih/dsl/make.h"
#include "girih/tests/fuzz/emulated_run.h"
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih::testing {
namespace {

constexpr std::int64_t rows = 2, width = 256;

/// Each row is a loop over tiles of `size` elements.
Tensor pieces(const Tensor &t, std::int64_t size = width) {
  return t.tile({1, size}).tile({1, whole}).at(1, squeeze(0));
}

Program recorded(const KernelSource &source,
                 const std::vector<TestArray *> &arrays, int warps,
                 int stages) {
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<OperandClass> classes;
  for (const TestArray *array : arrays) {
    dtypes.push_back(array->dtype());
    ranks.push_back(2);
    OperandClass known;
    known.unit_stride = 2;
    if (array->shape()[1] % 16 == 0) {
      known.aligned = true;
      known.size_div16 = 2;
      known.stride_div16 = 1;
    }
    classes.push_back(known);
  }
  Config config;
  config.num_warps = warps;
  config.num_stages = stages;
  return record(source, dtypes, ranks, classes, config);
}

std::string after_async(const Program &program) {
  std::string found;
  compiler::Options options;
  options.on_stage = [&](compiler::Stage stage, std::string_view text) {
    if (stage == compiler::Stage::async)
      found = text;
  };
  compiler::compile(program, compiler::nvptx_target(80), options);
  return found;
}

int loads_of(const Block &block) {
  int count = 0;
  for (const Node &node : block.nodes) {
    count += node.op == Op::load ? 1 : 0;
    for_each_block(node, [&](const Block &inner) { count += loads_of(inner); });
  }
  return count;
}

/// Whether loads of this Program go ahead: those of the first round are read
/// before the loop, too.
bool goes_ahead(const Program &program) {
  const std::string text = after_async(program);
  int count = 0;
  for (auto at = text.find("tile.load"); at != std::string::npos;
       at = text.find("tile.load", at + 1))
    ++count;
  return count > loads_of(program.body);
}

constexpr std::int64_t lengths[] = {0, 1, 256, 257, 1280, 1283};

/// Calls `test(length, dtype, warps, stages)`.
template <class Test> void for_each_setting(Test test) {
  for (DType dtype : {f32, bf16, i8, f64})
    for (int warps : {1, 4})
      for (std::int64_t length : lengths) {
        SCOPED_TRACE(std::string(name(dtype)) + ", " + std::to_string(warps) +
                     " warps, rows of " + std::to_string(length));
        for (int stages : {1, 3})
          test(length, dtype, warps, stages);
      }
}

TEST(Prefetch, SumsOfAllRounds) {
  KernelSource source = make_source(
      "sums",
      [](Tensor x, Tensor y) {
        return arranged(pieces(x), y.tile({1, width}));
      },
      [](In x, Out y) {
        Tile total = zeros(x.shape(), f32);
        for (Index k : range(x.size(0)))
          total = total + cast(x[k], f32);
        y = total;
      },
      {"x", "y"});
  for_each_setting(
      [&](std::int64_t length, DType dtype, int warps, int stages) {
        TestArray x(dtype, {rows, length}), y(f32, {rows, width});
        fill_random(x, 3);
        Program program = recorded(source, {&x, &y}, warps, stages);
        EXPECT_EQ(goes_ahead(program), stages > 1);
        run_emulated(program, parameter_block({&x, &y}), rows);
        for (std::int64_t row = 0; row < rows; ++row)
          for (std::int64_t lane = 0; lane < width; ++lane) {
            double sum = 0;
            for (std::int64_t i = lane; i < length; i += width)
              sum += x.get(row * length + i);
            ASSERT_EQ(y.get(row * width + lane), sum) << row << ", " << lane;
          }
      });
}

TEST(Prefetch, CopiesAndUpdates) {
  // Of z, which the loop writes, each round reads what is there then.
  KernelSource source = make_source(
      "copies",
      [](Tensor x, Tensor y, Tensor z) {
        return arranged(pieces(x), pieces(y), pieces(z));
      },
      [](In x, Out y, InOut z) {
        for (Index k : range(x.size(0))) {
          y[k] = x[k] * 2 + 1;
          z[k] = z[k] + x[k];
        }
      },
      {"x", "y", "z"});
  for_each_setting(
      [&](std::int64_t length, DType dtype, int warps, int stages) {
        TestArray x(dtype, {rows, length}), y(dtype, {rows, length}),
            z(dtype, {rows, length});
        fill_random(x, 3);
        fill_random(z, 4);
        TestArray before = z;
        Program program = recorded(source, {&x, &y, &z}, warps, stages);
        run_emulated(program, parameter_block({&x, &y, &z}), rows);
        for (std::int64_t i = 0; i < x.numel(); ++i) {
          ASSERT_EQ(y.get(i), x.get(i) * 2 + 1) << i;
          ASSERT_EQ(z.get(i), before.get(i) + x.get(i)) << i;
        }
        EXPECT_TRUE(y.untouched_outside() && z.untouched_outside());
      });
}

TEST(Prefetch, SoftmaxOfLongRows) {
  KernelSource source = make_source(
      "long_rows",
      [](Tensor x, Tensor y) {
        return arranged(pieces(x.other(-INFINITY)), pieces(y));
      },
      [](In x, Out y) {
        Tile largest = full(x.shape(), -1e30f, f32);
        for (Index k : range(x.size(0)))
          largest = max(largest, cast(x[k], f32));
        Tile top = max(largest, dim(1).kept());
        Tile total = zeros(x.shape(), f32);
        for (Index k : range(x.size(0)))
          total = total + exp(cast(x[k], f32) - top);
        Tile all = sum(total, dim(1).kept());
        for (Index k : range(x.size(0)))
          y[k] = exp(cast(x[k], f32) - top) / all;
      },
      {"x", "y"});
  for (std::int64_t length : {1, 256, 700, 1280}) {
    TestArray x(bf16, {rows, length}), y(f32, {rows, length});
    fill_random(x, 5);
    Program program = recorded(source, {&x, &y}, 4, 3);
    EXPECT_TRUE(goes_ahead(program));
    run_emulated(program, parameter_block({&x, &y}), rows);
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::int64_t i = 0; i < length; ++i)
        sum += std::exp(x.get(row * length + i));
      for (std::int64_t i = 0; i < length; ++i)
        ASSERT_NEAR(y.get(row * length + i),
                    std::exp(x.get(row * length + i)) / sum, 2e-6)
            << row << ", " << i << " of " << length;
    }
    EXPECT_TRUE(y.untouched_outside());
  }
}

// Tiles of 4 KiB or 8, of which shared memory holds some: rows that fit it and
// rows that do not, read again forwards and backwards. What a thread reduces by
// itself takes none of that memory.
TEST(Keep, RowsReadAgain) {
  constexpr std::int64_t size = 2048;
  KernelSource source = make_source(
      "read_again",
      [](Tensor x, Tensor y) {
        return arranged(pieces(x.other(-3), size), pieces(y, size));
      },
      [](In x, Out y) {
        Tile total = zeros(x.shape(), f32);
        for (Index k : range(x.size(0)))
          total = total + cast(x[k], f32);
        Tile first = zeros({1, size / 4}, f32), last = first;
        for (Index k : range(x.size(0))) {
          Tile fours = reshape(cast(x[k], f32), {1, size / 4, 4});
          first = max(first, max(fours, dim(2)));
          last = min(last, min(fours, dim(2)));
        }
        Tile all = sum(total, dim(1).kept()), top = max(first, dim(1).kept());
        Tile least = min(last, dim(1).kept());
        for (Index k : range(x.size(0))) {
          const Index at = x.size(0) - 1 - k;
          y[at] = cast(x[at], f32) * 4 + all + top + least;
        }
      },
      {"x", "y"});
  for (DType dtype : {f32, bf16, i8})
    for (std::int64_t length : {std::int64_t{0}, std::int64_t{7}, size,
                                3 * size + 5, 30 * size, 45 * size + 13}) {
      SCOPED_TRACE(std::string(name(dtype)) + " rows of " +
                   std::to_string(length));
      TestArray x(dtype, {rows, length}), y(f32, {rows, length});
      fill_random(x, 3);
      Program program = recorded(source, {&x, &y}, 16, 3);
      EXPECT_NE(after_async(program).find("tile.kept"), std::string::npos);
      run_emulated(program, parameter_block({&x, &y}), rows);
      for (std::int64_t row = 0; row < rows; ++row) {
        // Lanes outside of x count, too.
        const std::int64_t lanes = (length + size - 1) / size * size;
        double sum = -3.0 * static_cast<double>(lanes - length), top = 0;
        double least = lanes > length ? -3 : 0;
        for (std::int64_t i = 0; i < length; ++i) {
          sum += x.get(row * length + i);
          top = std::max(top, x.get(row * length + i));
          least = std::min(least, x.get(row * length + i));
        }
        for (std::int64_t i = 0; i < length; ++i)
          ASSERT_EQ(y.get(row * length + i),
                    x.get(row * length + i) * 4 + sum + top + least)
              << row << ", " << i;
      }
      EXPECT_TRUE(y.untouched_outside());
    }
}

// Tiles of which several threads hold an element are not kept.
TEST(Keep, OnlyWhatOneThreadHolds) {
  constexpr std::int64_t size = 256, length = 45 * size + 13;
  KernelSource source = make_source(
      "read_twice",
      [](Tensor x, Tensor y) {
        return arranged(pieces(x, size), pieces(y, size));
      },
      [](In x, Out y) {
        Tile total = zeros(x.shape(), f32);
        for (Index k : range(x.size(0)))
          total = total + cast(x[k], f32);
        Tile all = sum(total, dim(1).kept());
        for (Index k : range(x.size(0)))
          y[k] = cast(x[k], f32) + all;
      },
      {"x", "y"});
  TestArray x(f32, {rows, length}), y(f32, {rows, length});
  fill_random(x, 3);
  Program program = recorded(source, {&x, &y}, 16, 3);
  EXPECT_EQ(after_async(program).find("tile.kept"), std::string::npos);
}

} // namespace
} // namespace girih::testing

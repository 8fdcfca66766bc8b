// SPDX-License-Identifier: Apache-2.0
// Windows read in vectors: any size, stride, dilation and padding, rows that
// end within a tile and rows that vectors do not fit.
#include "girih/compiler/compiler.h"
#include "girih/dsl/make.h"
#include "girih/tests/fuzz/emulated_run.h"
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

struct Windows {
  std::int64_t size, stride, dilation, before;
  std::int64_t block = 32; // of outputs in a row

  std::int64_t reach() const { return dilation * (size - 1) + 1; }
  std::int64_t positions(std::int64_t width) const {
    return (width + 2 * before - reach()) / stride + 1;
  }
};
constexpr Windows all_windows[] = {
    {3, 2, 1, 1}, {2, 2, 1, 0}, {8, 8, 1, 0}, {3, 1, 1, 1}, {5, 3, 1, 2},
    {4, 2, 2, 3}, {1, 2, 1, 0}, {7, 4, 1, 3}, {9, 1, 1, 0},
};
constexpr std::int64_t rows = 11, row_block = 8;

/// out[i, p] = the sum of (r + 1) * x[i, place r of window p].
KernelSource source_of(const Windows &windows) {
  return make_source(
      "windows",
      [windows](Tensor x, Tensor y) {
        const std::int64_t block = windows.block;
        const Size step = Size(block * windows.stride);
        const Size part = Size((block - 1) * windows.stride + windows.reach());
        const Size after = (cdiv(y.size(1), block) - 1) * step + part -
                           windows.before - x.size(1);
        return arranged(
            x.pad({{0, (cdiv(y.size(0), row_block)) * row_block - x.size(0)},
                   {windows.before, after}})
                .tile({row_block, part}, {row_block, step}, {}, Rounding::floor)
                .at(1,
                    [&](const Tensor &t) {
                      return t
                          .tile({1, windows.size}, {1, windows.stride},
                                {1, windows.dilation}, Rounding::floor)
                          .ravel();
                    })
                .at(1,
                    [&](const Tensor &t) {
                      return t.tile({row_block, block, 1, 1})
                          .squeeze({0, 1, 2})
                          .at(1, squeeze({2, 3}));
                    }),
            y.tile({row_block, block}));
      },
      [windows](In x, Out y) {
        Tile total = zeros(y.shape(), f32);
        for (int r = 0; r < windows.size; ++r)
          total = total + cast(x[r], f32) * (r + 1);
        y = total;
      },
      {"x", "y"});
}

OperandClass class_of(const TestArray &array, bool known) {
  OperandClass out;
  out.unit_stride = 2;
  const std::int64_t width = array.shape()[1];
  if (!known || width % 8 != 0)
    return out;
  out.aligned = true;
  (width % 16 == 0 ? out.size_div16 : out.size_div8) = 2;
  (width % 16 == 0 ? out.stride_div16 : out.stride_div8) = 1;
  return out;
}

/// Whether the program says so once it has layouts.
bool lays_out(const Program &program, int capability, std::string_view text) {
  std::string found;
  compiler::Options options;
  options.on_stage = [&](compiler::Stage stage, std::string_view text) {
    if (stage == compiler::Stage::layout)
      found = text;
  };
  compiler::compile(program, compiler::nvptx_target(capability), options);
  return found.find(text) != std::string::npos;
}

bool reads_windows(const Program &program, int capability) {
  return lays_out(program, capability, "tile.load_window");
}

void expect_windows(const Windows &windows, DType dtype, std::int64_t width,
                    int warps, bool known) {
  SCOPED_TRACE(std::string(name(dtype)) + ", " + std::to_string(windows.size) +
               " every " + std::to_string(windows.stride) + ", dilation " +
               std::to_string(windows.dilation) + ", padding " +
               std::to_string(windows.before) + " of " + std::to_string(width) +
               ", " + std::to_string(warps) + " warps");
  const std::int64_t count = windows.positions(width);
  ASSERT_GT(count, 0);
  TestArray x(dtype, {rows, width}), y(f32, {rows, count});
  fill_random(x, 3);
  Config config;
  config.num_warps = warps;
  const OperandClass classes[] = {class_of(x, known), class_of(y, known)};
  const DType dtypes[] = {dtype, f32};
  const int ranks[] = {2, 2};
  const Program program =
      record(source_of(windows), dtypes, ranks, classes, config);
  // A warp has eight lanes for each thread: enough for vectors.
  if (known && windows.stride % 2 == 0 && dtype == bf16 && warps == 1)
    EXPECT_EQ(reads_windows(program, 80), width % 8 == 0);
  if (!known)
    EXPECT_FALSE(reads_windows(program, 80));
  if (windows.block > 32)
    EXPECT_EQ(lays_out(program, 80,
                       "lane = [[0, 4], [0, 8], [0, 16], [0, 2], [0, 1]]"),
              count % 8 != 0);
  run_emulated(program, parameter_block({&x, &y}),
               (rows + row_block - 1) / row_block *
                   ((count + windows.block - 1) / windows.block));
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t p = 0; p < count; ++p) {
      double sum = 0;
      for (std::int64_t r = 0; r < windows.size; ++r) {
        const std::int64_t at =
            p * windows.stride + r * windows.dilation - windows.before;
        if (at >= 0 && at < width)
          sum += static_cast<double>(r + 1) * x.get(row * width + at);
      }
      ASSERT_EQ(y.get(row * count + p), sum) << row << ", " << p;
    }
  EXPECT_TRUE(y.untouched_outside());
}

TEST(Windows, OfEveryKind) {
  for (const Windows &windows : all_windows)
    for (DType dtype : {bf16, f32, i8})
      for (std::int64_t width : {40, 96, 23})
        expect_windows(windows, dtype, width, dtype == f32 ? 4 : 1, true);
}

// Of rows that are not whole vectors, lanes store what is next to each other.
TEST(Windows, StoredByLanesThatAreNeighbours) {
  for (const std::int64_t width : {560, 568, 16})
    for (const std::int64_t before : {0, 1})
      expect_windows({3, 2, 1, before, 128}, bf16, width, 4, true);
}

TEST(Windows, OfRowsThatNothingIsKnownOf) {
  for (const Windows &windows : all_windows)
    expect_windows(windows, bf16, 40, 1, false);
}

} // namespace
} // namespace girih::testing

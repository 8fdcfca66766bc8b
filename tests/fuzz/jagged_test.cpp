// SPDX-License-Identifier: Apache-2.0
// Jagged dimensions on every executor: rows copied to and from padded arrays,
// whatever the offsets are.
#include "executors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace girih::testing {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t width = 5;

/// Rows [batch, row, column] in tiles of 4 by 8, a level of them a program.
Tensor rows(const Tensor &t) {
  return t.tile({1, 4, 8})
      .at(1, squeeze(0))
      .tile({1, whole, 1})
      .at(1, squeeze({0, 2}));
}

void twice_and_one(In values, In, Out out) {
  for (Index k : range(out.size(0)))
    out[k] = values[k] * 2 + 1;
}

/// A program to each row, a loop over its tiles. Padding reads -7.
KernelSource pad_rows() {
  return make_source(
      "pad_rows",
      [](Tensor values, Tensor offsets, Tensor out) {
        return arranged(rows(values.jagged(0, offsets, out.size(1)).other(-7)),
                        offsets, rows(out));
      },
      twice_and_one, {"values", "offsets", "out"});
}

/// Back again: only as many rounds as the row has tiles.
KernelSource pack_rows() {
  return make_source("pack_rows",
                     [](Tensor values, Tensor offsets, Tensor out) {
                       return arranged(
                           rows(values), offsets,
                           rows(out.jagged(0, offsets, values.size(1))));
                     },
                     twice_and_one, {"values", "offsets", "out"});
}

/// One program loops over the rows: the index of an offset is a loop's.
KernelSource pad_in_one_program() {
  return make_source(
      "pad_in_one",
      [](Tensor values, Tensor offsets, Tensor out) {
        auto rows = [&](Tensor t) {
          return t.tile({1, 16, 8})
              .at(1, squeeze(0))
              .tile({whole, 1, 1})
              .at(1, squeeze({1, 2}))
              .squeeze(0);
        };
        return arranged(rows(values.jagged(0, offsets, out.size(1)).other(-7)),
                        offsets, rows(out));
      },
      twice_and_one, {"values", "offsets", "out"});
}

struct Setting {
  DType offsets;
  bool index32;
  std::int64_t total, length;
  Integers at;
};

Program recorded(const KernelSource &source, const Setting &setting) {
  const DType dtypes[] = {f32, setting.offsets, f32};
  bool jagged_input = source.name != "pack_rows";
  const int ranks[] = {jagged_input ? 2 : 3, 1, jagged_input ? 3 : 2};
  return record(source, dtypes, ranks, {}, {}, setting.index32);
}

/// Source row of (row, i), or -1: written from the definition, not the DSL.
std::int64_t source_row(const Setting &setting, std::int64_t row,
                        std::int64_t i) {
  auto clamped = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(setting.at[static_cast<std::size_t>(at)], 0,
                                    setting.total);
  };
  std::int64_t first = clamped(row), end = clamped(row + 1);
  return i < end - first ? first + i : -1;
}

void check_pad(const KernelSource &source, const Setting &setting,
               Executor executor) {
  auto rows = static_cast<std::int64_t>(setting.at.size()) - 1;
  TestArray values(f32, {setting.total, width});
  TestArray offsets(setting.offsets, {rows + 1});
  TestArray out(f32, {rows, setting.length, width});
  for (std::int64_t i = 0; i < values.numel(); ++i)
    values.set(i, static_cast<double>(i % 19));
  for (std::int64_t i = 0; i <= rows; ++i)
    offsets.set(i,
                static_cast<double>(setting.at[static_cast<std::size_t>(i)]));
  Program program = recorded(source, setting);
  run_on(executor, program, {&values, &offsets, &out});
  for (std::int64_t e = 0; e < out.numel(); ++e) {
    std::int64_t row = e / (setting.length * width);
    std::int64_t from = source_row(setting, row, e / width % setting.length);
    double wanted =
        (from < 0 ? -7 : static_cast<double>((from * width + e % width) % 19)) *
            2 +
        1;
    ASSERT_EQ(out.get(e), wanted) << source.name << " " << e;
  }
  EXPECT_TRUE(out.untouched_outside());
}

void check_pack(const Setting &setting, Executor executor) {
  auto rows = static_cast<std::int64_t>(setting.at.size()) - 1;
  TestArray padded(f32, {rows, setting.length, width});
  TestArray offsets(setting.offsets, {rows + 1});
  TestArray out(f32, {setting.total, width}),
      wanted(f32, {setting.total, width});
  for (std::int64_t i = 0; i < padded.numel(); ++i)
    padded.set(i, static_cast<double>(i % 19));
  for (std::int64_t i = 0; i <= rows; ++i)
    offsets.set(i,
                static_cast<double>(setting.at[static_cast<std::size_t>(i)]));
  for (std::int64_t e = 0; e < padded.numel(); ++e) {
    std::int64_t row = e / (setting.length * width);
    std::int64_t to = source_row(setting, row, e / width % setting.length);
    if (to >= 0)
      wanted.set(to * width + e % width, static_cast<double>(e % 19) * 2 + 1);
  }
  run_on(executor, recorded(pack_rows(), setting), {&padded, &offsets, &out});
  for (std::int64_t e = 0; e < out.numel(); ++e)
    ASSERT_EQ(out.code(e), wanted.code(e)) << e;
  EXPECT_TRUE(out.untouched_outside());
}

std::vector<Setting> settings() {
  std::vector<Setting> out = {
      {i64, true, 11, 6, {0, 3, 3, 9, 11}},
      {i32, true, 11, 6, {0, 3, 3, 9, 11}},
      {i64, false, 40, 13, {0, 1, 14, 39, 40, 40}},
      // Out of order, beyond the end, below the beginning.
      {i32, true, 9, 6, {0, 20, 4, -3, 9}},
      {i64, true, 9, 6, {-1, 5, 1LL << 40, 3, (1LL << 32) + 5}},
      {i64, false, 9, 6, {1LL << 50, -(1LL << 50), 4, 1LL << 50}},
      {i32, false, 0, 3, {0, 0, 0}},
      {i32, true, 7, 3, {0}},
  };
  std::mt19937 engine(5);
  auto below = [&](unsigned n) {
    return static_cast<std::int64_t>(engine() % n);
  };
  for (int i = 0; i < 6; ++i) {
    Setting each{
        below(2) ? i32 : i64, below(2) == 0, below(60), below(15) + 1, {0}};
    while (each.at.back() < each.total)
      each.at.push_back(
          std::min<std::int64_t>(each.total, each.at.back() + below(14)));
    out.push_back(each);
  }
  return out;
}

class Jagged : public ::testing::TestWithParam<Executor> {};

TEST_P(Jagged, PadsRows) {
  for (const Setting &each : settings())
    check_pad(pad_rows(), each, GetParam());
}

TEST_P(Jagged, PadsRowsInOneProgram) {
  for (const Setting &each : settings())
    if (each.length <= 16)
      check_pad(pad_in_one_program(), each, GetParam());
}

TEST_P(Jagged, PacksRows) {
  for (const Setting &each : settings())
    if (std::is_sorted(each.at.begin(), each.at.end()))
      check_pack(each, GetParam());
}

// Offsets that are not arranged can be read by any index.
TEST_P(Jagged, OffsetsAreSeenWhole) {
  auto source = make_source(
      "lengths",
      [](Tensor values, Tensor offsets, Tensor lengths) {
        return arranged(values.jagged(0, offsets, 4)
                            .tile({1, 4})
                            .at(1, squeeze(0))
                            .tile({whole, whole}),
                        offsets, lengths.tile({1}).tile({whole}).unsqueeze(1));
      },
      [](In, In offsets, Out lengths) {
        for (Index b : range(lengths.size(0)))
          lengths[b] =
              zeros(lengths.shape(), i64) + (offsets[b + 1] - offsets[b]);
      });
  const DType dtypes[] = {f32, i64, i64};
  const int ranks[] = {1, 1, 1};
  Program program = record(source, dtypes, ranks, {}, {});
  TestArray values(f32, {9}), offsets(i64, {4}), lengths(i64, {3});
  for (std::int64_t i = 0; i < 4; ++i)
    offsets.set(i, static_cast<double>(i * i));
  run_on(GetParam(), program, {&values, &offsets, &lengths});
  for (std::int64_t i = 0; i < 3; ++i)
    EXPECT_EQ(lengths.get(i), static_cast<double>(2 * i + 1));
}

INSTANTIATE_TEST_SUITE_P(Executors, Jagged, every_executor(), executor_name);

} // namespace
} // namespace girih::testing

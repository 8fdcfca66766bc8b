// SPDX-License-Identifier: Apache-2.0
// FlashAttention through the nvptx back end, on the CPU, against plain loops.
#include "attention_text.h"
#include "emulator.h"

#include "llvm/ADT/bit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace girih::testing;

namespace {

using Matrix = std::vector<std::uint16_t>; // bf16, row major

double valueOf(std::uint16_t bits) {
  return llvm::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Sixteenths from -2 to 2, which bf16 holds exactly.
Matrix randomMatrix(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  Matrix matrix(count);
  for (std::uint16_t &bits : matrix) {
    float value = (static_cast<int>(random() % 65) - 32) / 16.0f;
    bits = llvm::bit_cast<std::uint32_t>(value) >> 16;
  }
  return matrix;
}

/// Rows in pages of 16 in the table's order, others not numbers.
Matrix inPages(const Matrix &rows, std::int64_t depth,
               const std::vector<std::int32_t> &table, std::int64_t pages) {
  Matrix cache(pages * 16 * depth, 0x7fc0);
  std::int64_t count = static_cast<std::int64_t>(rows.size()) / depth;
  for (std::int64_t row = 0; row < count; ++row)
    std::copy_n(rows.begin() + row * depth, depth,
                cache.begin() + (table[row / 16] * 16 + row % 16) * depth);
  return cache;
}

/// Of so many keys, and past their pages pages that do not exist.
std::vector<std::int32_t> pageTable(std::int64_t keys, std::int64_t pages) {
  std::vector<std::int32_t> table(keys, 1 << 20), order(pages);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(4));
  std::copy_n(order.begin(), (keys + 15) / 16, table.begin());
  return table;
}

void expectAttention(const AttentionCase &c, std::int64_t queries,
                     std::int64_t keys) {
  SCOPED_TRACE(std::to_string(queries) + " queries, " + std::to_string(keys) +
               " keys");
  std::int64_t depth = c.depth;
  Matrix q = randomMatrix(queries * depth, 1),
         k = randomMatrix(keys * depth, 2),
         v = c.shared ? k : randomMatrix(keys * depth, 3),
         o(queries * depth + 16, 0xffff);
  std::int64_t rows = keys;
  Matrix allKeys = k, allValues = v;
  std::vector<std::int32_t> table;
  if (c.paged) {
    std::int64_t pages = (keys + 15) / 16 + 3;
    table = pageTable(keys, pages);
    allKeys = inPages(k, depth, table, pages);
    allValues = inPages(v, depth, table, pages);
    rows = pages * 16;
  }
  EmulatedKernel kernel(attentionText(c), c.capability);
  EXPECT_EQ(kernel.copies(3), c.specialised);
  std::vector<std::int64_t> params;
  for (auto [matrix, count] : {std::pair(&q, queries),
                               {&allKeys, rows},
                               {&allValues, rows},
                               {&o, queries}})
    params.insert(params.end(), {reinterpret_cast<std::int64_t>(matrix->data()),
                                 count, depth, depth, 1});
  if (c.paged)
    params.insert(params.end(),
                  {reinterpret_cast<std::int64_t>(table.data()), keys, 1});
  ASSERT_NO_THROW(kernel.run(params, (queries + c.queries - 1) / c.queries));
  std::vector<double> scores(keys), sums(depth);
  for (std::int64_t row = 0; row < queries; ++row) {
    double largest = -1e30, total = 0;
    for (std::int64_t key = 0; key < keys; ++key) {
      double score = 0;
      for (std::int64_t i = 0; i < depth; ++i)
        score += valueOf(q[row * depth + i]) * valueOf(k[key * depth + i]);
      scores[key] = score / 8;
      largest = std::max(largest, scores[key]);
    }
    std::fill(sums.begin(), sums.end(), 0);
    for (std::int64_t key = 0; key < keys; ++key) {
      double power = std::exp2(scores[key] - largest);
      total += power;
      for (std::int64_t i = 0; i < depth; ++i)
        sums[i] += power * valueOf(v[key * depth + i]);
    }
    // Probabilities and results are rounded to 8 bits; values are up to 2.
    for (std::int64_t i = 0; i < depth; ++i)
      ASSERT_NEAR(valueOf(o[row * depth + i]), sums[i] / total, 0.03)
          << row << ", " << i;
  }
  for (std::int64_t i = queries * depth; i < queries * depth + 16; ++i)
    EXPECT_EQ(o[i], 0xffff);
}

const AttentionCase cases[] = {
    AttentionCase{
        .name = "small", .queries = 64, .keys = 32, .depth = 64, .stages = 3},
    {.name = "permuted",
     .queries = 64,
     .keys = 64,
     .depth = 32,
     .permuted = true},
    {.name = "odd_warps", .queries = 96, .keys = 48, .depth = 32, .warps = 3},
    {.name = "shared_rows", .queries = 32, .keys = 64, .depth = 32},
    {.name = "one_stage", .queries = 64, .keys = 16, .depth = 16, .stages = 1},
    {.name = "warpgroup",
     .queries = 64,
     .keys = 32,
     .depth = 64,
     .permuted = true,
     .capability = 90},
    {.name = "warpgroups",
     .queries = 128,
     .keys = 64,
     .depth = 32,
     .warps = 8,
     .stages = 3,
     .capability = 90},
    {.name = "copied_by_others",
     .queries = 128,
     .keys = 64,
     .depth = 64,
     .warps = 8,
     .stages = 2,
     .capability = 90,
     .specialised = true},
    {.name = "copied_by_others_in_two_loops",
     .queries = 128,
     .keys = 64,
     .depth = 64,
     .warps = 8,
     .stages = 2,
     .capability = 90,
     .specialised = true,
     .two_loops = true},
    {.name = "warpgroups_in_two_loops",
     .queries = 128,
     .keys = 64,
     .depth = 32,
     .warps = 8,
     .stages = 3,
     .capability = 90,
     .two_loops = true},
    {.name = "warpgroup_one_stage",
     .queries = 64,
     .keys = 16,
     .depth = 32,
     .stages = 1,
     .capability = 90},
    {.name = "pages",
     .queries = 128,
     .keys = 64,
     .depth = 64,
     .warps = 8,
     .stages = 2,
     .capability = 90,
     .specialised = true,
     .paged = true},
    {.name = "pages_by_all_warps",
     .queries = 64,
     .keys = 32,
     .depth = 64,
     .capability = 90,
     .paged = true},
    {.name = "values_are_keys",
     .queries = 64,
     .keys = 64,
     .depth = 128,
     .warps = 8,
     .stages = 2,
     .capability = 90,
     .specialised = true,
     .paged = true,
     .shared = true},
    {.name = "shared_rows_of_warpgroups",
     .queries = 64,
     .keys = 32,
     .depth = 64,
     .warps = 8,
     .capability = 90}};

void expectEveryTail(AttentionCase c) {
  SCOPED_TRACE(c.name);
  expectAttention(c, c.queries, 2 * c.keys);
  expectAttention(c, c.queries + 16, 5 * c.keys + 16);
  expectAttention(c, 16, 16);
  if (c.paged)
    expectAttention(c, 16, 3 * c.keys - 11);
  if (c.persistent)
    expectAttention(c, 5 * c.queries + 16, 3 * c.keys);
  if (!c.specialised || c.persistent)
    return;
  c.name += "_program_by_program";
  c.persistent = true;
  expectEveryTail(c);
}

TEST(EmulatedAttention, EveryTail) {
  for (const AttentionCase &c : cases)
    expectEveryTail(c);
}

} // namespace

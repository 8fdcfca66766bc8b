// SPDX-License-Identifier: Apache-2.0
#include "cases.h"

namespace girih::testing {

std::vector<MatmulCase> hotCases() {
  return {
      {.name = "bf16"},
      {.name = "f16_k_contiguous",
       .element = "f16",
       .result = "f16",
       .unitB = 0},
      {.name = "bf16_f32", .result = "f32"},
      {.name = "bf16_64bit", .indexBits = 64},
      {.name = "bf16_unaligned", .divisor = 1, .align = 2},
  };
}

static std::vector<MatmulCase> shapes() {
  return {
      {.name = "deep", .k = 64},
      {.name = "wide", .n = 256, .k = 64, .warps = 8},
      {.name = "small", .result = "f32", .m = 16, .n = 8, .k = 16, .stages = 2},
      {.name = "n_of_176", .n = 176, .k = 64, .warps = 8, .stages = 2},
      {.name = "three_groups", .m = 192, .k = 32, .warps = 12},
      {.name = "three_warps", .m = 48, .n = 48, .k = 16, .warps = 3},
      {.name = "one_warp", .m = 32, .n = 32, .k = 16, .warps = 1},
      {.name = "no_loop", .m = 64, .n = 64, .k = 64, .loop = false},
      {.name = "one_stage", .m = 64, .n = 64, .k = 64, .stages = 1},
      {.name = "four_stages", .m = 64, .n = 64, .k = 32, .stages = 4},
      {.name = "tiny", .result = "f32", .m = 8, .n = 8, .k = 16, .stages = 2},
      {.name = "odd",
       .result = "f32",
       .m = 13,
       .n = 7,
       .k = 5,
       .stages = 2,
       .divisor = 1,
       .align = 2},
      {.name = "odd_three_warps",
       .result = "f32",
       .m = 13,
       .n = 24,
       .k = 8,
       .warps = 3,
       .divisor = 1,
       .align = 2},
  };
}

static std::vector<MatmulCase> memories() {
  return {
      {.name = "a_transposed", .m = 64, .n = 64, .unitA = 0},
      {.name = "both_transposed",
       .m = 64,
       .n = 64,
       .k = 64,
       .stages = 2,
       .unitA = 0,
       .unitB = 0},
      {.name = "strided",
       .m = 64,
       .n = 64,
       .unitA = -1,
       .unitB = -1,
       .divisor = 1,
       .align = 2},
      {.name = "half_aligned", .m = 64, .n = 64, .divisor = 16, .align = 8},
      {.name = "one_outside", .m = 64, .n = 64, .other = "1.0"},
  };
}

static std::vector<MatmulCase> computed() {
  return {
      {.name = "doubled", .m = 64, .n = 64, .doubled = true},
      {.name = "doubled_transposed",
       .m = 64,
       .n = 64,
       .unitA = 0,
       .doubled = true},
      {.name = "doubled_tiny",
       .result = "f32",
       .m = 8,
       .n = 8,
       .k = 16,
       .doubled = true},
      {.name = "doubled_i8",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .m = 64,
       .n = 64,
       .k = 32,
       .doubled = true},
      {.name = "doubled_three_warps",
       .m = 48,
       .n = 48,
       .k = 16,
       .warps = 3,
       .doubled = true},
  };
}

static std::vector<MatmulCase> types() {
  return {
      {.name = "tf32",
       .element = "f32",
       .result = "f32",
       .m = 64,
       .k = 16,
       .precision = "tf32"},
      {.name = "tf32_k_contiguous",
       .element = "f32",
       .result = "f32",
       .m = 64,
       .k = 16,
       .unitB = 0,
       .precision = "tf32"},
      {.name = "f32",
       .element = "f32",
       .result = "f32",
       .m = 64,
       .n = 64,
       .k = 16},
      {.name = "f64",
       .element = "f64",
       .accumulator = "f64",
       .result = "f64",
       .m = 32,
       .n = 32,
       .k = 8},
  };
}

static std::vector<MatmulCase> integers() {
  return {
      {.name = "i8",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .m = 64,
       .n = 64,
       .k = 64},
      {.name = "i8_k_contiguous",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .m = 64,
       .k = 64,
       .unitB = 0},
      {.name = "i16",
       .element = "i16",
       .accumulator = "i32",
       .result = "i16",
       .align = 2},
      {.name = "i32",
       .element = "i32",
       .accumulator = "i32",
       .result = "i32",
       .m = 64,
       .n = 64,
       .k = 16},
      {.name = "i64",
       .element = "i64",
       .accumulator = "i64",
       .result = "i64",
       .m = 32,
       .n = 32,
       .k = 8},
      {.name = "i8_cores",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .m = 8,
       .n = 8,
       .k = 8,
       .divisor = 1,
       .align = 1},
  };
}

std::vector<MatmulCase> otherCases() {
  std::vector<MatmulCase> all = shapes();
  for (auto list : {memories(), types(), integers(), computed()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

static std::vector<MatmulCase> warpgroupShapes() {
  return {
      {.name = "row_major", .n = 256, .k = 64, .warps = 8, .stages = 4},
      {.name = "one_group", .element = "f16", .m = 64, .n = 64, .unitB = 0},
      {.name = "f32_result", .result = "f32", .k = 64, .unitB = 0},
      {.name = "short_rows", .m = 64, .n = 64, .k = 16, .unitB = 0},
      {.name = "two_stages", .m = 64, .n = 128, .k = 64, .stages = 2},
      {.name = "one_stage", .m = 64, .n = 32, .k = 64, .stages = 1},
      {.name = "long_rows", .m = 64, .n = 64, .k = 128, .unitB = 0},
      {.name = "both_transposed", .n = 64, .k = 64, .unitA = 0, .unitB = 0},
      {.name = "n_of_176", .n = 176, .k = 64, .warps = 8, .unitB = 0},
      {.name = "n_of_176_row_major", .n = 176, .k = 32, .warps = 8},
      {.name = "three_groups", .m = 192, .k = 32, .warps = 12},
      {.name = "next_to_each_other", .m = 64, .n = 256, .k = 32, .warps = 8},
      {.name = "two_instructions", .m = 64, .n = 320, .k = 32, .unitB = 0},
      {.name = "two_of_rows", .m = 128, .n = 96, .k = 32},
      {.name = "narrow", .m = 64, .n = 8, .k = 32, .unitB = 0},
      {.name = "narrow_row_major", .m = 64, .n = 16, .k = 32},
      {.name = "columns_of_few_rows",
       .m = 64,
       .n = 16,
       .k = 64,
       .stages = 6,
       .unitB = 0,
       .unitC = 0},
      {.name = "n_of_136", .m = 64, .n = 136, .k = 64, .unitB = 0},
  };
}

static std::vector<MatmulCase> warpgroupMemories() {
  return {
      {.name = "unaligned", .n = 64, .divisor = 1, .align = 2},
      {.name = "strided",
       .m = 64,
       .n = 64,
       .unitA = -1,
       .unitB = -1,
       .divisor = 1,
       .align = 2},
      {.name = "one_outside", .m = 64, .n = 64, .other = "1.0"},
      {.name = "no_loop", .m = 64, .n = 64, .k = 64, .loop = false},
      {.name = "computed", .m = 128, .n = 64, .doubled = true},
      {.name = "computed_shared_rows",
       .m = 64,
       .n = 128,
       .k = 64,
       .warps = 8,
       .doubled = true},
      {.name = "i8",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .n = 96,
       .k = 64,
       .unitB = 0},
      {.name = "i8_computed",
       .element = "i8",
       .accumulator = "i32",
       .result = "i32",
       .m = 64,
       .n = 24,
       .k = 32,
       .unitB = 0,
       .doubled = true},
  };
}

// Blocks that share rounds, and rounds that are scaled.
static std::vector<MatmulCase> clusterCases() {
  std::vector<MatmulCase> all;
  for (int blocks : {2, 3, 8})
    for (bool specialised : {false, true})
      all.push_back({.name = "shared_by_" + std::to_string(blocks) +
                             (specialised ? "_copied_by_others" : ""),
                     .m = 64,
                     .n = 64,
                     .k = 64,
                     .specialised = specialised,
                     .blocks = blocks});
  for (bool persistent : {false, true})
    all.push_back({.name = std::string("scaled_rounds") +
                           (persistent ? "_program_by_program" : ""),
                   .element = "f32",
                   .result = "f32",
                   .n = 64,
                   .unitB = 0,
                   .precision = "tf32",
                   .specialised = true,
                   .persistent = persistent,
                   .scaled = true});
  for (int beside : {2, 4})
    for (bool scaled : {false, true})
      all.push_back({.name = "copied_by_" + std::to_string(beside) +
                             (scaled ? "_and_scaled" : ""),
                     .element = scaled ? "f32" : "bf16",
                     .result = "f32",
                     .n = scaled ? 64 : 192,
                     .k = scaled ? 32 : 64,
                     .unitB = scaled ? 0 : 1,
                     .precision = scaled ? "tf32" : "ieee",
                     .specialised = true,
                     .persistent = true,
                     .beside = beside,
                     .scaled = scaled});
  // Parts of columns with all threads, and of columns that warps share.
  for (int rows : {128, 64})
    all.push_back({.name = "shared_by_4_of_" + std::to_string(rows) + "_rows",
                   .m = rows,
                   .n = 128,
                   .k = 64,
                   .warps = 8,
                   .specialised = true,
                   .blocks = 4});
  for (int blocks : {2, 4})
    all.push_back(
        {.name = "columns_of_few_rows_shared_by_" + std::to_string(blocks),
         .m = 64,
         .n = 16,
         .k = 64,
         .unitB = 0,
         .unitC = 0,
         .specialised = true,
         .blocks = blocks});
  return all;
}

// Descending orders, of rows that come all at once, by themselves and by twos.
static std::vector<MatmulCase> descendingCases() {
  std::vector<MatmulCase> all;
  for (bool persistent : {false, true})
    for (int group : {0, 1, 2})
      all.push_back({.name = "descending_by_" + std::to_string(group) +
                             (persistent ? "_program_by_program" : ""),
                     .m = 64,
                     .n = 64,
                     .k = 64,
                     .specialised = persistent,
                     .persistent = persistent,
                     .order = "descending, " + std::to_string(group)});
  return all;
}

// What programs a block does, in which order, and which of its warps.
static std::vector<MatmulCase> scheduleCases() {
  std::vector<MatmulCase> all = descendingCases();
  for (bool persistent : {false, true})
    all.push_back({.name = std::string("along_a_curve") +
                           (persistent ? "_program_by_program" : ""),
                   .m = 64,
                   .n = 64,
                   .k = 64,
                   .specialised = persistent,
                   .persistent = persistent,
                   .order = "hilbert, 1"});
  const MatmulCase turns{.name = "in_turns",
                         .m = 64,
                         .n = 64,
                         .k = 64,
                         .specialised = true,
                         .persistent = true,
                         .pingPong = true};
  all.push_back(turns);
  MatmulCase other = turns;
  other.name = "in_turns_of_two_blocks";
  other.beside = 2;
  other.n = 192;
  all.push_back(other);
  other = turns;
  other.name = "in_turns_and_scaled";
  other.element = other.result = "f32";
  other.k = 32;
  other.unitB = 0;
  other.precision = "tf32";
  other.scaled = true;
  all.push_back(other);
  other = turns;
  other.name = "in_turns_from_odd_strides";
  other.divisor = 1;
  all.push_back(other);
  for (bool persistent : {false, true})
    all.push_back({.name = std::string("to_an_end") +
                           (persistent ? "_program_by_program" : ""),
                   .m = 64,
                   .n = 64,
                   .k = 64,
                   .specialised = true,
                   .persistent = persistent,
                   .cut = 5});
  for (MatmulCase streamed : std::vector<MatmulCase>(all)) {
    streamed.name += "_streamed";
    streamed.specialised = streamed.persistent = streamed.streamed = true;
    all.push_back(streamed);
  }
  return all;
}

std::vector<MatmulCase> warpgroupCases() {
  std::vector<MatmulCase> all = warpgroupShapes();
  for (const MatmulCase &c : warpgroupMemories())
    all.push_back(c);
  for (const char *element : {"f8E4M3FN", "f8E5M2"})
    all.push_back({.name = element,
                   .element = element,
                   .result = "f32",
                   .n = 64,
                   .k = 128,
                   .unitB = 0});
  all.push_back({.name = "tf32",
                 .element = "f32",
                 .result = "f32",
                 .m = 64,
                 .unitB = 0,
                 .precision = "tf32"});
  std::vector<MatmulCase> copied(all);
  for (MatmulCase &c : copied)
    if (c.stages > 1 && c.loop) {
      c.name += "_copied_by_others";
      c.specialised = true;
      all.push_back(c);
      c.name += "_program_by_program";
      c.persistent = true;
      all.push_back(c);
    }
  for (const auto &more : {clusterCases(), scheduleCases()})
    all.insert(all.end(), more.begin(), more.end());
  for (MatmulCase &c : all) {
    c.name = "wgmma_" + c.name;
    c.capability = 90;
  }
  return all;
}

} // namespace girih::testing

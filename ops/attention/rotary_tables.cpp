// SPDX-License-Identifier: Apache-2.0
// rotary_tables: cos and sin of positions[T] times frequencies[P], times
// attention_factor: what rotary_position_embedding and rope_paged_attention
// take, [T, P].
//
// Dtypes: positions i64 i32, frequencies and results f32; angles are rounded to
// f32, as in rotary_embedding_at. Errors: [device] [dtype] [shape] [overlap].
#include "girih/ops/attention.h"
#include "girih/ops/attention/kernels.h"
#include "girih/ops/op.h"

#include <algorithm>
#include <utility>

namespace girih::ops {

namespace {

// Positions and frequencies of a program.
using Cut = std::pair<std::int64_t, std::int64_t>;

Kernel make_kernel(const Cut &cut) {
  const auto [rows, pairs] = cut;
  return make(
      "rotary_tables",
      [=](Tensor positions, Tensor frequencies, Tensor factor, Tensor cosines,
          Tensor sines) {
        Tensor grid = cosines.tile({rows, pairs});
        Tensor at = positions.tile({rows})
                        .at(1, unsqueeze(1))
                        .unsqueeze(1)
                        .expand({keep, grid.size(1)});
        Tensor turning = frequencies.tile({pairs})
                             .at(1, unsqueeze(0))
                             .unsqueeze(0)
                             .expand({grid.size(0), keep});
        return arranged(at, turning, factor, grid, sines.tile({rows, pairs}));
      },
      [](In positions, In frequencies, In factor, Out cosines, Out sines) {
        Tile angle = cast(positions, f32) * Tile(frequencies);
        cosines = cos(angle) * Tile(factor);
        sines = sin(angle) * Tile(factor);
      },
      {"positions", "frequencies", "factor", "cos_table", "sin_table"});
}

KernelFamily<Cut> &kernels() {
  static KernelFamily<Cut> made(make_kernel);
  return made;
}

// A thread of a GPU has 8 angles, where there are as many.
constexpr std::int64_t most_angles = 1024, thread_angles = 8;

struct RotaryTables {
  static constexpr std::string_view signature =
      "rotary_tables(positions, frequencies, *, attention_factor: float = 1.0) "
      "-> cos_table, sin_table";
  static constexpr std::size_t typed_by = 1;
  static std::array<Shaped, 2> result(const Call &call, const Array &positions,
                                      const Array &frequencies, double) {
    static constexpr DType integers[] = {i64, i32}, single[] = {f32};
    const Argument at{"positions", positions},
        turning{"frequencies", frequencies};
    call.check_same_device({at, turning});
    call.check_dtype(at, integers);
    call.check_rank(at, 1);
    call.check_dtype(turning, single);
    call.check_rank(turning, 1);
    Dims shape = dims_of(positions.shape());
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = frequencies.size(0);
    return {Shaped{shape, f32}, Shaped{shape, f32}};
  }
  static void launch(const Call &call, const Array &positions,
                     const Array &frequencies, double factor,
                     const Array &cosines, const Array &sines) {
    const Array scale = Array::scalar(factor, f32);
    const std::int64_t pairs =
        std::clamp<std::int64_t>(power_of_two(frequencies.size(0)), 1, 128);
    const std::int64_t rows =
        std::min(power_of_two(positions.size(0)), most_angles / pairs);
    const auto warps = static_cast<int>(
        std::max<std::int64_t>(rows * pairs / (32 * thread_angles), 1));
    run_with(call, kernels()[{rows, pairs}], {warps, 1},
             {&positions, &frequencies, &scale, &cosines, &sines});
  }
};

} // namespace

std::array<Array, 2> rotary_tables(const Array &positions,
                                   const Array &frequencies,
                                   double attention_factor,
                                   const Stream &stream,
                                   std::source_location where) {
  return compute<RotaryTables>(stream, where, positions, frequencies,
                               attention_factor);
}

void rotary_tables_out(const Array &positions, const Array &frequencies,
                       const Array &cos_table, const Array &sin_table,
                       double attention_factor, const Stream &stream,
                       std::source_location where) {
  compute_into<RotaryTables>(stream, where, std::tie(cos_table, sin_table),
                             positions, frequencies, attention_factor);
}

OpEntry entry_of_rotary_tables() {
  return op_entry<RotaryTables>(
      {"attention",
       "cos and sin of positions times frequencies",
       {f32},
       {{.name = "rotary_tables",
         .kernel = kernels()[{16, 64}],
         .dtypes = {f32},
         .size_names = {"T"},
         .sizes = {4096},
         .picture_sizes = {2},
         .operands = [](DType dtype, std::span<const std::int64_t> n) {
           return std::vector<OperandShape>{{i64, {n[0]}, {}},
                                            {dtype, {64}, {}},
                                            {dtype, {}, {}, true},
                                            {dtype, {n[0], 64}, {}},
                                            {dtype, {n[0], 64}, {}}};
         }}}});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// rotary_embedding_at: rotary_position_embedding with
// cos[s, i] = attention_factor cos(positions[s] frequencies[i]), sin alike.
//
// Shapes: x[B, S, H, D], positions[S] or [B, S] of i64 or i32, frequencies
// f32[R / 2], which rotary_frequencies() computes. The angle is rounded to f32
// as transformers does; its cosine is right to 2 units in the last place.
// Errors: [device] [dtype] [shape] [argument] [overlap].
#include "girih/ops/attention/rotary.h"

namespace girih::ops {

namespace {

struct RotaryAt {
  static constexpr std::string_view signature =
      "rotary_embedding_at(x, positions, frequencies, *, "
      "interleaved: bool = False, attention_factor: float = 1.0) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &positions,
                       const Array &frequencies, bool, double) {
    static constexpr DType single[] = {f32};
    const Argument first{"x", x}, turning{"frequencies", frequencies};
    call.check_same_device({first, {"positions", positions}, turning});
    call.check_dtype(turning, single);
    call.check_rank(turning, 1);
    check_rotary(call, x, 2 * frequencies.size(0));
    check_positions(call, x, positions);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &positions,
                     const Array &frequencies, bool interleaved, double factor,
                     const Array &out) {
    launch_rotary_at(call, x, positions, frequencies, interleaved, factor, out);
  }
};

} // namespace

Array rotary_embedding_at(const Array &x, const Array &positions,
                          const Array &frequencies, bool interleaved,
                          double attention_factor, const Stream &stream,
                          std::source_location where) {
  return compute<RotaryAt>(stream, where, x, positions, frequencies,
                           interleaved, attention_factor);
}

void rotary_embedding_at_out(const Array &x, const Array &positions,
                             const Array &frequencies, const Array &out,
                             bool interleaved, double attention_factor,
                             const Stream &stream, std::source_location where) {
  compute_into<RotaryAt>(stream, where, std::tie(out), x, positions,
                         frequencies, interleaved, attention_factor);
}

OpEntry entry_of_rotary_embedding_at() {
  return op_entry<RotaryAt>(
      {"attention",
       "rotary_position_embedding by positions times frequencies",
       {std::begin(attention_floats), std::end(attention_floats)},
       {rotary_at_entry()}});
}

} // namespace girih::ops

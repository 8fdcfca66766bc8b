// SPDX-License-Identifier: Apache-2.0
// rope_paged_attention: a step of decoding. q and k are turned as by
// rotary_position_embedding, k and v written as by kv_cache_write, and then
// paged_attention.
//
// Shapes: q[B, Hq, D], k[B, H, D], v[B, H, Dv], cos_table and sin_table [B, R /
// 2] of the B tokens, R <= D; the rest as of those three. The last key of each
// sequence, lengths[b] - 1, is the one of this call, k[b], and is taken from
// there: slots[b] is where the table says that it belongs, or -1, which writes
// nothing. A sequence without keys gives 0. Dtypes: bf16 f32 f16 f64. Where all
// of a head is turned and a half of it is a power of two it is one kernel, else
// one for each; sequences that are split have one more, which combines.
// Errors: [device] [dtype] [shape] [argument] [overlap].
#include "girih/ops/attention/paged_step.h"
#include "girih/ops/attention/rotary.h"

namespace girih::ops {

namespace {

void launch_parts(const Call &call, const StepCall &step, const Array &q,
                  const PagedOptions &options, const Array &out) {
  const PagedCall &paged = step.paged;
  const auto turned = [&](const Array &x) {
    const Array made =
        allocate_result(x.shape(), x.dtype(), x.device(), call.stream);
    launch_rotary(call, unsqueezed(x, 0), step.cosines, step.sines,
                  step.interleaved, unsqueezed(made, 0));
    return made;
  };
  launch_cache_write(call, turned(step.k), &step.v, step.slots, paged.keys,
                     &paged.values);
  launch_paged(call,
               paged_call(turned(q), paged.keys, paged.values,
                          paged.block_table, paged.lengths, options, out));
}

struct RopePagedAttention {
  static constexpr std::string_view signature =
      "rope_paged_attention(q, k, v, cos_table, sin_table, slots, key_cache, "
      "value_cache, block_table, lengths, *, scale: float? = None, "
      "window: int = 0, soft_cap: float = 0.0, interleaved: bool = False) -> "
      "out";

  static Shaped result(const Call &call, const Array &q, const Array &k,
                       const Array &v, const Array &cosines, const Array &sines,
                       const Array &slots, const Array &keys,
                       const Array &values, const Array &table,
                       const Array &lengths, std::optional<double> scale,
                       std::int64_t window, double soft_cap, bool) {
    const Argument query{"q", q}, key{"k", k}, value{"v", v},
        cosine{"cos_table", cosines}, sine{"sin_table", sines},
        key_cache{"key_cache", keys}, value_cache{"value_cache", values};
    call.check_same_device({query,
                            key,
                            value,
                            cosine,
                            sine,
                            {"slots", slots},
                            key_cache,
                            value_cache});
    const Shaped out = check_paged_attention(
        call, q, keys, values, table, lengths, {scale, window, soft_cap, {}});
    for (const Argument &each : {key, value})
      call.check_same_dtype(each, key_cache);
    call.check_shape(key, {q.size(0), keys.size(2), keys.size(3)},
                     {query, key_cache});
    call.check_shape(value, {q.size(0), values.size(2), values.size(3)},
                     {query, value_cache});
    call.check_dtype(cosine, attention_floats);
    call.check_same_dtype(cosine, sine);
    call.check_shape(cosine, {q.size(0), -1}, {query});
    call.check_shape(sine, {q.size(0), cosines.size(1)}, {cosine});
    call.require(2 * cosines.size(1) <= q.size(2),
                 "the rotated part must be at most the head", {query, cosine});
    check_slots(call, slots, key);
    return out;
  }

  static void launch(const Call &call, const Array &q, const Array &k,
                     const Array &v, const Array &cosines, const Array &sines,
                     const Array &slots, const Array &keys, const Array &values,
                     const Array &table, const Array &lengths,
                     std::optional<double> scale, std::int64_t window,
                     double soft_cap, bool interleaved, const Array &out) {
    const PagedOptions options{scale, window, soft_cap, {}};
    const StepCall step{
        .paged = paged_call(q, keys, values, table, lengths, options, out),
        .k = k,
        .v = v,
        .cosines = cosines,
        .sines = sines,
        .slots = slots,
        .interleaved = interleaved};
    if (suits_step(step))
      launch_step(call, step);
    else
      launch_parts(call, step, q, options, out);
  }
};

} // namespace

Array rope_paged_attention(const RopePagedInputs &in,
                           const RopePagedOptions &options,
                           const Stream &stream, std::source_location where) {
  return compute<RopePagedAttention>(
      stream, where, in.q, in.k, in.v, in.cos_table, in.sin_table, in.slots,
      in.key_cache, in.value_cache, in.block_table, in.lengths, options.scale,
      options.window, options.soft_cap, options.interleaved);
}

void rope_paged_attention_out(const RopePagedInputs &in, const Array &out,
                              const RopePagedOptions &options,
                              const Stream &stream,
                              std::source_location where) {
  compute_into<RopePagedAttention>(stream, where, std::tie(out), in.q, in.k,
                                   in.v, in.cos_table, in.sin_table, in.slots,
                                   in.key_cache, in.value_cache, in.block_table,
                                   in.lengths, options.scale, options.window,
                                   options.soft_cap, options.interleaved);
}

OpEntry entry_of_rope_paged_attention() {
  return op_entry<RopePagedAttention>(
      {"attention",
       "rotary_position_embedding of q and k, kv_cache_write of k and v, "
       "paged_attention",
       {std::begin(attention_floats), std::end(attention_floats)},
       step_entries()});
}

} // namespace girih::ops

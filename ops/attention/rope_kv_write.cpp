// SPDX-License-Identifier: Apache-2.0
// rope_kv_write: rotary_embedding_at of q and k, and kv_cache_write of k and v,
// in one launch; gives q.
//
// Shapes: q[T, Hq, D], k[T, H, D], v[T, H, Dv], positions[T], frequencies
// f32[R / 2], caches and slots as for kv_cache_write. A program has one token,
// one head of keys and its group of query heads.
// Errors: [device] [dtype] [shape] [argument] [overlap].
#include "girih/ops/attention/paged.h"
#include "girih/ops/attention/rotary.h"

#include <tuple>

namespace girih::ops {

namespace {

// Query heads of a group, pairs, width of v, page size, interleaved.
using Form =
    std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, bool>;

// What a program sees of k: tiles [1, pairs] of both halves, or [1, pairs, 2].
Tensor arrange_key(const Tensor &k, const Tensor &grid, std::int64_t pairs,
                   bool interleaved) {
  Tensor tiles =
      interleaved ? k.tile({1, 1, pairs, 2}) : k.tile({1, 1, 1, pairs});
  tiles = tiles.tile({1, 1, whole, whole})
              .squeeze({2, 3})
              .unsqueeze(2)
              .expand({keep, keep, grid.size(2)})
              .at(1, squeeze({0, 1}));
  return interleaved ? tiles.at(2, squeeze(0)) : tiles.at(2, squeeze({0, 1}));
}

Tensor arrange_key_cache(const Tensor &cache, const Tensor &grid,
                         std::int64_t pairs, bool interleaved) {
  Tensor tiles = interleaved ? cache.tile({1, 1, 1, pairs, 2})
                             : cache.tile({1, 1, 1, 1, pairs});
  tiles = tiles.tile({whole, whole, 1, whole, whole})
              .squeeze({0, 1, 3, 4})
              .unsqueeze(0)
              .unsqueeze(2)
              .expand({grid.size(0), keep, grid.size(2)})
              .at(1, squeeze(2));
  return interleaved ? tiles.at(2, squeeze({0, 1}))
                     : tiles.at(2, squeeze({0, 1, 2}));
}

Arrangement arrange(const Form &form, Tensor q, Tensor k, Tensor v,
                    Tensor positions, Tensor frequencies, Tensor factor,
                    Tensor slots, Tensor keys, Tensor values, Tensor out) {
  const auto [group, pairs, width, page, interleaved] = form;
  Tensor grid = arrange_pairs(out, group, pairs, interleaved);
  auto of_token = [&](const Tensor &t) {
    return t.tile({1})
        .at(1, squeeze(0))
        .unsqueeze(1)
        .unsqueeze(2)
        .expand({keep, grid.size(1), grid.size(2)});
  };
  Tensor turning =
      frequencies.tile({pairs}).tile({whole}).unsqueeze(0).unsqueeze(0).expand(
          {grid.size(0), grid.size(1), grid.size(2)});
  Tensor value = v.tile({1, 1, width})
                     .tile({1, 1, whole})
                     .expand({keep, keep, grid.size(2)})
                     .at(1, squeeze({0, 1}))
                     .at(2, squeeze(0));
  Tensor value_places = arrange_cache(values, 1, width)
                            .unsqueeze(0)
                            .unsqueeze(2)
                            .expand({grid.size(0), keep, grid.size(2)});
  return arranged(arrange_pairs(q, group, pairs, interleaved),
                  arrange_key(k, grid, pairs, interleaved), value,
                  of_token(positions), turning, factor, of_token(slots),
                  arrange_key_cache(keys, grid, pairs, interleaved),
                  value_places, partial(grid));
}

void apply(const Form &form, const In &q, const In &k, const In &v,
           const In &positions, const In &frequencies, const In &factor,
           const In &slots, const InOut &keys, const InOut &values,
           const Out &out) {
  const std::int64_t page = std::get<3>(form);
  const bool interleaved = std::get<4>(form);
  const DType type = accumulated(q.dtype());
  Tile angle = cast(positions, f32) * cast(frequencies[0], f32);
  Tile scale = cast(factor, type);
  Tile cosine = cast(cos(angle), type) * scale,
       sine = cast(sin(angle), type) * scale;
  rotate_pairs(q, out, cosine, sine, type, interleaved);
  Index slot = slot_of(slots, keys, page);
  Index at = slot / page, place = slot % page;
  if (interleaved) {
    auto [first, second] = split(cast(k[{0, 0}], type));
    Rotated made = rotate(first, second, cosine, sine);
    keys[{at, place, 0, 0}] = join(made.first, made.second);
  } else {
    Rotated made =
        rotate(cast(k[{0, 0}], type), cast(k[{1, 0}], type), cosine, sine);
    keys[{at, place, 0, 0}] = made.first;
    keys[{at, place, 1, 0}] = made.second;
  }
  values[{at, place, 0}] = v[0];
}

Kernel make_kernel(const Form &form) {
  return make(
      std::get<4>(form) ? "rope_kv_write_interleaved" : "rope_kv_write",
      [=](Tensor q, Tensor k, Tensor v, Tensor positions, Tensor frequencies,
          Tensor factor, Tensor slots, Tensor keys, Tensor values, Tensor out) {
        return arrange(form, q, k, v, positions, frequencies, factor, slots,
                       keys, values, out);
      },
      [=](In q, In k, In v, In positions, In frequencies, In factor, In slots,
          InOut keys, InOut values, Out out) {
        apply(form, q, k, v, positions, frequencies, factor, slots, keys,
              values, out);
      },
      {"q", "k", "v", "positions", "frequencies", "factor", "slots",
       "key_cache", "value_cache", "out"});
}

KernelFamily<Form> &kernels() {
  static KernelFamily<Form> made(make_kernel);
  return made;
}

struct RopeKvWrite {
  static constexpr std::string_view signature =
      "rope_kv_write(q, k, v, positions, frequencies, slots, key_cache, "
      "value_cache, *, interleaved: bool = False, "
      "attention_factor: float = 1.0) -> out";

  static Shaped result(const Call &call, const Array &q, const Array &k,
                       const Array &v, const Array &positions,
                       const Array &frequencies, const Array &slots,
                       const Array &key_cache, const Array &value_cache, bool,
                       double) {
    static constexpr DType single[] = {f32}, integers[] = {i64, i32};
    const Argument query{"q", q}, key{"k", k}, value{"v", v},
        at{"positions", positions}, turning{"frequencies", frequencies},
        keys{"key_cache", key_cache}, values{"value_cache", value_cache};
    call.check_same_device(
        {query, key, value, at, turning, {"slots", slots}, keys, values});
    check_caches(call, keys, values);
    for (const Argument &each : {query, key, value})
      call.check_same_dtype(each, keys);
    call.check_rank(query, 3);
    call.check_shape(query, {-1, -1, key_cache.size(3)}, {keys});
    call.check_shape(key, {q.size(0), key_cache.size(2), key_cache.size(3)},
                     {query, keys});
    call.check_shape(value,
                     {q.size(0), value_cache.size(2), value_cache.size(3)},
                     {query, values});
    check_groups(call, query, q.size(1), key, k.size(1));
    call.check_dtype(at, integers);
    call.check_shape(at, {q.size(0)}, {query});
    call.check_dtype(turning, single);
    call.check_rank(turning, 1);
    call.require(2 * frequencies.size(0) <= q.size(2),
                 "the rotated part must be at most the head", {query, turning});
    check_slots(call, slots, key);
    return {dims_of(q.shape()), q.dtype()};
  }

  static void launch(const Call &call, const Array &q, const Array &k,
                     const Array &v, const Array &positions,
                     const Array &frequencies, const Array &slots,
                     const Array &key_cache, const Array &value_cache,
                     bool interleaved, double factor, const Array &out) {
    const std::int64_t rotary = 2 * frequencies.size(0);
    copy_rest(call, q, out, rotary);
    if (rotary == 0)
      return launch_cache_write(call, k, &v, slots, key_cache, &value_cache);
    if (rotary < q.size(2))
      launch_cache_write(call, rest_of(k, rotary), nullptr, slots,
                         rest_of(key_cache, rotary), nullptr);
    const std::int64_t group = q.size(1) / k.size(1);
    const auto grouped = [&](const Array &x) {
      return as_pairs(split_dim(x, 1, group), rotary, interleaved);
    };
    const Array from = grouped(q), to = grouped(out),
                key = as_pairs(k, rotary, interleaved),
                keys = as_pairs(key_cache, rotary, interleaved);
    const Array scale = Array::scalar(factor, accumulated(q.dtype()));
    const Kernel &kernel = kernels()[{
        power_of_two(group), power_of_two(rotary / 2), power_of_two(v.size(2)),
        at_least_one(key_cache.size(1)), interleaved}];
    run_with(call, kernel, {group * rotary > 2048 ? 4 : 2, 1},
             {&from, &key, &v, &positions, &frequencies, &scale, &slots, &keys,
              &value_cache, &to});
  }
};

KernelEntry kernel_entry() {
  return {.name = "rope_kv_write",
          .kernel = kernels()[{4, 64, 128, 16, false}],
          .dtypes = {std::begin(attention_floats), std::end(attention_floats)},
          .size_names = {"T", "P"},
          .sizes = {4096, 1024},
          .picture_sizes = {2, 2},
          .operands = [](DType dtype, std::span<const std::int64_t> n) {
            const OperandShape q{dtype, {n[0], 8, 4, 2, 64}, {}};
            return std::vector<OperandShape>{q,
                                             {dtype, {n[0], 8, 2, 64}, {}},
                                             {dtype, {n[0], 8, 128}, {}},
                                             {i64, {n[0]}, {}},
                                             {f32, {64}, {}},
                                             {accumulated(dtype), {}, {}, true},
                                             {i64, {n[0]}, {}},
                                             {dtype, {n[1], 16, 8, 2, 64}, {}},
                                             {dtype, {n[1], 16, 8, 128}, {}},
                                             q};
          }};
}

} // namespace

Array rope_kv_write(const Array &q, const Array &k, const Array &v,
                    const Array &positions, const Array &frequencies,
                    const Array &slots, const Array &key_cache,
                    const Array &value_cache, bool interleaved,
                    double attention_factor, const Stream &stream,
                    std::source_location where) {
  return compute<RopeKvWrite>(stream, where, q, k, v, positions, frequencies,
                              slots, key_cache, value_cache, interleaved,
                              attention_factor);
}

void rope_kv_write_out(const Array &q, const Array &k, const Array &v,
                       const Array &positions, const Array &frequencies,
                       const Array &slots, const Array &key_cache,
                       const Array &value_cache, const Array &out,
                       bool interleaved, double attention_factor,
                       const Stream &stream, std::source_location where) {
  compute_into<RopeKvWrite>(stream, where, std::tie(out), q, k, v, positions,
                            frequencies, slots, key_cache, value_cache,
                            interleaved, attention_factor);
}

OpEntry entry_of_rope_kv_write() {
  return op_entry<RopeKvWrite>(
      {"attention",
       "rotary_embedding_at of q and k, kv_cache_write of k and v",
       {std::begin(attention_floats), std::end(attention_floats)},
       {kernel_entry()}});
}

} // namespace girih::ops

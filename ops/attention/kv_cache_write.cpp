// SPDX-License-Identifier: Apache-2.0
// kv_cache_write: key_cache[slot / S, slot % S] = k[t] for slot = slots[t], and
// value_cache alike; a slot that is none, such as -1, writes nothing.
//
// Shapes: k[T, H, D], v[T, H, Dv], slots[T] of i32 or i64, key_cache
// [pages, S, H, D], value_cache[pages, S, H, Dv]. Dtypes: bf16 f32 f16 f64. Of
// two tokens with one slot either wins.
// Errors: [device] [dtype] [shape] [overlap].
// Source: vLLM's reshape_and_cache_flash.
#include "girih/ops/attention.h"
#include "girih/ops/attention/paged.h"

namespace girih::ops {

namespace {

struct KvCacheWrite {
  static constexpr std::string_view signature =
      "kv_cache_write(k, v, slots, key_cache, value_cache)";
  static Updates result(const Call &call, const Array &k, const Array &v,
                        const Array &slots, const Array &key_cache,
                        const Array &value_cache) {
    const Argument key{"k", k}, value{"v", v}, keys{"key_cache", key_cache},
        values{"value_cache", value_cache};
    call.check_same_device({key, value, {"slots", slots}, keys, values});
    check_caches(call, keys, values);
    call.check_same_dtype(key, keys);
    call.check_same_dtype(value, values);
    call.check_rank(key, 3);
    call.check_shape(key, {-1, key_cache.size(2), key_cache.size(3)}, {keys});
    call.check_shape(value,
                     {k.size(0), value_cache.size(2), value_cache.size(3)},
                     {key, values});
    check_slots(call, slots, key);
    return {};
  }
  static void launch(const Call &call, const Array &k, const Array &v,
                     const Array &slots, const Array &key_cache,
                     const Array &value_cache) {
    launch_cache_write(call, k, &v, slots, key_cache, &value_cache);
  }
};

} // namespace

void kv_cache_write(const Array &k, const Array &v, const Array &slots,
                    const Array &key_cache, const Array &value_cache,
                    const Stream &stream, std::source_location where) {
  compute<KvCacheWrite>(stream, where, k, v, slots, key_cache, value_cache);
}

OpEntry entry_of_kv_cache_write() {
  return op_entry<KvCacheWrite>(
      {"attention",
       "cache[slot / S, slot % S] = k[t], for slot = slots[t]",
       {std::begin(attention_floats), std::end(attention_floats)},
       {cache_write_entry()}});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/order_keys.h"

namespace girih::ops::order {

DType key_dtype(DType dtype) { return bits(dtype) == 64 ? i64 : i32; }

Tile last_key(DType dtype) {
  // No constant: those are exact up to 2^53 only.
  return ~((zeros({}, dtype) - 1) << (bits(dtype) - 1));
}

Tile key_of(const Tile &x, bool descending) {
  const DType type = key_dtype(x.dtype());
  Tile key = zeros(x.shape(), type);
  if (is_float(x.dtype())) {
    // A zero added makes both zeros equal.
    const Tile value = cast(x, type == i64 ? f64 : f32) + 0;
    const Tile bits = bitcast(value, type);
    const int sign = type == i64 ? 63 : 31;
    key = bits ^ ((bits >> sign) & last_key(type));
    key = where(isnan(value), last_key(type), key);
  } else {
    key = cast(x, type);
  }
  return descending ? ~key : key;
}

int idle_bits(DType dtype) {
  return dtype == bf16 ? 16 : dtype == f16 ? 13 : 0;
}

} // namespace girih::ops::order

// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/order_keys.h"

#include "girih/ops/reductions/dims_reduction.h"

#include <cmath>

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

std::int64_t digits_of(DType dtype) {
  return dtype == b1 ? 1 : bits(dtype) / 8;
}

namespace {

// The keys of a float of 16 bits as 16 bits.
Tile short_key(const Tile &x) {
  const Tile bits = cast(bitcast(x, i16), i32);
  const Tile one_zero = where(bits == INT16_MIN, 0, bits);
  const Tile key = one_zero ^ ((one_zero >> 31) & INT16_MAX);
  return where(isnan(x), INT16_MAX, key);
}

bool has_short_key(DType dtype) { return is_float(dtype) && bits(dtype) == 16; }

// What tells the two halves of a signed key apart, and all bits of a key.
Tile sign_of_key(DType dtype) {
  if (bits(dtype) >= 32)
    return ~last_key(key_dtype(dtype));
  return full({}, 1 << (bits(dtype) - 1), i32);
}
bool is_signed_key(DType dtype) { return dtype != u8 && dtype != b1; }

} // namespace

Tile unsigned_key(const Tile &x) {
  const DType type = x.dtype();
  Tile key = has_short_key(type) ? short_key(x) : key_of(x, false);
  if (is_signed_key(type))
    key = key ^ sign_of_key(type);
  return bits(type) >= 32 ? key : key & ((1 << bits(type)) - 1);
}

Tile value_of(const Tile &key, DType dtype) {
  Tile number = key;
  if (is_signed_key(dtype)) {
    number = number ^ sign_of_key(dtype);
    if (bits(dtype) < 32) // back to a sign of i32
      number = (number << (32 - bits(dtype))) >> (32 - bits(dtype));
  }
  if (!is_float(dtype))
    return cast(number, dtype);
  if (has_short_key(dtype))
    return bitcast(cast(number ^ ((number >> 31) & INT16_MAX), i16), dtype);
  const DType type = key_dtype(dtype);
  const int sign = type == i64 ? 63 : 31;
  return bitcast(number ^ ((number >> sign) & last_key(type)), dtype);
}

Tile digit_of(const Tile &x, bool descending, const Tile &shift) {
  Tile key = unsigned_key(x);
  if (descending)
    key = ~key;
  return cast((key >> cast(shift, key.dtype())) & 255, i32);
}

Tile last_value(DType dtype, bool descending) {
  if (is_float(dtype) && !descending)
    return full({}, NAN, dtype);
  if (dtype == b1)
    return full({}, descending ? 0 : 1, dtype);
  return limit({}, dtype, descending);
}

int idle_bits(DType dtype) {
  return dtype == bf16 ? 16 : dtype == f16 ? 13 : 0;
}

} // namespace girih::ops::order

// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/value.h"

namespace girih::ops {

DType ArrayOrNumber::promoted(DType other) const {
  if (is_array())
    return promote(array().dtype(), other);
  if (is_integer() || is_float(other))
    return other == b1 && !is_boolean() ? i64 : other;
  return f32;
}

namespace {

std::int64_t wrapped(std::int64_t number, DType dtype) {
  switch (dtype) {
  case DType::i32:
    return static_cast<std::int32_t>(number);
  case DType::i16:
    return static_cast<std::int16_t>(number);
  case DType::i8:
    return static_cast<std::int8_t>(number);
  case DType::u8:
    return static_cast<std::uint8_t>(number);
  default:
    return number;
  }
}

} // namespace

Array ArrayOrNumber::as(DType dtype) const {
  if (is_array())
    return array();
  if (is_integer())
    return Array::scalar(wrapped(std::get<std::int64_t>(value_), dtype), dtype);
  return Array::scalar(std::get<double>(value_), dtype);
}

} // namespace girih::ops

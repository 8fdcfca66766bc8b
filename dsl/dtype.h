// SPDX-License-Identifier: Apache-2.0
// Element types of Arrays and Tiles.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace girih {

/// Element type. The last group are packed storage types: they can be loaded
/// and cast, not computed with.
enum class DType : std::uint8_t {
  f64,
  f32,
  f16,
  bf16,
  e4m3, // fp8: 4 exponent, 3 mantissa bits, no infinity (OCP "e4m3fn")
  e5m2, // fp8: 5 exponent, 2 mantissa bits, IEEE-like
  i64,
  i32,
  i16,
  i8,
  u8,
  b1, // bool, one byte in memory, 0 or 1
  i4,
  u4,
  e2m1,  // fp4
  ue8m0, // power-of-two scale, value 2^(x-127)
};

inline constexpr DType f64 = DType::f64, f32 = DType::f32, f16 = DType::f16,
                       bf16 = DType::bf16, e4m3 = DType::e4m3,
                       e5m2 = DType::e5m2, i64 = DType::i64, i32 = DType::i32,
                       i16 = DType::i16, i8 = DType::i8, u8 = DType::u8,
                       b1 = DType::b1, i4 = DType::i4, u4 = DType::u4,
                       e2m1 = DType::e2m1, ue8m0 = DType::ue8m0;

/// Number of DType enumerators; they are contiguous from 0.
inline constexpr int dtype_count = 16;

/// Storage size of one element in bits: 64 … 8, or 4 for the packed types.
int bits(DType type);
/// Storage size of one element in bytes. Precondition: not a 4-bit type.
int bytes(DType type);
bool is_float(DType type);   // f64 … e5m2, e2m1, ue8m0
bool is_integer(DType type); // i64 … u8, i4, u4; not b1
bool is_signed(DType type);
/// Whether Tiles of this type can take part in elementwise arithmetic. fp8 and
/// the packed types cannot: they are loaded, stored, cast, selected and (fp8)
/// multiplied by dot().
bool is_arithmetic(DType type);

/// "f32", "bf16", "e4m3", "bool" … as printed in Programs and messages.
std::string_view name(DType type);
/// The inverse of name().
std::optional<DType> parse_dtype(std::string_view text);

/// Result type of an operation between two Tiles (PyTorch's promotion rules:
/// float wins over integer, wider wins, f16 with bf16 gives f32).
DType promote(DType lhs, DType rhs);

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/dtype.h"

#include "girih/dsl/support/diagnostics.h"

namespace girih {
namespace {

struct Traits {
  std::string_view name;
  int bits;
  bool is_float;
  bool is_signed;
  bool arithmetic;
};

constexpr Traits table[dtype_count] = {
    {"f64", 64, true, true, true},  {"f32", 32, true, true, true},
    {"f16", 16, true, true, true},  {"bf16", 16, true, true, true},
    {"e4m3", 8, true, true, false}, {"e5m2", 8, true, true, false},
    {"i64", 64, false, true, true}, {"i32", 32, false, true, true},
    {"i16", 16, false, true, true}, {"i8", 8, false, true, true},
    {"u8", 8, false, false, true},  {"bool", 8, false, false, true},
    {"i4", 4, false, true, false},  {"u4", 4, false, false, false},
    {"e2m1", 4, true, true, false}, {"ue8m0", 8, true, false, false},
};

const Traits &traits(DType type) {
  auto number = static_cast<std::size_t>(type);
  if (number >= dtype_count) { // where nothing before knew the user's line
    Diagnostic found(ErrorId::dtype_unsupported, {});
    found.message = std::to_string(number) + " is no dtype";
    throw CompileError(
        found.helped("take an enumerator of DType, such as f32"));
  }
  return table[number];
}

DType promote_floats(DType lhs, DType rhs) {
  int left = bits(lhs), right = bits(rhs);
  if (left != right)
    return left > right ? lhs : rhs;
  return lhs == rhs ? lhs : DType::f32;
}

DType promote_integers(DType lhs, DType rhs) {
  int left = bits(lhs), right = bits(rhs);
  if (left != right) {
    DType wide = left > right ? lhs : rhs, narrow = left > right ? rhs : lhs;
    if (is_signed(wide) || !is_signed(narrow))
      return wide;
    return DType::i16; // u8 with a narrower signed type
  }
  if (lhs == rhs)
    return lhs;
  return left == 8 ? DType::i16 : DType::i8; // u8 with i8, u4 with i4
}

} // namespace

int bits(DType type) { return traits(type).bits; }

int bytes(DType type) {
  ensure(bits(type) >= 8, "bytes() of a packed type");
  return bits(type) / 8;
}

bool is_float(DType type) { return traits(type).is_float; }

bool is_integer(DType type) {
  return !traits(type).is_float && type != DType::b1;
}

bool is_signed(DType type) { return traits(type).is_signed; }

bool is_arithmetic(DType type) { return traits(type).arithmetic; }

std::string_view name(DType type) { return traits(type).name; }

std::optional<DType> parse_dtype(std::string_view text) {
  for (int i = 0; i < dtype_count; ++i)
    if (table[i].name == text)
      return static_cast<DType>(i);
  return std::nullopt;
}

DType promote(DType lhs, DType rhs) {
  if (lhs == rhs)
    return lhs;
  if (is_float(lhs) && is_float(rhs))
    return promote_floats(lhs, rhs);
  if (is_float(lhs))
    return lhs;
  if (is_float(rhs))
    return rhs;
  if (lhs == DType::b1 || rhs == DType::b1)
    return lhs == DType::b1 ? rhs : lhs;
  return promote_integers(lhs, rhs);
}

} // namespace girih

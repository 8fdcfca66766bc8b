// SPDX-License-Identifier: Apache-2.0
// Numbers of C++ as tiles.
#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"

#include <cmath>

namespace girih {
namespace {

using Kind = Located::Kind;

[[noreturn]] void does_not_fit(std::string number, DType dtype,
                               const SourceLine &where) {
  throw CompileError(ErrorId::literal_range, where,
                     {std::move(number), name(dtype)});
}

void check_integer(const Located &literal, DType dtype) {
  std::int64_t value = literal.integer;
  bool fits = !literal.too_large;
  if (dtype == DType::b1) {
    fits &= value == 0 || value == 1;
  } else if (dtype != DType::i64) {
    std::int64_t limit = std::int64_t{1}
                         << (bits(dtype) - (is_signed(dtype) ? 1 : 0));
    fits &= value < limit && value >= (is_signed(dtype) ? -limit : 0);
  }
  if (!fits)
    does_not_fit(literal.too_large ? "above 2^63" : std::to_string(value),
                 dtype, literal.where);
}

std::int64_t cast_number(double number, DType dtype) {
  return dtype == DType::i64
             ? static_cast<std::int64_t>(encode(dtype, number))
             : static_cast<std::int64_t>(round_to(dtype, number));
}

// An integer as a constant. A Program keeps constants as doubles: an i64 that
// none of them is, is made of its two halves.
ValueId whole_constant(Recorder &recorder, std::int64_t value, DType dtype,
                       Shape shape, const SourceLine &where) {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  constexpr std::int64_t base = std::int64_t{1} << 32;
  auto number = [&](std::int64_t part, Shape of) {
    return recorder.constant(static_cast<double>(part), dtype, std::move(of),
                             where);
  };
  if (-exact <= value && value <= exact)
    return number(value, std::move(shape));
  ValueType type = {ValueType::Kind::tile, dtype, shape};
  auto combine = [&](Function function, ValueId lhs, ValueId rhs) {
    Node node;
    node.op = Op::binary;
    node.function = function;
    node.inputs = {lhs, rhs};
    node.line = where;
    return recorder.add(std::move(node), type);
  };
  ValueId upper = combine(Function::mul, number(value >> 32, std::move(shape)),
                          number(base, {}));
  return combine(Function::add, upper, number(value & (base - 1), {}));
}

} // namespace

void check_dtype(const std::string &what, DType dtype,
                 const SourceLine &where) {
  auto number = static_cast<int>(dtype);
  if (number < dtype_count)
    return;
  Diagnostic found(ErrorId::dtype_unsupported, where);
  found.message =
      what + " got " + std::to_string(number) + ", which is no dtype";
  throw CompileError(found.helped("take an enumerator of DType, such as f32"));
}

bool is_literal(const Located &value) {
  return value.kind == Kind::integer || value.kind == Kind::floating;
}

ValueId literal(const Located &value, DType dtype, Shape shape) {
  Recorder &recorder = recorder_of(value);
  double number = value.floating;
  if (!is_float(dtype)) {
    std::int64_t whole = value.integer;
    if (value.kind == Kind::integer)
      check_integer(value, dtype);
    else
      whole = cast_number(number, dtype);
    return whole_constant(recorder, whole, dtype, std::move(shape),
                          value.where);
  }
  // fp8 and fp4 saturate, as in a cast.
  if (std::isfinite(number) && std::isinf(round_to(dtype, number)))
    does_not_fit(number_text(number), dtype, value.where);
  return recorder.constant(number, dtype, std::move(shape), value.where);
}

Tile full(const Shape &shape, double value, DType dtype,
          std::source_location where) {
  check_dtype("full()", dtype, where);
  Located number(value, where);
  if (!is_float(dtype)) { // nothing is cut off, unlike by a cast
    bool whole =
        std::trunc(value) == value && -0x1p63 <= value && value < 0x1p63;
    if (!whole)
      does_not_fit(number_text(value), dtype, where);
    number.kind = Kind::integer;
    number.integer = static_cast<std::int64_t>(value);
  }
  return detail::full_tile(shape, number, dtype);
}

Tile detail::full_tile(const Shape &shape, const Located &number, DType dtype) {
  check_dtype("full()", dtype, number.where);
  Recorder &recorder = Recorder::current("full()", number.where);
  if (tile_elements(shape) < 0)
    throw CompileError(
        ErrorId::tile_size, number.where,
        {"the result of full()", to_string(shape), max_tile_elements});
  return recorder.tile(literal(number, dtype, shape), number.where);
}

Tile zeros(const Shape &shape, DType dtype, std::source_location where) {
  return full(shape, 0, dtype, where);
}

} // namespace girih

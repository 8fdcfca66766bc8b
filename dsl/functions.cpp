// SPDX-License-Identifier: Apache-2.0
// Operators and functions on tiles: promotion and checks, then one node.
#include "girih/dsl/functions.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih {
namespace {

using Kind = Located::Kind;

} // namespace

Recorder &recorder_of(const Located &value) {
  return Recorder::current("a Tile", value.where);
}

void unsupported_dtype(const char *what, DType dtype, const SourceLine &where) {
  const char *help = "cast to f32 first";
  if (dtype == DType::b1)
    help = "cast to an integer dtype first, or use & | ^ and where()";
  else if (is_integer(dtype))
    help = "cast to a float dtype first";
  else if (is_arithmetic(dtype))
    help = "cast to an integer dtype first";
  throw CompileError(ErrorId::dtype_unsupported, where,
                     {what, name(dtype), help});
}

namespace {

DType tile_dtype(const Located &value) {
  return recorder_of(value).type(value.value).dtype;
}

// The dtype of a number or Index that stands beside no tile.
DType default_dtype(const Located &value) {
  if (value.kind == Kind::floating)
    return DType::f32;
  return value.boolean ? DType::b1 : DType::i64;
}

} // namespace

// PyTorch's rule: a number or an Index only moves a tile to a higher category
// (bool, integer, float), never to a wider dtype of its own.
DType common_dtype(const Located &lhs, const Located &rhs) {
  bool left = lhs.kind == Kind::tile, right = rhs.kind == Kind::tile;
  if (left && right)
    return promote(tile_dtype(lhs), tile_dtype(rhs));
  if (!left && !right)
    return promote(default_dtype(lhs), default_dtype(rhs));
  DType tile = tile_dtype(left ? lhs : rhs);
  const Located &other = left ? rhs : lhs;
  if (is_float(tile))
    return tile;
  if (other.kind == Kind::floating)
    return DType::f32;
  return tile == DType::b1 && !other.boolean ? DType::i64 : tile;
}

namespace {

ValueId cast_value(Recorder &recorder, ValueId value, DType dtype,
                   const SourceLine &where) {
  ValueType type = recorder.type(value);
  if (type.dtype == dtype)
    return value;
  type.dtype = dtype;
  Node node;
  node.op = Op::cast;
  node.inputs = {value};
  node.line = where;
  return recorder.add(std::move(node), type);
}

} // namespace

ValueId convert(const Located &value, DType dtype) {
  Recorder &recorder = recorder_of(value);
  if (is_literal(value))
    return literal(value, dtype, {});
  ValueId tile = value.value;
  if (value.kind == Kind::index) {
    Node node;
    node.op = Op::index_to_tile;
    node.inputs = {value.value};
    node.line = value.where;
    tile =
        recorder.add(std::move(node), {ValueType::Kind::tile, DType::i64, {}});
  }
  return cast_value(recorder, tile, dtype, value.where);
}

Shape shape_of(const Located &value) {
  return value.kind == Kind::tile ? recorder_of(value).type(value.value).shape
                                  : Shape{};
}

Shape common_shape(const char *what, const Shape &lhs, const Shape &rhs,
                   const SourceLine &where) {
  Shape out(std::max(lhs.size(), rhs.size()), 1);
  for (const Shape *shape : {&lhs, &rhs})
    for (std::size_t i = 0; i < shape->size(); ++i) {
      std::int64_t &size = out[out.size() - 1 - i];
      std::int64_t other = (*shape)[shape->size() - 1 - i];
      if (size != other && size != 1 && other != 1)
        throw CompileError(ErrorId::shape_mismatch, where,
                           {what, to_string(lhs), to_string(rhs)});
      size = std::max(size, other);
    }
  if (tile_elements(out) < 0)
    throw CompileError(ErrorId::tile_size, where,
                       {std::string("the result of ") + what, to_string(out),
                        max_tile_elements});
  return out;
}

ValueId broadcast(Recorder &recorder, ValueId tile, const Shape &shape,
                  const SourceLine &where) {
  ValueType type = recorder.type(tile);
  if (type.shape == shape || type.shape.empty())
    return tile;
  Node node;
  node.op = Op::remap;
  node.inputs = {tile};
  node.line = where;
  for (std::size_t d = 0; d < type.shape.size(); ++d) {
    auto lane = static_cast<int>(d + shape.size() - type.shape.size());
    node.map.push_back(type.shape[d] == 1
                           ? Expr(0)
                           : Expr(Symbol{SymbolKind::lane, -1, lane, ""}));
  }
  type.shape = shape;
  return recorder.add(std::move(node), std::move(type));
}

ValueId spread(Recorder &recorder, ValueId tile, const Shape &shape,
               const SourceLine &where) {
  ValueType type = recorder.type(tile);
  if (!type.shape.empty() || shape.empty())
    return broadcast(recorder, tile, shape, where);
  // The one operation that repeats a scalar without changing any bit of it.
  Node node;
  node.op = Op::select;
  node.inputs = {recorder.constant(1, DType::b1, shape, where), tile, tile};
  node.line = where;
  type.shape = shape;
  return recorder.add(std::move(node), std::move(type));
}

Tile emit(Op op, Function function, std::vector<ValueId> inputs, ValueType type,
          const Located &at) {
  Node node;
  node.op = op;
  node.function = function;
  node.inputs = std::move(inputs);
  node.line = at.where;
  Recorder &recorder = recorder_of(at);
  return recorder.tile(recorder.add(std::move(node), std::move(type)),
                       at.where);
}

DType dtype_of(const Located &x) {
  return x.kind == Kind::tile ? tile_dtype(x) : default_dtype(x);
}

namespace {

ValueId operand(const Located &value, DType dtype, const Shape &shape) {
  return broadcast(recorder_of(value), convert(value, dtype), shape,
                   value.where);
}

// Which dtypes a function takes, and which it computes in.
DType computed_dtype(Function function, const char *what, DType dtype,
                     const SourceLine &where) {
  if (!is_arithmetic(dtype))
    unsupported_dtype(what, dtype, where);
  switch (function) {
  case Function::bit_and:
  case Function::bit_or:
  case Function::bit_xor:
    if (is_float(dtype))
      unsupported_dtype(what, dtype, where);
    return dtype;
  case Function::shl:
  case Function::shr:
    if (!is_integer(dtype))
      unsupported_dtype(what, dtype, where);
    return dtype;
  case Function::pow:
  case Function::rem:
  case Function::atan2:
    if (!is_float(dtype))
      unsupported_dtype(what, dtype, where);
    return dtype;
  case Function::div:
    return is_float(dtype) ? dtype : DType::f32;
  default:
    if (dtype == DType::b1)
      unsupported_dtype(what, dtype, where);
    return dtype;
  }
}

Tile compare(Function function, const char *what, const Located &lhs,
             const Located &rhs) {
  DType dtype = common_dtype(lhs, rhs);
  if (!is_arithmetic(dtype))
    unsupported_dtype(what, dtype, lhs.where);
  Shape shape = common_shape(what, shape_of(lhs), shape_of(rhs), lhs.where);
  return emit(Op::compare, function,
              {operand(lhs, dtype, shape), operand(rhs, dtype, shape)},
              {ValueType::Kind::tile, DType::b1, shape}, lhs);
}

Tile unary(Function function, DType dtype, const Located &x) {
  return emit(Op::unary, function, {convert(x, dtype)},
              {ValueType::Kind::tile, dtype, shape_of(x)}, x);
}

Tile signed_function(Function function, const char *what, const Located &x) {
  DType dtype = dtype_of(x);
  if (!is_arithmetic(dtype) || dtype == DType::b1)
    unsupported_dtype(what, dtype, x.where);
  return unary(function, dtype, x);
}

} // namespace

Tile tile_of(const Located &value) {
  Recorder &recorder = recorder_of(value);
  return recorder.tile(convert(value, dtype_of(value)), value.where);
}

Tile binary(Function function, const char *what, const Located &lhs,
            const Located &rhs) {
  DType dtype =
      computed_dtype(function, what, common_dtype(lhs, rhs), lhs.where);
  Shape shape = common_shape(what, shape_of(lhs), shape_of(rhs), lhs.where);
  ValueId left = operand(lhs, dtype, shape), right = operand(rhs, dtype, shape);
  return emit(Op::binary, function, {left, right},
              {ValueType::Kind::tile, dtype, shape}, lhs);
}

Tile updated(Function function, const char *what, const Tile &tile,
             const Located &rhs) {
  Located lhs = rhs; // for its place
  lhs.kind = Kind::tile;
  lhs.value = tile.value(rhs.where);
  ValueType before = recorder_of(lhs).type(lhs.value);
  Tile out = binary(function, what, lhs, rhs);
  ValueType after = recorder_of(lhs).type(out.value(rhs.where));
  if (after.shape != before.shape)
    throw CompileError(ErrorId::shape_mismatch, rhs.where,
                       {what, to_string(before.shape), to_string(after.shape)});
  // As in PyTorch: the left side keeps its dtype, and a float does not silently
  // become an integer.
  if (is_float(after.dtype) && !is_float(before.dtype))
    unsupported_dtype(what, before.dtype, rhs.where);
  lhs.value = out.value(rhs.where);
  return recorder_of(lhs).tile(convert(lhs, before.dtype), rhs.where);
}

void store_tile(Recorder *of, int operand, const std::vector<ValueId> &indices,
                const Located &value) {
  Recorder &recorder = recording(of, value.where);
  const ArrangedOperand &target =
      recorder.program().operands[static_cast<std::size_t>(operand)];
  ValueId tile;
  if (is_literal(value)) {
    tile = literal(value, target.dtype, target.tile);
  } else {
    tile = convert(value, target.dtype);
    Shape shape = recorder.type(tile).shape;
    bool fits = shape.size() <= target.tile.size();
    for (std::size_t i = 1; fits && i <= shape.size(); ++i)
      fits = shape[shape.size() - i] == 1 ||
             shape[shape.size() - i] == target.tile[target.tile.size() - i];
    if (!fits)
      throw CompileError(
          ErrorId::store_shape, value.where,
          {to_string(shape), target.name, to_string(target.tile)});
    tile = spread(recorder, tile, target.tile, value.where);
  }
  recorder.store(operand, indices, tile, value.where);
}

void update_tile(Recorder *of, Function function, int operand,
                 const std::vector<ValueId> &indices, const Located &rhs) {
  Recorder &recorder = recording(of, rhs.where);
  Located lhs = rhs;
  lhs.kind = Kind::tile;
  lhs.value = recorder.load(operand, indices, rhs.where);
  Tile before = recorder.tile(lhs.value, rhs.where);
  Tile after = updated(function, "an update of an InOut", before, rhs);
  lhs.value = after.value(rhs.where);
  store_tile(of, operand, indices, lhs);
}

Tile operator+(const Located &lhs, const Located &rhs) {
  return binary(Function::add, "operator +", lhs, rhs);
}
Tile operator-(const Located &lhs, const Located &rhs) {
  return binary(Function::sub, "operator -", lhs, rhs);
}
Tile operator*(const Located &lhs, const Located &rhs) {
  return binary(Function::mul, "operator *", lhs, rhs);
}
Tile operator/(const Located &lhs, const Located &rhs) {
  return binary(Function::div, "operator /", lhs, rhs);
}
Tile operator%(const Located &lhs, const Located &rhs) {
  return binary(Function::mod, "operator %", lhs, rhs);
}
Tile operator&(const Located &lhs, const Located &rhs) {
  return binary(Function::bit_and, "operator &", lhs, rhs);
}
Tile operator|(const Located &lhs, const Located &rhs) {
  return binary(Function::bit_or, "operator |", lhs, rhs);
}
Tile operator^(const Located &lhs, const Located &rhs) {
  return binary(Function::bit_xor, "operator ^", lhs, rhs);
}
Tile operator<<(const Located &lhs, const Located &rhs) {
  return binary(Function::shl, "operator <<", lhs, rhs);
}
Tile operator>>(const Located &lhs, const Located &rhs) {
  return binary(Function::shr, "operator >>", lhs, rhs);
}
Tile floor_divide(const Located &lhs, const Located &rhs) {
  return binary(Function::floordiv, "floor_divide()", lhs, rhs);
}
Tile min(const Located &lhs, const Located &rhs) {
  return binary(Function::min, "min()", lhs, rhs);
}
Tile max(const Located &lhs, const Located &rhs) {
  return binary(Function::max, "max()", lhs, rhs);
}
Tile fmod(const Located &lhs, const Located &rhs) {
  return binary(Function::rem, "fmod()", lhs, rhs);
}
Tile atan2(const Located &y, const Located &x) {
  return binary(Function::atan2, "atan2()", y, x);
}
Tile pow(const Located &base, const Located &exponent) {
  return binary(Function::pow, "pow()", base, exponent);
}

Tile operator==(const Located &lhs, const Located &rhs) {
  return compare(Function::eq, "operator ==", lhs, rhs);
}
Tile operator!=(const Located &lhs, const Located &rhs) {
  return compare(Function::ne, "operator !=", lhs, rhs);
}
Tile operator<(const Located &lhs, const Located &rhs) {
  return compare(Function::lt, "operator <", lhs, rhs);
}
Tile operator<=(const Located &lhs, const Located &rhs) {
  return compare(Function::le, "operator <=", lhs, rhs);
}
Tile operator>(const Located &lhs, const Located &rhs) {
  return compare(Function::gt, "operator >", lhs, rhs);
}
Tile operator>=(const Located &lhs, const Located &rhs) {
  return compare(Function::ge, "operator >=", lhs, rhs);
}

Tile operator-(const Located &x) {
  return signed_function(Function::neg, "operator -", x);
}
Tile abs(const Located &x) {
  return signed_function(Function::abs, "abs()", x);
}
Tile operator!(const Located &x) {
  if (dtype_of(x) != DType::b1)
    throw CompileError(ErrorId::dtype_unsupported, x.where,
                       {"operator !", name(dtype_of(x)),
                        "compare with 0 for a bool tile; ~ inverts bits"});
  return unary(Function::logical_not, DType::b1, x);
}
Tile operator~(const Located &x) {
  DType dtype = dtype_of(x);
  if (dtype == DType::b1)
    return !x;
  if (!is_arithmetic(dtype) || is_float(dtype))
    unsupported_dtype("operator ~", dtype, x.where);
  Recorder &recorder = recorder_of(x);
  ValueId ones =
      recorder.constant(is_signed(dtype) ? -1 : 255, dtype, {}, x.where);
  return emit(Op::binary, Function::bit_xor, {convert(x, dtype), ones},
              {ValueType::Kind::tile, dtype, shape_of(x)}, x);
}

Tile where(const Located &mask, const Located &x, const Located &y) {
  if (dtype_of(mask) != DType::b1)
    throw CompileError(ErrorId::dtype_unsupported, mask.where,
                       {"a where() mask", name(dtype_of(mask)),
                        "masks are bool tiles, as comparisons give"});
  DType dtype = common_dtype(x, y);
  Shape shape = common_shape("where()", shape_of(x), shape_of(y), mask.where);
  shape = common_shape("where()", shape_of(mask), shape, mask.where);
  ValueId condition = operand(mask, DType::b1, shape);
  ValueId left = operand(x, dtype, shape), right = operand(y, dtype, shape);
  return emit(Op::select, Function::none, {condition, left, right},
              {ValueType::Kind::tile, dtype, shape}, mask);
}

Tile cast(const Located &x, DType dtype, std::source_location) {
  check_dtype("cast()", dtype, x.where);
  Recorder &recorder = recorder_of(x);
  return recorder.tile(convert(x, dtype), x.where);
}

Tile dot(const Located &a, const Located &b, Precision precision,
         std::source_location where) {
  Recorder &recorder = recorder_of(a);
  if (precision > Precision::fast)
    throw CompileError(
        Diagnostic(ErrorId::dot_dtype, where,
                   {name(dtype_of(a)), name(dtype_of(b)),
                    "its precision is Precision::ieee, Precision::tf32 or "
                    "Precision::fast"}));
  Shape left = shape_of(a), right = shape_of(b);
  if (left.size() != 2 || right.size() != 2 || left[1] != right[0])
    throw CompileError(ErrorId::dot_shape, where,
                       {to_string(left), to_string(right)});
  DType x = dtype_of(a), y = dtype_of(b);
  bool known = is_float(x) ? bits(x) >= 8 && x != DType::ue8m0
                           : is_integer(x) && bits(x) >= 8;
  if (x != y || !known)
    throw CompileError(
        ErrorId::dot_dtype, where,
        {name(x), name(y),
         x != y ? "cast one side to the dtype of the other"
                : "dot() takes floats and integers of at least 8 bits"});
  DType sum = !is_float(x)      ? (x == DType::i64 ? DType::i64 : DType::i32)
              : x == DType::f64 ? DType::f64
                                : DType::f32;
  Node node;
  node.op = Op::dot;
  node.inputs = {a.value, b.value};
  node.precision = precision;
  node.line = where;
  Shape shape = {left[0], right[1]};
  if (tile_elements(shape) < 0)
    throw CompileError(
        ErrorId::tile_size, where,
        {"the result of dot()", to_string(shape), max_tile_elements});
  ValueId out = recorder.add(std::move(node),
                             {ValueType::Kind::tile, sum, std::move(shape)});
  return recorder.tile(out, where);
}

} // namespace girih

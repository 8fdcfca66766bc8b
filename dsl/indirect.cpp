// SPDX-License-Identifier: Apache-2.0
// Operands at indices that are data, and where an operand's tile lies.
#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/tile_nodes.h"

namespace girih {
namespace {

using Where = std::source_location;

struct Access {
  const char *what;
  Recorder &recorder;
  int operand;
  Where where;

  const ArrangedOperand &target() const {
    return recorder.program().operands[static_cast<std::size_t>(operand)];
  }
};

Shape index_shape(const Access &access, const std::vector<Located> &indices) {
  Shape shape;
  for (const Located &each : indices) {
    DType dtype = dtype_of(each);
    if (!is_integer(dtype) || !is_arithmetic(dtype))
      throw CompileError(ErrorId::tile_index, each.where,
                         {access.what,
                          "an index has dtype " + std::string(name(dtype)),
                          "indices are integers"});
    shape = common_shape(access.what, shape, shape_of(each), access.where);
  }
  return shape;
}

// Appends an index for each source dimension, all of `shape`.
void add_indices(const Access &access, const std::vector<Located> &indices,
                 const Shape &shape, Node &node) {
  const ArrangedOperand &target = access.target();
  if (indices.size() != static_cast<std::size_t>(target.rank))
    throw CompileError(ErrorId::tile_index, access.where,
                       {access.what,
                        "it got " + std::to_string(indices.size()) +
                            " indices for " + target.name + " of rank " +
                            std::to_string(target.rank),
                        "one index for each dimension of the source"});
  for (const Located &each : indices) {
    DType dtype = dtype_of(each) == DType::i64 ? DType::i64 : DType::i32;
    node.inputs.push_back(
        spread(access.recorder, convert(each, dtype), shape, access.where));
  }
}

void check_may_scatter(const Access &access) {
  const ArrangedOperand &target = access.target();
  if (target.direction == Direction::out && !target.partial)
    throw CompileError(ErrorId::scatter_partial, access.where,
                       {access.what, target.name});
}

ValueId value_of(const Access &access, const Located &value,
                 const Shape &shape) {
  return spread(access.recorder, convert(value, access.target().dtype), shape,
                access.where);
}

std::string atomic_dtypes(Function function) {
  std::string out;
  for (int i = 0; i < dtype_count; ++i)
    if (is_atomic(function, static_cast<DType>(i)))
      out +=
          (out.empty() ? "" : ", ") + std::string(name(static_cast<DType>(i)));
  return out;
}

Tile atomic(Access access, Function function,
            const std::vector<Located> &indices,
            const std::vector<Located> &values) {
  check_may_scatter(access);
  const ArrangedOperand &target = access.target();
  if (!is_atomic(function, target.dtype))
    throw CompileError(
        ErrorId::dtype_unsupported, access.where,
        {access.what, name(target.dtype),
         "operands of these dtypes have it: " + atomic_dtypes(function)});
  // As for +=: a float does not silently become an integer.
  for (const Located &each : values)
    if (is_float(dtype_of(each)) && !is_float(target.dtype))
      throw CompileError(
          ErrorId::dtype_unsupported, each.where,
          {std::string(access.what) + " to " + target.name +
               ", whose dtype is " + std::string(name(target.dtype)) + ",",
           name(dtype_of(each)), "cast the value to the operand's dtype"});
  Shape shape = index_shape(access, indices);
  for (const Located &each : values)
    shape = common_shape(access.what, shape, shape_of(each), access.where);
  Node node;
  node.op = Op::atomic;
  node.function = function;
  node.operand = access.operand;
  node.line = access.where;
  for (const Located &each : values)
    node.inputs.push_back(value_of(access, each, shape));
  add_indices(access, indices, shape, node);
  return access.recorder.tile(
      access.recorder.add(std::move(node), {ValueType::Kind::tile, target.dtype,
                                            std::move(shape)}),
      access.where);
}

ValueId arrivals(const Access &access, const Located &count) {
  const DType dtype = dtype_of(count);
  if (!is_integer(dtype) || !is_arithmetic(dtype) || !shape_of(count).empty())
    throw CompileError(
        ErrorId::tile_index, count.where,
        {access.what,
         "the number of programs is " +
             to_string({ValueType::Kind::tile, dtype, shape_of(count)}),
         "it is one integer: a number, an Index or a scalar tile"});
  if (is_literal(count)) {
    if (count.integer < 1)
      throw CompileError(ErrorId::arrival_count, count.where, {count.integer});
    return convert(count, DType::i32);
  }
  Recorder &recorder = access.recorder;
  Tile number = recorder.tile(convert(count, DType::i32), access.where);
  return binary(Function::max, access.what, Located(number, access.where),
                Located(1, access.where))
      .value(access.where);
}

Tile arrived(Access access, const std::vector<Located> &indices,
             const Located &count) {
  const ArrangedOperand &target = access.target();
  if (target.dtype != DType::i32)
    throw CompileError(ErrorId::dtype_unsupported, access.where,
                       {access.what, name(target.dtype),
                        "programs are counted in an i32, zero at first"});
  const Shape shape = index_shape(access, indices);
  if (!shape.empty())
    throw CompileError(ErrorId::tile_index, access.where,
                       {access.what,
                        "its indices are of shape " + to_string(shape),
                        "a program arrives at one counter: scalar indices"});
  Node node;
  node.op = Op::arrive;
  node.operand = access.operand;
  node.line = access.where;
  node.inputs = {arrivals(access, count)};
  add_indices(access, indices, shape, node);
  return access.recorder.tile(
      access.recorder.add(std::move(node),
                          {ValueType::Kind::tile, DType::b1, {}}),
      access.where);
}

Tile gathered(Access access, const std::vector<Located> &indices) {
  Node node;
  node.op = Op::gather;
  node.operand = access.operand;
  node.line = access.where;
  Shape shape = index_shape(access, indices);
  add_indices(access, indices, shape, node);
  return access.recorder.tile(
      access.recorder.add(
          std::move(node),
          {ValueType::Kind::tile, access.target().dtype, std::move(shape)}),
      access.where);
}

void scattered(Access access, const std::vector<Located> &indices,
               const Located &value) {
  check_may_scatter(access);
  Shape shape = common_shape(access.what, index_shape(access, indices),
                             shape_of(value), access.where);
  Node node;
  node.op = Op::scatter;
  node.operand = access.operand;
  node.line = access.where;
  node.inputs = {value_of(access, value, shape)};
  add_indices(access, indices, shape, node);
  access.recorder.add_all(std::move(node), {});
}

// A place of the tile that `levels` index.
Tile place(Op op, Recorder *of, int operand, const std::vector<ValueId> &levels,
           int dim, Where where) {
  Recorder &recorder = recording(of, where);
  recorder.check_indices(operand, levels, where);
  const ArrangedOperand &arranged =
      recorder.program().operands[static_cast<std::size_t>(operand)];
  bool offsets = op == Op::offsets;
  int at = dim < 0 ? dim + arranged.rank : dim;
  if (offsets && (at < 0 || at >= arranged.rank))
    throw CompileError(ErrorId::dim_range, where,
                       {"offsets()", dim, arranged.rank, arranged.name});
  Node node;
  node.op = op;
  node.operand = operand;
  node.dim = offsets ? at : -1;
  node.inputs = levels;
  node.line = where;
  ValueType type = {ValueType::Kind::tile, offsets ? DType::i64 : DType::b1,
                    arranged.tile};
  return recorder.tile(recorder.add(std::move(node), std::move(type)), where);
}

} // namespace

Tile Operand::offsets(int dim, Where where) const {
  return place(Op::offsets, recorder_, number_, {}, dim, where);
}
Tile Operand::in_bounds(Where where) const {
  return place(Op::in_bounds, recorder_, number_, {}, -1, where);
}
Tile OperandAccess::offsets(int dim, Where where) const {
  return place(Op::offsets, recorder_, operand_, indices_.values, dim, where);
}
Tile OperandAccess::in_bounds(Where where) const {
  return place(Op::in_bounds, recorder_, operand_, indices_.values, -1, where);
}

Tile In::gather(const std::vector<Located> &indices, Where where) const {
  return gathered({"gather()", recording(recorder_, where), number_, where},
                  indices);
}
Tile InOut::gather(const std::vector<Located> &indices, Where where) const {
  return gathered({"gather()", recording(recorder_, where), number_, where},
                  indices);
}
void Out::scatter(const std::vector<Located> &indices, const Located &value,
                  Where where) const {
  scattered({"scatter()", recording(recorder_, where), number_, where}, indices,
            value);
}
void InOut::scatter(const std::vector<Located> &indices, const Located &value,
                    Where where) const {
  scattered({"scatter()", recording(recorder_, where), number_, where}, indices,
            value);
}

#define GIRIH_ATOMIC(NAME, FUNCTION)                                           \
  Tile InOut::NAME(const std::vector<Located> &indices, const Located &value,  \
                   Where where) const {                                        \
    return atomic({#NAME "()", recording(recorder_, where), number_, where},   \
                  Function::FUNCTION, indices, {value});                       \
  }
GIRIH_ATOMIC(atomic_add, add)
GIRIH_ATOMIC(atomic_max, max)
GIRIH_ATOMIC(atomic_min, min)
GIRIH_ATOMIC(atomic_and, bit_and)
GIRIH_ATOMIC(atomic_or, bit_or)
GIRIH_ATOMIC(atomic_xor, bit_xor)
GIRIH_ATOMIC(atomic_exchange, exchange)
#undef GIRIH_ATOMIC

Tile InOut::atomic_compare_exchange(const std::vector<Located> &indices,
                                    const Located &expected,
                                    const Located &desired, Where where) const {
  return atomic({"atomic_compare_exchange()", recording(recorder_, where),
                 number_, where},
                Function::compare_exchange, indices, {desired, expected});
}

Tile InOut::last_to_arrive(const std::vector<Located> &indices,
                           const Located &count, Where where) const {
  return arrived(
      {"last_to_arrive()", recording(recorder_, where), number_, where},
      indices, count);
}

} // namespace girih

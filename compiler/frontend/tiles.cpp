// SPDX-License-Identifier: Apache-2.0
// Whole tiles: moving and combining their lanes, branches, indirect accesses.
#include "girih/compiler/frontend/importer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace girih::compiler {

Value Importer::asTensor(Value value) {
  if (isa<RankedTensorType>(value.getType()))
    return value;
  return tensor::SplatOp::create(builder, loc, value,
                                 RankedTensorType::get({}, value.getType()));
}

Value Importer::fromTensor(Value value) {
  if (cast<RankedTensorType>(value.getType()).getRank() > 0)
    return value;
  return tensor::ExtractOp::create(builder, loc, value, ValueRange());
}

SmallVector<Value> Importer::tensors(ArrayRef<ValueId> ids) {
  SmallVector<Value> out;
  for (ValueId each : ids)
    out.push_back(asTensor(value(each)));
  return out;
}

void Importer::importArm(const Block &block) {
  Location end = loc;
  importBlock(block);
  SmallVector<Value> yields;
  for (ValueId each : block.yields)
    yields.push_back(value(each));
  scf::YieldOp::create(builder, end, yields);
}

void Importer::importBranch(const Node &node) {
  SmallVector<Type> types;
  for (ValueId each : node.results)
    types.push_back(tileType(typeOf(each)));
  bool hasElse = !types.empty() || !node.other.nodes.empty();
  auto branch =
      scf::IfOp::create(builder, loc, types, value(node.inputs[0]), hasElse);
  OpBuilder::InsertionGuard guard(builder);
  for (auto [arm, region] : {std::pair(&node.body, &branch.getThenRegion()),
                             std::pair(&node.other, &branch.getElseRegion())}) {
    if (region->empty())
      continue;
    // Without results the branch has made its own terminators.
    region->front().clear();
    builder.setInsertionPointToEnd(&region->front());
    importArm(*arm);
  }
  for (auto [id, result] : llvm::zip_equal(node.results, branch.getResults()))
    values[id] = result;
}

void Importer::importWhile(const Node &node) {
  SmallVector<Value> initial;
  SmallVector<Type> types;
  for (ValueId each : node.inputs) {
    initial.push_back(value(each));
    types.push_back(initial.back().getType());
  }
  SmallVector<Location> locs(types.size(), loc);
  auto loop = scf::WhileOp::create(builder, loc, types, initial);
  Location start = loc;
  OpBuilder::InsertionGuard guard(builder);
  mlir::Block *before = builder.createBlock(&loop.getBefore(), {}, types, locs);
  for (auto [id, argument] :
       llvm::zip_equal(node.other.arguments, before->getArguments()))
    values[id] = argument;
  importBlock(node.other);
  scf::ConditionOp::create(builder, start, value(node.other.yields[0]),
                           before->getArguments());
  mlir::Block *after = builder.createBlock(&loop.getAfter(), {}, types, locs);
  for (auto [id, argument] :
       llvm::zip_equal(node.other.arguments, after->getArguments()))
    values[id] = argument;
  loc = start;
  importArm(node.body);
  for (auto [id, result] : llvm::zip_equal(node.results, loop.getResults()))
    values[id] = result;
}

void Importer::importLanes(const Block &block, Region &region) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<Type> types;
  for (ValueId each : block.arguments)
    types.push_back(tileType(typeOf(each)));
  SmallVector<Location> locs(types.size(), loc);
  mlir::Block *body = builder.createBlock(&region, {}, types, locs);
  for (auto [id, argument] :
       llvm::zip_equal(block.arguments, body->getArguments()))
    values[id] = argument;
  Location end = loc;
  importBlock(block);
  SmallVector<Value> yields;
  for (ValueId each : block.yields)
    yields.push_back(value(each));
  tile::YieldOp::create(builder, end, yields);
}

void Importer::importAlong(const Node &node) {
  SmallVector<Type> types;
  for (ValueId each : node.results)
    types.push_back(tileType(typeOf(each)));
  SmallVector<Value> inputs = tensors(node.inputs);
  Operation *op;
  Region *region;
  if (node.op == girih::Op::reduce) {
    auto reduce = tile::ReduceOp::create(builder, loc, types, inputs, node.dim);
    region = &reduce.getBody();
    op = reduce;
  } else {
    auto scan = tile::ScanOp::create(builder, loc, types, inputs, node.dim,
                                     node.reverse);
    region = &scan.getBody();
    op = scan;
  }
  importLanes(node.body, *region);
  for (auto [id, result] : llvm::zip_equal(node.results, op->getResults()))
    values[id] = result;
}

void Importer::importSort(const Node &node) {
  SmallVector<Value> inputs = tensors(node.inputs);
  auto sort = tile::SortOp::create(builder, loc, ValueRange(inputs).getTypes(),
                                   inputs, node.dim, node.reverse,
                                   typeOf(node.inputs[0]).dtype == DType::u8);
  for (auto [id, result] : llvm::zip_equal(node.results, sort.getResults()))
    values[id] = result;
}

Value Importer::coordinate(AffineExpr expr, const Footprint &where,
                           ArrayRef<std::int64_t> shape) {
  Type type = RankedTensorType::get(shape, builder.getI64Type());
  AffineMap map = AffineMap::get(where.lanes, where.scalars.size(), expr,
                                 builder.getContext());
  return tile::CoordinateOp::create(builder, loc, type, where.scalars, map);
}

Value Importer::arange(const Node &node) {
  AffineExpr lane = builder.getAffineDimExpr(0);
  return tile::CoordinateOp::create(
      builder, loc, tileType(typeOf(node.results[0])), ValueRange(),
      AffineMap::get(1, 0, lane + static_cast<std::int64_t>(node.value)));
}

Value Importer::offsets(const Node &node) {
  SmallVector<Value> levels;
  for (ValueId input : node.inputs)
    levels.push_back(value(input));
  Footprint where = footprint(node, levels);
  return fromTensor(coordinate(where.map.getResult(node.dim), where,
                               program.operands[node.operand].tile));
}

Value Importer::inBounds(const Node &node) {
  SmallVector<Value> levels;
  for (ValueId input : node.inputs)
    levels.push_back(value(input));
  Footprint where = footprint(node, levels);
  Value all =
      filledInteger(RankedTensorType::get(program.operands[node.operand].tile,
                                          builder.getI1Type()),
                    1);
  if (!where.bounds)
    return fromTensor(all);
  for (AffineExpr expr : where.bounds.getValue().getConstraints()) {
    Value number = coordinate(expr, where, program.operands[node.operand].tile);
    Value holds =
        arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, number,
                              filledInteger(number.getType(), 0));
    all = arith::AndIOp::create(builder, loc, all, holds);
  }
  return fromTensor(all);
}

Value Importer::remap(const Node &node) {
  SmallVector<AffineExpr> results;
  Footprint none;
  for (const Expr &each : node.map)
    results.push_back(affine(each, none, {}));
  const ValueType &type = typeOf(node.results[0]);
  return tile::RemapOp::create(
      builder, loc, tileType(type), value(node.inputs[0]),
      AffineMap::get(type.shape.size(), 0, results, builder.getContext()));
}

Value Importer::take(const Node &node) {
  return tile::TakeOp::create(builder, loc, tileType(typeOf(node.results[0])),
                              value(node.inputs[0]), value(node.inputs[1]),
                              node.dim);
}

Value Importer::histogram(const Node &node) {
  return tile::HistogramOp::create(
      builder, loc, tileType(typeOf(node.results[0])), value(node.inputs[0]));
}

void Importer::refuseIndirect(const Node &node) {
  const ArrangedOperand &operand = program.operands[node.operand];
  if (bits(operand.dtype) == 4)
    unsupported("operand " + operand.name + " has dtype " +
                    std::string(name(operand.dtype)) +
                    ", two elements in a byte, and is accessed indirectly",
                "load tiles of it, or keep it as u8");
  if (operand.known.by_value)
    unsupported("operand " + operand.name +
                    " is passed by value and accessed indirectly",
                "pass an Array of rank 0 in memory");
}

Value Importer::gather(const Node &node) {
  refuseIndirect(node);
  const ValueType &type = typeOf(node.results[0]);
  Type element = elementType(*builder.getContext(), type.dtype);
  return fromTensor(tile::GatherOp::create(
      builder, loc, RankedTensorType::get(type.shape, element),
      entry->getArgument(node.operand), tensors(node.inputs),
      otherOf(program.operands[node.operand], element)));
}

void Importer::importScatter(const Node &node) {
  refuseIndirect(node);
  SmallVector<Value> inputs = tensors(node.inputs);
  tile::ScatterOp::create(builder, loc, inputs[0],
                          entry->getArgument(node.operand),
                          ArrayRef(inputs).drop_front());
}

static tile::AtomicKind atomicKind(Function function) {
  switch (function) {
  case Function::min:
    return tile::AtomicKind::min;
  case Function::max:
    return tile::AtomicKind::max;
  case Function::bit_and:
    return tile::AtomicKind::bit_and;
  case Function::bit_or:
    return tile::AtomicKind::bit_or;
  case Function::bit_xor:
    return tile::AtomicKind::bit_xor;
  case Function::exchange:
    return tile::AtomicKind::exchange;
  case Function::compare_exchange:
    return tile::AtomicKind::compare_exchange;
  default:
    return tile::AtomicKind::add;
  }
}

Value Importer::atomic(const Node &node) {
  SmallVector<Value> inputs = tensors(node.inputs);
  bool compares = node.function == Function::compare_exchange;
  return fromTensor(tile::AtomicOp::create(
      builder, loc, inputs[0].getType(), atomicKind(node.function), inputs[0],
      compares ? inputs[1] : Value(), entry->getArgument(node.operand),
      ArrayRef(inputs).drop_front(compares ? 2 : 1),
      otherOf(program.operands[node.operand],
              getElementTypeOrSelf(inputs[0].getType()))));
}

Value Importer::arrive(const Node &node) {
  SmallVector<Value> inputs;
  for (ValueId each : node.inputs)
    inputs.push_back(value(each));
  return tile::ArriveOp::create(builder, loc, builder.getI1Type(),
                                entry->getArgument(node.operand),
                                ArrayRef(inputs).drop_front(), inputs.front());
}

Value Importer::inlinePtx(const Node &node) {
  SmallVector<Value> inputs;
  for (ValueId each : node.inputs)
    inputs.push_back(value(each));
  auto ptx = tile::InlinePtxOp::create(
      builder, loc, tileType(typeOf(node.results[0])), node.text, inputs);
  importLanes(node.body, ptx.getBody());
  return ptx.getResult();
}

Value Importer::bitcast(const Node &node) {
  Type type = tileType(typeOf(node.results[0]));
  Value x = value(node.inputs[0]);
  DType from = typeOf(node.inputs[0]).dtype, to = typeOf(node.results[0]).dtype;
  if (isPacked(from) || isPacked(to))
    return packedBitcast(x, from, to);
  if (x.getType() == type) // i8 and u8
    return x;
  return arith::BitcastOp::create(builder, loc, type, x);
}

void Importer::importPrint(const Node &node) {
  if (node.op == girih::Op::assertion) {
    tile::AssertOp::create(builder, loc, value(node.inputs[0]), node.text);
    return;
  }
  SmallVector<Value> inputs;
  SmallVector<bool> isUnsigned;
  for (ValueId each : node.inputs) {
    DType dtype = typeOf(each).dtype;
    Value input = value(each);
    if (isPacked(dtype))
      input = unpacked(input, dtype, dtype);
    inputs.push_back(input);
    isUnsigned.push_back(dtype == DType::u8);
  }
  tile::PrintOp::create(builder, loc, node.text, inputs, isUnsigned);
}

} // namespace girih::compiler

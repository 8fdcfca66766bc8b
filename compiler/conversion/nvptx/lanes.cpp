// SPDX-License-Identifier: Apache-2.0
// Single lanes: their numbers, regions that compute on them, the values of
// other lanes.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// Whether the lanes' coordinates are only scaled and added.
bool isLinear(AffineExpr expr) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return true;
  if (expr.getKind() == AffineExprKind::Add ||
      expr.getKind() == AffineExprKind::Mul)
    return isLinear(binary.getLHS()) && isLinear(binary.getRHS());
  bool lanes = false;
  expr.walk([&](AffineExpr each) { lanes |= isa<AffineDimExpr>(each); });
  return !lanes;
}

/// A linear expression's lanes' part at constant coordinates.
int64_t lanesPart(AffineExpr expr, ArrayRef<int64_t> coords, bool &known) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return coords[dim.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return 0;
  if (expr.getKind() == AffineExprKind::Add)
    return lanesPart(binary.getLHS(), coords, known) +
           lanesPart(binary.getRHS(), coords, known);
  int64_t lanes = lanesPart(binary.getLHS(), coords, known);
  if (expr.getKind() != AffineExprKind::Mul || lanes == 0)
    return 0;
  auto factor = dyn_cast<AffineConstantExpr>(binary.getRHS());
  known &= static_cast<bool>(factor);
  return factor ? lanes * factor.getValue() : 0;
}

bool hasLargeConstant(AffineExpr expr) {
  bool large = false;
  expr.walk([&](AffineExpr each) {
    if (auto constant = dyn_cast<AffineConstantExpr>(each))
      large |= constant.getValue() != static_cast<int32_t>(constant.getValue());
  });
  return large;
}

} // namespace

LogicalResult Emitter::emitLanes(Operation *op) {
  if (auto reduce = dyn_cast<tile::ReduceOp>(op))
    return emitReduce(reduce);
  if (auto coordinate = dyn_cast<tile::CoordinateOp>(op))
    emitCoordinate(coordinate);
  else
    emitMove(op);
  return success();
}

/// Neighbours along each dimension that share the sign of the coordinate, a
/// thread having all of such a group or none; 1 where more than the sign is
/// asked for.
static Coords signGroups(tile::CoordinateOp op, const Layout &layout) {
  Coords groups(layout.rank(), 1);
  bool signOnly = llvm::all_of(op->getUsers(), [&](Operation *user) {
    auto compare = dyn_cast<arith::CmpIOp>(user);
    return compare && compare.getLhs() == op.getResult() &&
           compare.getPredicate() == arith::CmpIPredicate::sge &&
           matchPattern(compare.getRhs(), m_Zero());
  });
  if (!signOnly)
    return groups;
  SmallVector<IndexFacts, 4> dims = laneFacts(op.getType().getShape()), symbols;
  for (Value scalar : op.getScalars())
    symbols.push_back(indexFacts(scalar));
  for (int dim = 0; dim < layout.rank(); ++dim) {
    auto moved = static_cast<int64_t>(layout.mask(Axis::lane, dim) |
                                      layout.mask(Axis::warp, dim));
    while (groups[dim] < layout.registerRun(dim) &&
           (moved & (2 * groups[dim] - 1)) == 0 &&
           signInGroups(op.getMap().getResult(0), dim, 2 * groups[dim], dims,
                        symbols))
      groups[dim] *= 2;
  }
  return groups;
}

void Emitter::emitCoordinate(tile::CoordinateOp op) {
  Layout layout = layoutOf(op.getResult());
  Coords groups = signGroups(op, layout);
  AffineExpr expr = op.getMap().getResult(0);
  unsigned bits = hasLargeConstant(expr) ? 64 : indexBits;
  IntegerBuilder integers(b, loc, bits, IntegerBuilder::Dialect::llvm);
  auto widen = [&](Value value) -> Value {
    if (value.getType().getIntOrFloatBitWidth() == bits)
      return value;
    return LLVM::SExtOp::create(b, loc, b.getIntegerType(bits), value);
  };
  SmallVector<Value> thread, scalars;
  for (Value coord : threadCoords(layout))
    thread.push_back(inEntry([&] { return widen(coord); }));
  for (Value value : scalarsOf(op.getScalars()))
    scalars.push_back(widen(value));
  auto cast = [&](Value value) -> Value {
    auto type = mlir::cast<IntegerType>(op.getType().getElementType());
    if (type.getWidth() == bits)
      return value;
    if (type.getWidth() < bits)
      return LLVM::TruncOp::create(b, loc, type, value);
    return LLVM::SExtOp::create(b, loc, type, value);
  };
  // Linear: one thread's part, and constants for its registers. Those are added
  // to what is as wide as the result: all lanes then share the rest.
  bool linear = isLinear(expr);
  Value base = linear ? cast(integers.expr(expr, thread, scalars)) : Value();
  IntegerBuilder results(
      b, loc, mlir::cast<IntegerType>(op.getType().getElementType()).getWidth(),
      IntegerBuilder::Dialect::llvm);
  Registers values;
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; ++reg) {
    Coords constant = layout.coordinates(reg, 0, 0);
    for (auto [coord, group] : llvm::zip_equal(constant, groups))
      coord -= coord % group;
    int64_t added = linear ? lanesPart(expr, constant, linear) : 0;
    if (linear) {
      values.push_back(results.add(base, results.constant(added)));
      continue;
    }
    SmallVector<Value> lanes;
    for (auto [coord, add] : llvm::zip_equal(thread, constant))
      lanes.push_back(integers.add(coord, integers.constant(add)));
    values.push_back(cast(integers.expr(expr, lanes, scalars)));
  }
  tiles[op] = std::move(values);
}

Registers Emitter::applyLanes(Region &region, ArrayRef<Value> arguments) {
  Block &block = region.front();
  DenseMap<Value, Value> known;
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    known[argument] = value;
  for (Operation &op : block.without_terminator()) {
    Value result = op.getResult(0);
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      known[result] = inEntry(
          [&] { return constantOf(constant.getValue(), result.getType()); });
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    Value value = compute(&op, operands);
    if (!value) {
      op.emitError("no lowering to NVPTX for '") << op.getName() << "'";
      return {};
    }
    known[result] = value;
  }
  Registers results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(known.lookup(value));
  return results;
}

Value Emitter::shuffle(StringRef mode, Value value, Value by) {
  Type type = value.getType();
  unsigned bits = type.getIntOrFloatBitWidth();
  Registers words;
  if (bits < 32) {
    Value small = bitcast(value, b.getIntegerType(bits));
    words.push_back(LLVM::ZExtOp::create(b, loc, i32(), small));
  } else {
    words = pack(value);
  }
  std::string name = ("llvm.nvvm.shfl.sync." + mode + ".i32").str();
  for (Value &word : words)
    word = intrinsic(
        i32(), name,
        {constant32(-1), word, by, constant32(mode == "up" ? 0 : 31)});
  if (bits >= 32)
    return unpack(words, type).front();
  Value small =
      LLVM::TruncOp::create(b, loc, b.getIntegerType(bits), words.front());
  return bitcast(small, type);
}

} // namespace girih::compiler

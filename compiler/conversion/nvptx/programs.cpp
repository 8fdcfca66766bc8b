// SPDX-License-Identifier: Apache-2.0
// Which programs a block does, and where in the grid they are.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {
namespace {

/// The places of the dimensions that a descending order does not go along,
/// `group` of them in each of `count` turns.
struct Turns {
  Value places, group, count;

  Turns(IntegerBuilder integers, ArrayRef<Value> grid, tile::OrderAttr order) {
    places = count = integers.constant(1);
    for (Value size : grid.take_front(grid.empty() ? 0 : grid.size() - 1))
      places = integers.mul(places, size);
    group = places;
    if (order.getGroup() == 0)
      return;
    group = integers.constant(order.getGroup());
    Value up = integers.add(places, integers.constant(order.getGroup() - 1));
    count = integers.floorDiv(up, group, true);
  }
};

/// The place along the last dimension of the program of that number, and the
/// number of its place along the others.
std::pair<Value, Value> descend(IntegerBuilder integers, ArrayRef<Value> grid,
                                tile::OrderAttr order, Value number) {
  const Turns turns(integers, grid, order);
  auto divide = [&](Value x, Value y) { return integers.floorDiv(x, y, true); };
  auto remainder = [&](Value x, Value y) {
    return integers.floorMod(x, y, true);
  };
  Value one = integers.constant(1), last = integers.sub(grid.back(), one);
  if (order.getGroup() == 0)
    return {integers.sub(last, divide(number, turns.places)),
            remainder(number, turns.places)};
  Value programs = integers.mul(turns.group, grid.back());
  Value turn = divide(number, programs), within = remainder(number, programs);
  Value first = integers.mul(turn, turns.group);
  Value together = integers.min(integers.sub(turns.places, first), turns.group);
  Value row = divide(within, together), place = remainder(within, together);
  // The last turn goes down, and so on in turns.
  Value parity =
      remainder(integers.sub(turns.count, turn), integers.constant(2));
  Value down = integers.equal(parity, one);
  return {integers.select(down, integers.sub(last, row), row),
          integers.add(first, place)};
}

} // namespace

/// Programs along each dimension of the grid.
SmallVector<Value> Emitter::gridSizes() {
  IntegerBuilder integers = indices();
  SmallVector<Value> sizes;
  for (Value view : kernel.getArguments())
    llvm::append_range(sizes, operands[view].sizes);
  auto gridMap =
      kernel->getAttrOfType<AffineMapAttr>(tile::TileDialect::gridAttr);
  auto minima = kernel->getAttrOfType<ArrayAttr>(tile::TileDialect::minimaAttr);
  if (minima)
    for (auto each : minima.getAsRange<AffineMapAttr>()) {
      Value least;
      for (AffineExpr expr : each.getValue().getResults()) {
        Value value = integers.expr(expr, {}, sizes);
        least = least ? integers.min(least, value) : value;
      }
      sizes.push_back(least);
    }
  SmallVector<Value> grid;
  for (AffineExpr expr : gridMap.getValue().getResults())
    grid.push_back(integers.expr(expr, {}, sizes));
  return grid;
}

/// The same of what the blocks of a cluster do at the same time.
SmallVector<Value> Emitter::sharedGrid() {
  SmallVector<Value> grid = gridSizes();
  if (besideBlocks > 1) {
    IntegerBuilder integers = indices();
    Value up = integers.add(grid[0], integers.constant(besideBlocks - 1));
    grid[0] = integers.floorDiv(up, integers.constant(besideBlocks), true);
  }
  return grid;
}

/// A register of 32 bits as an index.
Value Emitter::indexOf(StringRef name) {
  Value number = intrinsic(i32(), name, {});
  if (int64_t blocks = clusterBlocks * besideBlocks; blocks > 1)
    number = LLVM::UDivOp::create(b, loc, number, constant32(blocks));
  if (indexBits == 64)
    number = LLVM::ZExtOp::create(b, loc, b.getI64Type(), number);
  return number;
}

void Emitter::emitPrograms(tile::ProgramsOp op) {
  if (op.getRounds())
    return emitStream(op);
  Value count = indices().constant(1);
  for (Value size : sharedGrid())
    count = indices().mul(count, size);
  scalars[op.getFirst()] = indexOf("llvm.nvvm.read.ptx.sreg.ctaid.x");
  scalars[op.getStep()] = indexOf("llvm.nvvm.read.ptx.sreg.nctaid.x");
  scalars[op.getEnd()] = count;
}

/// The program that a block does when it is at `number`. Where programs come in
/// descending order of their time, blocks go through every other row of `step`
/// programs backwards, so that those which begin a row with what takes longest
/// end the next one with it. With as many turns that ascend they do so anyway.
Value Emitter::inTurn(Value number, Value first, Value step, Value end) {
  if (streams())
    return streamedProgram(number);
  auto order =
      kernel->getAttrOfType<tile::OrderAttr>(tile::TileDialect::orderAttr);
  if (order.getKind() != tile::OrderKind::descending)
    return number;
  IntegerBuilder integers = indices();
  Value start = integers.sub(number, first); // of the row
  Value left = integers.sub(end, start);
  Value row = integers.min(step, left);
  Value last = integers.sub(integers.add(start, row), integers.constant(1));
  Value backwards = integers.floorMod(integers.floorDiv(start, step, true),
                                      integers.constant(2), true);
  if (order.getGroup() > 0)
    backwards = integers.mul(
        backwards, integers.floorMod(Turns(integers, sharedGrid(), order).count,
                                     integers.constant(2), true));
  Value odd = integers.equal(backwards, integers.constant(1));
  return integers.select(odd, integers.sub(last, first), number);
}

Value Emitter::given(tile::ProgramIdOp op) {
  Value number = op.getProgram();
  SmallVector<Value> &ids = programIds[number];
  if (ids.empty() && number)
    ids = coordinatesOf(scalar(number));
  else if (ids.empty())
    ids = inEntryBlocks([&] {
      return coordinatesOf(indexOf("llvm.nvvm.read.ptx.sreg.ctaid.x"));
    });
  return ids[op.getDim()];
}

/// The coordinates of the program of this number, in the kernel's order; of
/// those of a cluster this block's, or the last one's beyond the last row.
SmallVector<Value> Emitter::coordinatesOf(Value flat) {
  SmallVector<Value> ids = sharedCoordinates(flat);
  if (besideBlocks == 1)
    return ids;
  IntegerBuilder integers = indices();
  Value first = integers.mul(ids[0], integers.constant(besideBlocks));
  Value rank = clusterRank();
  if (indexBits == 64)
    rank = LLVM::ZExtOp::create(b, loc, b.getI64Type(), rank);
  Value last = integers.sub(gridSizes()[0], integers.constant(1));
  ids[0] = integers.min(integers.add(first, rank), last);
  return ids;
}

SmallVector<Value> Emitter::sharedCoordinates(Value flat) {
  IntegerBuilder integers = indices();
  SmallVector<Value> grid = sharedGrid(), ids(grid.size());
  auto order =
      kernel->getAttrOfType<tile::OrderAttr>(tile::TileDialect::orderAttr);
  auto divide = [&](Value x, Value y) { return integers.floorDiv(x, y, true); };
  auto remainder = [&](Value x, Value y) {
    return integers.floorMod(x, y, true);
  };
  if (order.getKind() == tile::OrderKind::grouped) {
    // Rows in groups; within one, down the rows first.
    Value group = integers.constant(
        std::max<int64_t>(order.getGroup() / besideBlocks, 1));
    Value perGroup = integers.mul(group, grid[1]);
    Value first = integers.mul(divide(flat, perGroup), group);
    Value rows = integers.min(integers.sub(grid[0], first), group);
    Value inGroup = remainder(flat, perGroup);
    ids[0] = integers.add(first, remainder(inGroup, rows));
    ids[1] = divide(inGroup, rows);
    return ids;
  }
  if (order.getKind() == tile::OrderKind::hilbert)
    return hilbertCoordinates(flat, grid[0], grid[1]);
  size_t dims = grid.size();
  if (order.getKind() == tile::OrderKind::descending && dims > 0)
    std::tie(ids[--dims], flat) = descend(integers, grid, order, flat);
  for (size_t dim = dims; dim-- > 0;) {
    ids[dim] = dim == 0 ? flat : remainder(flat, grid[dim]);
    if (dim > 0)
      flat = divide(flat, grid[dim]);
  }
  return ids;
}

/// i64: the number of the program, for people.
Value Emitter::flatProgram() {
  Value flat = program
                   ? program
                   : intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.ctaid.x", {});
  if (flat.getType().isInteger(64))
    return flat;
  return LLVM::ZExtOp::create(b, loc, b.getI64Type(), flat);
}

} // namespace girih::compiler

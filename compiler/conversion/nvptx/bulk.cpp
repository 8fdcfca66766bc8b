// SPDX-License-Identifier: Apache-2.0
// Copies by the engine of sm_90: cp.async.bulk.tensor of the PTX ISA, by maps
// that a launch makes of the operands.
#include "girih/compiler/analysis/bulk_box.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

/// The operand's dimensions as the engine counts them: contiguous ones first.
static std::vector<int> engineDims(tile::ViewType view) {
  std::vector<int> dims{static_cast<int>(view.getUnit())};
  for (int dim = 0; dim < view.getRank(); ++dim)
    if (dim != view.getUnit())
      dims.push_back(dim);
  return dims;
}

static BulkColumns columnsOf(tile::CopyBulkOp copy) {
  tile::SharedType target = copy.getTarget().getType();
  BulkColumns columns =
      bulkColumns(target.getShape(), target.getLayout().getLayout());
  if (std::optional<ArrayRef<int64_t>> part = copy.getPart())
    columns.rows = (*part)[2];
  columns.rows /= copy.getCluster().value_or(1);
  return columns;
}

/// The map by which boxes of `width` elements, and `rows` of them along
/// `rowDim`, of the operand go through shared memory.
void Emitter::addTensorMap(Operation *op, Value operand, int64_t rowDim,
                           int64_t width, int64_t rows) {
  auto view = cast<tile::ViewType>(operand.getType());
  TensorMap map;
  map.operand = static_cast<int>(cast<BlockArgument>(operand).getArgNumber());
  map.element_bytes = static_cast<int>(view.getElementBytes());
  map.dims = engineDims(view);
  for (int dim : map.dims)
    map.box.push_back(static_cast<int>(dim == view.getUnit() ? width
                                       : dim == rowDim       ? rows
                                                             : 1));
  int bytes = static_cast<int>(width) * map.element_bytes;
  map.swizzle_bytes = bytes > 16 ? bytes : 0;
  auto found = llvm::find(tensorMaps, map);
  tensorMapOf[op] = found - tensorMaps.begin();
  if (found == tensorMaps.end())
    tensorMaps.push_back(std::move(map));
}

void Emitter::findTensorMaps() {
  kernel.walk([&](tile::CopyBulkOp copy) {
    BulkColumns columns = columnsOf(copy);
    addTensorMap(copy, copy.getView(), copy.getDims()[1 - columns.contiguous],
                 columns.width, columns.rows);
  });
  kernel.walk([&](tile::StoreBulkOp store) {
    ArrayRef<int64_t> part = store.getStaging().getType().getShape();
    addTensorMap(store, store.getView(), store.getDims()[0], part[1], part[0]);
  });
}

/// The map as instructions name it.
Value Emitter::tensorMap(Operation *op) {
  return LLVM::PtrToIntOp::create(b, loc, b.getI64Type(),
                                  tensorMapPointers[tensorMapOf.lookup(op)]);
}

/// i1: whether all constraints hold.
Value Emitter::holds(IntegerSet set, ValueRange lanes, ValueRange symbols) {
  IntegerBuilder integers = indices();
  Value all = integers.truth(true), zero = integers.constant(0);
  for (auto [expr, equality] :
       llvm::zip_equal(set.getConstraints(), set.getEqFlags())) {
    Value value = integers.expr(expr, lanes, symbols);
    all = integers.both(all, equality ? integers.equal(value, zero)
                                      : integers.greaterEqual(value, zero));
  }
  return all;
}

Value Emitter::given(tile::HoldsOp op) {
  return holds(op.getSet(), {}, scalarsOf(op.getScalars()));
}

/// Where the box begins: an index of each dimension of the operand.
SmallVector<Value> Emitter::boxStart(tile::CopyBulkOp copy) {
  IntegerBuilder integers = indices();
  AffineMap map = copy.getMap();
  SmallVector<Value> lanes(map.getNumDims(), integers.constant(0));
  SmallVector<Value> symbols = scalarsOf(copy.getScalars()), coords;
  for (AffineExpr index : map.getResults())
    coords.push_back(narrowed(integers.expr(index, lanes, symbols)));
  BulkColumns columns = columnsOf(copy);
  Value &row = coords[copy.getDims()[1 - columns.contiguous]];
  if (copy.getCluster())
    row = words().add(row, ofRank(columns.rows));
  std::optional<IntegerSet> bounds = copy.getBounds();
  if (!bounds)
    return coords;
  // Rows far outside are all 0.
  Value inside = holds(*bounds, lanes, symbols);
  row = words().select(inside, row, constant32(-(int64_t(1) << 30)));
  return coords;
}

/// Where in shared memory the box goes, or this block's part of one.
Value Emitter::boxPlace(tile::CopyBulkOp copy) {
  IntegerBuilder addresses = words();
  tile::SharedType target = copy.getTarget().getType();
  OffsetMap memory = *OffsetMap::of(target.getLayout().getLayout());
  int64_t bytes = bytesOf(target.getElement());
  Value stage = narrowed(scalar(copy.getStage()));
  int64_t begin = sharedOffset[copy.getTarget().getDefiningOp()];
  if (std::optional<ArrayRef<int64_t>> part = copy.getPart()) {
    Coords first(2, 0);
    first[(*part)[0]] = (*part)[1];
    begin += memory.offset(first) * bytes;
  }
  Value place = addresses.add(
      addresses.add(blockBase, constant32(begin)),
      addresses.mul(stage, constant32(memory.stageSize() * bytes)));
  if (!copy.getCluster())
    return place;
  BulkColumns columns = columnsOf(copy);
  Coords next(2, 0);
  next[1 - columns.contiguous] = columns.rows;
  return addresses.add(place, ofRank(memory.offset(next) * bytes));
}

/// Words: so much for each block of the cluster ahead of this one.
Value Emitter::ofRank(int64_t each) {
  return inEntry([&] { return words().mul(clusterRank(), constant32(each)); });
}

/// A thread asks for one copy after the other, and a tile of many pieces has
/// many: all warps ask for some.
int64_t Emitter::askingWarp(tile::CopyBulkOp copy) const {
  std::optional<ArrayRef<int64_t>> part = copy.getPart();
  return part ? (*part)[1] / (*part)[2] % producerWarps : 0;
}

void Emitter::emitAccess(tile::CopyBulkOp copy) {
  IntegerBuilder addresses = words();
  SmallVector<Value> coords = boxStart(copy);
  BulkColumns columns = columnsOf(copy);
  int64_t bytes = bytesOf(copy.getTarget().getType().getElement());
  Value place = boxPlace(copy);
  Value barrier = barrierAddress(copy.getBarriers(), copy.getIndex());
  Value described = tensorMap(copy);
  // Where pieces lie is read from memory.
  if (copy.getPart() && !alone)
    llvm::transform(coords, coords.begin(),
                    [&](Value coord) { return sameForWarp(coord); });
  byOneThread(askingWarp(copy), [&] {
    for (int64_t column = 0; column < columns.count; ++column)
      emitBox(
          copy, coords, column * columns.width,
          {addresses.add(place, constant32(column * columns.stride * bytes)),
           described, barrier});
  });
}

/// One instruction: the box `column` elements along the contiguous dimension.
void Emitter::emitBox(tile::CopyBulkOp copy, ArrayRef<Value> coords,
                      int64_t column, SmallVector<Value> inputs) {
  const std::vector<int> &dims = tensorMaps[tensorMapOf.lookup(copy)].dims;
  std::string list, constraints = "r,l,r", mask;
  for (int dim : dims) {
    Value coord = coords[dim];
    if (dim == dims.front())
      coord = words().add(coord, constant32(column));
    list += (list.empty() ? "$" : ", $") + std::to_string(inputs.size());
    constraints += ",r";
    inputs.push_back(coord);
  }
  if (std::optional<int64_t> blocks = copy.getCluster()) {
    mask = ", $" + std::to_string(inputs.size());
    constraints += ",h";
    inputs.push_back(LLVM::ConstantOp::create(
        b, loc, b.getI16Type(),
        b.getI16IntegerAttr(static_cast<int16_t>((1 << *blocks) - 1))));
  }
  std::string text = llvm::formatv(
      "cp.async.bulk.tensor.{0}d.shared::cluster.global.mbarrier::"
      "complete_tx::bytes{2} [$0], [$1, {{{1}}], [$2]{3};",
      dims.size(), list, mask.empty() ? "" : ".multicast::cluster", mask);
  assembly({}, text, constraints, inputs, true);
}

} // namespace girih::compiler

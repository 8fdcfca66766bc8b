// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/bulk_box.h"

#include "girih/compiler/layout/atoms.h"

#include "mlir/IR/AffineExpr.h"

using namespace mlir;

namespace girih::compiler {

namespace {

// cuTensorMapEncodeTiled: bytes that divide pointer and strides, dimensions,
// elements of a box along each.
constexpr int64_t alignment = 16;
constexpr int64_t mostDims = 5;
constexpr int64_t mostElements = 256;

/// The operand's dimension along which the lanes go one by one, each of the
/// others staying where it is; -1 for none.
int64_t dimOfLane(const LaneDim &lane) {
  int64_t found = -1;
  if (!lane.linear)
    return -1;
  for (auto [dim, step] : llvm::enumerate(lane.steps)) {
    if (step == 0)
      continue;
    if (step != 1 || found >= 0)
      return -1;
    found = static_cast<int64_t>(dim);
  }
  return found;
}

/// Whether the constraint is that an index is in range.
bool isOwnBound(const Access &access, const Constraint &constraint) {
  if (constraint.equality)
    return false;
  AffineMap map = access.map();
  auto isZero = [&](AffineExpr expr) {
    return simplifyAffineExpr(expr, map.getNumDims(), map.getNumSymbols()) == 0;
  };
  for (auto [dim, index] : llvm::enumerate(map.getResults())) {
    if (isZero(constraint.expr - index))
      return true;
    for (auto [number, scalar] : llvm::enumerate(access.scalars())) {
      auto size = scalar.getDefiningOp<tile::SizeOp>();
      if (!size || size.getView() != access.view() || size.getDim() != dim)
        continue;
      AffineExpr last = getAffineSymbolExpr(number, map.getContext()) - 1;
      if (isZero(constraint.expr - (last - index)))
        return true;
    }
  }
  return false;
}

/// The constraint's expression at the lane where it is least; null where that
/// is not known.
AffineExpr ofWorstLane(const Access &access, const Constraint &constraint) {
  if (constraint.equality || !constraint.linear)
    return {};
  MLIRContext *context = access.map().getContext();
  SmallVector<AffineExpr> worst(access.lanes().size(),
                                getAffineConstantExpr(0, context));
  for (auto [lane, coefficient] :
       llvm::zip_equal(constraint.lanes, constraint.coefficients))
    if (coefficient < 0)
      worst[lane] =
          getAffineConstantExpr(access.lanes()[lane].extent - 1, context);
  return constraint.expr.replaceDims(worst);
}

bool isAligned(tile::ViewType view) {
  int64_t bytes = view.getElementBytes();
  if (view.getUnit() < 0 || view.getAlign() % alignment != 0 ||
      view.getRank() > mostDims ||
      view.getElement().getIntOrFloatBitWidth() % 8 != 0)
    return false;
  for (int64_t dim = 0; dim < view.getRank(); ++dim)
    if (int64_t divisor = view.getStrideDivisor(dim);
        dim != view.getUnit() &&
        (divisor == 0 || divisor * bytes % alignment != 0))
      return false;
  return true;
}

} // namespace

BulkColumns bulkColumns(ArrayRef<int64_t> shape, const Layout &memory) {
  OffsetMap map = *OffsetMap::of(memory);
  BulkColumns columns;
  columns.contiguous = contiguousDim(memory);
  columns.width = int64_t(1) << map.atomBits(columns.contiguous);
  columns.rows = shape[1 - columns.contiguous];
  columns.count = shape[columns.contiguous] / columns.width;
  columns.stride = map.atomStride(columns.contiguous);
  return columns;
}

std::optional<BulkBox> operandBox(const Access &access, int contiguous) {
  if (access.lanes().size() != 2 || !isAligned(access.viewType()))
    return std::nullopt;
  BulkBox box;
  for (const LaneDim &lane : access.lanes())
    box.dims.push_back(dimOfLane(lane));
  if (box.dims[0] < 0 || box.dims[1] < 0 || box.dims[0] == box.dims[1] ||
      box.dims[contiguous] != access.viewType().getUnit())
    return std::nullopt;
  for (const Constraint &constraint : access.constraints()) {
    if (isOwnBound(access, constraint))
      continue;
    if (constraint.lanes.empty()) {
      box.uniform.push_back(constraint);
      continue;
    }
    AffineExpr worst = ofWorstLane(access, constraint);
    if (!worst)
      return std::nullopt;
    box.whole.push_back(worst);
  }
  return box;
}

std::optional<BulkBox> bulkBox(const Access &access, const Layout &memory,
                               int64_t pieces, int along) {
  std::optional<OffsetMap> map = OffsetMap::of(memory);
  if (!map || memory.rank() != 2)
    return std::nullopt;
  int contiguous = contiguousDim(memory);
  std::optional<BulkBox> box = operandBox(access, contiguous);
  if (!box || (pieces > 1 && along == contiguous))
    return std::nullopt;
  // Memory has the tile and nothing else, rows next to each other.
  Coords shape;
  for (const LaneDim &lane : access.lanes())
    shape.push_back(lane.extent);
  BulkColumns columns = bulkColumns(shape, memory);
  if (columns.width * access.viewType().getElementBytes() % alignment != 0 ||
      columns.rows > mostElements || columns.rows % 8 != 0 ||
      columns.width * columns.count != shape[contiguous] ||
      map->atomStride(1 - contiguous) != 8 * columns.width ||
      map->stageSize() != pieces * shape[0] * shape[1])
    return std::nullopt;
  return box;
}

} // namespace girih::compiler

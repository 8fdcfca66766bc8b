// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/window.h"

#include "girih/compiler/analysis/proof.h"

#include <set>

using namespace mlir;

namespace girih::compiler {

WindowRead WindowRead::of(tile::LoadWindowOp op) {
  auto type = cast<RankedTensorType>(op.getTiles().front().getType());
  return {op,
          op.getView(),
          op.getScalars(),
          op.getMap(),
          op.getBounds(),
          SmallVector<int64_t>(op.getMoves()),
          SmallVector<int64_t>(op.getPlaces()),
          SmallVector<int64_t>(type.getShape()),
          static_cast<unsigned>(op.getAlong()),
          static_cast<int64_t>(op.getRun())};
}

int64_t WindowRead::step() const {
  auto unit =
      static_cast<unsigned>(cast<tile::ViewType>(view.getType()).getUnit());
  return dimCoefficient(map.getResult(unit), along, map.getNumDims(),
                        map.getNumSymbols())
      .value_or(0);
}

/// With an element's number as one more dimension, of which `facts` are known.
static Access withElement(const WindowRead &read, IndexFacts facts) {
  MLIRContext *context = read.map.getContext();
  unsigned dims = read.map.getNumDims(), symbols = read.map.getNumSymbols();
  auto unit = static_cast<unsigned>(
      cast<tile::ViewType>(read.view.getType()).getUnit());
  AffineExpr element = getAffineDimExpr(dims, context);
  SmallVector<AffineExpr> indices(read.map.getResults());
  indices[unit] = indices[unit] + element;
  std::optional<IntegerSet> bounds;
  if (read.bounds) {
    SmallVector<AffineExpr> constraints;
    for (auto [expr, move] :
         llvm::zip_equal(read.bounds->getConstraints(), read.moves))
      constraints.push_back(expr + element * move);
    bounds = IntegerSet::get(dims + 1, symbols, constraints,
                             read.bounds->getEqFlags());
  }
  SmallVector<IndexFacts, 4> lanes = laneFacts(read.shape);
  IndexFacts &run = lanes[read.along];
  run.upper = read.shape[read.along] - read.run;
  run.divisor = run.upper == 0 ? 0 : read.run;
  lanes.push_back(facts);
  return Access(read.op, read.view, read.scalars,
                AffineMap::get(dims + 1, symbols, indices, context), bounds,
                lanes);
}

/// The elements that a run reads, in their order.
static std::set<int64_t> elementsOf(const WindowRead &read) {
  std::set<int64_t> elements;
  for (int64_t place : read.places)
    for (int64_t lane = 0; lane < read.run; ++lane)
      elements.insert(place + read.step() * lane);
  return elements;
}

SmallVector<WindowPiece> windowPieces(const WindowRead &read) {
  std::set<int64_t> elements = elementsOf(read);
  // Not only 0 and below, or 0 would be taken for all there is.
  Access access = withElement(
      read, {1, *elements.begin(), std::max<int64_t>(*elements.rbegin(), 1)});
  auto element = static_cast<unsigned>(access.map().getNumDims()) - 1;
  int64_t bytes = access.viewType().getElementBytes();
  auto whole = [&](int64_t width) {
    return access.alignment(element, width) >= width * bytes &&
           llvm::all_of(access.constraints(), [&](const Constraint &each) {
             return !each.equality &&
                    signInGroups(each.expr, element, width, access.laneFacts(),
                                 access.scalarFacts());
           });
  };
  int64_t most = 1;
  while (2 * most * bytes <= 16 && whole(2 * most))
    most *= 2;
  SmallVector<WindowPiece> pieces;
  for (auto next = elements.begin(); next != elements.end();) {
    int64_t first = *next, begin = first - ((first % most) + most) % most;
    int64_t last = first;
    for (; next != elements.end() && *next < begin + most; ++next)
      last = *next;
    // No more of it than what is wanted.
    int64_t width = most;
    while (width > 1 &&
           (last < begin + width / 2 || first >= begin + width / 2)) {
      width /= 2;
      begin += first >= begin + width ? width : 0;
    }
    pieces.push_back({begin, width});
  }
  return pieces;
}

Access pieceAccess(const WindowRead &read, WindowPiece piece) {
  return withElement(read, {1, piece.begin, piece.begin + piece.width - 1});
}

} // namespace girih::compiler

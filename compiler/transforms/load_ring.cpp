// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/load_ring.h"

#include "girih/compiler/analysis/bulk_box.h"
#include "girih/compiler/layout/atoms.h"
#include "girih/compiler/transforms/cluster_share.h"
#include "girih/compiler/transforms/dot_plan.h"

using namespace mlir;

namespace girih::compiler {

/// Bytes that threads copy at least.
static constexpr int64_t leastCopied = 4;

bool feedsDots(tile::LoadOp load) {
  if (load->use_empty() || load.getType().getRank() != 2)
    return false;
  return llvm::all_of(load->getUsers(), [&](Operation *user) {
    auto convert = dyn_cast<tile::ConvertLayoutOp>(user);
    return convert && convert->getBlock() == load->getBlock() &&
           llvm::all_of(convert->getUsers(), llvm::IsaPred<tile::DotOp>);
  });
}

/// Whether reads that skip an element's loading get what `other` asks for.
static bool isZero(Attribute other) {
  if (auto value = dyn_cast<FloatAttr>(other))
    return value.getValue().isPosZero();
  return cast<IntegerAttr>(other).getValue().isZero();
}

bool isBesideDots(tile::LoadOp load) {
  constexpr int64_t mostElements = 256;
  RankedTensorType type = load.getType();
  return !load->use_empty() && type.getRank() > 0 && !load.getPieces() &&
         type.getNumElements() <= mostElements && isZero(load.getOther()) &&
         cast<tile::ViewType>(load.getView().getType()).getElementBytes() >=
             leastCopied &&
         llvm::none_of(load->getUsers(),
                       llvm::IsaPred<tile::DotOp, tile::ConvertLayoutOp>);
}

/// The layout in which `user`, a conversion, reads.
static Layout fragmentOf(Operation *user) {
  Type read = user->getResult(0).getType();
  return cast<tile::LayoutAttr>(cast<RankedTensorType>(read).getEncoding())
      .getLayout();
}

/// The dimension along which threads copy: the last one where memory has none.
static int copiedDim(const Access &access, RankedTensorType type) {
  int contiguous = access.contiguousLane();
  return contiguous < 0 ? static_cast<int>(type.getRank()) - 1 : contiguous;
}

/// The dimension along which the ring is contiguous: that of global memory, but
/// where single elements can be copied, that along which every reader's
/// registers run.
static int ringDim(tile::LoadOp load, const Access &access) {
  int copied = copiedDim(access, load.getType());
  bool turned = access.viewType().getElementBytes() >= leastCopied &&
                llvm::all_of(load->getUsers(), [&](Operation *user) {
                  Layout fragment = fragmentOf(user);
                  return !isWholeOperand(fragment) &&
                         fragment.registerRun(copied) == 1 &&
                         fragment.registerRun(1 - copied) > 1;
                });
  return turned ? 1 - copied : copied;
}

/// Memory of tiles that no dot reads: one element behind the other.
static tile::SharedType plainRing(tile::LoadOp load, int64_t stages) {
  RankedTensorType type = load.getType();
  Layout memory(static_cast<int>(type.getRank()));
  for (int dim = static_cast<int>(type.getRank()) - 1; dim >= 0; --dim)
    memory.repeat(Axis::offset, dim, type.getDimSize(dim));
  memory.repeat(Axis::stage, -1, stages);
  return tile::SharedType::get(
      load.getContext(), type.getShape(), type.getElementType(),
      tile::LayoutAttr::get(load.getContext(), memory));
}

tile::SharedType ringType(tile::LoadOp load, int64_t stages) {
  if (!feedsDots(load))
    return plainRing(load, stages);
  Access access(load);
  RankedTensorType type = load.getType();
  // Fragments may reach past the tile: there must be memory there, too.
  Coords shape(type.getShape());
  for (Operation *user : load->getUsers())
    for (auto [extent, covered] :
         llvm::zip_equal(shape, fragmentOf(user).shape()))
      extent = std::max(extent, covered);
  Layout memory = swizzledShared(shape, ringDim(load, access),
                                 access.viewType().getElementBytes(), stages);
  return tile::SharedType::get(
      load.getContext(), type.getShape(), type.getElementType(),
      tile::LayoutAttr::get(load.getContext(), memory));
}

/// Elements that one asynchronous copy takes.
static int64_t copiedElements(tile::LoadOp load, const Access &access) {
  int contiguous = access.contiguousLane();
  return !feedsDots(load) || contiguous < 0 ||
                 contiguous != ringDim(load, access)
             ? 1
             : access.vectorWidth(contiguous);
}

bool passesThroughRegisters(tile::LoadOp load) {
  Access access(load);
  return copiedElements(load, access) * access.viewType().getElementBytes() <
             4 ||
         !isZero(load.getOther());
}

/// Where a piece of the load goes: nothing for all of it.
static DenseI64ArrayAttr partOf(tile::LoadOp load, int64_t piece) {
  if (!load.getPieces())
    return {};
  int64_t along = *load.getAlong(), size = load.pieceShape()[along];
  return DenseI64ArrayAttr::get(load.getContext(), {along, piece * size, size});
}

/// The scalars of a piece, of all of the load's.
static ValueRange ofPiece(tile::LoadOp load, ValueRange scalars,
                          int64_t piece) {
  size_t count = load.getMap().getNumSymbols();
  return scalars.slice(static_cast<size_t>(piece) * count, count);
}

void copyToRing(OpBuilder &builder, tile::LoadOp load, ValueRange scalars,
                Value ring, Value stage, int warps) {
  Access access(load);
  int64_t vector = copiedElements(load, access);
  int dim = copiedDim(access, load.getType());
  Layout threads = blockedLayout(load.pieceShape(), dim, vector,
                                 access.viewType().getElementBytes(), warps);
  for (int64_t piece = 0; piece < load.pieceCount(); ++piece)
    tile::CopyAsyncOp::create(
        builder, load.getLoc(), load.getView(), ofPiece(load, scalars, piece),
        load.getMapAttr(), load.getBoundsAttr(), load.getOtherAttr(), ring,
        stage, tile::LayoutAttr::get(load.getContext(), threads),
        builder.getI64IntegerAttr(vector), builder.getI64IntegerAttr(dim),
        passesThroughRegisters(load) ? builder.getUnitAttr() : UnitAttr(),
        partOf(load, piece));
}

/// The box of the first piece in the ring, as that of all.
static std::optional<BulkBox> boxOf(tile::LoadOp load, tile::SharedType ring) {
  return bulkBox(Access(load), ring.getLayout().getLayout(), load.pieceCount(),
                 static_cast<int>(load.getAlong().value_or(0)));
}

bool isBulk(tile::LoadOp load, tile::SharedType ring) {
  if (!feedsDots(load) || !isZero(load.getOther()))
    return false;
  std::optional<BulkBox> box = boxOf(load, ring);
  return box && box->whole.empty();
}

bool isBulkWhereWhole(tile::LoadOp load, tile::SharedType ring) {
  if (!feedsDots(load) || !isZero(load.getOther()) || load.getPieces())
    return false;
  std::optional<BulkBox> box = boxOf(load, ring);
  return box && !box->whole.empty();
}

Value isWhole(OpBuilder &builder, const Feed &feed, ValueRange scalars) {
  tile::LoadOp load = feed.load;
  BulkBox box = *boxOf(load, cast<tile::SharedType>(feed.ring.getType()));
  SmallVector<bool> equalities(box.whole.size());
  auto set =
      IntegerSet::get(0, load.getMap().getNumSymbols(), box.whole, equalities);
  return tile::HoldsOp::create(builder, load.getLoc(), builder.getI1Type(),
                               scalars, IntegerSetAttr::get(set));
}

tile::DotOp lastReader(tile::LoadOp load) {
  Operation *last = load;
  for (Operation *convert : load->getUsers())
    for (Operation *dot : convert->getUsers()) {
      if (dot->getBlock() != load->getBlock())
        return {};
      if (last->isBeforeInBlock(dot))
        last = dot;
    }
  return dyn_cast<tile::DotOp>(last);
}

/// Behind the dot, or the wait at which it has landed; the end of its block
/// where it is in flight there.
static Operation *landed(tile::DotOp dot) {
  if (!dot.getInFlight())
    return dot->getNextNode();
  int64_t behind = 0;
  Operation *op = dot->getNextNode();
  for (; !op->hasTrait<OpTrait::IsTerminator>(); op = op->getNextNode()) {
    if (op->getNumRegions() > 0)
      break;
    if (auto next = dyn_cast<tile::DotOp>(op)) {
      if (!next.getInFlight())
        return next->getNextNode();
      ++behind;
    }
    if (auto wait = dyn_cast<tile::DotWaitOp>(op);
        wait && static_cast<int64_t>(wait.getPending()) <= behind)
      return wait->getNextNode();
  }
  return dot->getBlock()->getTerminator();
}

Operation *behindReaders(ArrayRef<tile::LoadOp> loads) {
  Operation *place = nullptr;
  for (tile::LoadOp load : loads) {
    Operation *behind = load->getNextNode();
    if (feedsDots(load)) {
      tile::DotOp last = lastReader(load);
      behind = last ? landed(last) : load->getBlock()->getTerminator();
    }
    if (!place || place->isBeforeInBlock(behind))
      place = behind;
  }
  return place;
}

bool isFurtherTile(tile::LoadOp load, tile::LoadOp round, int64_t stages) {
  auto loop = dyn_cast<scf::ForOp>(round->getParentOp());
  if (!loop || loop->getBlock() != load->getBlock() ||
      !loop->isBeforeInBlock(load) || load.getView() != round.getView())
    return false;
  tile::SharedType ring = ringType(load, stages);
  if (ring != ringType(round, stages) ||
      isBulk(load, ring) != isBulk(round, ring) ||
      isBulkWhereWhole(load, ring) != isBulkWhereWhole(round, ring) ||
      passesThroughRegisters(load) != passesThroughRegisters(round))
    return false;
  // Whoever goes on with the ring may wait for its stage.
  tile::DotOp last = lastReader(load);
  if (!last || last.getInFlight())
    return false;
  for (Operation *op = loop->getNextNode(); op != last; op = op->getNextNode())
    if (isa<scf::ForOp, scf::WhileOp, scf::IfOp>(op))
      return false;
  return true;
}

void copyInBulk(OpBuilder &builder, const Feed &feed, ValueRange scalars,
                Value stage, Value barriers) {
  tile::LoadOp load = feed.load;
  auto type = cast<tile::SharedType>(feed.ring.getType());
  BulkBox box = *boxOf(load, type);
  IntegerSetAttr bounds;
  if (!box.uniform.empty()) {
    SmallVector<AffineExpr> constraints;
    SmallVector<bool> equalities;
    for (const Constraint &constraint : box.uniform) {
      constraints.push_back(constraint.expr);
      equalities.push_back(constraint.equality);
    }
    AffineMap map = load.getMap();
    bounds = IntegerSetAttr::get(IntegerSet::get(
        map.getNumDims(), map.getNumSymbols(), constraints, equalities));
  }
  for (int64_t piece = 0; piece < load.pieceCount(); ++piece)
    tile::CopyBulkOp::create(
        builder, load.getLoc(), load.getView(), ofPiece(load, scalars, piece),
        load.getMapAttr(), bounds, builder.getDenseI64ArrayAttr(box.dims),
        feed.ring, stage, barriers, stage, partOf(load, piece),
        clusterOf(builder, feed.blocks));
}

/// The map with its two dimensions the other way round.
static AffineMap swapped(AffineMap map) {
  MLIRContext *context = map.getContext();
  return map.replaceDimsAndSymbols(
      {getAffineDimExpr(1, context), getAffineDimExpr(0, context)}, {}, 2,
      map.getNumSymbols());
}

bool isTransposed(tile::LoadOp load, tile::LoadOp other) {
  if (load.getView() != other.getView() ||
      load.getScalars() != other.getScalars() ||
      load.getMap() != swapped(other.getMap()) ||
      load.getOther() != other.getOther() ||
      load.getPieces() != other.getPieces() ||
      (load.getAlong() && *load.getAlong() != 1 - *other.getAlong()) ||
      load.getBounds().has_value() != other.getBounds().has_value())
    return false;
  if (!load.getBounds())
    return true;
  IntegerSet bounds = *load.getBounds(), others = *other.getBounds();
  if (bounds.getEqFlags() != others.getEqFlags())
    return false;
  auto map = [](IntegerSet set) {
    return AffineMap::get(set.getNumDims(), set.getNumSymbols(),
                          set.getConstraints(), set.getContext());
  };
  return map(bounds) == swapped(map(others));
}

void readFromRing(Feed feed, Value stage) {
  if (!feedsDots(feed.load)) {
    OpBuilder builder(feed.load);
    auto read = tile::SharedLoadOp::create(builder, feed.load.getLoc(),
                                           feed.load.getType(), feed.ring,
                                           stage, /*transposed=*/false);
    feed.load.getResult().replaceAllUsesWith(read.getResult());
    feed.load.erase();
    return;
  }
  for (Operation *user : llvm::make_early_inc_range(feed.load->getUsers())) {
    auto convert = cast<tile::ConvertLayoutOp>(user);
    OpBuilder builder(convert);
    auto read = tile::SharedLoadOp::create(builder, feed.load.getLoc(),
                                           convert.getType(), feed.ring, stage,
                                           feed.transposed);
    convert.getResult().replaceAllUsesWith(read);
    convert.erase();
  }
  feed.load.erase();
}

} // namespace girih::compiler

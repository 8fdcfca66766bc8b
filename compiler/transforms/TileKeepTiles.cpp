// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/written.h"
#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/layout/warps.h"
#include "girih/compiler/nvptx_generations.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

#define DEBUG_TYPE "tile-keep-tiles"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEKEEPTILES
#include "compiler/transforms/Passes.h.inc"

namespace {

bool isConstant(Value value, int64_t wanted) {
  APInt found;
  return matchPattern(value, m_ConstantInt(&found)) &&
         found.getSExtValue() == wanted;
}

/// How a value grows with a loop's round and its number of rounds.
struct Linear {
  int64_t rounds = 0, number = 0, constant = 0;
};

/// Of sums and differences of the two and constants; nothing of others.
std::optional<Linear> linearIn(Value value, scf::ForOp loop) {
  APInt constant;
  if (value == loop.getInductionVar())
    return Linear{1, 0, 0};
  if (value == loop.getUpperBound())
    return Linear{0, 1, 0};
  if (matchPattern(value, m_ConstantInt(&constant)))
    return Linear{0, 0, constant.getSExtValue()};
  Operation *op = value.getDefiningOp();
  if (!op || !isa<arith::AddIOp, arith::SubIOp>(op))
    return std::nullopt;
  auto left = linearIn(op->getOperand(0), loop),
       right = linearIn(op->getOperand(1), loop);
  if (!left || !right)
    return std::nullopt;
  int64_t sign = isa<arith::SubIOp>(op) ? -1 : 1;
  return Linear{left->rounds + sign * right->rounds,
                left->number + sign * right->number,
                left->constant + sign * right->constant};
}

/// Whether `again` is made of `place` as `first` is of the round of `loop`.
/// Finds out what `place` is.
bool isMadeAlike(Value first, Value again, scf::ForOp loop, Value &place) {
  if (first == loop.getInductionVar()) {
    if (!place)
      place = again;
    return place == again;
  }
  if (first == again)
    return true;
  Operation *a = first.getDefiningOp(), *b = again.getDefiningOp();
  if (!a || !b || a->getName() != b->getName() || a->getNumRegions() != 0 ||
      a->getAttrDictionary() != b->getAttrDictionary() || !isPure(a) ||
      a->getNumOperands() != b->getNumOperands())
    return false;
  return llvm::all_of(llvm::zip_equal(a->getOperands(), b->getOperands()),
                      [&](auto each) {
                        auto [x, y] = each;
                        return isMadeAlike(x, y, loop, place);
                      });
}

/// Whether all constraints of one set are among those of the other: what is
/// certain in a loop is left out.
bool within(std::optional<IntegerSet> few, std::optional<IntegerSet> many) {
  if (!few)
    return true;
  if (!many || few->getNumDims() != many->getNumDims() ||
      few->getNumSymbols() != many->getNumSymbols())
    return false;
  for (unsigned i = 0; i < few->getNumConstraints(); ++i) {
    bool found = false;
    for (unsigned j = 0; j < many->getNumConstraints(); ++j)
      found |= few->getConstraint(i) == many->getConstraint(j) &&
               few->isEq(i) == many->isEq(j);
    if (!found)
      return false;
  }
  return true;
}

/// A load of a later loop that reads what one of an earlier loop has read: in
/// its round `place`.
struct Again {
  tile::LoadOp load;
  Value place;
  bool backwards = false;
};

bool runsFromZero(scf::ForOp loop) {
  return isConstant(loop.getLowerBound(), 0) && isConstant(loop.getStep(), 1);
}

std::optional<Again> readAgain(tile::LoadOp first, scf::ForOp loop,
                               tile::LoadOp load, scf::ForOp later) {
  if (load.getView() != first.getView() || load.getMap() != first.getMap() ||
      load.getOther() != first.getOther() ||
      load.getType() != first.getType() || load.getPieces() ||
      later.getUpperBound() != loop.getUpperBound() ||
      load.getScalars().size() != first.getScalars().size() ||
      !(within(first.getBounds(), load.getBounds()) ||
        within(load.getBounds(), first.getBounds())))
    return std::nullopt;
  Again again{load, {}};
  for (auto [a, b] : llvm::zip_equal(first.getScalars(), load.getScalars()))
    if (!isMadeAlike(a, b, loop, again.place))
      return std::nullopt;
  if (!again.place)
    return std::nullopt;
  // Each round of the one is a round of the other.
  auto linear = linearIn(again.place, later);
  if (!linear)
    return std::nullopt;
  again.backwards =
      linear->rounds == -1 && linear->number == 1 && linear->constant == -1;
  bool forwards =
      linear->rounds == 1 && linear->number == 0 && linear->constant == 0;
  if (!again.backwards && !forwards)
    return std::nullopt;
  return again;
}

/// Whether threads hold exactly the tile's elements, each in one place.
bool holdsAll(tile::LoadOp load) {
  RankedTensorType type = load.getType();
  auto encoding = dyn_cast_or_null<tile::LayoutAttr>(type.getEncoding());
  if (!encoding || type.getRank() == 0 || load.getPieces())
    return false;
  const Layout &layout = encoding.getLayout();
  return ArrayRef<int64_t>(layout.shape()) == type.getShape() &&
         layout.size(Axis::reg) * layout.size(Axis::lane) *
                 layout.size(Axis::warp) ==
             type.getNumElements();
}

/// Whether warps have to tell each other what they have found.
bool crossesWarps(tile::ReduceOp reduce) {
  auto type = cast<RankedTensorType>(reduce.getInputs()[0].getType());
  auto encoding = dyn_cast_or_null<tile::LayoutAttr>(type.getEncoding());
  return !encoding || warpsAlong(encoding.getLayout(),
                                 static_cast<int>(reduce.getDim())) > 1;
}

int64_t bytesOf(RankedTensorType type) {
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

class Keeper {
public:
  Keeper(func::FuncOp kernel, int warps, int capability)
      : kernel(kernel), warps(warps), capability(capability) {
    if (auto spread =
            kernel->getAttrOfType<IntegerAttr>(tile::TileDialect::blocksAttr))
      blocks = spread.getInt();
  }

  void run() {
    if (warps < fewestWarps || !isSimple())
      return;
    SmallVector<scf::ForOp> loops;
    for (auto loop : kernel.getBody().front().getOps<scf::ForOp>())
      if (runsFromZero(loop))
        loops.push_back(loop);
    for (auto [at, loop] : llvm::enumerate(loops))
      for (auto load : loop.getBody()->getOps<tile::LoadOp>()) {
        if (!holdsAll(load) || isWritten(load.getView()))
          continue;
        SmallVector<Again> all;
        for (scf::ForOp later : ArrayRef(loops).drop_front(at + 1))
          for (auto other : later.getBody()->getOps<tile::LoadOp>())
            if (auto again = readAgain(load, loop, other, later)) {
              all.push_back(*again);
              break;
            }
        int64_t slots = slotsOf(load.getType());
        if (!all.empty() && slots > 0)
          return keep(load, loop, all, slots);
      }
  }

private:
  /// Below so many there are other programs that read meanwhile.
  static constexpr int fewestWarps = 16;

  /// Nothing but reductions takes shared memory beside the tiles.
  bool isSimple() {
    return !kernel
                ->walk([](Operation *op) {
                  return isa<tile::DotOp, tile::SortOp, tile::ScanOp,
                             tile::TakeOp, tile::HistogramOp, tile::AtomicOp,
                             tile::AllocSharedOp, tile::ConvertLayoutOp>(op)
                             ? WalkResult::interrupt()
                             : WalkResult::advance();
                })
                .wasInterrupted();
  }

  /// Tiles that fit: of a multiprocessor's memory the part that the program has
  /// of 32 warps, next to what reductions may need; of a cluster each block has
  /// that of 16, of which there are parts of several programs.
  int64_t slotsOf(RankedTensorType type) {
    constexpr int64_t ofBlock = 1024, granule = 1024;
    const int64_t resident = blocks > 1 ? 16 : 32;
    int64_t room = (sharedMemoryLimit(capability) + ofBlock) *
                       std::min(warps / blocks, resident) / resident -
                   ofBlock;
    kernel->walk([&](tile::ReduceOp reduce) {
      if (!crossesWarps(reduce))
        return;
      int64_t lanes = 0;
      for (Type result : reduce->getResultTypes())
        if (auto tile = dyn_cast<RankedTensorType>(result))
          lanes += tile.getNumElements();
      // And the barrier of what blocks of a cluster send.
      room -=
          llvm::alignTo(std::max<int64_t>(lanes, 1) * warps * 8 + 8, granule);
    });
    return std::min<int64_t>(room * blocks / bytesOf(type), 64);
  }

  void keep(tile::LoadOp load, scf::ForOp loop, ArrayRef<Again> all,
            int64_t slots) {
    OpBuilder before(loop);
    Location loc = load.getLoc();
    RankedTensorType type = load.getType();
    Layout memory(static_cast<int>(type.getRank()));
    for (int dim = static_cast<int>(type.getRank()) - 1; dim >= 0; --dim)
      memory.repeat(Axis::offset, dim, type.getDimSize(dim));
    memory.repeat(Axis::stage, -1, slots);
    Value kept = tile::AllocSharedOp::create(
        before, loc,
        tile::SharedType::get(
            load.getContext(), type.getShape(), type.getElementType(),
            tile::LayoutAttr::get(load.getContext(), memory)));
    Value count = arith::ConstantIndexOp::create(before, loc, slots);
    // What others have read of this memory before is done with.
    tile::AsyncWaitOp::create(before, loc, 0);
    OpBuilder behind = OpBuilder::atBlockBegin(loop.getBody());
    behind.setInsertionPointAfter(load);
    Value has = arith::CmpIOp::create(behind, loc, arith::CmpIPredicate::slt,
                                      loop.getInductionVar(), count);
    auto branch = scf::IfOp::create(behind, loc, has, false);
    OpBuilder inside = branch.getThenBodyBuilder();
    tile::KeepOp::create(inside, loc, load.getResult(), kept,
                         loop.getInductionVar());
    for (const Again &again : all)
      split(again, kept, count);
  }

  /// The loop as one of rounds whose tiles are kept and one of the others, in
  /// the order of its rounds.
  void split(const Again &again, Value kept, Value count) {
    tile::LoadOp load = again.load;
    auto loop = cast<scf::ForOp>(load->getParentOp());
    OpBuilder before(loop);
    Location loc = load.getLoc();
    Value rounds = loop.getUpperBound(), bound;
    if (again.backwards) {
      Value zero = arith::ConstantIndexOp::create(before, loc, 0);
      bound = arith::SubIOp::create(before, loc, rounds, count);
      bound = arith::MaxSIOp::create(before, loc, bound, zero);
    } else {
      bound = arith::MinSIOp::create(before, loc, rounds, count);
    }
    IRMapping mapping;
    auto first = cast<scf::ForOp>(before.clone(*loop, mapping));
    first.getUpperBoundMutable().assign(bound);
    loop.getLowerBoundMutable().assign(bound);
    loop.getInitArgsMutable().assign(first.getResults());
    Value place = again.place;
    if (!again.backwards) {
      place = mapping.lookupOrDefault(place);
      load = mapping.lookup(load.getResult()).getDefiningOp<tile::LoadOp>();
    }
    OpBuilder builder(load);
    load.getResult().replaceAllUsesWith(
        tile::KeptOp::create(builder, loc, load.getType(), kept, place));
    load.erase();
  }

  func::FuncOp kernel;
  int64_t warps, blocks = 1;
  int capability;
};

struct TileKeepTiles : impl::TileKeepTilesBase<TileKeepTiles> {
  using Base::Base;
  void runOnOperation() override {
    if (getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      Keeper(getOperation(), warps, capability).run();
  }
};

} // namespace
} // namespace girih::compiler

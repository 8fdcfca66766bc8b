// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/analysis/proof.h"
#include "girih/compiler/analysis/window.h"
#include "girih/compiler/analysis/written.h"

#include <map>
#include <numeric>

#define DEBUG_TYPE "tile-read-windows"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEREADWINDOWS
#include "compiler/transforms/Passes.h.inc"

namespace {

/// What memory moves at once.
constexpr int64_t vectorBytes = 16;
/// Elements of a run, all of which a thread holds.
constexpr int64_t mostElements = 64;

/// A load whose lanes are a constant number of elements apart along one
/// dimension, with expressions of the symbols of its group.
struct Candidate {
  tile::LoadOp load;
  SmallVector<AffineExpr> indices; // the unit one without its constant
  int64_t place = 0;               // that constant
  SmallVector<AffineExpr> bounds;
  unsigned along = 0;
  int64_t step = 0;
};

int64_t valueAtZero(AffineExpr expr, unsigned dims, unsigned symbols) {
  AffineExpr zero = getAffineConstantExpr(0, expr.getContext());
  AffineExpr at = simplifyAffineExpr(
      expr.replaceDimsAndSymbols(SmallVector<AffineExpr>(dims, zero),
                                 SmallVector<AffineExpr>(symbols, zero)),
      0, 0);
  auto constant = dyn_cast<AffineConstantExpr>(at);
  return constant ? constant.getValue() : 0;
}

/// Loads of one block that differ in the place along the unit dimension.
struct Group {
  SmallVector<Value> scalars;
  SmallVector<Candidate> members;
};

class Finder {
public:
  /// `widest`: bytes of the widest element that is written of each shape.
  Finder(Block &block, int64_t threads,
         const std::map<SmallVector<int64_t>, int64_t> &widest)
      : block(block), threads(threads), widest(widest) {}

  void run() {
    SmallVector<Group> groups;
    for (auto load : block.getOps<tile::LoadOp>())
      add(groups, load);
    for (Group &group : groups)
      rewrite(group);
  }

private:
  static unsigned unitOf(tile::LoadOp load) {
    return static_cast<unsigned>(load.getView().getType().getUnit());
  }

  /// Over the group's scalars, to which it adds the load's.
  static std::optional<Candidate> describe(tile::LoadOp load, Group &group) {
    if (load.getPieces() || load.getView().getType().getUnit() < 0 ||
        isWritten(load.getView()) ||
        llvm::any_of(load->getUsers(), llvm::IsaPred<tile::DotOp>))
      return std::nullopt;
    MLIRContext *context = load.getContext();
    SmallVector<AffineExpr> symbols;
    for (Value scalar : load.getScalars()) {
      auto *found = llvm::find(group.scalars, scalar);
      symbols.push_back(
          getAffineSymbolExpr(found - group.scalars.begin(), context));
      if (found == group.scalars.end())
        group.scalars.push_back(scalar);
    }
    Candidate result{load, {}, 0, {}, 0, 0};
    unsigned dims = load.getMap().getNumDims();
    auto count = static_cast<unsigned>(group.scalars.size());
    auto over = [&](AffineExpr expr) {
      return simplifyAffineExpr(expr.replaceSymbols(symbols), dims, count);
    };
    for (AffineExpr index : load.getMap().getResults())
      result.indices.push_back(over(index));
    if (std::optional<IntegerSet> bounds = load.getBounds()) {
      if (llvm::is_contained(bounds->getEqFlags(), true))
        return std::nullopt;
      for (AffineExpr expr : bounds->getConstraints())
        result.bounds.push_back(over(expr));
    }
    AffineExpr &unit = result.indices[unitOf(load)];
    result.place = valueAtZero(unit, dims, count);
    unit = simplifyAffineExpr(unit - result.place, dims, count);
    if (!findStep(result, dims, count))
      return std::nullopt;
    return result;
  }

  /// The one dimension that lanes go along in memory.
  static bool findStep(Candidate &candidate, unsigned dims, unsigned symbols) {
    unsigned unit = unitOf(candidate.load);
    for (unsigned dim = 0; dim < dims; ++dim) {
      if (!candidate.indices[unit].isFunctionOfDim(dim))
        continue;
      std::optional<int64_t> step =
          dimCoefficient(candidate.indices[unit], dim, dims, symbols);
      if (candidate.step != 0 || !step || *step < 1)
        return false;
      candidate.along = dim;
      candidate.step = *step;
    }
    for (auto [at, index] : llvm::enumerate(candidate.indices))
      if (at != unit && index.isFunctionOfDim(candidate.along))
        return false;
    return candidate.step != 0;
  }

  void add(SmallVector<Group> &groups, tile::LoadOp load) {
    for (Group &group : groups) {
      tile::LoadOp first = group.members.front().load;
      if (first.getView() != load.getView() ||
          first.getType() != load.getType() ||
          first.getOther() != load.getOther())
        continue;
      Group longer = group;
      std::optional<Candidate> candidate = describe(load, longer);
      if (!candidate || candidate->indices != longer.members.front().indices)
        continue;
      longer.members.push_back(*candidate);
      group = std::move(longer);
      return;
    }
    Group group;
    if (std::optional<Candidate> candidate = describe(load, group)) {
      group.members.push_back(*candidate);
      groups.push_back(std::move(group));
    }
  }

  /// Lanes of a thread: as few as fill vectors, or as many as one is written
  /// in.
  int64_t runOf(const Candidate &candidate) const {
    tile::LoadOp load = candidate.load;
    RankedTensorType type = load.getType();
    SmallVector<int64_t> shape(type.getShape());
    int64_t bytes = load.getView().getType().getElementBytes();
    int64_t run = std::max<int64_t>(
        vectorBytes / (bytes * (candidate.step & -candidate.step)), 1);
    if (auto written = widest.find(shape); written != widest.end())
      run = std::min(run, std::max<int64_t>(vectorBytes / written->second, 1));
    while (run > 1 && (shape[candidate.along] % run != 0 ||
                       type.getNumElements() < run * threads))
      run /= 2;
    return run;
  }

  /// The bounds of place 0, and how they move from place to place: each is of
  /// the unit index alone, or the same for all. False where it is neither.
  static bool joinBounds(const Group &group, WindowRead &read,
                         SmallVector<AffineExpr> &bounds) {
    const Candidate &first = group.members.front();
    unsigned unit = unitOf(first.load);
    AffineExpr index = first.indices[unit];
    auto symbols = static_cast<unsigned>(group.scalars.size());
    auto same = [&](AffineExpr a, AffineExpr b) {
      return simplifyAffineExpr(a - b, read.shape.size(), symbols) == 0;
    };
    SmallVector<IndexFacts> symbolFacts;
    for (Value scalar : group.scalars)
      symbolFacts.push_back(indexFacts(scalar));
    // How an element outside the operand is told: below 0, or from its size on.
    AffineExpr above;
    for (auto [at, scalar] : llvm::enumerate(group.scalars))
      if (auto size = scalar.getDefiningOp<tile::SizeOp>())
        if (size.getView() == read.view && size.getDim() == unit)
          above = getAffineSymbolExpr(at, index.getContext()) - index - 1;
    auto add = [&](AffineExpr expr, int64_t move) {
      if (!llvm::is_contained(bounds, expr)) {
        bounds.push_back(expr);
        read.moves.push_back(move);
      }
    };
    for (const Candidate &member : group.members)
      for (AffineExpr expr : member.bounds) {
        if (same(expr, index + member.place)) {
          add(index, 1);
          continue;
        }
        if (above && same(expr, above - member.place)) {
          add(above, -1);
          continue;
        }
        // Of lanes: of all places, and of all of a run.
        if (!llvm::all_of(group.members,
                          [&](const Candidate &other) {
                            return llvm::is_contained(other.bounds, expr);
                          }) ||
            !signInGroups(expr, read.along, read.run, laneFacts(read.shape),
                          symbolFacts))
          return false;
        add(expr, 0);
      }
    return true;
  }

  /// Whether all that it takes is known where the first load is.
  static bool isKnownAt(const Group &group) {
    Operation *first = group.members.front().load;
    return llvm::all_of(group.scalars, [&](Value scalar) {
      Operation *op = scalar.getDefiningOp();
      return !op || op->getBlock() != first->getBlock() ||
             op->isBeforeInBlock(first);
    });
  }

  void rewrite(const Group &group) {
    const Candidate &first = group.members.front();
    if ((first.step == 1 && group.members.size() == 1) || !isKnownAt(group))
      return;
    tile::LoadOp load = first.load;
    MLIRContext *context = load.getContext();
    auto symbols = static_cast<unsigned>(group.scalars.size());
    WindowRead read{load,
                    load.getView(),
                    group.scalars,
                    AffineMap::get(load.getType().getRank(), symbols,
                                   first.indices, context),
                    {},
                    {},
                    {},
                    SmallVector<int64_t>(load.getType().getShape()),
                    first.along,
                    runOf(first)};
    for (const Candidate &member : group.members)
      read.places.push_back(member.place);
    SmallVector<AffineExpr> bounds;
    if (!joinBounds(group, read, bounds))
      return;
    if (!bounds.empty())
      read.bounds = IntegerSet::get(read.map.getNumDims(), symbols, bounds,
                                    SmallVector<bool>(bounds.size(), false));
    if (!isWorthwhile(read))
      return;
    OpBuilder builder(load);
    auto window = tile::LoadWindowOp::create(
        builder, load.getLoc(),
        SmallVector<Type>(group.members.size(), load.getType()), load.getView(),
        group.scalars, AffineMapAttr::get(read.map),
        read.bounds ? IntegerSetAttr::get(*read.bounds) : IntegerSetAttr(),
        builder.getDenseI64ArrayAttr(read.moves), load.getOther(),
        builder.getDenseI64ArrayAttr(read.places),
        builder.getI64IntegerAttr(read.along),
        builder.getI64IntegerAttr(read.run));
    for (auto [member, tile] :
         llvm::zip_equal(group.members, window.getTiles())) {
      tile::LoadOp old = member.load;
      old.getResult().replaceAllUsesWith(tile);
      old.erase();
    }
  }

  /// Whether vectors take the place of at least twice as many accesses, and
  /// lanes next to each other read what is next to each other.
  static bool isWorthwhile(const WindowRead &read) {
    auto [low, high] =
        std::minmax_element(read.places.begin(), read.places.end());
    if (*high - *low + read.step() * read.run > mostElements)
      return false;
    SmallVector<WindowPiece> pieces = windowPieces(read);
    auto loads = static_cast<int64_t>(read.places.size()) * read.run;
    return 2 * static_cast<int64_t>(pieces.size()) <= loads &&
           llvm::any_of(pieces,
                        [](WindowPiece piece) { return piece.width > 1; });
  }

  Block &block;
  int64_t threads;
  const std::map<SmallVector<int64_t>, int64_t> &widest;
};

struct TileReadWindows : impl::TileReadWindowsBase<TileReadWindows> {
  using Base::Base;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    std::map<SmallVector<int64_t>, int64_t> widest;
    kernel.walk([&](tile::StoreOp store) {
      SmallVector<int64_t> shape(store.getValue().getType().getShape());
      int64_t &most = widest[shape];
      most = std::max(most, store.getView().getType().getElementBytes());
    });
    SmallVector<Block *> blocks;
    kernel.walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      Finder(*block, int64_t{32} * warps, widest).run();
  }
};

} // namespace

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/layout_assignment.h"

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/layout/bit_swaps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#define DEBUG_TYPE "tile-assign-layouts"

using namespace mlir;

namespace girih::compiler {

using tile::LayoutAttr;

/// Tiles of so few bytes are stored as they lie, unless lanes can trade: moving
/// them first costs more.
static constexpr int64_t smallBytes = 2048;
/// A load of a tile so many times smaller than the largest follows its readers,
/// however narrow that makes it.
static constexpr int64_t smallFactor = 8;

/// What memory moves at least.
static constexpr int64_t sectorBytes = 32;
/// Stores of up to so many bytes a thread leave it to lanes to fill sectors.
static constexpr int64_t narrowBytes = 4;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static int64_t elementsOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getNumElements();
}

bool isLaneByLane(Operation *op) {
  return (OpTrait::hasElementwiseMappableTraits(op) ||
          isa<tile::InlinePtxOp>(op)) &&
         op->getNumResults() == 1 && isTile(op->getResult(0));
}

static LaneMap namesOf(tile::RemapOp remap) {
  return {remap.getMap(), remap.getSource().getType().getShape(),
          remap.getType().getShape()};
}

bool isFree(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isa<arith::ConstantOp, tensor::SplatOp, tile::CoordinateOp>(op);
}

static bool isCheap(Value value, int depth) {
  if (!isTile(value) || isFree(value))
    return true;
  Operation *op = value.getDefiningOp();
  return depth > 0 && op && isLaneByLane(op) &&
         llvm::all_of(op->getOperands(), [&](Value operand) {
           return isCheap(operand, depth - 1);
         });
}

bool isCheap(Value value) { return isCheap(value, 4); }

LayoutAssignment::LayoutAssignment(func::FuncOp kernel, int warps,
                                   int capability)
    : kernel(kernel), warps(warps), capability(capability) {
  collect();
  findSpreads();
  anchorDots();
  anchorScans();
  anchorWindows();
  propagate();
  anchorLargest();
}

void LayoutAssignment::collect() {
  auto add = [&](Value value) {
    if (!isTile(value))
      return;
    largest = std::max(largest, elementsOf(value));
    if (!isFree(value))
      values.push_back(value);
  };
  kernel.walk<WalkOrder::PreOrder>([&](Operation *op) {
    llvm::for_each(op->getResults(), add);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::for_each(block.getArguments(), add);
    if (llvm::any_of(op->getResults(), isTile) || isa<tile::ReduceOp>(op))
      ops.push_back(op);
    if (auto reduce = dyn_cast<tile::ReduceOp>(op))
      reducedDims[SmallVector<int64_t>(shapeOf(reduce.getInputs()[0]))]
          .push_back(static_cast<int>(reduce.getDim()));
  });
}

int LayoutAssignment::looseDim(ArrayRef<int64_t> shape) const {
  auto last = static_cast<int>(shape.size()) - 1;
  auto found = reducedDims.find(SmallVector<int64_t>(shape));
  for (int dim = last; dim >= 0 && found != reducedDims.end(); --dim)
    if (!llvm::is_contained(found->second, dim) && shape[dim] >= 32)
      return dim;
  return last;
}

/// What a tile is read along here, and a tile of its shape is accessed along
/// otherwise, goes from one to the other through shared memory: a thread that
/// has neighbours both ways moves several of them at once.
Patch LayoutAssignment::patch(tile::LoadOp load, ArrayRef<int64_t> shape,
                              int contiguous, int64_t vector,
                              int64_t bytes) const {
  auto found = runs.find(SmallVector<int64_t>(shape));
  if (found == runs.end() || contiguous < 0 || bytes == 0 ||
      llvm::any_of(load->getUsers(), llvm::IsaPred<tile::DotOp>))
    return {};
  int64_t each = elementsOf(load.getResult()) / (vector * 32 * warps);
  Patch patch;
  for (int dim : found->second)
    if (dim != contiguous)
      patch.dim = dim;
  while (patch.dim >= 0 && 2 * patch.count <= std::min(each, 16 / bytes) &&
         shape[patch.dim] % (2 * patch.count) == 0)
    patch.count *= 2;
  return patch;
}

/// Dimensions along which tiles of each shape are contiguous in memory.
void LayoutAssignment::findRuns() {
  auto add = [&](auto op, ArrayRef<int64_t> shape) {
    if (int dim = Access(op).contiguousLane(); dim >= 0)
      runs[SmallVector<int64_t>(shape)].insert(dim);
  };
  kernel.walk([&](tile::LoadOp op) { add(op, op.getType().getShape()); });
  kernel.walk(
      [&](tile::StoreOp op) { add(op, op.getValue().getType().getShape()); });
}

template <typename Op>
LayoutAssignment::Spread
LayoutAssignment::spread(Op op, ArrayRef<int64_t> shape) const {
  Access access(op);
  int contiguous = access.contiguousLane();
  int64_t vector = contiguous < 0 ? 1 : access.vectorWidth(contiguous);
  int64_t bytes = access.viewType().getElementBytes();
  // Runs shorter than a memory sector are nothing to go after.
  bool loose =
      contiguous < 0 ||
      (vector == 1 && access.lanes()[contiguous].run * bytes < sectorBytes);
  int dim = loose ? looseDim(shape) : contiguous;
  // A vector for every thread is better than a long one for a few.
  int64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  while (vector > 1 && elements < vector * 32 * warps && vector * bytes > 4)
    vector /= 2;
  Patch patch;
  if constexpr (std::is_same_v<Op, tile::LoadOp>)
    if (!loose)
      patch = this->patch(op, shape, contiguous, vector, bytes);
  return {blockedLayout(shape, dim, vector, bytes, warps, patch),
          vector * bytes};
}

/// One layout for all memory-side tiles of a shape: that of the access that
/// gains the most from it.
void LayoutAssignment::findSpreads() {
  findRuns();
  kernel.walk([&](Operation *op) {
    std::optional<Spread> found;
    Value value;
    if (auto load = dyn_cast<tile::LoadOp>(op)) {
      value = load.getResult();
      found = spread(load, load.getType().getShape());
    } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
      value = store.getValue();
      found = spread(store, store.getValue().getType().getShape());
    } else {
      return;
    }
    spreads.try_emplace(op, *found);
    Spread &best = defaults[SmallVector<int64_t>(shapeOf(value))];
    if (best.bytes == 0 || found->bytes > best.bytes)
      best = *found;
  });
}

LayoutAttr LayoutAssignment::usual(ArrayRef<int64_t> shape) {
  Spread &spread = defaults[SmallVector<int64_t>(shape)];
  if (spread.bytes == 0)
    spread = {blockedLayout(shape, looseDim(shape), 1, 4, warps), 1};
  return attr(spread.layout);
}

void LayoutAssignment::anchorDots() {
  kernel.walk([&](tile::DotOp dot) {
    DotPlan plan = planDot(dot, warps, capability);
    if (!plan.missed.empty())
      dot.emitRemark() << DEBUG_TYPE ": dot runs on CUDA cores because "
                       << plan.missed;
    anchored[dot.getResult()] = attr(plan.accumulator);
    plans.try_emplace(dot, std::move(plan));
  });
}

void LayoutAssignment::anchorScans() {
  kernel.walk([&](tile::ScanOp scan) {
    for (Value result : scan.getResults())
      anchored[result] = attr(
          scanLayout(shapeOf(result), static_cast<int>(scan.getDim()), warps));
  });
}

void LayoutAssignment::anchorWindows() {
  kernel.walk([&](tile::LoadWindowOp load) {
    Value first = load.getTiles().front();
    LayoutAttr layout =
        attr(blockedLayout(shapeOf(first), static_cast<int>(load.getAlong()),
                           static_cast<int64_t>(load.getRun()),
                           load.getView().getType().getElementBytes(), warps));
    for (Value tile : load.getTiles())
      anchored[tile] = layout;
    windows = true;
  });
}

bool LayoutAssignment::anchor(Value value, LayoutAttr layout) {
  return anchored.insert({value, layout}).second;
}

/// Whether the value's layout follows from what makes it alone.
static bool isGiven(Value value) {
  return value.getDefiningOp<tile::LoadOp>() ||
         value.getDefiningOp<tile::ReduceOp>();
}

/// Gives every value of the group the layout that one of them has.
bool LayoutAssignment::unify(ArrayRef<Value> group) {
  LayoutAttr layout;
  for (Value value : group)
    if (LayoutAttr found = known(value); found && !layout)
      layout = found;
  bool changed = false;
  if (layout)
    for (Value value : group)
      if (!isFree(value) && !isGiven(value))
        changed |= anchor(value, layout);
  return changed;
}

/// From operands to results.
bool LayoutAssignment::forwards(Operation *op) {
  bool changed = false;
  if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    LayoutAttr input = reduced(reduce);
    if (!input)
      return false;
    Layout kept =
        withoutDim(input.getLayout(), static_cast<int>(reduce.getDim()));
    for (Value result : reduce.getResults())
      if (isTile(result))
        changed |= anchor(result, attr(kept));
    return changed;
  }
  if (auto remap = dyn_cast<tile::RemapOp>(op)) {
    LayoutAttr source = known(remap.getSource());
    if (!source || known(remap))
      return false;
    if (auto found = behindMap(source.getLayout(), namesOf(remap)))
      changed |= anchor(remap, attr(*found));
    return changed;
  }
  if (auto sum = dyn_cast<tile::StreamSumOp>(op)) {
    LayoutAttr source = known(sum.getSource());
    return source && anchor(sum, source);
  }
  if (auto sum = dyn_cast<tile::ClusterSumOp>(op)) {
    LayoutAttr source = known(sum.getSource());
    auto found = !source         ? std::nullopt
                 : sum.isDealt() ? source.getLayout().part(sum.getBlocks())
                                 : source.getLayout();
    return found && anchor(sum, attr(*found));
  }
  if (isLaneByLane(op))
    for (Value operand : op->getOperands())
      if (LayoutAttr layout = known(operand))
        changed |= anchor(op->getResult(0), layout);
  return changed;
}

/// How the source of a map lies where threads have what they hold of the result
/// already; null where no layout says that. A map that leaves elements out says
/// nothing of where those are.
LayoutAttr LayoutAssignment::before(tile::RemapOp remap, LayoutAttr result) {
  auto found = throughMap(result.getLayout(), namesOf(remap));
  if (!found || !found->covers(shapeOf(remap.getSource())))
    return {};
  return attr(withoutCopies(*found));
}

/// The layout in which the reader would like its operand; null where it does
/// not care or does not know yet.
LayoutAttr LayoutAssignment::wanted(OpOperand &use) {
  Operation *user = use.getOwner();
  if (auto remap = dyn_cast<tile::RemapOp>(user)) {
    LayoutAttr result = known(remap);
    return result ? before(remap, result) : result;
  }
  if (isLaneByLane(user))
    return known(user->getResult(0));
  if (auto dot = dyn_cast<tile::DotOp>(user)) {
    const DotPlan &plan = planOf(dot);
    return attr(use.getOperandNumber() == 0   ? plan.a
                : use.getOperandNumber() == 1 ? plan.b
                                              : plan.accumulator);
  }
  return {};
}

/// Neighbours along `dim` that lanes hold in runs of `run`.
static int64_t reach(const Layout &layout, int dim, int64_t run) {
  bool further = true;
  while (further) {
    further = false;
    for (const Coords &basis : layout.bases(Axis::lane))
      further |= basis[dim] == run;
    run *= further ? 2 : 1;
  }
  return run;
}

/// Whether an access is as good in a layout as in its best one: vectors as
/// long, and lanes that share memory sectors as well.
bool LayoutAssignment::isAsGood(const Access &access, const Layout &layout,
                                const Spread &best) {
  int dim = access.contiguousLane();
  if (dim < 0)
    return true;
  int64_t bytes = access.viewType().getElementBytes();
  int64_t run = std::min(layout.registerRun(dim), access.vectorWidth(dim));
  int64_t shared = reach(best.layout, dim, best.bytes / bytes) * bytes;
  return run * bytes >= best.bytes &&
         reach(layout, dim, run) * bytes >= std::min(sectorBytes, shared);
}

bool LayoutAssignment::loadMayFollow(tile::LoadOp load, const Layout &layout) {
  // Copies through shared memory are made of what dots read.
  if (llvm::any_of(load->getUsers(),
                   [](Operation *user) { return isa<tile::DotOp>(user); }))
    return false;
  if (elementsOf(load) * smallFactor <= largest)
    return true;
  return isAsGood(Access(load), layout, spreads.find(load)->second);
}

/// Whether the value is laid out otherwise, or will be. What is computed from
/// others and has no layout yet can still follow.
bool LayoutAssignment::isElsewhere(Value value, LayoutAttr layout) {
  if (LayoutAttr found = known(value))
    return found != layout;
  Operation *op = value.getDefiningOp();
  if (auto load = dyn_cast_or_null<tile::LoadOp>(op))
    return !loadMayFollow(load, layout.getLayout());
  return !op || !(isLaneByLane(op) || isa<tile::RemapOp>(op));
}

/// Whether the value is as well made in the layout its readers want.
bool LayoutAssignment::mayFollow(Value value, LayoutAttr layout) {
  Operation *op = value.getDefiningOp();
  if (auto load = dyn_cast_or_null<tile::LoadOp>(op))
    return loadMayFollow(load, layout.getLayout());
  if (op && isa<tile::RemapOp>(op))
    return true;
  if (!op || !isLaneByLane(op))
    return false;
  // One conversion of a source instead of one of the result, of no more bytes.
  auto width = [](Value each) {
    return cast<RankedTensorType>(each.getType()).getElementTypeBitWidth();
  };
  SmallPtrSet<Value, 4> sources;
  for (Value operand : op->getOperands())
    if (isTile(operand) && !isCheap(operand) && isElsewhere(operand, layout))
      sources.insert(operand);
  return sources.empty() ||
         (sources.size() == 1 && width(*sources.begin()) <= width(value));
}

/// From readers to a value, where all that care want the same.
bool LayoutAssignment::backwards(Value value) {
  if (known(value) || value.getDefiningOp<tile::ReduceOp>())
    return false;
  LayoutAttr layout;
  for (OpOperand &use : value.getUses()) {
    LayoutAttr want = wanted(use);
    if (want && layout && want != layout)
      return false;
    layout = want ? want : layout;
  }
  return layout && mayFollow(value, layout) && anchor(value, layout);
}

bool LayoutAssignment::unifyWhile(scf::WhileOp loop) {
  bool changed = false;
  for (auto [argument, yielded] : llvm::zip_equal(
           loop.getBeforeArguments(), loop.getYieldOp().getOperands()))
    if (isTile(argument))
      changed |= unify({argument, yielded});
  for (auto [result, argument, passed] :
       llvm::zip_equal(loop.getResults(), loop.getAfterArguments(),
                       loop.getConditionOp().getArgs()))
    if (isTile(result))
      changed |= unify({result, argument, passed});
  return changed;
}

bool LayoutAssignment::step(Operation *op) {
  bool changed = false;
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return unifyWhile(loop);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (auto [result, argument, yielded] :
         llvm::zip_equal(loop.getResults(), loop.getRegionIterArgs(),
                         loop.getYieldedValues()))
      if (isTile(result))
        changed |= unify({result, argument, yielded});
    return changed;
  }
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (auto [result, yes, no] :
         llvm::zip(branch.getResults(), branch.thenYield().getOperands(),
                   branch.elseYield().getOperands()))
      if (isTile(result))
        changed |= unify({result, yes, no});
    return changed;
  }
  return forwards(op);
}

/// Spreads what is known until nothing new is found. What comes from dots and
/// accesses goes first; then values go where they are read.
void LayoutAssignment::propagate() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (Operation *op : ops)
      changed |= step(op);
    if (changed)
      continue;
    for (Value value : llvm::reverse(values))
      changed |= backwards(value);
  }
}

LayoutAttr LayoutAssignment::own(Value value) {
  LayoutAttr layout = usual(shapeOf(value));
  auto load = value.getDefiningOp<tile::LoadOp>();
  if (!load)
    return layout;
  // An access along another dimension, or read only by dots, keeps its own.
  const Spread &best = spreads.find(load)->second;
  bool feedsDots = llvm::all_of(
      load->getUsers(), [](Operation *user) { return isa<tile::DotOp>(user); });
  Access access(load);
  int dim = access.contiguousLane();
  int64_t run = dim < 0 ? 1
                        : std::min(layout.getLayout().registerRun(dim),
                                   access.vectorWidth(dim));
  bool wider = best.bytes > run * access.viewType().getElementBytes();
  return feedsDots || wider ? attr(best.layout) : layout;
}

/// What no neighbour has decided: the largest shape takes its usual layout, the
/// rest follows from it as far as possible, and so on.
void LayoutAssignment::anchorLargest() {
  auto open = [&](Value value) {
    return !known(value) && !value.getDefiningOp<tile::ReduceOp>();
  };
  while (true) {
    Value best;
    for (Value value : values)
      if (open(value) && (!best || elementsOf(value) > elementsOf(best)))
        best = value;
    if (!best)
      break;
    SmallVector<int64_t> shape(shapeOf(best));
    for (Value value : values)
      if (open(value) && shapeOf(value) == ArrayRef(shape))
        anchor(value, own(value));
    propagate();
  }
}

LayoutAttr LayoutAssignment::of(Value value) {
  LayoutAttr layout = known(value);
  return layout ? layout : usual(shapeOf(value));
}

LayoutAttr LayoutAssignment::reduced(tile::ReduceOp reduce) {
  auto dim = static_cast<int>(reduce.getDim());
  LayoutAttr layout;
  bool open = false;
  for (Value input : reduce.getInputs()) {
    open |= !isFree(input) && !known(input);
    if (!layout)
      layout = known(input);
  }
  if (!layout && open)
    return {};
  if (!layout || !isSeparable(layout.getLayout(), dim))
    return usual(shapeOf(reduce.getInputs().front()));
  return layout;
}

LayoutAttr LayoutAssignment::remapped(tile::RemapOp remap) {
  LayoutAttr found = before(remap, of(remap));
  return found ? found : usual(shapeOf(remap.getSource()));
}

/// What stores of narrow accesses fill sectors with: lanes that have what is
/// next to each other, rather than threads. Sectors that are written several
/// times cost more than what lanes and registers trade.
static std::optional<Layout> sharingSectors(const Layout &held, int dim,
                                            int64_t run, int64_t bytes) {
  if (dim < 0 || run * bytes > narrowBytes)
    return std::nullopt;
  auto found = dealt(held, dim, run, sectorBytes / bytes, mostSwaps);
  // Rows may begin anywhere in a sector: of two, one is whole.
  if (!found || reach(*found, dim, run) * bytes < 2 * sectorBytes)
    return std::nullopt;
  return found;
}

LayoutAttr LayoutAssignment::stored(tile::StoreOp store, LayoutAttr held) {
  const Spread &best = spreads.find(store)->second;
  if (!held)
    return attr(best.layout);
  RankedTensorType type = store.getValue().getType();
  Access access(store);
  const Layout &layout = held.getLayout();
  int64_t bytes = access.viewType().getElementBytes();
  int dim = access.contiguousLane();
  int64_t run =
      dim < 0 ? 1 : std::min(layout.registerRun(dim), access.vectorWidth(dim));
  if (plans.empty())
    if (auto near = sharingSectors(layout, dim, run, bytes);
        near && isAsGood(access, *near, best))
      return attr(*near);
  if (type.getNumElements() * bytes <= smallBytes)
    return held;
  // Windows are read by lanes that are neighbours: they fill sectors together.
  if (windows && dim >= 0 && reach(layout, dim, run) * bytes >= sectorBytes)
    return held;
  // Neighbours in the fragments of a dot share sectors across registers.
  if (plans.empty())
    return isAsGood(access, layout, best) ? held : attr(best.layout);
  if (best.bytes <= run * bytes)
    return held;
  // Within their warps, if that makes whole sectors.
  auto near = gathered(layout, dim, best.bytes / bytes);
  return attr(near && isAsGood(access, *near, best) ? *near : best.layout);
}

} // namespace girih::compiler

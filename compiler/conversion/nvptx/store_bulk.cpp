// SPDX-License-Identifier: Apache-2.0
// Stores by the copy engine of sm_90: a warp group leaves a part of its tile in
// shared memory, and one of its threads asks for the copy (cp.async.bulk.tensor
// of the PTX ISA, by bulk groups, and stmatrix).
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/layout/store_parts.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

namespace {

constexpr int64_t groupThreads = 128;
/// Barriers of the hardware from this one on are those of warp groups.
constexpr int64_t firstBarrier = 8;
/// Registers of 16-bit elements that one stmatrix takes.
constexpr int64_t matrixRegisters = 8;

/// Where a lane points in a part that stmatrix writes.
Layout pointing(const MatrixLoad &matrix, int64_t width) {
  Layout layout(2);
  for (const Coords &row : matrix.rows)
    layout.basis(Axis::lane, row);
  for (int64_t rows : {16, 32})
    layout.basis(Axis::warp, {rows, 0});
  for (int64_t column = 16; column < width; column *= 2)
    layout.basis(Axis::reg, {0, column});
  return layout;
}

} // namespace

/// One tile.store_bulk.
class BulkStore {
public:
  BulkStore(Emitter &emitter, tile::StoreBulkOp store)
      : e(emitter), store(store), staging(store.getStaging().getType()),
        memory(staging.getLayout().getLayout()),
        parts(*StoreParts::of(Emitter::layoutOf(store.getValue()),
                              staging.getShape()[1])),
        element(staging.getElement()), bytes(bytesOf(element)) {}

  void run() {
    auto stages = static_cast<int64_t>(store.getStages());
    findPlace(stages);
    findStart();
    // What an earlier program has left there has been read long since.
    if (store->getParentOfType<scf::ForOp>())
      reuse(0);
    for (int64_t number = 0; number < parts.count(); ++number) {
      if (number >= stages)
        reuse(stages - 1);
      int64_t stage = number % stages * memorySize();
      write(number, stage);
      e.assembly({}, "fence.proxy.async.shared::cta;", "", {}, true);
      e.meetWarpGroup();
      e.doWhere(asks, [&] { copy(number, stage); });
    }
  }

private:
  /// The warp group's number among those of its program.
  Value group() {
    return LLVM::LShrOp::create(e.b, e.loc, e.warp, e.constant32(2));
  }
  int64_t memorySize() const { return memory.size(Axis::offset) * bytes; }

  /// Until all but `pending` of the copies that were asked for have been read.
  void reuse(int64_t pending) {
    e.awaitStores(".read", pending);
    e.meetWarpGroup();
  }

  /// Where threads write, and the copies begin.
  void findPlace(int64_t stages) {
    Value thread = e.intrinsic(e.i32(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
    Value inGroup =
        LLVM::AndOp::create(e.b, e.loc, thread, e.constant32(groupThreads - 1));
    asks = LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::eq, inGroup,
                                e.constant32(0));
    IntegerBuilder integers = e.words();
    Operation *allocation = store.getStaging().getDefiningOp();
    Value origin = e.sharedBaseOf(allocation);
    int64_t base = e.sharedOffset[allocation];
    Value first = integers.mul(group(), e.constant32(stages));
    from = integers.add(integers.add(origin, e.constant32(base)),
                        integers.mul(first, e.constant32(memorySize())));
    Layout own = parts.layout();
    if (bytes == 2)
      matrix = matchMatrixLoad(normalized(own), 1, bytes);
    Layout points = matrix ? pointing(*matrix, staging.getShape()[1]) : own;
    place.emplace(e, memory, bytes, origin, base, e.threadCoords(points),
                  threadMasks(points));
    place->setStage(first);
  }

  /// Indices of the operand's element that is the first of the group's.
  void findStart() {
    IntegerBuilder words = e.words(), integers = e.indices();
    AccumulatorShare grid = parts.groupGrid();
    Value number = group(), below = e.constant32(grid.groups);
    SmallVector<Value> lanes{words.floorMod(number, below, true),
                             words.floorDiv(number, below, true)};
    for (auto [lane, step] : llvm::zip_equal(lanes, parts.groupStep()))
      lane = words.mul(lane, e.constant32(step));
    SmallVector<Value> symbols = e.scalarsOf(store.getScalars());
    lanes = widened(lanes);
    for (AffineExpr index : store.getMap().getResults())
      start.push_back(e.narrowed(integers.expr(index, lanes, symbols)));
  }

  SmallVector<Value> widened(ArrayRef<Value> values) {
    SmallVector<Value> wide(values);
    if (e.indexBits == 64)
      for (Value &value : wide)
        value = LLVM::ZExtOp::create(e.b, e.loc, e.b.getI64Type(), value);
    return wide;
  }

  /// Leaves what this thread has of a part, or its warp.
  void write(int64_t number, int64_t stage) {
    Layout own = parts.layout();
    int64_t count = own.size(Axis::reg);
    ArrayRef<Value> held = ArrayRef(e.registers(store.getValue()))
                               .slice(parts.firstRegister(number), count);
    int64_t each = matrix ? matrixRegisters : own.registerRun(1);
    for (int64_t reg = 0; reg < count; reg += each) {
      auto [address, added] = place->at(own.coordinates(reg, 0, 0));
      ArrayRef<Value> values = held.slice(reg, each);
      if (!matrix) {
        e.storeShared(address, added + stage, values, element, Value());
        continue;
      }
      SmallVector<Value> inputs{address};
      llvm::append_range(inputs, e.pack(values));
      std::string text =
          llvm::formatv("stmatrix.sync.aligned.m8n8.x4.shared.b16 [$0+{0}], "
                        "{{$1, $2, $3, $4};",
                        added + stage);
      e.assembly({}, text, "r,r,r,r,r", inputs, true);
    }
  }

  /// Asks for the copy of a part.
  void copy(int64_t number, int64_t stage) {
    IntegerBuilder integers = e.words();
    Coords begin = parts.begin(number);
    SmallVector<Value> inputs{e.tensorMap(store),
                              integers.add(from, e.constant32(stage))};
    std::string list, constraints = "l,r";
    const TensorMap &map = e.tensorMaps[e.tensorMapOf.lookup(store)];
    for (int dim : map.dims) {
      Value coord = start[dim];
      for (auto [lane, first] : llvm::zip_equal(store.getDims(), begin))
        if (lane == dim)
          coord = integers.add(coord, e.constant32(first));
      list += (list.empty() ? "$" : ", $") + std::to_string(inputs.size());
      constraints += ",r";
      inputs.push_back(coord);
    }
    std::string text =
        llvm::formatv("cp.async.bulk.tensor.{0}d.global.shared::cta.bulk_group "
                      "[$0, {{{1}}], [$1];",
                      map.dims.size(), list);
    e.assembly({}, text, constraints, inputs, true);
    e.assembly({}, "cp.async.bulk.commit_group;", "", {}, true);
  }

  Emitter &e;
  tile::StoreBulkOp store;
  tile::SharedType staging;
  Layout memory;
  StoreParts parts;
  Type element;
  int64_t bytes;
  std::optional<MatrixLoad> matrix;
  std::optional<SharedPlace> place;
  Value asks, from; // i1: the thread that asks; where the group's stages are
  SmallVector<Value> start;
};

void Emitter::emitAccess(tile::StoreBulkOp store) {
  BulkStore(*this, store).run();
}

void Emitter::emitAccess(tile::StoreWaitOp) { awaitStores("", 0); }

/// Waits for the copies that this thread has asked for, if any, but the last
/// `pending` ones: until shared memory has been read, or all is done.
void Emitter::awaitStores(StringRef what, int64_t pending) {
  std::string text =
      llvm::formatv("cp.async.bulk.wait_group{0} {1};", what, pending);
  assembly({}, text, "", {}, true);
}

/// A barrier of the four warps of a group, whatever program they do.
void Emitter::meetWarpGroup() {
  Value thread = intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
  Value group = LLVM::LShrOp::create(b, loc, thread, constant32(7));
  Value number = LLVM::AddOp::create(b, loc, group, constant32(firstBarrier));
  intrinsic({}, "llvm.nvvm.barrier.cta.sync.aligned.count",
            {number, constant32(groupThreads)});
}

} // namespace girih::compiler

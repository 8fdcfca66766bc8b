// SPDX-License-Identifier: Apache-2.0
// Scans: along each thread's run, then over lanes by shuffles, then over warps
// through shared memory. No neutral element is known: what has nothing before
// it is chosen, not combined.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// How the scan's dimension is spread: see scanLayout.
struct ScanShape {
  int64_t run = 1, lanes = 1, warps = 1, rows = 1;

  ScanShape(const Layout &layout, int dim) {
    auto along = [&](Axis axis) {
      return int64_t(1) << llvm::count_if(
                 layout.bases(axis),
                 [&](const Coords &basis) { return basis[dim] != 0; });
    };
    run = along(Axis::reg);
    lanes = along(Axis::lane);
    warps = along(Axis::warp);
    rows = layout.size(Axis::reg) / run;
  }

  /// Totals that warps exchange: one of each row.
  int64_t totals(const Layout &layout) const {
    return layout.size(Axis::warp) * (32 / lanes) * rows;
  }
};

} // namespace

/// Emits one scan.
class ScanEmitter {
public:
  ScanEmitter(Emitter &emitter, tile::ScanOp scan)
      : e(emitter), scan(scan), layout(Emitter::layoutOf(scan.getResult(0))),
        dim(static_cast<int>(scan.getDim())), shape(layout, dim),
        extent(cast<RankedTensorType>(scan.getResult(0).getType())
                   .getDimSize(scan.getDim())),
        reverse(scan.getReverse()) {}

  LogicalResult run() {
    start = e.threadCoords(layout)[dim];
    laneAt = LLVM::AndOp::create(e.b, e.loc, e.lane, number(shape.lanes - 1));
    warpAt = LLVM::AndOp::create(e.b, e.loc, e.warp, number(shape.warps - 1));
    for (int64_t row = 0; row < shape.rows; ++row) {
      lines.emplace_back();
      for (int64_t i = 0; i < shape.run; ++i) {
        lines.back().emplace_back();
        for (Value input : scan.getInputs())
          lines.back().back().push_back(
              e.registers(input)[row * shape.run + i]);
      }
      scanRun(lines.back());
    }
    prefixes.resize(shape.rows);
    for (int64_t row = 0; row < shape.rows; ++row)
      scanLanes(row);
    if (shape.warps > 1)
      scanWarps();
    for (int64_t row = 0; row < shape.rows; ++row)
      apply(row);
    if (failure)
      return mlir::failure();
    for (auto [number, result] : llvm::enumerate(scan.getResults())) {
      Registers values;
      for (const Line &line : lines)
        for (const Registers &each : line)
          values.push_back(each[number]);
      e.tiles[result] = std::move(values);
    }
    return success();
  }

private:
  using Line = SmallVector<Registers, 0>; // one lane of each input, in order

  /// What comes before a thread's run, where `valid` holds (null: nowhere).
  struct Prefix {
    Registers total; // of the thread's run and all lanes before
    Registers before;
    Value valid;
  };

  Value number(int64_t value) { return e.constant32(value); }

  /// Index of the i-th lane of a run in the order of the scan.
  int64_t inOrder(int64_t i) const { return reverse ? shape.run - 1 - i : i; }

  Registers combine(const Registers &before, const Registers &lane) {
    Registers arguments(before);
    llvm::append_range(arguments, lane);
    Registers result = e.applyLanes(scan.getBody(), arguments);
    failure |= result.empty();
    return result.empty() ? lane : result;
  }

  Registers select(Value condition, const Registers &yes, const Registers &no) {
    Registers values;
    for (auto [x, y] : llvm::zip_equal(yes, no))
      values.push_back(LLVM::SelectOp::create(e.b, e.loc, condition, x, y));
    return values;
  }

  /// Combines where `condition` holds (null: always), else the lane alone.
  Registers combineWhere(Value condition, const Registers &before,
                         const Registers &lane) {
    Registers both = combine(before, lane);
    return condition ? select(condition, both, lane) : both;
  }

  /// i1: the lane `distance` further along is within the tile; null if certain.
  Value inTile(int64_t distance) {
    if (layout.shape()[dim] <= extent)
      return {};
    return LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::slt, start,
                                number(extent - distance));
  }

  void scanRun(Line &line) {
    for (int64_t i = 1; i < shape.run; ++i) {
      int64_t before = inOrder(i - 1);
      // Backwards the first lanes can be past the tile.
      Value valid = reverse ? inTile(before) : Value();
      line[inOrder(i)] = combineWhere(valid, line[before], line[inOrder(i)]);
    }
  }

  /// Values of the lane `distance` before, and whether there is one.
  std::pair<Registers, Value> fromLane(const Registers &values,
                                       int64_t distance) {
    Registers moved;
    for (Value value : values)
      moved.push_back(
          e.shuffle(reverse ? "down" : "up", value, number(distance)));
    if (!reverse)
      return {moved, LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::sge,
                                          laneAt, number(distance))};
    Value valid = LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::slt,
                                       laneAt, number(shape.lanes - distance));
    return {moved, e.words().both(valid, inTile(distance * shape.run))};
  }

  void scanLanes(int64_t row) {
    Prefix &prefix = prefixes[row];
    prefix.total = lines[row][inOrder(shape.run - 1)];
    if (shape.lanes == 1)
      return;
    for (int64_t distance = 1; distance < shape.lanes; distance *= 2) {
      auto [moved, valid] = fromLane(prefix.total, distance);
      prefix.total = combineWhere(valid, moved, prefix.total);
    }
    std::tie(prefix.before, prefix.valid) = fromLane(prefix.total, 1);
  }

  /// Where the totals of one input are in shared memory, and those of a row of
  /// a warp therein: address and constant.
  Value slotOf(Value warp, int64_t bytes) {
    IntegerBuilder integers = e.words();
    Value rows = integers.mul(warp, number(32 / shape.lanes));
    Value inWarp = LLVM::LShrOp::create(e.b, e.loc, e.lane,
                                        number(llvm::Log2_64(shape.lanes)));
    Value slot = integers.add(rows, inWarp);
    return integers.add(e.sharedBase,
                        integers.mul(slot, number(shape.rows * bytes)));
  }

  template <typename Each> void forInputs(Each each) {
    int64_t base = e.sharedOffset[scan];
    for (auto [i, input] : llvm::enumerate(scan.getInputs())) {
      Type element = getElementTypeOrSelf(input.getType());
      each(i, element, base);
      base += llvm::alignTo(shape.totals(layout) * bytesOf(element), 16);
    }
  }

  Registers readTotal(int64_t row, int64_t warpAlong) {
    Registers values;
    Value first = LLVM::AndOp::create(e.b, e.loc, e.warp, number(-shape.warps));
    Value from = LLVM::OrOp::create(e.b, e.loc, first, number(warpAlong));
    forInputs([&](size_t, Type element, int64_t base) {
      int64_t bytes = bytesOf(element);
      llvm::append_range(values, e.loadShared(slotOf(from, bytes),
                                              base + row * bytes, 1, element));
    });
    return values;
  }

  void scanWarps() {
    e.barrier();
    // Threads that hold copies have places of their own.
    Value last =
        LLVM::ICmpOp::create(e.b, e.loc, LLVM::ICmpPredicate::eq, laneAt,
                             number(reverse ? 0 : shape.lanes - 1));
    forInputs([&](size_t input, Type element, int64_t base) {
      int64_t bytes = bytesOf(element);
      Value address = slotOf(e.warp, bytes);
      for (int64_t row = 0; row < shape.rows; ++row)
        e.storeShared(address, base + row * bytes, prefixes[row].total[input],
                      element, last);
    });
    e.barrier();
    for (int64_t row = 0; row < shape.rows; ++row)
      combineWarps(row);
  }

  /// The totals of the warps before, then the lanes before within the warp.
  void combineWarps(int64_t row) {
    int64_t perWarp = shape.run * shape.lanes;
    // Backwards, warps past the tile hold nothing.
    int64_t used = (extent + perWarp - 1) / perWarp;
    if (used == 1)
      return;
    auto isPast = [&](int64_t warp) -> Value {
      return LLVM::ICmpOp::create(e.b, e.loc,
                                  reverse ? LLVM::ICmpPredicate::slt
                                          : LLVM::ICmpPredicate::sgt,
                                  warpAt, number(warp));
    };
    int64_t first = reverse ? used - 1 : 0, step = reverse ? -1 : 1;
    int64_t end = reverse ? 0 : used - 1;
    Registers total = readTotal(row, first);
    for (int64_t warp = first + step; warp != end; warp += step)
      total = select(isPast(warp), combine(total, readTotal(row, warp)), total);
    Value some = isPast(first);
    Prefix &prefix = prefixes[row];
    if (!prefix.valid) {
      prefix.before = total;
      prefix.valid = some;
      return;
    }
    Registers both = select(some, combine(total, prefix.before), prefix.before);
    prefix.before = select(prefix.valid, both, total);
    prefix.valid = LLVM::OrOp::create(e.b, e.loc, prefix.valid, some);
  }

  void apply(int64_t row) {
    const Prefix &prefix = prefixes[row];
    if (prefix.valid)
      for (Registers &lane : lines[row])
        lane = combineWhere(prefix.valid, prefix.before, lane);
  }

  Emitter &e;
  tile::ScanOp scan;
  Layout layout;
  int dim;
  ScanShape shape;
  int64_t extent;
  bool reverse, failure = false;
  Value start, laneAt, warpAt;
  SmallVector<Line, 0> lines;
  SmallVector<Prefix, 0> prefixes;
};

int64_t scanScratch(tile::ScanOp scan) {
  Layout layout = Emitter::layoutOf(scan.getResult(0));
  ScanShape shape(layout, static_cast<int>(scan.getDim()));
  int64_t bytes = 0;
  if (shape.warps > 1)
    for (Value input : scan.getInputs())
      bytes += llvm::alignTo(shape.totals(layout) *
                                 bytesOf(getElementTypeOrSelf(input.getType())),
                             16);
  return bytes;
}

LogicalResult Emitter::emitTile(tile::ScanOp scan) {
  return ScanEmitter(*this, scan).run();
}

} // namespace girih::compiler

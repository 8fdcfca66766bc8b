// SPDX-License-Identifier: Apache-2.0
// Histograms: counters in shared memory that each lane adds to.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

static PlainTile counters(tile::HistogramOp histogram, int64_t base) {
  RankedTensorType type = histogram.getType();
  return PlainTile(type.getShape(), 0, type.getDimSize(0),
                   type.getElementType(), base);
}

int64_t histogramScratch(tile::HistogramOp histogram) {
  return counters(histogram, 0).bytes();
}

/// Adds each lane of `source` to its counter, as one of the threads that hold
/// it. Threads that add to one counter wait for each other, which few do where
/// there are many bins; of ones the hardware makes one addition for a warp.
void Emitter::countLanes(Value source, const PlainTile &counters) {
  Layout layout = layoutOf(source);
  ArrayRef<int64_t> shape = cast<RankedTensorType>(source.getType()).getShape();
  SmallVector<Value> thread = threadCoords(layout);
  Value owner = inEntry([&] { return ownerMask(layout); });
  IntegerBuilder integers = words();
  std::string text =
      llvm::formatv("@$1 red.shared.add.u32 [$0+{0}], 1;", counters.base);
  for (auto [reg, bin] : llvm::enumerate(registers(source))) {
    // As unsigned, what is negative is past the end as well.
    Type type = bin.getType();
    Value counts = unsignedLess(
        bin, constantOf(b.getIntegerAttr(type, counters.shape[0]), type));
    counts = integers.both(counts, owner);
    counts = integers.both(
        counts, insideMask(layout, shape,
                           layout.coordinates(static_cast<int64_t>(reg), 0, 0),
                           thread));
    Value place = bin;
    if (!type.isInteger(32))
      place = LLVM::TruncOp::create(b, loc, i32(), bin);
    Value address = integers.add(
        sharedBase, integers.mul(place, constant32(counters.elementBytes)));
    assembly({}, text, "r,b", {address, counts}, true);
  }
}

LogicalResult Emitter::emitTile(tile::HistogramOp histogram) {
  PlainTile memory = counters(histogram, sharedOffset[histogram]);
  Layout layout = layoutOf(histogram.getResult());
  Registers none(layout.size(Axis::reg), constant32(0));
  barrier();
  storePlain(memory, layout, none);
  barrier();
  countLanes(histogram.getSource(), memory);
  barrier();
  tiles[histogram] = loadPlain(memory, layout);
  return success();
}

} // namespace girih::compiler

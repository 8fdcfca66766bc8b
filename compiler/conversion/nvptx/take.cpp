// SPDX-License-Identifier: Apache-2.0
// Lanes of a tile at places that are data, and what each operation needs of
// shared memory for itself.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

static PlainTile sourceTile(tile::TakeOp take, int64_t base) {
  RankedTensorType type = take.getSource().getType();
  Type element = type.getElementType();
  int fastest = static_cast<int>(type.getRank()) - 1;
  int64_t pitch = llvm::alignTo(type.getShape().back(), 16 / bytesOf(element));
  return PlainTile(type.getShape(), fastest, pitch, element, base);
}

LogicalResult Emitter::emitTile(tile::TakeOp take) {
  PlainTile source = sourceTile(take, sharedOffset[take]);
  barrier();
  storePlain(source, layoutOf(take.getSource()), registers(take.getSource()));
  barrier();
  Layout layout = layoutOf(take.getResult());
  auto dim = static_cast<int64_t>(take.getDim());
  ArrayRef<int64_t> shape = take.getType().getShape();
  SmallVector<Value> thread = threadCoords(layout), others = thread;
  others[dim] = constant32(0);
  Value address = plainAddress(source, others);
  int64_t stride = source.strides[dim] * source.elementBytes;
  Value zero = zeroOf(llvmType(source.element));
  IntegerBuilder integers = words();
  Registers values;
  for (auto [reg, index] : llvm::enumerate(registers(take.getIndex()))) {
    Coords constant = layout.coordinates(static_cast<int64_t>(reg), 0, 0);
    Type type = index.getType();
    unsigned bits = type.getIntOrFloatBitWidth();
    Value place = index;
    if (bits < 32)
      place = LLVM::SExtOp::create(b, loc, i32(), index);
    // As unsigned, what is negative is past the end as well.
    Value limit = constantOf(
        b.getIntegerAttr(place.getType(), source.shape[dim]), place.getType());
    Value valid = integers.both(unsignedLess(place, limit),
                                insideMask(layout, shape, constant, thread));
    if (bits > 32)
      place = LLVM::TruncOp::create(b, loc, i32(), place);
    constant[dim] = 0;
    int64_t offset = plainOffset(source, constant);
    Value inside =
        integers.add(address, integers.mul(place, constant32(stride)));
    Value at = LLVM::SelectOp::create(
        b, loc, valid, inside,
        integers.add(sharedBase, constant32(source.base - offset)));
    Value value = loadShared(at, offset, 1, source.element).front();
    values.push_back(LLVM::SelectOp::create(b, loc, valid, value, zero));
  }
  tiles[take] = std::move(values);
  return success();
}

int64_t scratchBytes(Operation *op) {
  return TypeSwitch<Operation *, int64_t>(op)
      .Case([](tile::TakeOp take) { return sourceTile(take, 0).bytes(); })
      .Case([](tile::HistogramOp op) { return histogramScratch(op); })
      .Case([](tile::ScanOp scan) { return scanScratch(scan); })
      .Case([](tile::AtomicOp atomic) -> int64_t {
        Layout layout = Emitter::layoutOf(atomic.getResult());
        bool copies =
            layout.replicates(Axis::lane) || layout.replicates(Axis::warp);
        if (atomic.use_empty() || !copies)
          return 0;
        RankedTensorType type = atomic.getType();
        return type.getNumElements() * bytesOf(type.getElementType());
      })
      .Default([](Operation *) { return 0; });
}

} // namespace girih::compiler

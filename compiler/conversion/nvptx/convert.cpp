// SPDX-License-Identifier: Apache-2.0
// From one distributed layout to another, through shared memory.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

/// Elements along `contiguous` that move at once: neighbours in registers and,
/// within a 16-byte chunk, in memory.
static int64_t sharedVector(const Layout &layout, int contiguous,
                            int64_t elementBytes) {
  if (layout.rank() == 0)
    return 1;
  return std::min<int64_t>(layout.registerRun(contiguous), 16 / elementBytes);
}

int contiguousDim(const Layout &memory) {
  for (int dim = 0; dim < memory.rank(); ++dim)
    if (!memory.bases(Axis::offset).empty() &&
        memory.bases(Axis::offset).front()[dim] != 0)
      return dim;
  return 0;
}

LogicalResult Emitter::emitConvert(tile::ConvertLayoutOp convert) {
  Layout from = layoutOf(convert.getSource()), to = layoutOf(convert.getType());
  Registers &source = registers(convert.getSource());
  if (from.rank() == 0) {
    tiles[convert] = Registers(source);
    return success();
  }
  Layout memory = convertScratch(convert);
  Type element = convert.getType().getElementType();
  int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  int64_t base = sharedOffset[convert];
  int contiguous = contiguousDim(memory);
  SharedPlace write(*this, memory, bytes, base, threadCoords(from),
                    threadMasks(from));
  Value owner = inEntry([&] { return ownerMask(from); });
  barrier(); // whoever used this memory before is done
  int64_t vector = sharedVector(from, contiguous, bytes);
  for (int64_t reg = 0, end = from.size(Axis::reg); reg < end; reg += vector) {
    auto [address, added] = write.at(from.coordinates(reg, 0, 0));
    storeShared(address, added, ArrayRef(source).slice(reg, vector), element,
                owner);
  }
  barrier();
  SharedPlace read(*this, memory, bytes, base, threadCoords(to),
                   threadMasks(to));
  vector = sharedVector(to, contiguous, bytes);
  Registers result;
  for (int64_t reg = 0, end = to.size(Axis::reg); reg < end; reg += vector) {
    auto [address, added] = read.at(to.coordinates(reg, 0, 0));
    llvm::append_range(result, loadShared(address, added, vector, element));
  }
  tiles[convert] = std::move(result);
  return success();
}

} // namespace girih::compiler

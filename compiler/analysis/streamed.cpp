// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/streamed.h"

#include "girih/compiler/analysis/written.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace girih::compiler {

static int64_t bytesOf(Type type) {
  auto tile = dyn_cast<RankedTensorType>(type);
  return tile ? tile.getNumElements() *
                    llvm::divideCeil(tile.getElementTypeBitWidth(), 8)
              : 0;
}

static int64_t loopsAround(Operation *op) {
  int64_t loops = 0;
  while ((op = op->getParentOp()))
    loops += isa<LoopLikeOpInterface>(op);
  return loops;
}

/// Whether values follow from the program's number along a dimension of the
/// grid.
static bool dependOn(ValueRange values, int64_t dim) {
  SetVector<Value> open(values.begin(), values.end());
  for (size_t at = 0; at < open.size(); ++at) {
    Operation *op = open[at].getDefiningOp();
    if (!op)
      continue;
    if (auto id = dyn_cast<tile::ProgramIdOp>(op);
        id && static_cast<int64_t>(id.getDim()) == dim)
      return true;
    open.insert(op->operand_begin(), op->operand_end());
  }
  return false;
}

bool isStreamed(tile::LoadOp load) {
  // What is written for each byte read is less than one of so many.
  constexpr int64_t least = 16;
  int64_t depth = loopsAround(load), deepest = -1, written = 0, last = -1;
  bool shares = false;
  load->getParentOfType<func::FuncOp>().walk([&](Operation *op) {
    // Programs of products read rows and columns together.
    shares |= isa<tile::DotOp>(op);
    if (auto id = dyn_cast<tile::ProgramIdOp>(op))
      last = std::max(last, static_cast<int64_t>(id.getDim()));
    if (!writtenView(op))
      return;
    int64_t loops = loopsAround(op);
    if (loops > deepest)
      written = 0;
    deepest = std::max(deepest, loops);
    if (loops < deepest)
      return;
    for (Type type : op->getOperandTypes())
      written += bytesOf(type);
  });
  if (shares || depth < deepest ||
      (depth == deepest && bytesOf(load.getType()) < least * written))
    return false;
  // Programs beside each other differ along the last dimension of the grid.
  return last >= 0 && dependOn(load.getScalars(), last);
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Programmatic dependent launch: a kernel that may begin before the one ahead
// of it in the stream has ended waits for it before it touches global memory.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

/// Whether the operation, or one inside it, accesses global memory. A user's
/// own PTX may do anything.
static bool touchesMemory(Operation *op) {
  auto touches = [](Operation *each) {
    return isa<tile::InlinePtxOp>(each) ||
           (!isa<tile::SizeOp, tile::ValueOp>(each) &&
            llvm::any_of(each->getOperandTypes(),
                         llvm::IsaPred<tile::ViewType>));
  };
  return op
      ->walk([&](Operation *each) {
        return touches(each) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

void Emitter::awaitPredecessor(Operation *next) {
  if (!owesWait || (next && !touchesMemory(next)))
    return;
  owesWait = false;
  if (next)
    loc = next->getLoc();
  // Nothing in memory may cross it, in either direction.
  assembly({}, "griddepcontrol.wait;", "~{memory}", {}, true);
  // The kernel behind this one waits for its end in any case. It may take the
  // place that is left as soon as all programs are here; were that said any
  // sooner, a third one could come to wait beside it, and a fourth.
  assembly({}, "griddepcontrol.launch_dependents;", "", {}, true);
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Programmatic dependent launch: a kernel that may begin before the one ahead
// of it in the stream has ended waits for it before it touches global memory,
// but for reading settled operands.
#include "girih/compiler/analysis/settled.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

void Emitter::awaitPredecessor(Operation *next) {
  if (!owesWait || (next && !touchesUnsettled(next)))
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

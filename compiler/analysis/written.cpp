// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/written.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

Value writtenView(Operation *op) {
  return TypeSwitch<Operation *, Value>(op)
      .Case<tile::StoreOp, tile::StoreBulkOp, tile::ScatterOp, tile::AtomicOp,
            tile::ArriveOp>([](auto write) { return write.getView(); })
      .Default([](Operation *) { return Value(); });
}

bool isWritten(Value view) {
  return llvm::any_of(view.getUsers(), [&](Operation *user) {
    return writtenView(user) == view;
  });
}

} // namespace girih::compiler

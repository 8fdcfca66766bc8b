// SPDX-License-Identifier: Apache-2.0
// The low bits of lanes' places. A thread's registers are places that differ in
// constants, so neighbours that share all but their low bits can share what is
// made of the others: LLVM merges what is written alike.
#pragma once

#include "mlir/IR/Builders.h"

#include <optional>

namespace girih::compiler {

/// The lowest `count` bits of an integer, where they do not depend on the
/// thread or the program.
std::optional<uint64_t> knownLowBits(mlir::Value value, unsigned count);
/// `value`, or a number that differs from it in no other than the lowest
/// `count` bits: these are cleared where that takes no instruction.
mlir::Value withoutLowBits(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value value, unsigned count);

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// A piece of inline PTX, its operands, and the shared memory that it names.
#pragma once

#include "ptx_machine.h"

#include "llvm/ADT/StringRef.h"

#include <functional>

namespace girih::testing {

struct Instruction {
  std::string text; // without predicate and semicolon
  int predicate = -1;
  int outputs = 0;
  std::vector<int> tied; // input position of each output's initial value
};

/// An operand: register number and added constant, or a constant alone.
struct PtxOperand {
  int slot = -1;
  std::int64_t added = 0;
};

/// Everything between brackets, braces and commas, in order.
std::vector<PtxOperand> parseOperands(llvm::StringRef text);

/// Where an address of this block is in its memory, and what is there.
std::int64_t ownOffset(std::uint64_t address);
char *sharedAt(std::int64_t offset, std::int64_t size);

/// Does something in the block of this rank.
void inBlock(std::uint64_t rank, const std::function<void()> &something);

/// cp.async.bulk.*: copies of boxes in either direction, and their groups;
/// false for other instructions.
bool useCopyEngine(const Instruction &instruction, Slots values);

} // namespace girih::testing

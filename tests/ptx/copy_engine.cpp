// SPDX-License-Identifier: Apache-2.0
// The copy engine on the CPU: boxes of operands, to and from shared memory.
#include "ptx_instruction.h"
#include "ptx_interpreter.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstring>

namespace girih::testing {

namespace {

/// Calls `visit` for each element of a box: where it is in the operand, null
/// outside, and in shared memory, through the swizzle, the box being at `at`.
void forBox(const CopiedOperand &operand, std::int64_t at,
            const std::vector<std::int64_t> &start,
            const std::function<void(char *, std::int64_t)> &visit) {
  std::vector<std::int64_t> index(operand.rank, 0);
  std::int64_t bytes = operand.elementBytes, chunks = operand.swizzleBytes / 16;
  for (bool more = true; more; at += bytes) {
    char *element = const_cast<char *>(operand.data);
    bool inside = true;
    for (int dim = 0; dim < operand.rank; ++dim) {
      std::int64_t place = start[dim] + index[dim];
      inside &= place >= 0 && place < operand.sizes[dim];
      element += place * operand.strides[dim];
    }
    visit(inside ? element : nullptr,
          chunks ? at ^ ((at >> 7 & (chunks - 1)) << 4) : at);
    more = false;
    for (int dim = 0; dim < operand.rank && !more; ++dim) {
      more = ++index[dim] < operand.box[dim];
      if (!more)
        index[dim] = 0;
    }
  }
}

/// Brings a box, zeros outside.
void landBox(const CopiedOperand &operand, std::int64_t to,
             const std::vector<std::int64_t> &start) {
  std::int64_t bytes = operand.elementBytes;
  forBox(operand, to, start, [&](const char *from, std::int64_t place) {
    char *element = sharedAt(place, bytes);
    std::memset(element, 0, bytes);
    if (from)
      std::memcpy(element, from, bytes);
    machine->matrix.mayWrite(place, bytes);
  });
}

/// Reads a box, and gives what writes it, but for what is outside.
BulkStores::Write takeBox(const CopiedOperand &operand, std::int64_t from,
                          const std::vector<std::int64_t> &start) {
  std::vector<std::pair<char *, std::vector<char>>> elements;
  forBox(operand, from, start, [&](char *to, std::int64_t place) {
    const char *element = sharedAt(place, operand.elementBytes);
    if (to)
      elements.emplace_back(
          to, std::vector<char>(element, element + operand.elementBytes));
  });
  return [elements = std::move(elements)] {
    for (const auto &[to, element] : elements)
      std::memcpy(to, element.data(), element.size());
  };
}

/// An operand, where in shared memory, where the box begins, and whatever is
/// named beside them.
struct Box {
  const CopiedOperand *operand = nullptr;
  std::int64_t at = 0, bytes = 1;
  std::vector<std::int64_t> start;

  Box(std::uint64_t described, std::uint64_t address,
      llvm::ArrayRef<PtxOperand> coords, Slots values)
      : operand(reinterpret_cast<const CopiedOperand *>(described)),
        at(ownOffset(address)), bytes(operand->elementBytes) {
    for (const PtxOperand &coord : coords)
      start.push_back(static_cast<std::int32_t>(values[coord.slot]));
    for (int dim = 0; dim < operand->rank; ++dim)
      bytes *= operand->box[dim];
    if (start.size() != static_cast<size_t>(operand->rank) || at % 128)
      complain("a box that the copy engine does not take");
  }
};

void copyBox(const Instruction &instruction, Slots values) {
  std::vector<PtxOperand> operands = parseOperands(instruction.text);
  std::uint64_t blocks = std::uint64_t(1) << machine->rank;
  if (llvm::StringRef(instruction.text).contains(".multicast")) {
    blocks = static_cast<std::uint16_t>(values[operands.back().slot]);
    operands.pop_back();
  }
  Box box(values[operands[1].slot], values[operands[0].slot],
          llvm::ArrayRef(operands).drop_front(2).drop_back(), values);
  const std::int64_t barrier = ownOffset(values[operands.back().slot]);
  for (std::uint64_t rank = 0; blocks >> rank; ++rank)
    if (blocks >> rank & 1)
      inBlock(rank, [&] {
        machine->matrix.mayWrite(box.at, box.bytes);
        machine->barriers.expect(
            barrier, [=] { landBox(*box.operand, box.at, box.start); },
            box.bytes);
      });
}

void storeBox(const Instruction &instruction, Slots values) {
  std::vector<PtxOperand> operands = parseOperands(instruction.text);
  Box box(values[operands.front().slot], values[operands.back().slot],
          llvm::ArrayRef(operands).drop_front().drop_back(), values);
  // An H200 stores 16 bytes of a row or none of them.
  if (box.operand->sizes[0] * box.operand->elementBytes % 16)
    return complain("a row that ends within 16 bytes is stored in bulk");
  machine->fibers[machine->current].stores.start(box.at, box.bytes, [=] {
    return takeBox(*box.operand, box.at, box.start);
  });
}

} // namespace

bool useCopyEngine(const Instruction &instruction, Slots values) {
  llvm::StringRef text(instruction.text);
  BulkStores &stores = machine->fibers[machine->current].stores;
  if (!text.consume_front("cp.async.bulk."))
    return false;
  size_t pending = 0;
  if (text.starts_with("wait_group") && !stores.isIdle())
    yieldFor(Waits::nothing); // others, who do not wait, come first
  if (text.contains(".global.shared::cta.bulk_group"))
    storeBox(instruction, values);
  else if (text.starts_with("tensor."))
    copyBox(instruction, values);
  else if (text.starts_with("commit_group"))
    stores.commit();
  else if (text.consume_front("wait_group.read "))
    text.consumeInteger(10, pending), stores.awaitRead(pending);
  else if (text.consume_front("wait_group "))
    text.consumeInteger(10, pending), stores.awaitDone(pending);
  else
    return false;
  return true;
}

} // namespace girih::testing

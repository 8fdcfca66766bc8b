// SPDX-License-Identifier: Apache-2.0
// Arrivals: one thread counts the program, and a barrier that asks all threads
// tells them what it saw.
#include "girih/compiler/conversion/nvptx/emitter.h"

using namespace mlir;

namespace girih::compiler {

/// Address and, unless it is certain, whether the indices are in range.
std::pair<Value, Value> Emitter::counterOf(tile::ArriveOp arrival) {
  const Operand &operand = operands[arrival.getView()];
  IntegerBuilder integers = indices();
  Type type = b.getIntegerType(indexBits);
  Value offset = integers.constant(0), inRange;
  for (auto [dim, given] : llvm::enumerate(arrival.getIndices())) {
    Value index = scalar(given), wide = index, limit = operand.sizes[dim];
    unsigned bits = index.getType().getIntOrFloatBitWidth();
    // Before anything is lost, and as unsigned: below 0 is beyond all.
    if (bits < indexBits)
      wide = LLVM::SExtOp::create(b, loc, type, index);
    else if (bits > indexBits)
      limit = LLVM::ZExtOp::create(b, loc, index.getType(), limit);
    inRange = integers.both(inRange, unsignedLess(wide, limit));
    if (bits > indexBits)
      wide = LLVM::TruncOp::create(b, loc, type, index);
    offset = integers.add(offset, integers.mul(wide, operand.strides[dim]));
  }
  Value pointer = LLVM::GEPOp::create(b, loc, operand.pointer.getType(), i32(),
                                      operand.pointer, ValueRange(offset));
  return {pointer, inRange};
}

LogicalResult Emitter::emitTile(tile::ArriveOp arrival) {
  auto [pointer, inRange] = counterOf(arrival);
  Value limit =
      LLVM::SubOp::create(b, loc, scalar(arrival.getCount()), constant32(1));
  Value thread = LLVM::OrOp::create(b, loc, lane, warp);
  IntegerBuilder integers = words();
  Value counts = integers.equal(thread, constant32(0));
  if (inRange)
    counts = LLVM::AndOp::create(b, loc, counts, inRange);
  // All threads' stores come before the barrier, and so before what the thread
  // that counts releases; what it acquires is there for those that the second
  // one lets go on.
  barrier();
  Value no =
      LLVM::ConstantOp::create(b, loc, b.getI1Type(), b.getBoolAttr(false));
  Value last = valueWhere(counts, no, [&]() -> Value {
    Value before =
        assembly(i32(), "atom.acq_rel.gpu.global.inc.u32 $0, [$1], $2;",
                 "=r,l,r,~{memory}", {pointer, limit}, true);
    return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::uge, before,
                                limit);
  });
  scalars[arrival] = meet(b.getI1Type(), "red.or", last);
  return success();
}

} // namespace girih::compiler

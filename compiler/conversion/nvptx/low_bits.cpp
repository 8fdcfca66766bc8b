// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/low_bits.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

/// Operations that are looked through.
static constexpr int mostSteps = 8;

static std::optional<uint64_t> lowBits(Value value, unsigned count, int steps) {
  const uint64_t mask = (uint64_t{1} << count) - 1;
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return number.zextOrTrunc(64).getZExtValue() & mask;
  Operation *op = value.getDefiningOp();
  if (!op || steps == 0)
    return std::nullopt;
  auto of = [&](unsigned operand) {
    return lowBits(op->getOperand(operand), count, steps - 1);
  };
  if (isa<LLVM::SExtOp, LLVM::ZExtOp, LLVM::TruncOp>(op) &&
      value.getType().getIntOrFloatBitWidth() >= count &&
      op->getOperand(0).getType().getIntOrFloatBitWidth() >= count)
    return of(0);
  if (!isa<LLVM::AddOp, LLVM::OrOp, LLVM::AndOp, LLVM::MulOp, LLVM::ShlOp>(op))
    return std::nullopt;
  std::optional<uint64_t> left = of(0);
  if (isa<LLVM::ShlOp>(op)) {
    if (!matchPattern(op->getOperand(1), m_ConstantInt(&number)))
      return std::nullopt;
    const uint64_t places = number.getZExtValue();
    if (places >= count)
      return 0;
    return left ? std::optional(*left << places & mask) : std::nullopt;
  }
  std::optional<uint64_t> right = of(1);
  const bool product = isa<LLVM::AndOp, LLVM::MulOp>(op);
  if (product && ((left && *left == 0) || (right && *right == 0)))
    return 0;
  if (!left || !right)
    return std::nullopt;
  if (isa<LLVM::AddOp>(op))
    return (*left + *right) & mask;
  if (isa<LLVM::OrOp>(op))
    return *left | *right;
  return (isa<LLVM::AndOp>(op) ? *left & *right : *left * *right) & mask;
}

std::optional<uint64_t> knownLowBits(Value value, unsigned count) {
  return lowBits(value, count, mostSteps);
}

Value withoutLowBits(OpBuilder &b, Location loc, Value value, unsigned count) {
  const std::optional<uint64_t> low = knownLowBits(value, count);
  if (!low || *low == 0)
    return value;
  if (auto wide = value.getDefiningOp<LLVM::SExtOp>()) {
    Value inner = withoutLowBits(b, loc, wide.getArg(), count);
    return inner == wide.getArg()
               ? value
               : LLVM::SExtOp::create(b, loc, value.getType(), inner);
  }
  auto sum = value.getDefiningOp<LLVM::AddOp>();
  APInt number;
  if (!sum || !matchPattern(sum.getRhs(), m_ConstantInt(&number)) ||
      knownLowBits(sum.getLhs(), count) != 0)
    return value;
  // Taking away the low bits of the constant cannot carry.
  number.clearLowBits(count);
  if (number.isZero())
    return sum.getLhs();
  Value rest = LLVM::ConstantOp::create(
      b, loc, value.getType(), b.getIntegerAttr(value.getType(), number));
  return LLVM::AddOp::create(b, loc, sum.getLhs(), rest);
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/analysis/constant_part.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {
namespace {

using Parts = std::pair<Value, int64_t>;

// Sums of indices are not nested deeper than this; what a program's place was
// made of is.
constexpr int deepest = 6;

Parts partsOf(IntegerBuilder &integers, Value value, int depth) {
  if (std::optional<int64_t> number = IntegerBuilder::asConstant(value))
    return {nullptr, *number};
  Operation *op = value.getDefiningOp();
  if (depth == deepest ||
      !isa_and_nonnull<LLVM::AddOp, LLVM::SubOp, LLVM::MulOp>(op))
    return {value, 0};
  auto [left, first] = partsOf(integers, op->getOperand(0), depth + 1);
  if (isa<LLVM::MulOp>(op)) {
    std::optional<int64_t> factor =
        IntegerBuilder::asConstant(op->getOperand(1));
    if (!factor || !left || left == op->getOperand(0))
      return {value, 0};
    return {integers.mul(left, integers.constant(*factor)), first * *factor};
  }
  auto [right, last] = partsOf(integers, op->getOperand(1), depth + 1);
  if (left == op->getOperand(0) && right == op->getOperand(1))
    return {value, 0};
  if (isa<LLVM::AddOp>(op)) {
    if (!left || !right)
      return {left ? left : right, first + last};
    return {integers.add(left, right), first + last};
  }
  if (!right)
    return {left, first - last};
  if (!left)
    left = integers.constant(0);
  return {integers.sub(left, right), first - last};
}

} // namespace

Parts withoutConstant(IntegerBuilder &integers, Value value) {
  return partsOf(integers, value, 0);
}

Parts withoutMultiples(IntegerBuilder &integers, Value value, int64_t unit) {
  auto [rest, number] = withoutConstant(integers, value);
  if (!rest)
    rest = integers.constant(0);
  int64_t kept = llvm::mod(number, unit);
  return {integers.add(rest, integers.constant(kept)), number - kept};
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// As signed integers images of positive numbers are in order, and those of
// negative ones come before them in the opposite order. So the largest number
// is the largest image where that is positive, and the smallest image where all
// are negative; the smallest number is the largest unsigned image where that
// has a sign, and the smallest where none has. NaN of either sign lies behind
// its infinity, which the third register tells.
#include "girih/compiler/conversion/host/extrema.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

namespace arith = mlir::arith;

namespace girih::compiler::host {

mlir::Operation *onlyOperation(tile::ReduceOp op) {
  mlir::Block &block = op.getBody().front();
  if (op.getInputs().size() != 1 || !llvm::hasNItems(block, 2))
    return nullptr;
  mlir::Operation &only = block.front();
  bool both = only.getNumOperands() == 2 &&
              only.getOperand(0) != only.getOperand(1) &&
              llvm::all_of(only.getOperands(), [&](mlir::Value operand) {
                return llvm::is_contained(block.getArguments(), operand);
              });
  bool yielded = block.back().getOperand(0).getDefiningOp() == &only;
  return both && yielded ? &only : nullptr;
}

/// What an input was before it was widened.
static mlir::Type narrowest(mlir::Value input) {
  mlir::Type element = mlir::getElementTypeOrSelf(input.getType());
  if (auto widened = input.getDefiningOp<arith::ExtFOp>()) {
    mlir::Type from = mlir::getElementTypeOrSelf(widened.getIn().getType());
    if (element.isF32() && (from.isBF16() || from.isF16()))
      return from;
  }
  return element;
}

std::optional<Extremum> Extremum::of(tile::ReduceOp op) {
  mlir::Operation *only = onlyOperation(op);
  if (!llvm::isa_and_nonnull<arith::MaximumFOp, arith::MinimumFOp>(only))
    return std::nullopt;
  mlir::Type element = narrowest(op.getInputs()[0]);
  if (!element.isF32() && !element.isBF16() && !element.isF16())
    return std::nullopt;
  return Extremum(llvm::isa<arith::MaximumFOp>(only), element);
}

llvm::Type *Extremum::images(Builder &ir, unsigned width) const {
  return widened(ir.getIntNTy(bits()), width);
}

Reg Extremum::infinity(Builder &ir, unsigned width, bool negative) const {
  const llvm::fltSemantics &form =
      llvm::cast<mlir::FloatType>(element).getFloatSemantics();
  llvm::APFloat number = llvm::APFloat::getInf(form, negative);
  return ir.splatInt(number.bitcastToAPInt().getZExtValue(), images(ir, width));
}

Reg Extremum::identity(Builder &ir, unsigned width) const {
  return infinity(ir, width, larger);
}

Reg Extremum::image(Builder &ir, Reg value) const {
  return ir.CreateBitCast(encode(ir, element, value),
                          images(ir, widthOf(value->getType())));
}

llvm::SmallVector<Reg> Extremum::combine(Builder &ir, llvm::ArrayRef<Reg> lhs,
                                         llvm::ArrayRef<Reg> rhs) const {
  using llvm::Intrinsic::ID;
  const ID largest[] = {llvm::Intrinsic::smax, llvm::Intrinsic::smin,
                        llvm::Intrinsic::umax};
  const ID smallest[] = {llvm::Intrinsic::umax, llvm::Intrinsic::umin,
                         llvm::Intrinsic::smax};
  llvm::SmallVector<Reg> result;
  for (unsigned number = 0; number < count; ++number)
    result.push_back(ir.CreateBinaryIntrinsic(
        (larger ? largest : smallest)[number], lhs[number], rhs[number]));
  return result;
}

Reg Extremum::settle(Builder &ir, llvm::ArrayRef<Reg> state) const {
  llvm::Type *type = state[0]->getType();
  unsigned width = widthOf(type);
  Reg sign = ir.CreateICmpSLT(state[0], ir.splatInt(0, type));
  Reg found = larger ? ir.CreateSelect(sign, state[1], state[0])
                     : ir.CreateSelect(sign, state[0], state[1]);
  Reg largestSigned = state[larger ? 0 : 2], largest = state[larger ? 2 : 0];
  Reg isNan =
      ir.CreateOr(ir.CreateICmpSGT(largestSigned, infinity(ir, width, false)),
                  ir.CreateICmpUGT(largest, infinity(ir, width, true)));
  Reg memory = ir.CreateBitCast(found, widened(memoryType(ir, element), width));
  Reg value = decode(ir, element, memory);
  return ir.CreateSelect(isNan, llvm::ConstantFP::getNaN(value->getType()),
                         value);
}

} // namespace girih::compiler::host

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/combination.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

Operation *singleOp(tile::ReduceOp reduce) {
  Block &block = reduce.getBody().front();
  Operation *yield = block.getTerminator();
  if (reduce.getInputs().size() != 1 || block.getOperations().size() != 2)
    return nullptr;
  Operation *op = &block.front();
  Value a = block.getArgument(0), b = block.getArgument(1);
  bool both = op->getNumOperands() == 2 &&
              ((op->getOperand(0) == a && op->getOperand(1) == b) ||
               (op->getOperand(0) == b && op->getOperand(1) == a));
  return both && yield->getOperand(0) == op->getResult(0) ? op : nullptr;
}

TypedAttr identityOf(Operation *op) {
  Type type = op->getResult(0).getType();
  Builder b(op->getContext());
  if (auto real = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = real.getFloatSemantics();
    auto number = [&](llvm::APFloat value) -> TypedAttr {
      return FloatAttr::get(type, value);
    };
    return TypeSwitch<Operation *, TypedAttr>(op)
        .Case([&](arith::AddFOp) {
          return number(llvm::APFloat::getZero(semantics, true));
        })
        .Case([&](arith::MulFOp) {
          return number(llvm::APFloat::getOne(semantics));
        })
        .Case([&](arith::MaximumFOp) {
          return number(llvm::APFloat::getInf(semantics, true));
        })
        .Case([&](arith::MinimumFOp) {
          return number(llvm::APFloat::getInf(semantics));
        })
        .Default([](Operation *) { return TypedAttr(); });
  }
  unsigned bits = type.getIntOrFloatBitWidth();
  auto number = [&](llvm::APInt value) -> TypedAttr {
    return IntegerAttr::get(type, value);
  };
  return TypeSwitch<Operation *, TypedAttr>(op)
      .Case<arith::AddIOp, arith::OrIOp, arith::XOrIOp, arith::MaxUIOp>(
          [&](Operation *) { return number(llvm::APInt(bits, 0)); })
      .Case([&](arith::MulIOp) { return number(llvm::APInt(bits, 1)); })
      .Case<arith::AndIOp, arith::MinUIOp>(
          [&](Operation *) { return number(llvm::APInt::getAllOnes(bits)); })
      .Case([&](arith::MaxSIOp) {
        return number(llvm::APInt::getSignedMinValue(bits));
      })
      .Case([&](arith::MinSIOp) {
        return number(llvm::APInt::getSignedMaxValue(bits));
      })
      .Default([](Operation *) { return TypedAttr(); });
}

StringRef reduxName(Operation *op) {
  if (!op || !op->getResult(0).getType().isInteger(32))
    return "";
  return TypeSwitch<Operation *, StringRef>(op)
      .Case([](arith::AddIOp) { return "add"; })
      .Case([](arith::MinSIOp) { return "min"; })
      .Case([](arith::MaxSIOp) { return "max"; })
      .Case([](arith::MinUIOp) { return "umin"; })
      .Case([](arith::MaxUIOp) { return "umax"; })
      .Case([](arith::AndIOp) { return "and"; })
      .Case([](arith::OrIOp) { return "or"; })
      .Case([](arith::XOrIOp) { return "xor"; })
      .Default([](Operation *) { return ""; });
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Constants that are taken out of sums: what is built is as large as what was
// there, and one value for lanes that differ by multiples alone.
#include "parsed_access.h"

#include "girih/compiler/analysis/constant_part.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using namespace compiler;
namespace llvmir = mlir::LLVM;

/// Sums of two numbers that are known when they are looked at only.
class Sums {
public:
  Sums()
      : module(mlir::parseSourceString<mlir::ModuleOp>(
            "llvm.func @f(%x: i64, %y: i64) { llvm.return }",
            &test_state().context)),
        function(*module->getOps<llvmir::LLVMFuncOp>().begin()),
        builder(&function.getBody().front(),
                function.getBody().front().begin()),
        integers(builder, function.getLoc(), 64,
                 IntegerBuilder::Dialect::llvm) {}

  mlir::Value x() { return function.getArgument(0); }
  mlir::Value y() { return function.getArgument(1); }

  /// With x = 1000 and y = -77.
  std::int64_t number(mlir::Value value) {
    if (auto constant = IntegerBuilder::asConstant(value))
      return *constant;
    if (value == x())
      return 1000;
    if (value == y())
      return -77;
    mlir::Operation *op = value.getDefiningOp();
    const std::int64_t left = number(op->getOperand(0)),
                       right = number(op->getOperand(1));
    if (llvm::isa<llvmir::AddOp>(op))
      return left + right;
    if (llvm::isa<llvmir::SubOp>(op))
      return left - right;
    if (llvm::isa<llvmir::MulOp>(op))
      return left * right;
    if (llvm::isa<llvmir::AShrOp>(op))
      return left >> right;
    EXPECT_TRUE(llvm::isa<llvmir::AndOp>(op));
    return left & right;
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvmir::LLVMFuncOp function;
  mlir::OpBuilder builder;
  IntegerBuilder integers;
};

TEST(ConstantPart, IsTakenOutOfSumsAndProducts) {
  Sums sums;
  IntegerBuilder &i = sums.integers;
  const auto with = [&](std::int64_t number) {
    return i.add(sums.x(), i.constant(number));
  };
  struct Case {
    mlir::Value value;
    std::int64_t expected;
  };
  for (const Case &each : std::initializer_list<Case>{
           {sums.x(), 0},
           {i.constant(9), 9},
           {with(56), 56},
           {i.add(i.constant(3), sums.y()), 3},
           {i.add(sums.y(), with(-4)), -4},
           {i.sub(with(5), i.add(sums.y(), i.constant(7))), -2},
           {i.sub(i.constant(1), sums.y()), 1},
           {i.mul(with(5), i.constant(-2)), -10},
           {i.mul(sums.x(), i.constant(4)), 0},
           {i.add(i.mul(with(8), i.constant(-1)), with(8)), 0}}) {
    const auto [rest, number] = withoutConstant(i, each.value);
    EXPECT_EQ(number, each.expected);
    EXPECT_EQ((rest ? sums.number(rest) : 0) + number, sums.number(each.value));
  }
}

// 56 and -56 are gone although they make nothing together.
TEST(ConstantPart, OfSumsThatCancelIsTakenOutToo) {
  Sums sums;
  IntegerBuilder &i = sums.integers;
  const mlir::Value there = i.add(sums.x(), i.constant(56)),
                    back = i.mul(there, i.constant(-1));
  const auto [rest, number] = withoutConstant(i, i.add(back, there));
  EXPECT_EQ(number, 0);
  rest.getDefiningOp()->walk([&](mlir::Operation *op) {
    for (mlir::Value operand : op->getOperands())
      EXPECT_NE(operand, there);
  });
}

TEST(ConstantPart, LeavesNoMultiplesToRemaindersAndQuotients) {
  Sums sums;
  IntegerBuilder &i = sums.integers;
  const mlir::Value four = i.constant(4);
  for (std::int64_t base : {-9, -1, 0, 3, 6, 120}) {
    const mlir::Value value = i.add(sums.y(), i.constant(base));
    EXPECT_EQ(sums.number(i.floorMod(value, four, false)), (base - 77) & 3);
    EXPECT_EQ(sums.number(i.floorDiv(value, four, false)), (base - 77) >> 2);
    const auto [rest, multiples] = withoutMultiples(i, value, 4);
    EXPECT_EQ(multiples % 4, 0);
    EXPECT_EQ(sums.number(rest) + multiples, sums.number(value));
    EXPECT_GE(sums.number(rest), -77);
    EXPECT_LT(sums.number(rest), -77 + 4);
  }
}

} // namespace
} // namespace girih::testing

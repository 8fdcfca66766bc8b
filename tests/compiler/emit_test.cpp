// SPDX-License-Identifier: Apache-2.0
// What AccessEmitter emits, folded on constant inputs, against the access's own
// map and bounds evaluated here.
#include "parsed_access.h"

#include "girih/compiler/analysis/emit.h"
#include "girih/compiler/interpreter/interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using namespace compiler;

/// Emits with every input a constant; IntegerBuilder folds, so results are
/// constants as well, except through select and compare operations, which are
/// evaluated by `truth`.
class Emission {
public:
  explicit Emission(const ParsedLoad::Text &text)
      : parsed(text), access(parsed.access()), builder(parsed.load),
        integers(builder, parsed.load.getLoc(), 64,
                 IntegerBuilder::Dialect::arith) {}

  std::vector<mlir::Value> constants(const std::vector<std::int64_t> &values) {
    std::vector<mlir::Value> result;
    for (std::int64_t value : values)
      result.push_back(integers.constant(value));
    return result;
  }

  /// Offset and bounds of every lane against the map, for these scalars.
  void check(const std::vector<std::int64_t> &scalars,
             const std::vector<std::int64_t> &strides) {
    AccessEmitter emitter(access, integers, constants(scalars),
                          constants(strides));
    mlir::AffineMap map = access.map();
    std::optional<mlir::IntegerSet> bounds = parsed.load.getBounds();
    auto shape = parsed.load.getResult().getType().getShape();
    bool all = true;
    for (std::int64_t number = 0;
         number < parsed.load.getResult().getType().getNumElements();
         ++number) {
      AffineArguments at{std::vector<std::int64_t>(shape.size()), scalars};
      std::int64_t rest = number;
      for (std::size_t dim = shape.size(); dim-- > 0; rest /= shape[dim])
        at.dims[dim] = rest % shape[dim];
      std::int64_t offset = 0;
      for (unsigned d = 0; d < map.getNumResults(); ++d)
        offset += evaluateAffine(map.getResult(d), at) * strides[d];
      auto lanes = constants(at.dims);
      ASSERT_EQ(IntegerBuilder::asConstant(emitter.offset(lanes)), offset);
      bool inside = true;
      for (auto constraint : bounds->getConstraints())
        inside &= evaluateAffine(constraint, at) >= 0;
      all &= inside;
      ASSERT_EQ(truth(emitter.inBounds(lanes)), inside) << number;
      if (access.isBox())
        ASSERT_EQ(inBox(emitter, at.dims), inside) << number;
    }
    bool claimed = truth(emitter.allInBounds());
    if (access.isBox())
      EXPECT_EQ(claimed, all);
    else
      EXPECT_TRUE(!claimed || all);
  }

private:
  bool inBox(AccessEmitter &emitter, const std::vector<std::int64_t> &lanes) {
    for (unsigned lane = 0; lane < lanes.size(); ++lane) {
      auto [begin, end] = emitter.validRange(lane);
      if (lanes[lane] < number(begin) || lanes[lane] >= number(end))
        return false;
    }
    return true;
  }

  static std::int64_t number(mlir::Value value) {
    if (auto constant = IntegerBuilder::asConstant(value))
      return *constant;
    auto select = value.getDefiningOp<mlir::arith::SelectOp>();
    if (select)
      return number(truth(select.getCondition()) ? select.getTrueValue()
                                                 : select.getFalseValue());
    mlir::Operation *op = value.getDefiningOp();
    std::int64_t lhs = number(op->getOperand(0)),
                 rhs = number(op->getOperand(1));
    if (llvm::isa<mlir::arith::MinSIOp>(op))
      return std::min(lhs, rhs);
    EXPECT_TRUE(llvm::isa<mlir::arith::MaxSIOp>(op));
    return std::max(lhs, rhs);
  }

  static bool truth(mlir::Value value) {
    if (!value)
      return true;
    if (auto constant = IntegerBuilder::asConstant(value))
      return *constant != 0;
    auto both = value.getDefiningOp<mlir::arith::AndIOp>();
    EXPECT_TRUE(both);
    return both && truth(both.getLhs()) && truth(both.getRhs());
  }

  ParsedLoad parsed;
  Access access;
  mlir::OpBuilder builder;
  IntegerBuilder integers;
};

ParsedLoad::Text matrix(std::string map, std::string bounds) {
  return {.view = "sizes = [1, 1], strides = [1, 1], unit = 1, align = 4",
          .rank = "[s0, s1]",
          .before = "",
          .scalars = "%p, %q, %n",
          .map = map,
          .bounds = bounds,
          .tile = "6x8"};
}

TEST(AccessEmitter, Box) {
  Emission emission(matrix("(d0, d1)[s0, s1, s2] -> (s0 * 6 + d0, s1 * 8 + d1)",
                           "(d0, d1)[s0, s1, s2] : (s2 - s0 * 6 - d0 - 1 >= 0, "
                           "20 - s1 * 8 - d1 - 1 >= 0)"));
  emission.check({0, 0, 12}, {20, 1});
  emission.check({1, 1, 10}, {20, 1});
  emission.check({1, 2, 12}, {40, 1});
  emission.check({3, 0, 12}, {40, 1});
}

TEST(AccessEmitter, GrowingConstraint) {
  // Padding: the first rows are out of bounds; every second column.
  Emission emission(matrix(
      "(d0, d1)[s0, s1, s2] -> (s0 * 6 + d0 - 2, d1 * 2)",
      "(d0, d1)[s0, s1, s2] : (s0 * 6 + d0 - 2 >= 0, s2 - d1 * 2 - 1 >= 0, "
      "d1 * 3 - s1 >= 0)"));
  emission.check({0, 0, 9}, {16, 1});
  emission.check({1, 4, 15}, {16, 1});
  emission.check({0, 30, 15}, {16, 1});
  emission.check({0, -5, 0}, {16, 1});
}

TEST(AccessEmitter, ConstraintWithoutLanes) {
  Emission emission(
      matrix("(d0, d1)[s0, s1, s2] -> (d0, d1)",
             "(d0, d1)[s0, s1, s2] : (s2 - s1 - 1 >= 0, 7 - d1 >= 0)"));
  emission.check({0, 1, 5}, {8, 1});
  emission.check({0, 5, 5}, {8, 1});
}

TEST(AccessEmitter, DivisionsOfNegativeValues) {
  Emission emission(
      matrix("(d0, d1)[s0, s1, s2] -> ((d0 - 3) floordiv 3, (d1 - s1) mod 5)",
             "(d0, d1)[s0, s1, s2] : ((d0 - 3) floordiv 2 + s0 >= 0, "
             "(d1 - s1) mod 4 - 1 >= 0)"));
  emission.check({1, 3, 0}, {8, 1});
  emission.check({0, 7, 0}, {8, 1});
}

TEST(AccessEmitter, DividingByASize) {
  Emission emission(matrix(
      "(d0, d1)[s0, s1, s2] -> ((d0 * 8 + d1) floordiv s2, "
      "(d0 * 8 + d1) mod s2)",
      "(d0, d1)[s0, s1, s2] : (s0 - (d0 * 8 + d1) floordiv s2 - 1 >= 0)"));
  emission.check({4, 0, 7}, {7, 1});
  emission.check({4, 0, 16}, {16, 1});
  emission.check({0, 0, 0}, {7, 1}); // an empty operand: no trap
}

} // namespace
} // namespace girih::testing

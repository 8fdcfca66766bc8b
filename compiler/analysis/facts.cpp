// SPDX-License-Identifier: Apache-2.0
// Divisors and ranges of index values and affine expressions.
#include "girih/compiler/analysis/access.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace girih::compiler {

namespace {

using Bound = std::optional<int64_t>;

/// How many values one question may look at: chains of indices can be long, and
/// in them each value can be used twice.
constexpr int mostLooks = 1024;

IndexFacts factsOf(Value value, int &looks);

IndexFacts constantFacts(int64_t value) {
  return {std::abs(value), value, value};
}

Bound plus(Bound a, Bound b) {
  int64_t sum;
  if (!a || !b || llvm::AddOverflow(*a, *b, sum))
    return std::nullopt;
  return sum;
}

int64_t productOfDivisors(int64_t a, int64_t b) {
  int64_t product;
  // Any divisor of the product serves when the product itself is too large.
  return llvm::MulOverflow(a, b, product) ? a : product;
}

IndexFacts addFacts(const IndexFacts &a, const IndexFacts &b) {
  return {std::gcd(a.divisor, b.divisor), plus(a.lower, b.lower),
          plus(a.upper, b.upper)};
}

IndexFacts mulFacts(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts result{productOfDivisors(a.divisor, b.divisor), {}, {}};
  bool aPositive = a.lower && *a.lower >= 0,
       bPositive = b.lower && *b.lower >= 0;
  if (a.lower && a.upper && b.lower && b.upper) {
    int64_t corners[4];
    bool overflow = false;
    for (int i = 0; i < 4; ++i)
      overflow |= llvm::MulOverflow(i & 1 ? *a.lower : *a.upper,
                                    i & 2 ? *b.lower : *b.upper, corners[i]);
    if (overflow)
      return result;
    result.lower = *llvm::min_element(corners);
    result.upper = *llvm::max_element(corners);
  } else if (aPositive && bPositive) {
    int64_t least;
    result.lower = llvm::MulOverflow(*a.lower, *b.lower, least) ? 0 : least;
  } else if (aPositive && b.upper && *b.upper <= 0) {
    result.upper = 0;
  } else if (bPositive && a.upper && *a.upper <= 0) {
    result.upper = 0;
  }
  return result;
}

/// `b` is positive: every division in the dialect is.
IndexFacts floorDivFacts(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts result;
  if (b.lower && b.lower == b.upper && *b.lower > 0) {
    int64_t divisor = *b.lower;
    if (a.divisor % divisor == 0)
      result.divisor = a.divisor / divisor;
    if (a.lower)
      result.lower = llvm::divideFloorSigned(*a.lower, divisor);
    if (a.upper)
      result.upper = llvm::divideFloorSigned(*a.upper, divisor);
    return result;
  }
  if (a.lower && *a.lower >= 0) {
    result.lower = 0;
    result.upper = a.upper;
  }
  return result;
}

IndexFacts modFacts(const IndexFacts &a, const IndexFacts &b) {
  IndexFacts result{std::gcd(a.divisor, b.divisor), 0, {}};
  if (b.upper)
    result.upper = *b.upper - 1;
  if (a.lower && *a.lower >= 0 && a.upper)
    result.upper = result.upper ? std::min(*result.upper, *a.upper) : a.upper;
  return result;
}

IndexFacts loopCounterFacts(scf::ForOp loop, int &looks) {
  IndexFacts from = factsOf(loop.getLowerBound(), looks);
  IndexFacts to = factsOf(loop.getUpperBound(), looks);
  IndexFacts step = factsOf(loop.getStep(), looks);
  return {std::gcd(from.divisor, step.divisor), from.lower, plus(to.upper, -1)};
}

IndexFacts minMaxFacts(const IndexFacts &a, const IndexFacts &b, bool isMin) {
  IndexFacts result{std::gcd(a.divisor, b.divisor), {}, {}};
  auto pick = [&](Bound x, Bound y, bool tightenedByOne) -> Bound {
    if (x && y)
      return isMin ? std::min(*x, *y) : std::max(*x, *y);
    return tightenedByOne ? (x ? x : y) : std::nullopt;
  };
  result.lower = pick(a.lower, b.lower, !isMin);
  result.upper = pick(a.upper, b.upper, isMin);
  return result;
}

IndexFacts factsOf(Value value, int &looks) {
  if (looks-- <= 0)
    return {};
  IntegerAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constantFacts(constant.getInt());
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (loop && argument == loop.getInductionVar())
      return loopCounterFacts(loop, looks);
    return {};
  }
  Operation *op = value.getDefiningOp();
  auto operand = [&](unsigned i) { return factsOf(op->getOperand(i), looks); };
  return TypeSwitch<Operation *, IndexFacts>(op)
      .Case([&](tile::SizeOp size) {
        int64_t divisor = size.getView().getType().getSizes()[size.getDim()];
        return IndexFacts{divisor, 0, {}};
      })
      .Case([&](tile::ProgramIdOp) { return IndexFacts{1, 0, {}}; })
      .Case([&](tile::ClusterRankOp op) {
        return IndexFacts{1, 0, op.getBlocks() - 1};
      })
      .Case([&](arith::AddIOp) { return addFacts(operand(0), operand(1)); })
      .Case([&](arith::SubIOp) {
        return addFacts(operand(0), mulFacts(operand(1), constantFacts(-1)));
      })
      .Case([&](arith::MulIOp) { return mulFacts(operand(0), operand(1)); })
      .Case([&](arith::FloorDivSIOp) {
        return floorDivFacts(operand(0), operand(1));
      })
      .Case([&](arith::MinSIOp) {
        return minMaxFacts(operand(0), operand(1), true);
      })
      .Case([&](arith::MaxSIOp) {
        return minMaxFacts(operand(0), operand(1), false);
      })
      .Default([](Operation *) { return IndexFacts{}; });
}

} // namespace

IndexFacts indexFacts(Value value) {
  int looks = mostLooks;
  return factsOf(value, looks);
}

IndexFacts exprFacts(AffineExpr expr, ArrayRef<IndexFacts> dims,
                     ArrayRef<IndexFacts> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constantFacts(constant.getValue());
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dim.getPosition() < dims.size() ? dims[dim.getPosition()]
                                           : IndexFacts{};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbol.getPosition() < symbols.size() ? symbols[symbol.getPosition()]
                                                 : IndexFacts{};
  auto binary = cast<AffineBinaryOpExpr>(expr);
  IndexFacts lhs = exprFacts(binary.getLHS(), dims, symbols);
  IndexFacts rhs = exprFacts(binary.getRHS(), dims, symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return addFacts(lhs, rhs);
  case AffineExprKind::Mul:
    return mulFacts(lhs, rhs);
  case AffineExprKind::FloorDiv:
    return floorDivFacts(lhs, rhs);
  case AffineExprKind::Mod:
    return modFacts(lhs, rhs);
  default: // ceildiv: the frontend makes none
    return {};
  }
}

} // namespace girih::compiler

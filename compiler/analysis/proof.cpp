// SPDX-License-Identifier: Apache-2.0
// The proofs are deliberately simple: substitute the largest value of what
// counts downwards, let affine simplification cancel, look at the range left.
#include "girih/compiler/analysis/proof.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

static std::optional<int64_t> difference(AffineExpr expr, AffineExpr variable,
                                         unsigned dims, unsigned symbols) {
  AffineExpr change = simplifyAffineExpr(
      expr.replace(variable, variable + 1) - expr, dims, symbols);
  if (auto constant = dyn_cast<AffineConstantExpr>(change))
    return constant.getValue();
  return std::nullopt;
}

std::optional<int64_t> dimCoefficient(AffineExpr expr, unsigned position,
                                      unsigned dims, unsigned symbols) {
  if (!expr.isFunctionOfDim(position))
    return 0;
  return difference(expr, getAffineDimExpr(position, expr.getContext()), dims,
                    symbols);
}

std::optional<int64_t> symbolCoefficient(AffineExpr expr, unsigned position,
                                         unsigned dims, unsigned symbols) {
  if (!expr.isFunctionOfSymbol(position))
    return 0;
  return difference(expr, getAffineSymbolExpr(position, expr.getContext()),
                    dims, symbols);
}

BoundsProver::BoundsProver(Operation *access, ValueRange scalars,
                           ArrayRef<IndexFacts> lanes)
    : access(access), leaves(scalars), lanes(lanes) {}

AffineExpr BoundsProver::symbolFor(Value leaf) {
  // Two tile.size of the same size are one symbol.
  auto size = leaf.getDefiningOp<tile::SizeOp>();
  auto *found = llvm::find_if(leaves, [&](Value known) {
    auto other = known.getDefiningOp<tile::SizeOp>();
    return known == leaf ||
           (size && other && other.getView() == size.getView() &&
            other.getDim() == size.getDim());
  });
  unsigned position = found - leaves.begin();
  if (found == leaves.end())
    leaves.push_back(leaf);
  return getAffineSymbolExpr(position, access->getContext());
}

AffineExpr BoundsProver::asExpr(Value value) {
  IntegerAttr constant;
  if (matchPattern(value, m_Constant(&constant)))
    return getAffineConstantExpr(constant.getInt(), access->getContext());
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::AddIOp, arith::SubIOp, arith::MulIOp,
                       arith::FloorDivSIOp>(op) ||
      looks-- <= 0)
    return symbolFor(value);
  AffineExpr lhs = asExpr(op->getOperand(0)), rhs = asExpr(op->getOperand(1));
  if (isa<arith::AddIOp>(op))
    return lhs + rhs;
  if (isa<arith::SubIOp>(op))
    return lhs - rhs;
  if (isa<arith::MulIOp>(op) && (lhs.isSymbolicOrConstant()))
    return lhs * rhs;
  if (isa<arith::FloorDivSIOp>(op) && isa<AffineConstantExpr>(rhs))
    return lhs.floorDiv(rhs);
  return symbolFor(value);
}

/// The grid as the accessed operand has it, else the kernel's.
static AffineMap gridOf(func::FuncOp kernel, Operation *access) {
  auto grids = kernel->getAttrOfType<ArrayAttr>(tile::TileDialect::gridsAttr);
  for (Value operand : access->getOperands()) {
    auto view = dyn_cast<BlockArgument>(operand);
    if (grids && view && isa<tile::ViewType>(view.getType()))
      return cast<AffineMapAttr>(grids[view.getArgNumber()]).getValue();
  }
  auto grid = kernel->getAttrOfType<AffineMapAttr>(tile::TileDialect::gridAttr);
  return grid ? grid.getValue() : AffineMap();
}

AffineExpr BoundsProver::gridSize(tile::ProgramIdOp id) {
  auto kernel = access->getParentOfType<func::FuncOp>();
  AffineMap grid = kernel ? gridOf(kernel, access) : AffineMap();
  if (!grid || id.getDim() >= grid.getNumResults())
    return {};
  AffineExpr extent = grid.getResult(id.getDim());
  // The grid's symbols are the sizes of all operands; only those that appear
  // elsewhere in the kernel as tile.size are worth a symbol of ours.
  SmallVector<AffineExpr> replacements(grid.getNumSymbols());
  unsigned position = 0;
  for (BlockArgument view : kernel.getArguments()) {
    auto type = dyn_cast<tile::ViewType>(view.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim, ++position) {
      if (!extent.isFunctionOfSymbol(position))
        continue;
      for (Operation *user : view.getUsers())
        if (auto size = dyn_cast<tile::SizeOp>(user))
          if (static_cast<int64_t>(size.getDim()) == dim)
            replacements[position] = symbolFor(size);
      if (!replacements[position])
        return {};
    }
  }
  for (; position < grid.getNumSymbols(); ++position)
    if (extent.isFunctionOfSymbol(position)) // a minimum
      return {};
  AffineExpr zero = getAffineConstantExpr(0, access->getContext());
  for (AffineExpr &replacement : replacements)
    if (!replacement)
      replacement = zero;
  return extent.replaceSymbols(replacements);
}

/// The largest value of a scalar as an expression of others, or null.
AffineExpr BoundsProver::largest(Value scalar) {
  if (auto id = scalar.getDefiningOp<tile::ProgramIdOp>()) {
    AffineExpr extent = gridSize(id);
    return extent ? extent - 1 : extent;
  }
  auto argument = dyn_cast<BlockArgument>(scalar);
  auto loop = argument
                  ? dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp())
                  : scf::ForOp();
  if (!loop || argument != loop.getInductionVar())
    return {};
  return asExpr(loop.getUpperBound()) - 1;
}

/// Replaces each symbol known to be divisible by c with c * symbol: what then
/// divides is visible to simplification.
AffineExpr BoundsProver::writtenByDivisors(AffineExpr expr) {
  SmallVector<AffineExpr> replacements;
  for (auto [position, leaf] : llvm::enumerate(leaves)) {
    int64_t divisor = std::max<int64_t>(indexFacts(leaf).divisor, 1);
    replacements.push_back(getAffineSymbolExpr(position, access->getContext()) *
                           divisor);
  }
  return simplifyAffineExpr(expr.replaceSymbols(replacements), lanes.size(),
                            leaves.size());
}

/// `expr` is over symbols divided by their divisors.
bool BoundsProver::provenByRange(AffineExpr expr) {
  SmallVector<IndexFacts> symbols;
  for (Value leaf : leaves) {
    IndexFacts facts = indexFacts(leaf);
    int64_t divisor = std::max<int64_t>(facts.divisor, 1);
    if (facts.lower)
      facts.lower = *facts.lower / divisor;
    if (facts.upper)
      facts.upper = *facts.upper / divisor;
    facts.divisor = 1;
    symbols.push_back(facts);
  }
  IndexFacts facts = exprFacts(expr, lanes, symbols);
  return facts.lower && *facts.lower >= 0;
}

bool BoundsProver::neverNegative(AffineExpr expr) {
  if (provenByRange(writtenByDivisors(expr)))
    return true;
  for (unsigned position = 0; position < leaves.size(); ++position) {
    std::optional<int64_t> coefficient =
        symbolCoefficient(expr, position, lanes.size(), leaves.size());
    if (!coefficient || *coefficient >= 0)
      continue;
    if (AffineExpr greatest = largest(leaves[position]))
      expr = expr.replace(getAffineSymbolExpr(position, expr.getContext()),
                          greatest);
  }
  return provenByRange(writtenByDivisors(expr));
}

} // namespace girih::compiler

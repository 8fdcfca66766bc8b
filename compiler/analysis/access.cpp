// SPDX-License-Identifier: Apache-2.0
// Runs, alignment and mask granularity of an access.
#include "girih/compiler/analysis/access.h"

#include "girih/compiler/analysis/proof.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace girih::compiler {

namespace {

/// An expression of one lane dimension in groups: with the coordinate written
/// as group * q + r, 0 <= r < group, it is (a multiple of `divisor` that does
/// not depend on r) + coefficient * r.
struct Split {
  int64_t coefficient;
  int64_t divisor; // 0: that part is always 0
};

class Splitter {
public:
  Splitter(unsigned lane, int64_t group, ArrayRef<IndexFacts> dims,
           ArrayRef<IndexFacts> symbols)
      : lane(lane), group(group), dims(dims), symbols(symbols) {}

  /// Nothing where the expression is not of that form.
  std::optional<Split> split(AffineExpr expr) const {
    if (!expr.isFunctionOfDim(lane))
      return Split{0, exprFacts(expr, dims, symbols).divisor};
    if (isa<AffineDimExpr>(expr))
      return Split{1, group};
    auto binary = cast<AffineBinaryOpExpr>(expr);
    std::optional<Split> lhs = split(binary.getLHS());
    std::optional<Split> rhs = split(binary.getRHS());
    if (!lhs || !rhs)
      return std::nullopt;
    switch (expr.getKind()) {
    case AffineExprKind::Add:
      return Split{lhs->coefficient + rhs->coefficient,
                   std::gcd(lhs->divisor, rhs->divisor)};
    case AffineExprKind::Mul:
      return product(*lhs, binary.getRHS());
    case AffineExprKind::FloorDiv:
      return quotient(*lhs, *rhs, binary.getRHS());
    case AffineExprKind::Mod:
      return remainder(*lhs, *rhs);
    default:
      return std::nullopt;
    }
  }

private:
  static std::optional<Split> product(Split lhs, AffineExpr rhs) {
    auto factor = dyn_cast<AffineConstantExpr>(rhs);
    Split result;
    if (!factor ||
        llvm::MulOverflow(lhs.coefficient, factor.getValue(),
                          result.coefficient) ||
        llvm::MulOverflow(lhs.divisor, std::abs(factor.getValue()),
                          result.divisor))
      return std::nullopt;
    return result;
  }

  /// Whether r never carries into the next multiple of what divides both.
  bool staysWithin(Split lhs, Split rhs) const {
    int64_t step = std::gcd(lhs.divisor, rhs.divisor);
    return rhs.coefficient == 0 && lhs.coefficient >= 0 &&
           lhs.coefficient * (group - 1) < step;
  }

  std::optional<Split> quotient(Split lhs, Split rhs, AffineExpr by) const {
    auto constant = dyn_cast<AffineConstantExpr>(by);
    int64_t divisor = constant ? constant.getValue() : 0;
    bool exact = divisor > 0 && lhs.divisor % divisor == 0;
    if (staysWithin(lhs, rhs))
      return Split{0, exact ? lhs.divisor / divisor : 1};
    if (exact && lhs.coefficient % divisor == 0)
      return Split{lhs.coefficient / divisor, lhs.divisor / divisor};
    return std::nullopt;
  }

  std::optional<Split> remainder(Split lhs, Split rhs) const {
    if (!staysWithin(lhs, rhs))
      return std::nullopt;
    return Split{lhs.coefficient, std::gcd(lhs.divisor, rhs.divisor)};
  }

  unsigned lane;
  int64_t group;
  ArrayRef<IndexFacts> dims, symbols;
};

/// Whether `symbol` stands in `expr` as a divisor only.
bool isOnlyDivisor(AffineExpr expr, AffineExpr symbol) {
  if (expr == symbol)
    return false;
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return true;
  bool divides = expr.getKind() == AffineExprKind::FloorDiv ||
                 expr.getKind() == AffineExprKind::Mod;
  return isOnlyDivisor(binary.getLHS(), symbol) &&
         ((divides && binary.getRHS() == symbol) ||
          isOnlyDivisor(binary.getRHS(), symbol));
}

/// What divides a size may be taken to divide max(size, 1) as well where that
/// is a divisor: it differs where the size is 0, and then the access has no
/// lane in bounds.
IndexFacts divisorFacts(Value scalar) {
  IndexFacts facts = indexFacts(scalar);
  auto clamp = scalar.getDefiningOp<arith::MaxSIOp>();
  if (!clamp)
    return facts;
  for (auto [size, limit] : {std::pair(clamp.getLhs(), clamp.getRhs()),
                             std::pair(clamp.getRhs(), clamp.getLhs())}) {
    IndexFacts one = indexFacts(limit);
    if (one.lower == 1 && one.upper == 1)
      facts.divisor = indexFacts(size).divisor;
  }
  return facts;
}

/// The largest divisor of `extent` for which `holds`; 1 always does.
template <typename Predicate>
int64_t largestGroup(int64_t extent, Predicate holds) {
  for (int64_t group = extent; group > 1; --group)
    if (extent % group == 0 && holds(group))
      return group;
  return 1;
}

} // namespace

std::optional<int64_t> stepInGroups(AffineExpr expr, unsigned lane,
                                    int64_t group, ArrayRef<IndexFacts> dims,
                                    ArrayRef<IndexFacts> symbols) {
  std::optional<Split> split = Splitter(lane, group, dims, symbols).split(expr);
  return split ? std::optional(split->coefficient) : std::nullopt;
}

bool signInGroups(AffineExpr expr, unsigned lane, int64_t group,
                  ArrayRef<IndexFacts> dims, ArrayRef<IndexFacts> symbols) {
  // expr = U + c r. Growing (c > 0): U is negative by at least its divisor, r
  // must not make up for it. Shrinking (c < 0): the same for expr + 1 > 0,
  // whose usual form is `size - index`.
  Splitter splitter(lane, group, dims, symbols);
  std::optional<Split> up = splitter.split(expr);
  if (!up || up->coefficient == 0)
    return up.has_value();
  if (up->coefficient > 0)
    return up->divisor == 0 || up->coefficient * (group - 1) < up->divisor;
  AffineExpr above = simplifyAffineExpr(expr + 1, dims.size(), symbols.size());
  std::optional<Split> down = splitter.split(above);
  return down && (down->divisor == 0 ||
                  -down->coefficient * (group - 1) < down->divisor);
}

SmallVector<IndexFacts, 4> laneFacts(ArrayRef<int64_t> shape) {
  SmallVector<IndexFacts, 4> facts;
  for (int64_t extent : shape)
    facts.push_back({extent == 1 ? 0 : 1, 0, extent - 1});
  return facts;
}

Access::Access(tile::LoadOp op)
    : operation(op), viewValue(op.getView()), accessMap(op.getMap()),
      scalarValues(op.pieceScalars(0)) {
  analyse(op.pieceShape(), op.getBounds());
}

Access::Access(tile::StoreOp op)
    : operation(op), viewValue(op.getView()), accessMap(op.getMap()),
      scalarValues(op.getScalars()) {
  analyse(op.getValue().getType().getShape(), op.getBounds());
}

Access::Access(tile::CopyAsyncOp op)
    : operation(op), viewValue(op.getView()), accessMap(op.getMap()),
      scalarValues(op.getScalars()) {
  SmallVector<int64_t> shape(op.getTarget().getType().getShape());
  if (std::optional<ArrayRef<int64_t>> part = op.getPart())
    shape[static_cast<size_t>((*part)[0])] = (*part)[2];
  analyse(shape, op.getBounds());
}

tile::ViewType Access::viewType() const {
  return cast<tile::ViewType>(viewValue.getType());
}

Access::Access(Operation *op, Value view, ValueRange scalars, AffineMap map,
               std::optional<IntegerSet> bounds, ArrayRef<IndexFacts> lanes)
    : operation(op), viewValue(view), accessMap(map),
      scalarValues(scalars.begin(), scalars.end()),
      dimFacts(lanes.begin(), lanes.end()) {
  analyse(bounds);
}

void Access::analyse(ArrayRef<int64_t> shape,
                     std::optional<IntegerSet> bounds) {
  dimFacts = girih::compiler::laneFacts(shape);
  analyse(bounds);
}

void Access::analyse(std::optional<IntegerSet> bounds) {
  for (auto [position, scalar] : llvm::enumerate(scalarValues)) {
    AffineExpr symbol = getAffineSymbolExpr(position, scalar.getContext());
    auto divides = [&](AffineExpr expr) { return isOnlyDivisor(expr, symbol); };
    bool only = llvm::all_of(accessMap.getResults(), divides) &&
                (!bounds || llvm::all_of(bounds->getConstraints(), divides));
    symbolFacts.push_back(only ? divisorFacts(scalar) : indexFacts(scalar));
  }
  if (bounds) {
    BoundsProver prover(operation, scalarValues, dimFacts);
    for (auto [expr, equality] :
         llvm::zip_equal(bounds->getConstraints(), bounds->getEqFlags()))
      if (equality || !prover.neverNegative(expr))
        openConstraints.push_back(describe(expr, equality));
  }
  for (auto [lane, facts] : llvm::enumerate(dimFacts))
    laneDims.push_back(analyseLane(lane, *facts.upper - *facts.lower + 1));
}

Constraint Access::describe(AffineExpr expr, bool equality) const {
  Constraint constraint{expr, equality, {}, true, {}};
  for (unsigned lane = 0; lane < dimFacts.size(); ++lane) {
    if (!expr.isFunctionOfDim(lane) || dimFacts[lane].upper == 0)
      continue;
    std::optional<int64_t> coefficient = dimCoefficient(
        expr, lane, accessMap.getNumDims(), accessMap.getNumSymbols());
    constraint.lanes.push_back(lane);
    constraint.coefficients.push_back(coefficient.value_or(0));
    constraint.linear &= coefficient.has_value();
  }
  return constraint;
}

LaneDim Access::analyseLane(unsigned lane, int64_t extent) const {
  LaneDim result;
  result.extent = extent;
  result.linear = true;
  for (AffineExpr index : accessMap.getResults()) {
    std::optional<int64_t> step = dimCoefficient(
        index, lane, accessMap.getNumDims(), accessMap.getNumSymbols());
    result.linear &= step.has_value();
    result.steps.push_back(step.value_or(0));
  }
  if (result.linear) {
    int64_t unit = viewType().getUnit();
    bool known = true;
    for (auto [dim, step] : llvm::enumerate(result.steps))
      known &= step == 0 || static_cast<int64_t>(dim) == unit;
    if (known)
      result.elementStep = unit < 0 ? 0 : result.steps[unit];
  }
  result.run = largestGroup(
      extent, [&](int64_t group) { return contiguousInGroups(lane, group); });
  result.maskGranularity = largestGroup(
      extent, [&](int64_t group) { return maskedInGroups(lane, group); });
  return result;
}

bool Access::contiguousInGroups(unsigned lane, int64_t group) const {
  int64_t unit = viewType().getUnit();
  if (unit < 0)
    return false;
  Splitter splitter(lane, group, dimFacts, symbolFacts);
  for (auto [dim, index] : llvm::enumerate(accessMap.getResults())) {
    std::optional<Split> split = splitter.split(index);
    if (!split ||
        split->coefficient != (static_cast<int64_t>(dim) == unit ? 1 : 0))
      return false;
  }
  return true;
}

bool Access::maskedInGroups(unsigned lane, int64_t group) const {
  return llvm::all_of(openConstraints, [&](const Constraint &constraint) {
    if (constraint.equality)
      return stepInGroups(constraint.expr, lane, group, dimFacts,
                          symbolFacts) == 0;
    return signInGroups(constraint.expr, lane, group, dimFacts, symbolFacts);
  });
}

int Access::contiguousLane() const {
  int best = -1;
  for (auto [lane, dim] : llvm::enumerate(laneDims))
    if (dim.run > 1 && (best < 0 || dim.run > laneDims[best].run))
      best = static_cast<int>(lane);
  return best;
}

int64_t Access::alignment(unsigned lane, int64_t group) const {
  SmallVector<IndexFacts, 4> facts = dimFacts;
  facts[lane].divisor = facts[lane].upper == 0 ? 0 : group;
  tile::ViewType view = viewType();
  int64_t elements = 0;
  for (auto [dim, index] : llvm::enumerate(accessMap.getResults())) {
    int64_t divisor = exprFacts(index, facts, symbolFacts).divisor, distance;
    if (llvm::MulOverflow(divisor, view.getStrideDivisor(dim), distance))
      distance = divisor;
    elements = std::gcd(elements, distance);
  }
  // Only powers of two matter, so the product may be cut short.
  int64_t twos = elements ? elements & -elements : 128;
  int64_t offset = std::min<int64_t>(twos, 128) * view.getElementBytes();
  return std::min<int64_t>({offset, view.getAlign(), 128});
}

int64_t Access::vectorWidth(unsigned lane, int64_t maxBytes) const {
  const LaneDim &dim = laneDims[lane];
  int64_t bytes = viewType().getElementBytes(), width = 1;
  while (2 * width * bytes <= maxBytes && dim.run % (2 * width) == 0 &&
         dim.maskGranularity % (2 * width) == 0 &&
         alignment(lane, 2 * width) >= 2 * width * bytes)
    width *= 2;
  return width;
}

bool Access::isLinear() const {
  return llvm::all_of(laneDims, [](const LaneDim &dim) { return dim.linear; });
}

bool Access::isBox() const {
  return llvm::all_of(openConstraints, [](const Constraint &constraint) {
    if (constraint.lanes.empty())
      return true;
    return constraint.linear && !constraint.equality &&
           constraint.lanes.size() == 1;
  });
}

std::optional<SmallVector<int64_t, 4>>
Access::scalarSteps(unsigned scalar) const {
  SmallVector<int64_t, 4> steps;
  for (AffineExpr index : accessMap.getResults()) {
    std::optional<int64_t> step = symbolCoefficient(
        index, scalar, accessMap.getNumDims(), accessMap.getNumSymbols());
    if (!step)
      return std::nullopt;
    steps.push_back(*step);
  }
  return steps;
}

} // namespace girih::compiler

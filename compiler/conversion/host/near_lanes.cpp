// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/near_lanes.h"

using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// Lanes between two wraps that make a step usual.
constexpr int64_t shortest_run = 8;

/// The steps of expressions of one lane dimension.
class UsualStep {
public:
  UsualStep(const Access &access, unsigned lane) : access(access), lane(lane) {}

  std::optional<int64_t> of(mlir::AffineExpr expr) const {
    if (!expr.isFunctionOfDim(lane))
      return 0;
    if (llvm::isa<mlir::AffineDimExpr>(expr))
      return 1;
    auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
    std::optional<int64_t> lhs = of(binary.getLHS()), rhs = of(binary.getRHS());
    if (!lhs || !rhs)
      return std::nullopt;
    if (expr.getKind() == mlir::AffineExprKind::Add)
      return *lhs + *rhs;
    if (binary.getRHS().isFunctionOfDim(lane))
      return std::nullopt;
    if (expr.getKind() == mlir::AffineExprKind::Mul)
      return product(*lhs, binary.getRHS());
    if (*lhs != 0 && wrapsOften(*lhs, binary.getRHS()))
      return std::nullopt;
    return expr.getKind() == mlir::AffineExprKind::Mod ? *lhs : 0;
  }

private:
  static std::optional<int64_t> product(int64_t lhs, mlir::AffineExpr rhs) {
    auto factor = llvm::dyn_cast<mlir::AffineConstantExpr>(rhs);
    int64_t result = 0;
    if (lhs == 0)
      return 0;
    if (!factor || llvm::MulOverflow(lhs, factor.getValue(), result))
      return std::nullopt;
    return result;
  }

  bool wrapsOften(int64_t step, mlir::AffineExpr radix) const {
    auto most =
        exprFacts(radix, access.laneFacts(), access.scalarFacts()).upper;
    return most && *most / shortest_run < std::abs(step);
  }

  const Access &access;
  unsigned lane;
};

} // namespace

bool isNear(int64_t step) {
  constexpr int64_t most = 4; // as many vectors are read
  return step > 0 && step <= most;
}

std::optional<int64_t> usualStep(const Access &access, unsigned lane) {
  int64_t unit = access.viewType().getUnit();
  if (unit < 0)
    return std::nullopt;
  std::optional<int64_t> inMemory;
  for (auto [dim, index] : llvm::enumerate(access.map().getResults())) {
    std::optional<int64_t> step = UsualStep(access, lane).of(index);
    if (static_cast<int64_t>(dim) == unit)
      inMemory = step;
    else if (step != 0)
      return std::nullopt;
  }
  return inMemory;
}

Reg loadNear(Builder &ir, llvm::Type *type, Reg pointer, int64_t step) {
  auto width = static_cast<int64_t>(widthOf(type));
  llvm::Type *element = type->getScalarType();
  unsigned bytes = element->getScalarSizeInBits() / 8;
  int64_t span = (width - 1) * step + 1;
  Reg value = nullptr;
  for (int64_t begin = 0; begin < span; begin += width) {
    // The last vector ends with the last lane, and so begins early.
    int64_t start = std::min(begin, span - width);
    Reg piece = ir.CreateAlignedLoad(
        type, ir.advance(pointer, ir.index(start), bytes), llvm::Align(bytes));
    if (!value) {
      value = piece;
      continue;
    }
    SmallVector<int> from; // the lanes of `value`, then those of `piece`
    for (int64_t lane = 0; lane < width; ++lane) {
      int64_t at = lane * step;
      if (at < begin)
        from.push_back(static_cast<int>(begin == width ? at : lane));
      else
        from.push_back(at < start + width ? static_cast<int>(width + at - start)
                                          : -1);
    }
    value = ir.CreateShuffleVector(value, piece, from);
  }
  return value;
}

Reg loadPieces(Builder &ir, llvm::Type *type, Reg pointer, Reg offsets,
               int64_t step, Reg wanted, llvm::function_ref<Reg()> gather) {
  unsigned width = widthOf(type);
  unsigned bytes = type->getScalarSizeInBits() / 8;
  int64_t span = (static_cast<int64_t>(width) - 1) * step;
  Reg steps = ir.CreateMul(
      ir.iota(ir.getInt64Ty(), width),
      ir.splatInt(static_cast<uint64_t>(step), offsets->getType()));
  auto follows = [&](Reg start) {
    return ir.CreateICmpEQ(offsets, ir.add(ir.splat(start, width), steps));
  };
  Reg first = ir.CreateExtractElement(offsets, uint64_t(0));
  Reg last = ir.CreateExtractElement(offsets, uint64_t(width - 1));
  // Where lane 0 would be if all lanes belonged to the second piece. Both
  // pieces then lie between the first lane and the last.
  Reg second = ir.add(last, ir.index(-span));
  Reg inFirst = follows(first);
  Reg both = ir.CreateAndReduce(ir.CreateOr(inFirst, follows(second)));
  both = ir.both(both, ir.CreateICmpSGE(second, first));
  if (wanted)
    both = ir.both(both, ir.CreateAndReduce(wanted));
  auto piece = [&](Reg start) {
    return loadNear(ir, type, ir.advance(pointer, start, bytes), step);
  };
  auto pieces = [&] {
    return SmallVector<Reg>{
        ir.CreateSelect(inFirst, piece(first), piece(second))};
  };
  return ir.choose(both, pieces, [&] { return SmallVector<Reg>{gather()}; })
      .front();
}

} // namespace girih::compiler::host

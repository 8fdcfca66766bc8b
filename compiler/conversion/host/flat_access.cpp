// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/flat_access.h"

#include "girih/compiler/analysis/proof.h"

namespace girih::compiler::host {

std::optional<FlatAccess> flatAccess(const Access &access) {
  mlir::AffineMap map = access.map();
  auto results = map.getResults();
  if (results.size() < 2 || access.isLinear() ||
      access.viewType().getUnit() != static_cast<int64_t>(results.size()) - 1)
    return std::nullopt;
  FlatAccess flat;
  auto last = llvm::dyn_cast<mlir::AffineBinaryOpExpr>(results.back());
  if (!last || last.getKind() != mlir::AffineExprKind::Mod)
    return std::nullopt;
  flat.number = last.getLHS();
  mlir::AffineExpr left = flat.number;
  for (size_t dim = results.size(); dim-- > 1;) {
    auto digit = llvm::dyn_cast<mlir::AffineBinaryOpExpr>(results[dim]);
    if (!digit || digit.getKind() != mlir::AffineExprKind::Mod ||
        digit.getLHS() != left)
      return std::nullopt;
    flat.radices.insert(flat.radices.begin(), digit.getRHS());
    left = left.floorDiv(digit.getRHS());
  }
  if (results.front() != left)
    return std::nullopt;
  for (unsigned lane = 0; lane < map.getNumDims(); ++lane) {
    auto step = dimCoefficient(flat.number, lane, map.getNumDims(),
                               map.getNumSymbols());
    if (!step)
      return std::nullopt;
    flat.steps.push_back(*step);
  }
  return flat;
}

Reg isContiguous(Builder &ir, const FlatAccess &flat, const View &view,
                 llvm::ArrayRef<Reg> symbols) {
  Reg all = nullptr;
  for (auto [dim, radix] : llvm::enumerate(flat.radices)) {
    Reg wanted = ir.mul(ir.affine(radix, {}, symbols), view.strides[dim + 1]);
    all = ir.both(all, ir.CreateICmpEQ(view.strides[dim], wanted));
  }
  return all;
}

} // namespace girih::compiler::host

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/Passes.h"

#include "girih/compiler/transforms/dot_plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

#define GEN_PASS_DEF_TILEPROMOTEDOTS
#include "compiler/transforms/Passes.h.inc"

namespace {

struct TilePromoteDots : impl::TilePromoteDotsBase<TilePromoteDots> {
  using Base::Base;

  bool needsPromotion(tile::DotOp dot) {
    return dot.getPrecision() != tile::Precision::fast &&
           isa<Float8E4M3FNType, Float8E5M2Type>(
               dot.getA().getType().getElementType()) &&
           !matchPattern(dot.getAcc(), m_AnyZeroFloat()) &&
           planDot(dot, warps, capability).kind == DotPlan::Kind::wgmma;
  }

  void runOnOperation() override {
    if (!getOperation()->hasAttr(tile::TileDialect::kernelAttr))
      return;
    getOperation().walk([&](tile::DotOp dot) {
      if (!needsPromotion(dot))
        return;
      OpBuilder builder(dot);
      Value accumulator = dot.getAcc();
      dot.getAccMutable().assign(arith::ConstantOp::create(
          builder, dot.getLoc(), builder.getZeroAttr(dot.getType())));
      builder.setInsertionPointAfter(dot);
      auto sum = arith::AddFOp::create(builder, dot.getLoc(), accumulator,
                                       dot.getResult());
      dot.getResult().replaceAllUsesExcept(sum, sum);
    });
  }
};

} // namespace
} // namespace girih::compiler

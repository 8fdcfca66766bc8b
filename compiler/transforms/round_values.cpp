// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/round_values.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace girih::compiler {

bool isInside(Value value, scf::ForOp loop) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == loop.getBody();
}

Value filled(OpBuilder &builder, Value like, double number) {
  auto type = cast<RankedTensorType>(like.getType());
  auto element = builder.getFloatAttr(type.getElementType(), number);
  return arith::ConstantOp::create(builder, like.getLoc(),
                                   DenseElementsAttr::get(type, element));
}

} // namespace girih::compiler

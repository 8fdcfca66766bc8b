// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/transforms/ring_place.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace girih::compiler {

RingPlace next(OpBuilder &builder, Location loc, const Ring &ring,
               RingPlace place) {
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value turned = arith::SubIOp::create(builder, loc, one, place.phase);
  if (ring.stages == 1)
    return {place.stage, turned};
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value count = arith::ConstantIndexOp::create(builder, loc, ring.stages);
  Value up = arith::AddIOp::create(builder, loc, place.stage, one);
  Value wraps =
      arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, up, count);
  return {arith::SelectOp::create(builder, loc, wraps, zero, up),
          arith::SelectOp::create(builder, loc, wraps, turned, place.phase)};
}

} // namespace girih::compiler

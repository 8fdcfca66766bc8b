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

RingPlace advanced(OpBuilder &builder, Location loc, const Ring &ring,
                   RingPlace place, Value count) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  // The remainder of x >= 0 by n.
  auto remainder = [&](Value x, Value laps, int64_t n) -> Value {
    Value whole = arith::MulIOp::create(builder, loc, laps, constant(n));
    return arith::SubIOp::create(builder, loc, x, whole);
  };
  auto divided = [&](Value x, int64_t n) -> Value {
    return arith::FloorDivSIOp::create(builder, loc, x, constant(n));
  };
  Value places = arith::AddIOp::create(builder, loc, place.stage, count);
  Value laps = divided(places, ring.stages);
  Value phases = arith::AddIOp::create(builder, loc, place.phase, laps);
  return {remainder(places, laps, ring.stages),
          remainder(phases, divided(phases, 2), 2)};
}

} // namespace girih::compiler

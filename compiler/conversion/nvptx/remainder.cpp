// SPDX-License-Identifier: Apache-2.0
// fmod by long division: as many binary digits a step as an integer has to
// spare above a mantissa.
#include "girih/compiler/conversion/nvptx/remainder.h"

#include "girih/compiler/elementary/arithmetic.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// size = mantissa * 2^(exponent - bias - mantissa bits), denormals included.
struct Parts {
  Value mantissa, exponent;
};

template <bool Double> Parts partsOf(DeviceArithmetic<Double> &f, Value size) {
  int places = elementary::mantissaBits(f);
  Value image = f.bits(size), field = f.shr(image, places);
  int64_t top = int64_t{1} << places;
  Value fraction = f.iand(image, f.integer(top - 1));
  Value isTiny = f.isSame(field, f.integer(0));
  return {f.select(isTiny, fraction, f.ior(fraction, f.integer(top))),
          f.select(isTiny, f.integer(1), field)};
}

/// value * 2^distance modulo `by`, `step` digits at a time.
template <bool Double>
Value longDivision(DeviceArithmetic<Double> &f, Value value, Value by,
                   Value distance, int64_t step) {
  OpBuilder &b = f.builder();
  Location loc = f.location();
  Type type = value.getType();
  Region *body = b.getInsertionBlock()->getParent();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *more = b.createBlock(body, {}, {type, type}, {loc, loc});
  Block *done = b.createBlock(body, {}, {type}, {loc});
  b.restoreInsertionPoint(before);
  auto goOn = [&](Value rest, Value left) {
    LLVM::CondBrOp::create(b, loc, f.isLess(f.integer(0), left), more,
                           ValueRange{rest, left}, done, ValueRange{rest});
  };
  goOn(LLVM::URemOp::create(b, loc, value, by), distance);
  b.setInsertionPointToEnd(more);
  Value rest = more->getArgument(0), left = more->getArgument(1);
  Value digits = f.integer(step);
  digits = f.select(f.isLess(left, digits), left, digits);
  Value grown = f.shl(rest, digits);
  goOn(LLVM::URemOp::create(b, loc, grown, by), f.isub(left, digits));
  b.setInsertionPointToEnd(done);
  return done->getArgument(0);
}

} // namespace

template <bool Double>
Value remainder(DeviceArithmetic<Double> &f, ValueRange x) {
  int places = elementary::mantissaBits(f);
  int64_t spare = (Double ? 64 : 32) - places - 1;
  Value dividend = f.abs(x[0]), divisor = f.abs(x[1]);
  Value infinity = f.number(elementary::infinity), zero = f.integer(0);
  Parts p = partsOf(f, dividend), q = partsOf(f, divisor);
  // Division by 0 must not happen, nor steps on what is not finite.
  Value regular =
      f.both(f.less(dividend, infinity), f.less(f.number(0), divisor));
  Value by = f.select(f.isSame(q.mantissa, zero), f.integer(1), q.mantissa);
  Value distance = f.select(regular, f.isub(p.exponent, q.exponent), zero);
  Value rest = longDivision(f, p.mantissa, by, distance, spare);
  // rest * 2^(q.exponent - bias - places), which is a number of this type.
  int64_t bias = elementary::exponentBias(f) + places;
  Value result = elementary::scaled(f, f.toReal(rest),
                                    f.isub(q.exponent, f.integer(bias)));
  result = f.select(f.less(dividend, divisor), dividend, result);
  Value bounded = f.both(regular, f.same(divisor, divisor));
  result = f.select(bounded, result, f.number(elementary::notANumber));
  return f.copySign(result, x[0]);
}

template Value remainder(DeviceArithmetic<false> &f, ValueRange x);
template Value remainder(DeviceArithmetic<true> &f, ValueRange x);

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// What each arith and math operation does to one lane.
#include "girih/compiler/interpreter/interpreter.h"

#include "girih/dsl/support/float_formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace girih::compiler {

namespace {

using Lane = LaneFunction;

template <typename Function> Lane real1(Function function) {
  return
      [=](ArrayRef<Scalar> x) { return Scalar::real(function(x[0].number)); };
}

template <typename Function> Lane real2(Function function) {
  return [=](ArrayRef<Scalar> x) {
    return Scalar::real(function(x[0].number, x[1].number));
  };
}

/// Wrapping arithmetic: done on naturals, where overflow is defined.
template <typename Function> Lane whole2(Function function) {
  return [=](ArrayRef<Scalar> x) {
    return Scalar::integer(static_cast<std::int64_t>(
        function(static_cast<std::uint64_t>(x[0].whole),
                 static_cast<std::uint64_t>(x[1].whole))));
  };
}

template <typename Function> Lane signed2(Function function) {
  return [=](ArrayRef<Scalar> x) {
    return Scalar::integer(function(x[0].whole, x[1].whole));
  };
}

/// On the bits as naturals of the operands' width.
template <typename Function> Lane natural2(Type type, Function function) {
  return [=](ArrayRef<Scalar> x) {
    return Scalar::integer(static_cast<std::int64_t>(
        function(naturalBits(type, x[0]), naturalBits(type, x[1]))));
  };
}

double maximum(double a, double b) { return -minimum(-a, -b); }

bool holds(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !unordered;
  case P::UNO:
    return unordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return a != b;
  }
  return false;
}

bool holds(arith::CmpIPredicate predicate, Type type, Scalar x, Scalar y) {
  using P = arith::CmpIPredicate;
  std::int64_t a = x.whole, b = y.whole;
  // A bool is kept as 0 and 1, but its 1 is the signed -1.
  if (type.isInteger(1)) {
    a = -a;
    b = -b;
  }
  std::uint64_t u = naturalBits(type, x), v = naturalBits(type, y);
  switch (predicate) {
  case P::eq:
    return u == v;
  case P::ne:
    return u != v;
  case P::slt:
    return a < b;
  case P::sle:
    return a <= b;
  case P::sgt:
    return a > b;
  case P::sge:
    return a >= b;
  case P::ult:
    return u < v;
  case P::ule:
    return u <= v;
  case P::ugt:
    return u > v;
  case P::uge:
    return u >= v;
  }
  return false;
}

Lane integerLane(Operation *op) {
  Type type = getElementTypeOrSelf(op->getOperand(0).getType());
  using I = std::int64_t;
  using U = std::uint64_t;
  return TypeSwitch<Operation *, Lane>(op)
      .Case([](arith::AddIOp) { return whole2(std::plus<U>()); })
      .Case([](arith::SubIOp) { return whole2(std::minus<U>()); })
      .Case([](arith::MulIOp) { return whole2(std::multiplies<U>()); })
      .Case([](arith::AndIOp) { return whole2(std::bit_and<U>()); })
      .Case([](arith::OrIOp) { return whole2(std::bit_or<U>()); })
      .Case([](arith::XOrIOp) { return whole2(std::bit_xor<U>()); })
      .Case([](arith::DivSIOp) { return signed2(std::divides<I>()); })
      .Case([](arith::RemSIOp) { return signed2(std::modulus<I>()); })
      .Case([](arith::FloorDivSIOp) {
        return signed2([](I a, I b) { return llvm::divideFloorSigned(a, b); });
      })
      .Case([](arith::CeilDivSIOp) {
        return signed2([](I a, I b) { return llvm::divideCeilSigned(a, b); });
      })
      .Case([&](arith::DivUIOp) { return natural2(type, std::divides<U>()); })
      .Case([&](arith::RemUIOp) { return natural2(type, std::modulus<U>()); })
      .Case([](arith::MinSIOp) {
        return signed2([](I a, I b) { return std::min(a, b); });
      })
      .Case([](arith::MaxSIOp) {
        return signed2([](I a, I b) { return std::max(a, b); });
      })
      .Case([&](arith::MinUIOp) {
        return natural2(type, [](U a, U b) { return std::min(a, b); });
      })
      .Case([&](arith::MaxUIOp) {
        return natural2(type, [](U a, U b) { return std::max(a, b); });
      })
      .Case([&](arith::ShLIOp) {
        return natural2(type, [](U a, U b) { return a << b; });
      })
      .Case([&](arith::ShRUIOp) {
        return natural2(type, [](U a, U b) { return a >> b; });
      })
      .Case([](arith::ShRSIOp) {
        return signed2([](I a, I b) { return a >> b; });
      })
      .Case([](math::AbsIOp) {
        return [](ArrayRef<Scalar> x) {
          U bits = static_cast<U>(x[0].whole);
          return Scalar::integer(static_cast<I>(x[0].whole < 0 ? -bits : bits));
        };
      })
      .Case([&](arith::CmpIOp compare) {
        return [=, predicate = compare.getPredicate()](ArrayRef<Scalar> x) {
          return Scalar::integer(holds(predicate, type, x[0], x[1]));
        };
      })
      .Default([](Operation *) { return Lane(); });
}

Lane realLane(Operation *op) {
  return TypeSwitch<Operation *, Lane>(op)
      .Case([](arith::AddFOp) { return real2(std::plus<double>()); })
      .Case([](arith::SubFOp) { return real2(std::minus<double>()); })
      .Case([](arith::MulFOp) { return real2(std::multiplies<double>()); })
      .Case([](arith::DivFOp) { return real2(std::divides<double>()); })
      .Case([](arith::RemFOp) {
        return real2([](double a, double b) { return std::fmod(a, b); });
      })
      .Case([](arith::MinimumFOp) { return real2(minimum); })
      .Case([](arith::MaximumFOp) { return real2(maximum); })
      .Case([](arith::NegFOp) { return real1(std::negate<double>()); })
      .Case([](arith::CmpFOp compare) {
        return [predicate = compare.getPredicate()](ArrayRef<Scalar> x) {
          return Scalar::integer(holds(predicate, x[0].number, x[1].number));
        };
      })
      .Default([](Operation *) { return Lane(); });
}

/// The sign and the integers around a number.
Lane roundingLane(Operation *op) {
  using F = double (*)(double);
  return TypeSwitch<Operation *, Lane>(op)
      .Case([](math::AbsFOp) { return real1(F(std::fabs)); })
      .Case([](math::FloorOp) { return real1(F(std::floor)); })
      .Case([](math::CeilOp) { return real1(F(std::ceil)); })
      .Case([](math::TruncOp) { return real1(F(std::trunc)); })
      // The program runs in the default rounding mode: to nearest even.
      .Case([](math::RoundEvenOp) { return real1(F(std::nearbyint)); })
      .Default([](Operation *) { return Lane(); });
}

/// The C library's functions, in double.
Lane mathLane(Operation *op) {
  using F = double (*)(double);
  return TypeSwitch<Operation *, Lane>(op)
      .Case([](math::ExpOp) { return real1(F(std::exp)); })
      .Case([](math::Exp2Op) { return real1(F(std::exp2)); })
      .Case([](math::ExpM1Op) { return real1(F(std::expm1)); })
      .Case([](math::LogOp) { return real1(F(std::log)); })
      .Case([](math::Log2Op) { return real1(F(std::log2)); })
      .Case([](math::Log1pOp) { return real1(F(std::log1p)); })
      .Case([](math::SqrtOp) { return real1(F(std::sqrt)); })
      .Case([](math::RsqrtOp) {
        return real1([](double x) { return 1 / std::sqrt(x); });
      })
      .Case([](math::SinOp) { return real1(F(std::sin)); })
      .Case([](math::CosOp) { return real1(F(std::cos)); })
      .Case([](math::TanOp) { return real1(F(std::tan)); })
      .Case([](math::AsinOp) { return real1(F(std::asin)); })
      .Case([](math::AcosOp) { return real1(F(std::acos)); })
      .Case([](math::AtanOp) { return real1(F(std::atan)); })
      .Case([](math::SinhOp) { return real1(F(std::sinh)); })
      .Case([](math::CoshOp) { return real1(F(std::cosh)); })
      .Case([](math::TanhOp) { return real1(F(std::tanh)); })
      .Case([](math::AsinhOp) { return real1(F(std::asinh)); })
      .Case([](math::AcoshOp) { return real1(F(std::acosh)); })
      .Case([](math::AtanhOp) { return real1(F(std::atanh)); })
      .Case([](math::ErfOp) { return real1(F(std::erf)); })
      .Case([](math::PowFOp) {
        return real2([](double a, double b) { return std::pow(a, b); });
      })
      .Case([](math::Atan2Op) {
        return real2([](double a, double b) { return std::atan2(a, b); });
      })
      .Default([](Operation *) { return Lane(); });
}

/// Conversions; the result is rounded or wrapped to its type afterwards.
Lane castLane(Operation *op) {
  Lane same = [](ArrayRef<Scalar> x) { return x[0]; };
  Type from = getElementTypeOrSelf(op->getOperand(0).getType());
  return TypeSwitch<Operation *, Lane>(op)
      .Case<arith::ExtFOp, arith::TruncIOp, arith::IndexCastOp>(
          [&](auto) { return same; })
      .Case([&](arith::TruncFOp convert) -> Lane {
        Type to = getElementTypeOrSelf(convert.getType());
        if (!isa<Float8E5M2Type>(to))
          return same;
        return real1([](double x) {
          return std::isinf(x) ? round_to(DType::e5m2, x) : x;
        });
      })
      .Case([&](arith::ExtSIOp) {
        return [=](ArrayRef<Scalar> x) {
          return Scalar::integer(from.isInteger(1) ? -x[0].whole : x[0].whole);
        };
      })
      .Case([&](arith::ExtUIOp) {
        return [=](ArrayRef<Scalar> x) {
          return Scalar::integer(
              static_cast<std::int64_t>(naturalBits(from, x[0])));
        };
      })
      .Case([](arith::SIToFPOp convert) {
        // Rounding an i64 to double first would round twice.
        bool toF32 = getElementTypeOrSelf(convert.getType()).isF32();
        return [=](ArrayRef<Scalar> x) {
          return Scalar::real(toF32 ? static_cast<float>(x[0].whole)
                                    : static_cast<double>(x[0].whole));
        };
      })
      .Case([&](arith::UIToFPOp) {
        return [=](ArrayRef<Scalar> x) {
          return Scalar::real(static_cast<double>(naturalBits(from, x[0])));
        };
      })
      .Case([&](arith::BitcastOp convert) {
        Type to = getElementTypeOrSelf(convert.getType());
        return [=](ArrayRef<Scalar> x) {
          return elementOf(to, elementBits(from, x[0]));
        };
      })
      .Case([](arith::FPToSIOp) {
        return [](ArrayRef<Scalar> x) {
          return Scalar::integer(static_cast<std::int64_t>(x[0].number));
        };
      })
      .Case([](arith::FPToUIOp) {
        return [](ArrayRef<Scalar> x) {
          return Scalar::integer(static_cast<std::int64_t>(
              static_cast<std::uint64_t>(x[0].number)));
        };
      })
      .Default([](Operation *) { return Lane(); });
}

Lane laneOf(Operation *op, Rounding rounding) {
  if (isa<arith::SelectOp>(op))
    return [](ArrayRef<Scalar> x) { return x[0].whole ? x[1] : x[2]; };
  if (isa<math::FmaOp>(op)) {
    Type type = getElementTypeOrSelf(op->getResult(0).getType());
    return [=](ArrayRef<Scalar> x) {
      return Scalar::real(fusedMultiplyAdd(type, x[0].number, x[1].number,
                                           x[2].number, rounding));
    };
  }
  for (auto table : {realLane, roundingLane, mathLane, integerLane, castLane})
    if (Lane lane = table(op))
      return lane;
  return {};
}

} // namespace

LogicalResult Interpreter::runElementwise(Operation &op) {
  auto [place, isNew] = functions.try_emplace(&op);
  if (isNew && op.getNumResults() == 1 && op.getNumOperands() > 0)
    place->second = laneOf(&op, rounding);
  const Lane &lane = place->second;
  if (!lane)
    return op.emitError("the interpreter does not know ") << op.getName();
  Type type = getElementTypeOrSelf(op.getResult(0).getType());
  // Beside a tile a scalar is the same for all lanes: a condition that selects
  // whole tiles, a constant in a region of lanes.
  std::size_t count = 1;
  SmallVector<const TileValue *> inputs;
  for (Value operand : op.getOperands()) {
    inputs.push_back(&values[operand]);
    count = std::max(count, inputs.back()->size());
  }
  SmallVector<Scalar> elements(inputs.size());
  TileValue result(count);
  bool watchesNaN = checker && checker->watchesNaN();
  for (std::size_t i = 0; i < count; ++i) {
    for (auto [element, input] : llvm::zip_equal(elements, inputs))
      element = input->size() == 1 ? input->front() : (*input)[i];
    result[i] = roundTo(type, lane(elements), rounding);
    // What is selected keeps its origin.
    if (watchesNaN && isNaN(result[i]) && !isa<arith::SelectOp>(op))
      checker->findOrigin(result[i], elements, static_cast<std::int64_t>(i));
  }
  values[op.getResult(0)] = std::move(result);
  return success();
}

} // namespace girih::compiler

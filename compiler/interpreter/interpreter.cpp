// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/interpreter/interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace girih::compiler {

std::int64_t evaluateAffine(AffineExpr expr, const AffineArguments &arguments) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return arguments.dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return arguments.symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expr);
  std::int64_t lhs = evaluateAffine(binary.getLHS(), arguments);
  std::int64_t rhs = evaluateAffine(binary.getRHS(), arguments);
  std::int64_t divisor = std::max<std::int64_t>(rhs, 1);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(lhs, divisor);
  case AffineExprKind::CeilDiv:
    return llvm::divideCeilSigned(lhs, divisor);
  default: // Mod
    return lhs - llvm::divideFloorSigned(lhs, divisor) * divisor;
  }
}

Interpreter::Interpreter(func::FuncOp kernel, const std::int64_t *params,
                         Rounding rounding)
    : kernel(kernel), rounding(rounding) {
  for (BlockArgument argument : kernel.getArguments()) {
    std::int64_t rank = cast<tile::ViewType>(argument.getType()).getRank();
    Memory &memory = memories[argument];
    memory.data = reinterpret_cast<char *>(*params++);
    memory.sizes.assign(params, params + rank);
    params += rank;
    memory.strides.assign(params, params + rank);
    params += rank;
  }
}

std::vector<std::int64_t> Interpreter::gridSizes() {
  AffineArguments arguments;
  for (BlockArgument argument : kernel.getArguments())
    llvm::append_range(arguments.symbols, memories[argument].sizes);
  AffineMap grid =
      kernel->getAttrOfType<AffineMapAttr>(tile::TileDialect::gridAttr)
          .getValue();
  std::vector<std::int64_t> sizes;
  for (AffineExpr size : grid.getResults())
    sizes.push_back(evaluateAffine(size, arguments));
  return sizes;
}

std::vector<std::int64_t>
Interpreter::coordinates(std::int64_t number,
                         const std::vector<std::int64_t> &grid) {
  auto order =
      kernel->getAttrOfType<tile::OrderAttr>(tile::TileDialect::orderAttr);
  if (order.getKind() == tile::OrderKind::grouped) {
    // `group` rows at a time, column by column; the last group may be lower.
    std::int64_t perGroup = order.getGroup() * grid[1];
    std::int64_t firstRow = number / perGroup * order.getGroup();
    std::int64_t rows = std::min(order.getGroup(), grid[0] - firstRow);
    std::int64_t within = number % perGroup;
    return {firstRow + within % rows, within / rows};
  }
  std::vector<std::int64_t> result(grid.size());
  for (std::size_t dim = grid.size(); dim-- > 0; number /= grid[dim])
    result[dim] = number % grid[dim];
  return result;
}

LogicalResult Interpreter::run() {
  std::vector<std::int64_t> grid = gridSizes();
  std::int64_t count = 1;
  for (std::int64_t size : grid)
    count *= std::max<std::int64_t>(size, 0);
  for (std::int64_t number = 0; number < count; ++number) {
    program = coordinates(number, grid);
    if (failed(runBlock(kernel.getBody().front())))
      return failure();
  }
  return success();
}

LogicalResult Interpreter::runBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(runOperation(op)))
      return failure();
  return success();
}

LogicalResult Interpreter::runOperation(Operation &op) {
  return TypeSwitch<Operation &, LogicalResult>(op)
      .Case([&](tile::ProgramIdOp id) {
        setIndex(id.getResult(), program[id.getDim()]);
        return success();
      })
      .Case([&](tile::SizeOp size) {
        setIndex(size.getResult(),
                 memories[size.getView()].sizes[size.getDim()]);
        return success();
      })
      .Case([&](tile::LoadOp load) {
        runLoad(load);
        return success();
      })
      .Case([&](tile::StoreOp store) {
        runStore(store);
        return success();
      })
      .Case([&](tile::DotOp dot) {
        runDot(dot);
        return success();
      })
      .Case([&](scf::ForOp loop) { return runLoop(loop); })
      .Case([&](arith::ConstantOp constant) {
        runConstant(op, constant.getValue());
        return success();
      })
      .Case([&](tensor::SplatOp splat) {
        auto type = cast<RankedTensorType>(splat.getType());
        values[splat.getResult()] = {
            type.getShape().vec(),
            std::vector<Scalar>(type.getNumElements(),
                                values[splat.getInput()].elements.front())};
        return success();
      })
      .Case([&](tensor::ExtractOp extract) {
        TileValue &from = values[extract.getTensor()];
        std::int64_t position = 0;
        for (auto [size, at] :
             llvm::zip_equal(from.shape, extract.getIndices()))
          position = position * size + index(at);
        Scalar element = from.elements[position];
        values[extract.getResult()] = {{}, {element}};
        return success();
      })
      .Default([&](Operation &) { return runElementwise(op); });
}

LogicalResult Interpreter::runLoop(scf::ForOp loop) {
  std::vector<TileValue> carried;
  for (Value initial : loop.getInitArgs())
    carried.push_back(values[initial]);
  std::int64_t begin = index(loop.getLowerBound());
  std::int64_t end = index(loop.getUpperBound());
  for (std::int64_t i = begin; i < end; i += index(loop.getStep())) {
    setIndex(loop.getInductionVar(), i);
    for (auto [argument, value] :
         llvm::zip_equal(loop.getRegionIterArgs(), carried))
      values[argument] = std::move(value);
    if (failed(runBlock(*loop.getBody())))
      return failure();
    for (auto [value, yielded] :
         llvm::zip_equal(carried, loop.getYieldedValues()))
      value = values[yielded];
  }
  for (auto [result, value] : llvm::zip_equal(loop.getResults(), carried))
    values[result] = std::move(value);
  return success();
}

void Interpreter::runConstant(Operation &op, Attribute value) {
  auto scalar = [](Attribute element) {
    if (auto real = dyn_cast<FloatAttr>(element))
      return Scalar::real(real.getValueAsDouble());
    auto integer = cast<IntegerAttr>(element);
    // A bool's 1 would be sign-extended to -1.
    return Scalar::integer(integer.getType().isInteger(1)
                               ? integer.getValue().getZExtValue()
                               : integer.getValue().getSExtValue());
  };
  TileValue &result = values[op.getResult(0)];
  result = {};
  if (auto elements = dyn_cast<DenseElementsAttr>(value)) {
    result.shape = elements.getType().getShape().vec();
    for (Attribute element : elements.getValues<Attribute>())
      result.elements.push_back(scalar(element));
  } else {
    result.elements.push_back(scalar(value));
  }
}

/// `value` with the 10 explicit bits of mantissa that tf32 keeps.
static double roundToTf32(double value) {
  int exponent;
  double mantissa = std::frexp(value, &exponent);
  if (!std::isfinite(value) || value == 0)
    return value;
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, 11)), exponent - 11);
}

void Interpreter::runDot(tile::DotOp op) {
  const TileValue &a = values[op.getA()], &b = values[op.getB()];
  TileValue result = values[op.getAcc()];
  Type type = op.getResult().getType().getElementType();
  Type from = op.getA().getType().getElementType();
  std::int64_t m = op.getM(), n = op.getN(), k = op.getK();
  bool tf32 =
      op.getPrecision() == tile::Precision::tf32 && rounding == Rounding::own;
  auto number = [&](const Scalar &x) {
    return tf32 ? roundToTf32(x.number) : x.number;
  };
  auto whole = [&](const Scalar &x, bool isUnsigned) {
    return isUnsigned ? static_cast<std::int64_t>(naturalBits(from, x))
                      : x.whole;
  };
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      Scalar &sum = result.elements[i * n + j];
      for (std::int64_t l = 0; l < k; ++l) {
        const Scalar &x = a.elements[i * k + l], &y = b.elements[l * n + j];
        if (sum.kind == Scalar::Kind::real)
          sum.number += number(x) * number(y);
        else
          sum.whole +=
              whole(x, op.getUnsignedA()) * whole(y, op.getUnsignedB());
        sum = roundTo(type, sum, rounding);
      }
    }
  values[op.getResult()] = std::move(result);
}

LogicalResult interpretModule(ModuleOp module, const std::int64_t *params,
                              bool allF64) {
  for (auto kernel : module.getOps<func::FuncOp>())
    if (kernel->hasAttr(tile::TileDialect::kernelAttr))
      return Interpreter(kernel, params,
                         allF64 ? Rounding::all_f64 : Rounding::own)
          .run();
  return module.emitError("there is no kernel to interpret");
}

} // namespace girih::compiler

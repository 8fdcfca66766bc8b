// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/interpreter/interpreter.h"

#include "girih/compiler/analysis/hilbert.h"
#include "girih/compiler/interpreter/lanes.h"

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

Interpreter::Interpreter(func::FuncOp kernel, std::string_view name,
                         const std::int64_t *params, Rounding rounding,
                         Checker *checker)
    : kernel(kernel), name(name), rounding(rounding), checker(checker) {
  for (BlockArgument argument : kernel.getArguments()) {
    std::int64_t rank = cast<tile::ViewType>(argument.getType()).getRank();
    Memory &memory = memories[argument];
    memory.slot = reinterpret_cast<const char *>(params);
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
  auto minima = kernel->getAttrOfType<ArrayAttr>(tile::TileDialect::minimaAttr);
  for (Attribute each : minima ? minima.getValue() : ArrayRef<Attribute>()) {
    SmallVector<std::int64_t> results;
    for (AffineExpr result : cast<AffineMapAttr>(each).getValue().getResults())
      results.push_back(evaluateAffine(result, arguments));
    arguments.symbols.push_back(*llvm::min_element(results));
  }
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
  if (order.getKind() == tile::OrderKind::hilbert) {
    auto [row, column] = hilbertPlace(number, grid[0], grid[1]);
    return {row, column};
  }
  std::vector<std::int64_t> result(grid.size());
  std::size_t dims = grid.size();
  if (order.getKind() == tile::OrderKind::descending && dims > 0) {
    std::int64_t others = 1, rows = grid.back();
    for (std::size_t dim = 0; dim + 1 < dims; ++dim)
      others *= grid[dim];
    // `group` places of the other dimensions at a time; the last ones, and in
    // turns those before, from the last row on.
    std::int64_t group = order.getGroup() > 0 ? order.getGroup() : others;
    std::int64_t turn = number / (group * rows), first = turn * group;
    std::int64_t together = std::min(group, others - first);
    std::int64_t within = number % (group * rows), row = within / together;
    bool down = (llvm::divideCeil(others, group) - turn) % 2 == 1;
    result[--dims] = down ? rows - 1 - row : row;
    number = first + within % together;
  }
  for (std::size_t dim = dims; dim-- > 0; number /= grid[dim])
    result[dim] = number % grid[dim];
  return result;
}

LogicalResult Interpreter::run() {
  std::vector<std::int64_t> grid = gridSizes();
  std::int64_t count = 1;
  for (std::int64_t size : grid)
    count *= std::max<std::int64_t>(size, 0);
  for (std::int64_t number = 0; number < count; ++number) {
    programNumber = number;
    program = coordinates(number, grid);
    if (checker)
      checker->startProgram(number);
    if (failed(runBlock(kernel.getBody().front())))
      return failure();
  }
  return success();
}

LogicalResult Interpreter::runBlock(mlir::Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(runOperation(op)))
      return failure();
  return success();
}

LogicalResult Interpreter::runOperation(Operation &op) {
  if (checker)
    checker->startOperation(op);
  return TypeSwitch<Operation &, LogicalResult>(op)
      .Case<scf::ForOp, scf::IfOp, scf::WhileOp, tile::ReduceOp, tile::ScanOp,
            tile::InlinePtxOp>([&](auto each) { return run(each); })
      .Case<tile::ProgramIdOp, tile::SizeOp, tile::ValueOp, arith::ConstantOp,
            tensor::SplatOp, tensor::ExtractOp, tile::DotOp, tile::LoadOp,
            tile::StoreOp, tile::GatherOp, tile::ScatterOp, tile::AtomicOp,
            tile::CoordinateOp, tile::RemapOp, tile::TakeOp, tile::SortOp,
            tile::HistogramOp, tile::ArriveOp, tile::PrintOp, tile::AssertOp>(
          [&](auto each) {
            run(each);
            return success();
          })
      .Default([&](Operation &) { return runElementwise(op); });
}

void Interpreter::run(tile::ProgramIdOp op) {
  setIndex(op.getResult(), program[op.getDim()]);
}

void Interpreter::run(tile::SizeOp op) {
  setIndex(op.getResult(), memories[op.getView()].sizes[op.getDim()]);
}

void Interpreter::run(tile::ValueOp op) {
  values[op.getResult()] = {
      readElement(op.getType(), memories[op.getView()].slot)};
}

void Interpreter::run(arith::ConstantOp op) {
  auto scalar = [](Attribute element) {
    if (auto real = dyn_cast<FloatAttr>(element))
      return Scalar::real(real.getValueAsDouble());
    auto integer = cast<IntegerAttr>(element);
    // A bool's 1 would be sign-extended to -1.
    return Scalar::integer(integer.getType().isInteger(1)
                               ? integer.getValue().getZExtValue()
                               : integer.getValue().getSExtValue());
  };
  TileValue &result = values[op.getResult()];
  result.clear();
  auto elements = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!elements)
    result.push_back(scalar(op.getValue()));
  else if (elements.isSplat())
    result.assign(elements.getNumElements(),
                  scalar(elements.getSplatValue<Attribute>()));
  else
    for (Attribute element : elements.getValues<Attribute>())
      result.push_back(scalar(element));
}

void Interpreter::run(tensor::SplatOp op) {
  auto type = cast<RankedTensorType>(op.getType());
  Scalar element = values[op.getInput()].front();
  values[op.getResult()].assign(type.getNumElements(), element);
}

void Interpreter::run(tensor::ExtractOp op) {
  SmallVector<std::int64_t> lane;
  for (Value each : op.getIndices())
    lane.push_back(index(each));
  std::int64_t number = laneNumber(op.getTensor().getType().getShape(), lane);
  Scalar element = values[op.getTensor()][number];
  values[op.getResult()] = {element};
}

/// `value` with the 10 explicit bits of mantissa that tf32 keeps.
static double roundToTf32(double value) {
  int exponent;
  double mantissa = std::frexp(value, &exponent);
  if (!std::isfinite(value) || value == 0)
    return value;
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, 11)), exponent - 11);
}

void Interpreter::run(tile::DotOp op) {
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
      Scalar &sum = result[i * n + j];
      for (std::int64_t l = 0; l < k; ++l) {
        const Scalar &x = a[i * k + l], &y = b[l * n + j];
        if (sum.kind == Scalar::Kind::real)
          sum.number += number(x) * number(y);
        else
          sum.whole +=
              whole(x, op.getUnsignedA()) * whole(y, op.getUnsignedB());
        sum = roundTo(type, sum, rounding);
      }
      if (checker && checker->watchesNaN() && isNaN(sum)) {
        SmallVector<Scalar> inputs{values[op.getAcc()][i * n + j]};
        for (std::int64_t l = 0; l < k; ++l)
          inputs.append({a[i * k + l], b[l * n + j]});
        checker->findOrigin(sum, inputs, i * n + j);
      }
    }
  values[op.getResult()] = std::move(result);
}

LogicalResult interpretModule(ModuleOp module, std::string_view name,
                              const std::int64_t *params, Rounding rounding,
                              Checker *checker) {
  for (auto kernel : module.getOps<func::FuncOp>())
    if (kernel->hasAttr(tile::TileDialect::kernelAttr))
      return Interpreter(kernel, name, params, rounding, checker).run();
  return module.emitError("there is no kernel to interpret");
}

} // namespace girih::compiler

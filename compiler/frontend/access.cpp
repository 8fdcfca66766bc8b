// SPDX-License-Identifier: Apache-2.0
// Index expressions, loads and stores. Lanes become dims of the access's map,
// everything else a symbol, so that the map says all there is to know.
#include "girih/compiler/frontend/importer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace girih::compiler {

Value Importer::indexConstant(std::int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value Importer::sizeOf(int operand, int dim) {
  Value &size = sizes[{operand, dim}];
  if (!size) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(entry);
    size = tile::SizeOp::create(builder, builder.getUnknownLoc(),
                                builder.getIndexType(),
                                entry->getArgument(operand), dim);
  }
  return size;
}

Value Importer::programId(int dim) {
  Value &id = programIds[dim];
  if (!id) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(entry);
    id = tile::ProgramIdOp::create(builder, builder.getUnknownLoc(),
                                   builder.getIndexType(), dim, Value());
  }
  return id;
}

/// An integer of a vector as an index; 0 outside it.
Value Importer::loadElement(int operand, Value at) {
  const ArrangedOperand &from = program.operands[operand];
  MLIRContext *context = builder.getContext();
  AffineExpr index = getAffineSymbolExpr(0, context);
  AffineExpr size = getAffineSymbolExpr(1, context);
  auto bounds = IntegerSetAttr::get(
      IntegerSet::get(0, 2, {index, size - index - 1}, {false, false}));
  Type element = elementType(*context, from.dtype);
  Value tile = tile::LoadOp::create(
      builder, loc, RankedTensorType::get({}, element),
      entry->getArgument(operand), ValueRange{at, sizeOf(operand, 0)},
      AffineMap::get(0, 2, index), bounds,
      TypedAttr(builder.getIntegerAttr(element, 0)));
  Value value = tensor::ExtractOp::create(builder, loc, tile, ValueRange());
  return indexOf(value, from.dtype);
}

/// An integer of the data as an index.
Value Importer::indexOf(Value value, DType dtype) {
  // Indices may have 32 bits: what does not fit must not come back as a small
  // number.
  if (dtype == DType::i64 && program.index32) {
    auto limit = [&](std::int64_t number) -> Value {
      return arith::ConstantOp::create(builder, loc,
                                       builder.getI64IntegerAttr(number));
    };
    value = arith::MaxSIOp::create(builder, loc, value, limit(INT32_MIN));
    value = arith::MinSIOp::create(builder, loc, value, limit(INT32_MAX));
  }
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                    value);
}

Value Importer::elementOf(const Symbol &symbol, ValueRange levels) {
  if (mentions(*symbol.at, SymbolKind::level))
    return loadElement(symbol.operand, indexExpr(*symbol.at, levels));
  // The same in the whole program: read once, after what its index is made of.
  for (const auto &[known, value] : elements)
    if (known == symbol)
      return value;
  OpBuilder::InsertionGuard guard(builder);
  auto leaves = [](Operation &op) {
    return isa<tile::SizeOp, tile::ProgramIdOp>(op);
  };
  builder.setInsertionPoint(entry,
                            llvm::find_if_not(entry->getOperations(), leaves));
  Value value = loadElement(symbol.operand, indexExpr(*symbol.at, {}));
  elements.emplace_back(symbol, value);
  return value;
}

Value Importer::symbolValue(const Symbol &symbol, ValueRange levels) {
  switch (symbol.kind) {
  case SymbolKind::size:
    return sizeOf(symbol.operand, symbol.dim);
  case SymbolKind::program:
    return programId(symbol.dim);
  case SymbolKind::level:
    return levels[symbol.dim];
  case SymbolKind::element:
    return elementOf(symbol, levels);
  case SymbolKind::block:
  case SymbolKind::lane:
    break;
  }
  unsupported("an index expression has a symbol without a value");
}

Value Importer::indexBinary(Function function, Value lhs, Value rhs) {
  // A size can be 0, and a division by it must not trap.
  auto positive = [&](Value divisor) -> Value {
    IntegerAttr constant;
    if (matchPattern(divisor, m_Constant(&constant)) && constant.getInt() > 0)
      return divisor;
    return arith::MaxSIOp::create(builder, loc, divisor, indexConstant(1));
  };
  switch (function) {
  case Function::add:
    return arith::AddIOp::create(builder, loc, lhs, rhs);
  case Function::sub:
    return arith::SubIOp::create(builder, loc, lhs, rhs);
  case Function::mul:
    return arith::MulIOp::create(builder, loc, lhs, rhs);
  case Function::min:
    return arith::MinSIOp::create(builder, loc, lhs, rhs);
  case Function::max:
    return arith::MaxSIOp::create(builder, loc, lhs, rhs);
  case Function::floordiv:
    return arith::FloorDivSIOp::create(builder, loc, lhs, positive(rhs));
  case Function::mod: {
    Value divisor = positive(rhs);
    Value quotient = arith::FloorDivSIOp::create(builder, loc, lhs, divisor);
    Value product = arith::MulIOp::create(builder, loc, quotient, divisor);
    return arith::SubIOp::create(builder, loc, lhs, product);
  }
  default:
    unsupported("index function " + std::string(name(function)));
  }
}

static Function functionOf(Expr::Kind kind) {
  switch (kind) {
  case Expr::Kind::add:
    return Function::add;
  case Expr::Kind::mul:
    return Function::mul;
  case Expr::Kind::floordiv:
    return Function::floordiv;
  case Expr::Kind::mod:
    return Function::mod;
  case Expr::Kind::min:
    return Function::min;
  case Expr::Kind::max:
    return Function::max;
  case Expr::Kind::constant:
  case Expr::Kind::symbol:
    break;
  }
  return Function::none;
}

Value Importer::indexExpr(const Expr &expr, ValueRange levels) {
  if (expr.kind() == Expr::Kind::constant)
    return indexConstant(expr.constant());
  if (expr.kind() == Expr::Kind::symbol)
    return symbolValue(expr.symbol(), levels);
  return indexBinary(functionOf(expr.kind()), indexExpr(expr.lhs(), levels),
                     indexExpr(expr.rhs(), levels));
}

AffineExpr Importer::scalarSymbol(Value scalar, Footprint &into) {
  auto *found = llvm::find(into.scalars, scalar);
  unsigned position = found - into.scalars.begin();
  if (found == into.scalars.end())
    into.scalars.push_back(scalar);
  return builder.getAffineSymbolExpr(position);
}

static bool mentionsLanes(const Expr &expr) {
  return mentions(expr, SymbolKind::lane);
}

AffineExpr Importer::affine(const Expr &expr, Footprint &into,
                            ValueRange levels) {
  using Kind = Expr::Kind;
  if (expr.kind() == Kind::constant)
    return builder.getAffineConstantExpr(expr.constant());
  if (expr.kind() == Kind::symbol) {
    if (expr.symbol().kind == SymbolKind::lane)
      return builder.getAffineDimExpr(expr.symbol().dim);
    return scalarSymbol(symbolValue(expr.symbol(), levels), into);
  }
  // Affine expressions have no min and max, but the same for all lanes they
  // can be computed outside.
  if (expr.kind() == Kind::min || expr.kind() == Kind::max) {
    if (mentionsLanes(expr))
      unsupported("an index map takes the minimum or maximum over lanes");
    return scalarSymbol(indexExpr(expr, levels), into);
  }
  AffineExpr lhs = affine(expr.lhs(), into, levels);
  if (expr.kind() == Kind::add)
    return lhs + affine(expr.rhs(), into, levels);
  if (expr.kind() == Kind::mul) {
    AffineExpr rhs = affine(expr.rhs(), into, levels);
    if (mentionsLanes(expr.lhs()) && mentionsLanes(expr.rhs()))
      unsupported("an index map multiplies two lane coordinates");
    return lhs * rhs;
  }
  if (mentionsLanes(expr.rhs()))
    unsupported("an index map divides by a lane coordinate");
  AffineExpr rhs = affine(expr.rhs(), into, levels);
  return expr.kind() == Kind::floordiv ? lhs.floorDiv(rhs) : lhs % rhs;
}

Importer::Footprint Importer::footprint(const Node &node, ValueRange levels) {
  const ArrangedOperand &operand = program.operands[node.operand];
  Footprint result;
  result.lanes = operand.tile.size();
  SmallVector<AffineExpr> indices, constraints;
  for (const Expr &index : operand.index)
    indices.push_back(affine(index, result, levels));
  for (const Bound &bound : operand.bounds) {
    AffineExpr value = affine(bound.value, result, levels);
    AffineExpr limit = affine(bound.limit, result, levels);
    constraints.push_back(value);
    constraints.push_back(limit - value - 1);
  }
  auto checks = checkedLevels(node, result, levels);
  result.map = AffineMap::get(result.lanes, result.scalars.size(), indices,
                              builder.getContext());
  SmallVector<AffineMap> maps;
  for (ArrayRef<AffineExpr> each : checks)
    maps.push_back(
        AffineMap::get(0, result.scalars.size(), each, builder.getContext()));
  if (!maps.empty())
    result.levels = builder.getAffineMapArrayAttr(maps);
  if (!constraints.empty())
    result.bounds = IntegerSetAttr::get(
        IntegerSet::get(result.lanes, result.scalars.size(), constraints,
                        SmallVector<bool>(constraints.size(), false)));
  return result;
}

TypedAttr Importer::otherOf(const ArrangedOperand &operand, Type element) {
  if (isPacked(operand.dtype))
    return builder.getIntegerAttr(element,
                                  packedNumber(operand.dtype, operand.other));
  if (isa<FloatType>(element))
    return floatAttr(element, operand.other);
  return builder.getIntegerAttr(element,
                                static_cast<std::int64_t>(operand.other));
}

/// The tile of an operand that is passed by value: its element everywhere.
Value Importer::passedValue(const Node &node) {
  const ArrangedOperand &operand = program.operands[node.operand];
  if (!operand.bounds.empty() || bits(operand.dtype) == 4)
    unsupported("operand " + operand.name +
                    " is passed by value, but its tile reaches past it or its "
                    "elements are of 4 bits",
                "pass an Array of rank 0 in memory");
  Type element = elementType(*builder.getContext(), operand.dtype);
  Value passed = tile::ValueOp::create(builder, loc, element,
                                       entry->getArgument(node.operand));
  if (operand.tile.empty())
    return passed;
  return tensor::SplatOp::create(builder, loc, passed,
                                 RankedTensorType::get(operand.tile, element));
}

void Importer::importLoad(const Node &node) {
  const ArrangedOperand &operand = program.operands[node.operand];
  if (operand.known.by_value) {
    values[node.results[0]] = passedValue(node);
    return;
  }
  SmallVector<Value> levels;
  for (ValueId input : node.inputs)
    levels.push_back(value(input));
  Footprint where = footprint(node, levels);
  if (bits(operand.dtype) == 4) {
    values[node.results[0]] = loadNibbles(operand, where);
    return;
  }
  Type element = elementType(*builder.getContext(), operand.dtype);
  Value loaded = tile::LoadOp::create(
      builder, loc, RankedTensorType::get(operand.tile, element),
      entry->getArgument(node.operand), where.scalars, where.map, where.bounds,
      otherOf(operand, element));
  setLevels(loaded.getDefiningOp(), where);
  if (operand.tile.empty())
    loaded = tensor::ExtractOp::create(builder, loc, loaded, ValueRange());
  values[node.results[0]] = loaded;
}

void Importer::importStore(const Node &node) {
  const ArrangedOperand &operand = program.operands[node.operand];
  SmallVector<Value> levels;
  for (ValueId input : llvm::drop_begin(node.inputs))
    levels.push_back(value(input));
  Footprint where = footprint(node, levels);
  Value stored = value(node.inputs[0]);
  if (bits(operand.dtype) == 4)
    return storeNibbles(operand, stored, where);
  if (operand.tile.empty())
    stored = tensor::SplatOp::create(
        builder, loc, stored, RankedTensorType::get({}, stored.getType()));
  setLevels(tile::StoreOp::create(builder, loc, stored,
                                  entry->getArgument(node.operand),
                                  where.scalars, where.map, where.bounds),
            where);
}

} // namespace girih::compiler

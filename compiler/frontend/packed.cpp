// SPDX-License-Identifier: Apache-2.0
// Storage dtypes that MLIR has no elements for, as tiles of i8: i4 and u4 as
// numbers, e2m1 and ue8m0 as codes. Of the 4-bit ones two share a byte in
// memory: accesses move bytes, and arithmetic takes them apart.
#include "girih/compiler/frontend/importer.h"

#include "girih/dsl/support/float_formats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace girih::compiler {

bool isPacked(DType type) { return bits(type) == 4 || type == DType::ue8m0; }

std::int64_t packedNumber(DType type, double value) {
  std::uint64_t code = encode(type, value);
  if (type == DType::i4)
    return static_cast<std::int64_t>(code << 60) >> 60;
  return static_cast<std::int8_t>(code); // the bits of an i8
}

Value Importer::integer(arith::CmpIPredicate predicate, Value x,
                        std::int64_t y) {
  return arith::CmpIOp::create(builder, loc, predicate, x,
                               filledInteger(x.getType(), y));
}

/// The low 4 bits as the tile of a 4-bit dtype has them.
Value Importer::nibble(Value x, DType dtype) {
  Type type = x.getType();
  if (dtype != DType::i4)
    return arith::AndIOp::create(builder, loc, x, filledInteger(type, 15));
  Value four = filledInteger(type, 4);
  return arith::ShRSIOp::create(
      builder, loc, arith::ShLIOp::create(builder, loc, x, four), four);
}

static Type integersLike(OpBuilder &builder, Type type, unsigned width) {
  return withElement(type, builder.getIntegerType(width));
}

Value Importer::unpacked(Value value, DType from, DType &as) {
  as = from == DType::i4 ? DType::i8 : DType::u8;
  if (is_integer(from))
    return value;
  as = DType::f32;
  Type ints = integersLike(builder, value.getType(), 32);
  Type floats = withElement(value.getType(), builder.getF32Type());
  Value code = arith::ExtUIOp::create(builder, loc, ints, value);
  auto shifted = [&](Value x, std::int64_t places) -> Value {
    return arith::ShLIOp::create(builder, loc, x, filledInteger(ints, places));
  };
  auto masked = [&](std::int64_t mask) -> Value {
    return arith::AndIOp::create(builder, loc, code, filledInteger(ints, mask));
  };
  if (from == DType::ue8m0) {
    // 2^-127 is denormal in f32.
    Value image = arith::SelectOp::create(
        builder, loc, integer(arith::CmpIPredicate::eq, code, 0),
        filledInteger(ints, 0x400000), shifted(code, 23));
    image = arith::SelectOp::create(
        builder, loc, integer(arith::CmpIPredicate::eq, code, 255),
        filledInteger(ints, 0x7fc00000), image);
    return arith::BitcastOp::create(builder, loc, floats, image);
  }
  // Exponent and mantissa in place: the value is too small by the difference of
  // the biases, 2^126, denormals as well.
  Value image = arith::OrIOp::create(builder, loc, shifted(masked(7), 22),
                                     shifted(masked(8), 28));
  Value small = arith::BitcastOp::create(builder, loc, floats, image);
  return arith::MulFOp::create(builder, loc, small, filled(floats, 0x1p126));
}

/// To nearest even by comparing with what lies half-way; an even code wins.
Value Importer::toE2m1(Value value) {
  Type type = value.getType();
  Type bytes = integersLike(builder, type, 8);
  Value size = math::AbsFOp::create(builder, loc, value);
  Value code = filledInteger(bytes, 0);
  using P = arith::CmpFPredicate;
  static constexpr std::pair<P, double> steps[] = {
      {P::OGT, 0.25}, {P::OGE, 0.75}, {P::OGT, 1.25}, {P::OGE, 1.75},
      {P::OGT, 2.5},  {P::OGE, 3.5},  {P::OGT, 5}};
  for (auto [predicate, limit] : steps) {
    Value above = arith::CmpFOp::create(builder, loc, predicate, size,
                                        filled(type, limit));
    Value one = arith::ExtUIOp::create(builder, loc, bytes, above);
    code = arith::AddIOp::create(builder, loc, code, one);
  }
  unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
  Value image = arith::BitcastOp::create(
      builder, loc, integersLike(builder, type, width), value);
  Value negative = integer(arith::CmpIPredicate::slt, image, 0);
  Value sign = arith::SelectOp::create(
      builder, loc, negative, filledInteger(bytes, 8), filledInteger(bytes, 0));
  code = arith::OrIOp::create(builder, loc, code, sign);
  Value isNaN = arith::CmpFOp::create(builder, loc, P::UNO, value, value);
  return arith::SelectOp::create(builder, loc, isNaN, filledInteger(bytes, 7),
                                 code);
}

/// To the nearest power of two of f32 or f64, ties up: half of the mantissa
/// carries into the exponent.
Value Importer::toUe8m0(Value value) {
  Type type = value.getType();
  bool isDouble = getElementTypeOrSelf(type).isF64();
  Type ints = integersLike(builder, type, isDouble ? 64 : 32);
  Type bytes = integersLike(builder, type, 8);
  int places = isDouble ? 52 : 23;
  auto select = [&](Value condition, Value x, Value y) -> Value {
    return arith::SelectOp::create(builder, loc, condition, x, y);
  };
  auto number = [&](std::int64_t x) { return filledInteger(ints, x); };
  Value image = arith::BitcastOp::create(builder, loc, ints, value);
  Value carried = arith::AddIOp::create(
      builder, loc, image, number(std::int64_t{1} << (places - 1)));
  Value code = arith::ShRUIOp::create(builder, loc, carried, number(places));
  if (isDouble) {
    code = arith::SubIOp::create(builder, loc, code, number(1023 - 127));
    code = arith::MaxSIOp::create(builder, loc, code, number(0));
  } else {
    // 2^-127, and what is below it, are denormal.
    Value up = integer(arith::CmpIPredicate::sge, image, 0x600000);
    Value tiny = integer(arith::CmpIPredicate::slt, image, 0x800000);
    code = select(tiny, select(up, number(1), number(0)), code);
  }
  code = arith::MinSIOp::create(builder, loc, code, number(254));
  using P = arith::CmpFPredicate;
  Value low =
      arith::CmpFOp::create(builder, loc, P::OLE, value, filled(type, 0));
  Value isNaN = arith::CmpFOp::create(builder, loc, P::UNO, value, value);
  code = select(isNaN, number(255), select(low, number(0), code));
  return arith::TruncIOp::create(builder, loc, bytes, code);
}

Value Importer::packed(Value value, DType from, DType to) {
  if (is_integer(to)) {
    if (is_float(from))
      return floatToInteger(value, from, to);
    DType byte = to == DType::i4 ? DType::i8 : DType::u8;
    return nibble(integerToInteger(value, from, byte), to);
  }
  // Through a type that holds all of them, so that nothing is rounded twice.
  bool isFloat = is_float(from), scale = to == DType::ue8m0;
  DType by = from;
  if (!isFloat)
    by = scale && bits(from) > 16 ? DType::f64 : DType::f32;
  else if (bits(from) < (scale ? 32 : 16))
    by = DType::f32;
  value = castTo(value, from, by);
  return scale ? toUe8m0(value) : toE2m1(value);
}

Value Importer::packedBitcast(Value value, DType from, DType to) {
  if (bits(from) == 4)
    return nibble(value, to);
  Type type =
      withElement(value.getType(), elementType(*builder.getContext(), to));
  if (value.getType() == type)
    return value;
  return arith::BitcastOp::create(builder, loc, type, value);
}

/// Bytes of what `node` loads, each at half its element's last index.
Value Importer::loadNibbles(const ArrangedOperand &operand, Footprint where) {
  MLIRContext *context = builder.getContext();
  Type byte = builder.getI8Type();
  SmallVector<AffineExpr> results(where.map.getResults());
  AffineExpr place = builder.getAffineConstantExpr(0);
  if (!results.empty()) {
    place = (results.back() % 2) * 4;
    results.back() = results.back().floorDiv(2);
  }
  auto map =
      AffineMap::get(where.lanes, where.scalars.size(), results, context);
  auto other = static_cast<std::uint8_t>(encode(operand.dtype, operand.other));
  auto both = static_cast<std::int8_t>(other | other << 4);
  auto load = tile::LoadOp::create(
      builder, loc, RankedTensorType::get(operand.tile, byte),
      entry->getArgument(&operand - program.operands.data()), where.scalars,
      map, where.bounds, builder.getIntegerAttr(byte, both));
  setLevels(load, where);
  Value loaded = fromTensor(load);
  Value shift = fromTensor(tile::CoordinateOp::create(
      builder, loc, RankedTensorType::get(operand.tile, byte), where.scalars,
      AffineMap::get(where.lanes, where.scalars.size(), place, context)));
  Value moved = arith::ShRUIOp::create(builder, loc, loaded, shift);
  return nibble(moved, operand.dtype);
}

/// The lane dimension that walks the array's last dimension pair by pair, or a
/// CompileError: a byte is written whole.
unsigned Importer::pairedLane(const ArrangedOperand &operand,
                              const Footprint &where, Value lastSize) {
  auto refuse = [&](const std::string &why) {
    unsupported("the store to " + operand.name + " (" +
                    std::string(name(operand.dtype)) +
                    ", two elements in a byte) " + why,
                "let a tile's last dimension walk the array's last, with an "
                "even block size");
  };
  if (operand.tile.empty() || where.map.getNumResults() == 0)
    refuse("is of single elements");
  AffineExpr last = where.map.getResults().back();
  // Sizes of that dimension are even: a launch checks it.
  SmallVector<AffineExpr> evens;
  for (auto [i, scalar] : llvm::enumerate(where.scalars)) {
    AffineExpr symbol = builder.getAffineSymbolExpr(i);
    evens.push_back(scalar == lastSize ? symbol * 2 : symbol);
  }
  auto isEven = [&](AffineExpr expr) {
    return expr.replaceSymbols(evens).isMultipleOf(2);
  };
  auto at = [&](AffineExpr expr, unsigned lane, std::int64_t value) {
    return expr.replace(builder.getAffineDimExpr(lane),
                        builder.getAffineConstantExpr(value));
  };
  for (unsigned lane = 0; lane < where.lanes; ++lane) {
    AffineExpr dim = builder.getAffineDimExpr(lane);
    AffineExpr start = at(last, lane, 0);
    bool walks = simplifyAffineExpr(last - start - dim, where.lanes,
                                    where.scalars.size()) == 0;
    for (AffineExpr result : where.map.getResults().drop_back())
      walks &= !result.isFunctionOfDim(lane);
    if (!walks)
      continue;
    if (operand.tile[lane] % 2 != 0)
      refuse("has an odd number of elements in a row");
    if (!isEven(start))
      refuse("may begin inside a byte");
    for (AffineExpr limit : where.bounds
                                ? where.bounds.getValue().getConstraints()
                                : ArrayRef<AffineExpr>()) {
      // Both of a pair are inside or none is: what has to be 0 or more is even
      // for the first where it grows, odd where it falls.
      AffineExpr first = at(limit, lane, 0);
      AffineExpr step = simplifyAffineExpr(at(limit, lane, 1) - first,
                                           where.lanes, where.scalars.size());
      if (!(step == 0 || (step == 1 && isEven(first)) ||
            (step == -1 && isEven(first + 1))))
        refuse("may end inside a byte");
    }
    return lane;
  }
  refuse("does not walk the array's last dimension");
  return 0;
}

void Importer::storeNibbles(const ArrangedOperand &operand, Value stored,
                            Footprint where) {
  MLIRContext *context = builder.getContext();
  int index = &operand - program.operands.data();
  Value size = operand.rank > 0 ? sizeOf(index, operand.rank - 1) : Value();
  unsigned lane = pairedLane(operand, where, size);
  SmallVector<std::int64_t> shape(operand.tile.begin(), operand.tile.end());
  shape[lane] /= 2;
  Type half = RankedTensorType::get(shape, builder.getI8Type());
  AffineExpr dim = builder.getAffineDimExpr(lane);
  auto part = [&](std::int64_t offset) -> Value {
    SmallVector<AffineExpr> from;
    for (unsigned i = 0; i < where.lanes; ++i)
      from.push_back(builder.getAffineDimExpr(i));
    from[lane] = dim * 2 + offset;
    return tile::RemapOp::create(builder, loc, half, stored,
                                 AffineMap::get(where.lanes, 0, from, context));
  };
  Value low = nibble(part(0), DType::u4);
  Value high =
      arith::ShLIOp::create(builder, loc, part(1), filledInteger(half, 4));
  Value pairs = arith::OrIOp::create(builder, loc, low, high);
  auto doubled = [&](AffineExpr expr) { return expr.replace(dim, dim * 2); };
  SmallVector<AffineExpr> results;
  for (AffineExpr result : where.map.getResults().drop_back())
    results.push_back(result);
  AffineExpr last = where.map.getResults().back();
  AffineExpr start = last.replace(dim, builder.getAffineConstantExpr(0));
  results.push_back(start.floorDiv(2) + dim);
  IntegerSetAttr bounds;
  if (where.bounds) {
    IntegerSet set = where.bounds.getValue();
    SmallVector<AffineExpr> constraints;
    for (AffineExpr limit : set.getConstraints())
      constraints.push_back(doubled(limit));
    bounds = IntegerSetAttr::get(IntegerSet::get(
        set.getNumDims(), set.getNumSymbols(), constraints, set.getEqFlags()));
  }
  auto store = tile::StoreOp::create(
      builder, loc, pairs, entry->getArgument(index), where.scalars,
      AffineMap::get(where.lanes, where.scalars.size(), results, context),
      bounds);
  setLevels(store, where);
}

} // namespace girih::compiler

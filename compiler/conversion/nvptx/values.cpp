// SPDX-License-Identifier: Apache-2.0
// Building blocks of the emitter: types, constants, words, coordinates.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

Type Emitter::llvmType(Type type) const {
  if (isa<IndexType>(type))
    return IntegerType::get(type.getContext(), indexBits);
  if (isa<Float8E4M3FNType, Float8E5M2Type>(type))
    return IntegerType::get(type.getContext(), 8);
  return type;
}

Type Emitter::memoryType(Type element) const {
  if (element.isInteger(1))
    return IntegerType::get(element.getContext(), 8);
  return llvmType(element);
}

Value Emitter::constant32(int64_t value) {
  return LLVM::ConstantOp::create(b, loc, i32(), b.getI32IntegerAttr(value));
}

Value Emitter::narrowed(Value value) {
  if (value.getType() == i32())
    return value;
  return LLVM::TruncOp::create(b, loc, i32(), value);
}

Value Emitter::zeroOf(Type type) { return LLVM::ZeroOp::create(b, loc, type); }

Value Emitter::constantOf(Attribute value, Type type) {
  if (auto splat = dyn_cast<DenseElementsAttr>(value))
    value = splat.getSplatValue<Attribute>();
  if (auto number = dyn_cast<FloatAttr>(value);
      number && isa<Float8E4M3FNType, Float8E5M2Type>(number.getType()))
    value = b.getIntegerAttr(b.getI8Type(), number.getValue().bitcastToAPInt());
  if (auto number = dyn_cast<IntegerAttr>(value);
      number && isa<IndexType>(number.getType()))
    value = b.getIntegerAttr(llvmType(type), number.getInt());
  return LLVM::ConstantOp::create(b, loc, llvmType(type),
                                  cast<TypedAttr>(value));
}

Value Emitter::assembly(Type result, StringRef text, StringRef constraints,
                        ValueRange operands, bool sideEffects) {
  auto op = LLVM::InlineAsmOp::create(
      b, loc, result ? TypeRange(result) : TypeRange(), operands, text,
      constraints, sideEffects, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None, LLVM::AsmDialectAttr(),
      ArrayAttr());
  return result ? op.getResult(0) : Value();
}

Type Emitter::structOf(Type element, int64_t count) {
  if (count == 1)
    return element;
  return LLVM::LLVMStructType::getLiteral(b.getContext(),
                                          SmallVector<Type>(count, element));
}

Registers Emitter::parts(Value structure) {
  auto type = dyn_cast<LLVM::LLVMStructType>(structure.getType());
  if (!type)
    return {structure};
  Registers values;
  for (int64_t i = 0, end = type.getBody().size(); i < end; ++i)
    values.push_back(LLVM::ExtractValueOp::create(b, loc, structure, i));
  return values;
}

Value Emitter::intrinsic(Type result, StringRef name, ValueRange operands) {
  if (result)
    return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr(name), operands);
  return {};
}

Value Emitter::bitcast(Value value, Type type) {
  if (value.getType() == type)
    return value;
  return LLVM::BitcastOp::create(b, loc, type, value);
}

/// The word that these elements, all of it, were taken from; null if none.
static Value wordOf(ArrayRef<Value> values) {
  Value vector;
  for (auto [part, value] : llvm::enumerate(values)) {
    auto taken = value.getDefiningOp<LLVM::ExtractElementOp>();
    APInt position;
    if (!taken || (vector && taken.getVector() != vector) ||
        !matchPattern(taken.getPosition(), m_ConstantInt(&position)) ||
        position != part)
      return {};
    vector = taken.getVector();
  }
  auto word = vector.getDefiningOp<LLVM::BitcastOp>();
  return word && word.getArg().getType().isInteger(32) ? word.getArg()
                                                       : Value();
}

Registers Emitter::pack(ArrayRef<Value> values) {
  Type element = values.front().getType();
  unsigned bits = element.getIntOrFloatBitWidth();
  Registers result;
  if (bits == 32) {
    for (Value value : values)
      result.push_back(bitcast(value, i32()));
    return result;
  }
  // One vector of elements the size of one word, or of two for 64 bits.
  unsigned perVector = bits == 64 ? 1 : 32 / bits;
  for (size_t i = 0; i < values.size(); i += perVector) {
    Value vector = values[i];
    if (perVector > 1) {
      if (Value word = wordOf(values.slice(i, perVector))) {
        result.push_back(word);
        continue;
      }
      vector =
          LLVM::UndefOp::create(b, loc, VectorType::get(perVector, element));
      for (unsigned part = 0; part < perVector; ++part)
        vector = LLVM::InsertElementOp::create(b, loc, vector, values[i + part],
                                               constant32(part));
      result.push_back(bitcast(vector, i32()));
      continue;
    }
    vector = bitcast(vector, VectorType::get(2, i32()));
    for (int part : {0, 1})
      result.push_back(
          LLVM::ExtractElementOp::create(b, loc, vector, constant32(part)));
  }
  return result;
}

Registers Emitter::unpack(ArrayRef<Value> words, Type element) {
  unsigned bits = element.getIntOrFloatBitWidth();
  Registers result;
  if (bits == 64) {
    for (size_t i = 0; i < words.size(); i += 2) {
      Value vector = LLVM::UndefOp::create(b, loc, VectorType::get(2, i32()));
      for (int part : {0, 1})
        vector = LLVM::InsertElementOp::create(b, loc, vector, words[i + part],
                                               constant32(part));
      result.push_back(bitcast(vector, element));
    }
    return result;
  }
  for (Value word : words) {
    if (bits == 32) {
      result.push_back(bitcast(word, element));
      continue;
    }
    Value vector = bitcast(word, VectorType::get(32 / bits, element));
    for (unsigned part = 0; part < 32 / bits; ++part)
      result.push_back(
          LLVM::ExtractElementOp::create(b, loc, vector, constant32(part)));
  }
  return result;
}

Value Emitter::linear(Value value, ArrayRef<uint64_t> bases) {
  // Bits that move by the same distance move together.
  SmallVector<std::pair<int, uint64_t>> shifts;
  for (auto [bit, basis] : llvm::enumerate(bases))
    for (int to = 0; to < 32; ++to) {
      if (!(basis >> to & 1))
        continue;
      int distance = to - static_cast<int>(bit);
      auto *found = llvm::find_if(
          shifts, [&](auto &shift) { return shift.first == distance; });
      if (found == shifts.end()) {
        shifts.push_back({distance, 0});
        found = &shifts.back();
      }
      found->second |= uint64_t(1) << bit;
    }
  Value sum;
  for (auto [distance, mask] : shifts) {
    Value term = LLVM::AndOp::create(b, loc, value, constant32(mask));
    if (distance > 0)
      term = LLVM::ShlOp::create(b, loc, term, constant32(distance));
    if (distance < 0)
      term = LLVM::LShrOp::create(b, loc, term, constant32(-distance));
    sum = sum ? Value(LLVM::XOrOp::create(b, loc, sum, term)) : term;
  }
  return sum ? sum : constant32(0);
}

SmallVector<Value> Emitter::threadCoords(const Layout &layout) {
  return inEntry([&] {
    SmallVector<Value> coords;
    Coords extents = layout.atomShape();
    IntegerBuilder integers = words();
    for (int dim = 0; dim < layout.rank(); ++dim) {
      Value coord = constant32(0);
      for (auto [axis, index] :
           {std::pair(Axis::lane, lane), std::pair(Axis::warp, warp)}) {
        SmallVector<uint64_t> bases;
        for (const Coords &basis : layout.bases(axis))
          bases.push_back(basis[dim]);
        if (llvm::any_of(bases, [](uint64_t basis) { return basis != 0; }))
          coord = integers.add(coord, linear(index, bases));
      }
      coords.push_back(coord);
    }
    // Digits of the warp number beyond the atom's bits.
    Value rest;
    for (const Repeat &repeat : layout.repeats()) {
      if (repeat.axis == Axis::warp) {
        if (!rest)
          rest = LLVM::LShrOp::create(
              b, loc, warp, constant32(layout.bases(Axis::warp).size()));
        Value radix = constant32(repeat.count);
        Value digit = LLVM::URemOp::create(b, loc, rest, radix);
        rest = LLVM::UDivOp::create(b, loc, rest, radix);
        if (repeat.dim >= 0)
          coords[repeat.dim] = integers.add(
              coords[repeat.dim],
              integers.mul(digit, constant32(extents[repeat.dim])));
      }
      if (repeat.dim >= 0)
        extents[repeat.dim] *= repeat.count;
    }
    return coords;
  });
}

SmallVector<uint64_t> threadMasks(const Layout &layout) {
  SmallVector<uint64_t> masks;
  for (int dim = 0; dim < layout.rank(); ++dim)
    masks.push_back(layout.mask(Axis::lane, dim) |
                    layout.mask(Axis::warp, dim));
  return masks;
}

SmallVector<Value> Emitter::widened(ArrayRef<Value> coords) {
  SmallVector<Value> result(coords);
  if (indexBits == 64)
    for (Value &coord : result)
      coord = inEntry([&]() -> Value {
        return LLVM::ZExtOp::create(b, loc, b.getI64Type(), coord);
      });
  return result;
}

Layout Emitter::layoutOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return cast<tile::LayoutAttr>(tensor.getEncoding()).getLayout();
}
Layout Emitter::layoutOf(Value value) { return layoutOf(value.getType()); }

SmallVector<Value> Emitter::scalarsOf(ValueRange values) {
  SmallVector<Value> result;
  for (Value value : values)
    result.push_back(scalar(value));
  return result;
}

SmallVector<Value> Emitter::stridesOf(Value view) {
  return llvm::to_vector(ArrayRef<Value>(operands[view].strides));
}

} // namespace girih::compiler

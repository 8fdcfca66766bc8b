// SPDX-License-Identifier: Apache-2.0
// Printing, and PTX of the user's own.
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/dsl/support/lane_text.h"

using namespace mlir;

namespace girih::compiler {

LLVM::LLVMFuncOp Emitter::external(StringRef name, Type result,
                                   ArrayRef<Type> arguments) {
  if (auto found = into.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return found;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(into.getBody());
  if (!result)
    result = LLVM::LLVMVoidType::get(b.getContext());
  return LLVM::LLVMFuncOp::create(
      b, loc, name, LLVM::LLVMFunctionType::get(result, arguments));
}

Value Emitter::textConstant(StringRef text) {
  std::string bytes = text.str() + '\0';
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  LLVM::GlobalOp &global = textGlobals[text];
  if (!global) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(into.getBody());
    std::string name =
        kernel.getName().str() + "_text" + std::to_string(textGlobals.size());
    global = LLVM::GlobalOp::create(
        b, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
        b.getStringAttr(bytes), /*alignment=*/1, /*addrSpace=*/1);
  }
  Value address = LLVM::AddressOfOp::create(b, loc, global);
  return LLVM::AddrSpaceCastOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), address);
}

void Emitter::printLine(Value format, ArrayRef<Value> numbers) {
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  Type i64 = b.getI64Type();
  auto count = static_cast<int64_t>(numbers.size());
  Value buffer = inEntry([&]() -> Value {
    return LLVM::AllocaOp::create(b, loc, pointer, i64, constant32(count), 8);
  });
  for (auto [i, number] : llvm::enumerate(numbers)) {
    Value slot =
        LLVM::GEPOp::create(b, loc, pointer, i64, buffer,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    LLVM::StoreOp::create(b, loc, number, slot, 8);
  }
  auto vprintf = external("vprintf", i32(), {pointer, pointer});
  LLVM::CallOp::create(b, loc, vprintf, ValueRange{format, buffer});
}

/// A number as vprintf takes it: 64 bits wide.
static Value widest(OpBuilder &b, Location loc, Value value, bool isUnsigned) {
  Type i64 = b.getI64Type();
  if (value.getType() == i64 || value.getType().isF64())
    return value;
  if (isa<FloatType>(value.getType()))
    return LLVM::FPExtOp::create(b, loc, b.getF64Type(), value);
  if (isUnsigned)
    return LLVM::ZExtOp::create(b, loc, i64, value);
  return LLVM::SExtOp::create(b, loc, i64, value);
}

/// `x` in a format: percent signs doubled.
static std::string escaped(StringRef text) {
  std::string result;
  for (char c : text)
    result += c == '%' ? std::string("%%") : std::string(1, c);
  return result;
}

/// The value as vprintf takes it, and how it is written.
Value Emitter::printed(Value value, Type element, bool isUnsigned,
                       std::string &format) {
  if (element.isInteger(1)) {
    format = "%s";
    Value yes = textConstant("true"), no = textConstant("false");
    Value text = LLVM::SelectOp::create(b, loc, value, yes, no);
    return LLVM::PtrToIntOp::create(b, loc, b.getI64Type(), text);
  }
  format = "%lld";
  if (!isa<FloatType>(element))
    return widest(b, loc, value, isUnsigned);
  unsigned bits = llvm::APFloat::semanticsPrecision(
      cast<FloatType>(element).getFloatSemantics());
  format = "%." + std::to_string(decimal_digits(static_cast<int>(bits))) + "g";
  Value wide = floatCast(value, element, b.getF64Type());
  Value isNaN =
      LLVM::FCmpOp::create(b, loc, LLVM::FCmpPredicate::uno, wide, wide);
  // Its sign says nothing.
  Value positive = LLVM::FAbsOp::create(b, loc, wide);
  return LLVM::SelectOp::create(b, loc, isNaN, positive, wide);
}

/// A scalar, or nothing at all, is printed by one thread.
static Layout oneThread(int warps) {
  Layout layout(0);
  for (int bit = 0; bit < 5; ++bit)
    layout.basis(Axis::lane, {});
  return layout.repeat(Axis::warp, -1, warps);
}

void Emitter::printValue(const std::string &text, Value value,
                         bool isUnsigned) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  Type element = getElementTypeOrSelf(value.getType());
  Layout layout = tensor ? layoutOf(value) : oneThread(options.warps);
  std::string line = "program %lld";
  for (int dim = 0; dim < layout.rank(); ++dim)
    line += dim ? ", %lld" : ", lane [%lld";
  line += layout.rank() ? "]: " : ": ";
  line += text + (text.empty() ? "" : " = ");
  Value owner = ownerMask(layout);
  SmallVector<Value> thread = threadCoords(layout), parts;
  flatten(value, parts);
  for (auto [reg, part] : llvm::enumerate(parts)) {
    Coords constant = layout.coordinates(static_cast<int64_t>(reg), 0, 0);
    Value mask = owner;
    if (tensor)
      mask = words().both(
          mask, insideMask(layout, tensor.getShape(), constant, thread));
    doWhere(mask, [&] {
      SmallVector<Value> numbers{flatProgram()};
      for (auto [coord, add] : llvm::zip_equal(thread, constant))
        numbers.push_back(
            widest(b, loc, words().add(coord, constant32(add)), true));
      std::string format;
      numbers.push_back(printed(part, element, isUnsigned, format));
      printLine(textConstant(line + format + "\n"), numbers);
    });
  }
}

LogicalResult Emitter::emitTile(tile::PrintOp print) {
  std::string text = escaped(print.getText());
  if (print.getValues().empty()) {
    Value format = textConstant("program %lld: " + text + "\n");
    doWhere(ownerMask(oneThread(options.warps)),
            [&] { printLine(format, flatProgram()); });
  }
  for (auto [value, isUnsigned] :
       llvm::zip_equal(print.getValues(), print.getIsUnsigned()))
    printValue(text, value, isUnsigned);
  return success();
}

/// Register class of inline PTX, and the type that it holds.
static char registerClass(OpBuilder &b, Type type, Type &held) {
  unsigned bits = type.getIntOrFloatBitWidth();
  held = type;
  if (type.isF64())
    return 'd';
  if (type.isF32())
    return 'f';
  if (bits == 1)
    return 'b';
  if (bits <= 16) {
    held = b.getI16Type();
    return 'h';
  }
  return bits == 32 ? 'r' : 'l';
}

Value Emitter::inlinePtx(tile::InlinePtxOp ptx, ArrayRef<Value> inputs) {
  Type result = llvmType(getElementTypeOrSelf(ptx.getType())), held;
  std::string constraints = "=";
  constraints += registerClass(b, result, held);
  SmallVector<Value> operands;
  for (Value input : inputs) {
    Type type = input.getType(), wanted;
    constraints += ',';
    constraints += registerClass(b, type, wanted);
    if (type.getIntOrFloatBitWidth() == wanted.getIntOrFloatBitWidth())
      operands.push_back(bitcast(input, wanted));
    else
      operands.push_back(LLVM::ZExtOp::create(b, loc, wanted, input));
  }
  Value value = assembly(held, ptx.getText(), constraints, operands,
                         /*sideEffects=*/false);
  if (held.getIntOrFloatBitWidth() == result.getIntOrFloatBitWidth())
    return bitcast(value, result);
  return LLVM::TruncOp::create(b, loc, result, value);
}

LogicalResult Emitter::emitTile(tile::InlinePtxOp ptx) {
  SmallVector<SmallVector<Value>> inputs;
  for (Value input : ptx.getInputs())
    flatten(input, inputs.emplace_back());
  auto type = dyn_cast<RankedTensorType>(ptx.getType());
  int64_t count = type ? layoutOf(type).size(Axis::reg) : 1;
  SmallVector<Value> results;
  for (int64_t reg = 0; reg < count; ++reg) {
    SmallVector<Value> operands;
    for (const SmallVector<Value> &input : inputs)
      operands.push_back(input[reg]);
    results.push_back(inlinePtx(ptx, operands));
  }
  bind(ptx.getResult(), results);
  return success();
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/functions.h"

#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/remainder.h"
#include "girih/compiler/elementary/list.h"
#include "girih/compiler/elementary/two_over_pi.h"

using namespace mlir;

namespace girih::compiler {

namespace {

using Single = DeviceArithmetic<false>;
using Double = DeviceArithmetic<true>;

struct Function {
  StringRef name;
  Value (*single)(Single &f, ValueRange x);
  Value (*doubled)(Double &f, ValueRange x);
  bool isShort; // in f32: inline; only then without branches
};

const Function &functionOf(StringRef name) {
#define GIRIH_BODY(NAME, ARITHMETIC, ...)                                      \
  [](ARITHMETIC &f, ValueRange x) -> Value {                                   \
    return elementary::NAME(f, __VA_ARGS__);                                   \
  }
#define GIRIH_UNARY(NAME, OPERATION, SHORT)                                    \
  {#NAME, GIRIH_BODY(NAME, Single, Value(x[0])),                               \
   GIRIH_BODY(NAME, Double, Value(x[0])), SHORT},
#define GIRIH_BINARY(NAME, OPERATION, SHORT)                                   \
  {#NAME, GIRIH_BODY(NAME, Single, Value(x[0]), Value(x[1])),                  \
   GIRIH_BODY(NAME, Double, Value(x[0]), Value(x[1])), SHORT},
  static const Function table[] = {
      GIRIH_UNARY_FUNCTIONS(GIRIH_UNARY) GIRIH_BINARY_FUNCTIONS(GIRIH_BINARY)
      // Not in the list, as it is made of blocks.
      {"fmod", remainder<false>, remainder<true>, false}};
#undef GIRIH_BODY
#undef GIRIH_UNARY
#undef GIRIH_BINARY
  for (const Function &function : table)
    if (function.name == name)
      return function;
  llvm_unreachable("all functions are listed");
}

/// An empty function of `count` numbers of `type`, which reads no memory and
/// is not worth repeating at its calls.
LLVM::LLVMFuncOp declare(OpBuilder &b, ModuleOp module, StringRef name,
                         Type type, unsigned count) {
  SmallVector<Type> types(count, type);
  b.setInsertionPointToStart(module.getBody());
  auto made = LLVM::LLVMFuncOp::create(b, b.getUnknownLoc(), name,
                                       LLVM::LLVMFunctionType::get(type, types),
                                       LLVM::Linkage::Internal);
  SmallVector<LLVM::ModRefInfo> none(6, LLVM::ModRefInfo::NoModRef);
  made.setMemoryEffectsAttr(LLVM::MemoryEffectsAttr::get(b.getContext(), none));
  made.setNoUnwind(true);
  made.setWillReturn(true);
  made.setNoInline(true);
  return made;
}

} // namespace

template <> Value DeviceArithmetic<true>::twoOverPi(Value word) {
  constexpr StringRef name = "girih_two_over_pi";
  auto table = module.lookupSymbol<LLVM::GlobalOp>(name);
  auto words = ArrayRef(elementary::twoOverPiWords);
  if (!table) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto type = RankedTensorType::get({int64_t(words.size())}, ints());
    auto array = LLVM::LLVMArrayType::get(ints(), words.size());
    table = LLVM::GlobalOp::create(b, loc, array, true, LLVM::Linkage::Internal,
                                   name, DenseElementsAttr::get(type, words), 8,
                                   /*addrSpace=*/1);
  }
  Value base = LLVM::AddressOfOp::create(b, loc, table);
  Value place = LLVM::GEPOp::create(b, loc, base.getType(), ints(), base,
                                    ArrayRef<LLVM::GEPArg>{word});
  return LLVM::LoadOp::create(b, loc, ints(), place);
}

Value emitFunction(OpBuilder &b, Location loc, ModuleOp module, StringRef name,
                   ValueRange operands) {
  const Function &function = functionOf(name);
  Type type = operands[0].getType();
  if (!type.isF64() && function.isShort) {
    Single f(b, loc, module);
    return function.single(f, operands);
  }
  std::string symbol =
      ("girih_" + name + (type.isF64() ? "_f64" : "_f32")).str();
  auto made = module.lookupSymbol<LLVM::LLVMFuncOp>(symbol);
  if (!made) {
    OpBuilder::InsertionGuard guard(b);
    made = declare(b, module, symbol, type, operands.size());
    Location inside = b.getUnknownLoc();
    b.setInsertionPointToStart(made.addEntryBlock(b));
    Single f(b, inside, module);
    Double d(b, inside, module);
    Value result = type.isF64() ? function.doubled(d, made.getArguments())
                                : function.single(f, made.getArguments());
    LLVM::ReturnOp::create(b, inside, result);
  }
  return LLVM::CallOp::create(b, loc, made, operands).getResult();
}

} // namespace girih::compiler

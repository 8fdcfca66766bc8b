// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/nvptx/functions.h"

#include "girih/compiler/conversion/nvptx/arithmetic.h"
#include "girih/compiler/conversion/nvptx/remainder.h"
#include "girih/compiler/elementary/angles.h"
#include "girih/compiler/elementary/exponentials.h"
#include "girih/compiler/elementary/logarithms.h"
#include "girih/compiler/elementary/power.h"
#include "girih/compiler/elementary/trigonometry.h"
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
#define GIRIH_UNARY(NAME, SHORT)                                               \
  {#NAME, GIRIH_BODY(NAME, Single, Value(x[0])),                               \
   GIRIH_BODY(NAME, Double, Value(x[0])), SHORT}
#define GIRIH_BINARY(NAME)                                                     \
  {                                                                            \
    #NAME, GIRIH_BODY(NAME, Single, Value(x[0]), Value(x[1])),                 \
        GIRIH_BODY(NAME, Double, Value(x[0]), Value(x[1])), false              \
  }
  static const Function table[] = {
      GIRIH_UNARY(exp, true),
      GIRIH_UNARY(exp2, true),
      GIRIH_UNARY(expm1, true),
      GIRIH_UNARY(log, true),
      GIRIH_UNARY(log2, true),
      GIRIH_UNARY(log1p, false),
      GIRIH_UNARY(sin, false),
      GIRIH_UNARY(cos, false),
      GIRIH_UNARY(tan, false),
      GIRIH_UNARY(asin, false),
      GIRIH_UNARY(acos, false),
      GIRIH_UNARY(atan, false),
      GIRIH_UNARY(sinh, false),
      GIRIH_UNARY(cosh, true),
      GIRIH_UNARY(tanh, true),
      GIRIH_UNARY(asinh, false),
      GIRIH_UNARY(acosh, false),
      GIRIH_UNARY(atanh, false),
      GIRIH_UNARY(erf, true),
      GIRIH_BINARY(pow),
      GIRIH_BINARY(atan2),
      {"fmod", remainder<false>, remainder<true>, false},
  };
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

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/functions.h"

#include "girih/compiler/conversion/host/arithmetic.h"
#include "girih/compiler/elementary/angles.h"
#include "girih/compiler/elementary/exponentials.h"
#include "girih/compiler/elementary/logarithms.h"
#include "girih/compiler/elementary/power.h"
#include "girih/compiler/elementary/trigonometry.h"
#include "girih/compiler/elementary/two_over_pi.h"

#include "llvm/IR/Module.h"

using llvm::ArrayRef;

namespace girih::compiler::host {

namespace {

using Single = Arithmetic<false>;
using Write = Reg (*)(Single &f, ArrayRef<Reg> in);

struct Function {
  llvm::StringRef name;
  Write write;
  bool isShort; // inline; only then without branches
};

const Function &functionOf(llvm::StringRef name) {
#define GIRIH_UNARY(NAME, SHORT)                                               \
  Function{                                                                    \
      #NAME,                                                                   \
      [](Single &f, ArrayRef<Reg> in) { return elementary::NAME(f, in[0]); },  \
      SHORT}
#define GIRIH_BINARY(NAME)                                                     \
  Function {                                                                   \
    #NAME,                                                                     \
        [](Single &f, ArrayRef<Reg> in) {                                      \
          return elementary::NAME(f, in[0], in[1]);                            \
        },                                                                     \
        false                                                                  \
  }
  static const Function table[] = {
      GIRIH_UNARY(exp, true),    GIRIH_UNARY(exp2, true),
      GIRIH_UNARY(expm1, true),  GIRIH_UNARY(log, true),
      GIRIH_UNARY(log2, true),   GIRIH_UNARY(log1p, false),
      GIRIH_UNARY(sin, false),   GIRIH_UNARY(cos, false),
      GIRIH_UNARY(tan, false),   GIRIH_UNARY(asin, false),
      GIRIH_UNARY(acos, false),  GIRIH_UNARY(atan, false),
      GIRIH_UNARY(sinh, false),  GIRIH_UNARY(cosh, true),
      GIRIH_UNARY(tanh, true),   GIRIH_UNARY(asinh, false),
      GIRIH_UNARY(acosh, false), GIRIH_UNARY(atanh, false),
      GIRIH_UNARY(erf, true),    GIRIH_BINARY(pow),
      GIRIH_BINARY(atan2),
  };
#undef GIRIH_UNARY
#undef GIRIH_BINARY
  for (const Function &function : table)
    if (function.name == name)
      return function;
  llvm_unreachable("all functions are listed");
}

/// The module's own function for registers of this width.
llvm::Function *outlined(llvm::Module &module, const Function &function,
                         llvm::Type *type, unsigned arguments) {
  unsigned width = widthOf(type);
  std::string name =
      ("girih." + function.name + "." + llvm::Twine(width)).str();
  if (llvm::Function *made = module.getFunction(name))
    return made;
  llvm::SmallVector<llvm::Type *> types(arguments, type);
  auto *made =
      llvm::Function::Create(llvm::FunctionType::get(type, types, false),
                             llvm::GlobalValue::InternalLinkage, name, module);
  // So that calls can be shared and taken out of loops.
  made->setDoesNotAccessMemory();
  made->setDoesNotThrow();
  made->setWillReturn();
  Builder ir(llvm::BasicBlock::Create(module.getContext(), "", made));
  llvm::SmallVector<Reg> in;
  for (llvm::Argument &argument : made->args())
    in.push_back(&argument);
  Single f(ir, width);
  ir.CreateRet(function.write(f, in));
  return made;
}

} // namespace

template <> Reg Arithmetic<true>::twoOverPi(Reg word) {
  llvm::Module *module = ir.GetInsertBlock()->getModule();
  auto *table = module->getNamedGlobal("girih.two_over_pi");
  if (!table) {
    auto *words = llvm::ConstantDataArray::get(
        ir.getContext(), llvm::ArrayRef(elementary::twoOverPiWords));
    table = new llvm::GlobalVariable(*module, words->getType(), true,
                                     llvm::GlobalValue::InternalLinkage, words,
                                     "girih.two_over_pi");
  }
  auto lookUp = [&](Reg index) {
    Reg place = ir.CreateGEP(ir.getInt64Ty(), table, index);
    return ir.CreateLoad(ir.getInt64Ty(), place);
  };
  if (width == 0)
    return lookUp(word);
  Reg result = llvm::PoisonValue::get(ints);
  for (unsigned lane = 0; lane < width; ++lane)
    result = ir.CreateInsertElement(
        result, lookUp(ir.CreateExtractElement(word, lane)), lane);
  return result;
}

Reg emitFunction(Builder &ir, llvm::StringRef name, ArrayRef<Reg> in) {
  const Function &function = functionOf(name);
  llvm::Type *type = in[0]->getType();
  if (function.isShort) {
    Single f(ir, widthOf(type));
    return function.write(f, in);
  }
  llvm::Module &module = *ir.GetInsertBlock()->getModule();
  return ir.CreateCall(outlined(module, function, type, in.size()), in);
}

} // namespace girih::compiler::host

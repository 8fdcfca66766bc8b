// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/functions.h"

#include "girih/compiler/conversion/host/arithmetic.h"
#include "girih/compiler/elementary/brief.h"
#include "girih/compiler/elementary/list.h"
#include "girih/compiler/elementary/remainder.h"
#include "girih/compiler/elementary/two_over_pi.h"

#include "llvm/ADT/StringSwitch.h"
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
#define GIRIH_UNARY(NAME, OPERATION, SHORT)                                    \
  {#NAME,                                                                      \
   [](Single &f, ArrayRef<Reg> in) { return elementary::NAME(f, in[0]); },     \
   SHORT},
#define GIRIH_BINARY(NAME, OPERATION, SHORT)                                   \
  {#NAME,                                                                      \
   [](Single &f, ArrayRef<Reg> in) {                                           \
     return elementary::NAME(f, in[0], in[1]);                                 \
   },                                                                          \
   SHORT},
  static const Function table[] = {GIRIH_UNARY_FUNCTIONS(GIRIH_UNARY)
                                       GIRIH_BINARY_FUNCTIONS(GIRIH_BINARY)};
#undef GIRIH_UNARY
#undef GIRIH_BINARY
  for (const Function &function : table)
    if (function.name == name)
      return function;
  llvm_unreachable("all functions are listed");
}

/// The module's own function for registers of this width.
llvm::Function *outlined(llvm::Module &module, const Function &function,
                         const Machine &machine, llvm::Type *type,
                         unsigned arguments) {
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
  ir.machine = machine;
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
  return ir.CreateCall(outlined(module, function, ir.machine, type, in.size()),
                       in);
}

Reg emitRemainder(Builder &ir, Reg dividend, Reg divisor) {
  static const Function function{
      "fmod",
      [](Single &f, ArrayRef<Reg> in) {
        auto near = elementary::nearRemainder(f, in[0], in[1]);
        return f.usually(near.isRight, near.value,
                         [&] { return f.rem(in[0], in[1]); });
      },
      false};
  llvm::Module &module = *ir.GetInsertBlock()->getModule();
  return ir.CreateCall(
      outlined(module, function, ir.machine, dividend->getType(), 2),
      {dividend, divisor});
}

Reg emitBrief(Builder &ir, llvm::StringRef name, Reg in) {
  namespace brief = elementary::brief;
  using Brief = Reg (*)(Single &f, Reg x);
  auto write = llvm::StringSwitch<Brief>(name)
                   .Case("exp", brief::exp<Single, Reg>)
                   .Case("exp2", brief::exp2<Single, Reg>)
                   .Case("quickExp2", brief::quickExp2<Single, Reg>)
                   .Case("onePlusErf", brief::onePlusErf<Single, Reg>)
                   .Case("onePlusTanh", brief::onePlusTanh<Single, Reg>)
                   .Default(nullptr);
  Single f(ir, widthOf(in->getType()));
  return write(f, in);
}

} // namespace girih::compiler::host

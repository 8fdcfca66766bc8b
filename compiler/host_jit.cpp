// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/host_jit.h"

#include "girih/compiler/code_generation.h"

#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"

namespace girih::compiler {

namespace {

using MachinePointer = std::unique_ptr<llvm::TargetMachine>;

llvm::Expected<MachinePointer> makeMachine(const Target &target) {
  static const bool initialised = [] {
    return !llvm::InitializeNativeTarget() &&
           !llvm::InitializeNativeTargetAsmPrinter();
  }();
  if (!initialised)
    return llvm::createStringError("LLVM has no native target");
  std::string error;
  llvm::Triple triple(llvm::sys::getProcessTriple());
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return llvm::createStringError(error);
  MachinePointer machine(found->createTargetMachine(
      triple, target.arch, target.features, llvm::TargetOptions(),
      llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default,
      /*JIT=*/true));
  if (!machine)
    return llvm::createStringError("LLVM made no target machine for %s",
                                   target.arch.c_str());
  return machine;
}

/// What the emitter leaves to LLVM: common subexpressions and what is invariant
/// in loops. Everything else it emits as it should be.
void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(
      llvm::LICMPass(llvm::LICMOptions()), /*UseMemorySSA=*/true));
  runOnFunctions(module, machine, passes);
}

} // namespace

llvm::Error configureForHost(llvm::Module &module, const Target &target) {
  auto machine = makeMachine(target);
  if (!machine)
    return machine.takeError();
  module.setTargetTriple((*machine)->getTargetTriple());
  module.setDataLayout((*machine)->createDataLayout());
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.arch);
    function.addFnAttr("target-features", target.features);
    // CPUs that clock down under 512-bit work say that they prefer 256; a
    // kernel is nothing but such work.
    function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr("min-legal-vector-width", "512");
  }
  return llvm::Error::success();
}

llvm::Expected<std::string> compileToObject(llvm::Module &module,
                                            const Target &target) {
  auto machine = makeMachine(target);
  if (!machine)
    return machine.takeError();
  optimise(module, **machine);
  auto object =
      generateCode(module, **machine, llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return llvm::createStringError("LLVM cannot emit objects for this host");
  return std::move(*object);
}

} // namespace girih::compiler

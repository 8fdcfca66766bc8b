// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/code_generation.h"

#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace girih::compiler {

std::unique_ptr<llvm::Module> parseEdited(llvm::StringRef text,
                                          llvm::StringRef entry,
                                          llvm::LLVMContext &context,
                                          std::string &problem) {
  problem = "[override] the text given for stage llvm is not LLVM IR: ";
  llvm::SMDiagnostic error;
  auto module = llvm::parseAssemblyString(text, error, context);
  if (!module) {
    problem += "line " + std::to_string(error.getLineNo()) + ": " +
               error.getMessage().str();
    return nullptr;
  }
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*module, &stream))
    return nullptr;
  llvm::Function *kernel = module->getFunction(entry);
  if (kernel && !kernel->isDeclaration())
    return module;
  problem = "[override] the text given for stage llvm does not define the "
            "kernel's function";
  return nullptr;
}

void runOnFunctions(llvm::Module &module, llvm::TargetMachine &machine,
                    llvm::FunctionPassManager &passes) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      passes.run(function, functions);
}

std::optional<std::string> generateCode(llvm::Module &module,
                                        llvm::TargetMachine &machine,
                                        llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, type,
                                  /*DisableVerify=*/true))
    return std::nullopt;
  passes.run(module);
  return std::string(code.begin(), code.end());
}

} // namespace girih::compiler

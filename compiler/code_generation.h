// SPDX-License-Identifier: Apache-2.0
// What both back ends have LLVM do with a module that they wrote.
#pragma once

#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Support/CodeGen.h"

#include <memory>
#include <optional>
#include <string>

namespace llvm {
class TargetMachine;
}

namespace girih::compiler {

/// The user's LLVM IR instead of ours. Null where it does not parse, breaks
/// LLVM's rules or lacks the kernel `entry`: `problem` is then the error.
std::unique_ptr<llvm::Module> parseEdited(llvm::StringRef text,
                                          llvm::StringRef entry,
                                          llvm::LLVMContext &context,
                                          std::string &problem);

/// Runs `passes` over every function that has a body.
void runOnFunctions(llvm::Module &module, llvm::TargetMachine &machine,
                    llvm::FunctionPassManager &passes);

/// The module as assembly or an object file; nothing where the target has no
/// such thing.
std::optional<std::string> generateCode(llvm::Module &module,
                                        llvm::TargetMachine &machine,
                                        llvm::CodeGenFileType type);

} // namespace girih::compiler

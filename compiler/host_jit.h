// SPDX-License-Identifier: Apache-2.0
// LLVM IR -> object file for the host. Loading one is load_host in compiler.h.
#pragma once

#include "girih/compiler/compiler.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

namespace girih::compiler {

/// Gives `module` the target's triple and data layout and its functions the
/// target's CPU and features, so that they may use the widest vectors.
llvm::Error configureForHost(llvm::Module &module, const Target &target);

/// Optimises and compiles a configured module to an object file.
llvm::Expected<std::string> compileToObject(llvm::Module &module,
                                            const Target &target);

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// NVIDIA targets: LLVM IR to PTX.
#pragma once

#include "girih/compiler/nvptx_generations.h"

#include "llvm/ADT/StringRef.h"

namespace llvm {
class Module;
}

namespace girih::compiler {

/// The target with at least this PTX version, as 84 for 8.4.
Target withPtx(Target target, int version);

/// The target of "sm_<capability><suffix>", or nothing where no devices are
/// called so. Without a suffix it is what devices of that capability take.
std::optional<Target> nvptxTargetNamed(int capability, llvm::StringRef suffix);

/// Optimises the module and writes it as PTX, in process. On failure nothing,
/// and `error` says why.
std::optional<std::string> makePtx(llvm::Module &module, const Target &target,
                                   std::string &error);

} // namespace girih::compiler

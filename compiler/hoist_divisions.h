// SPDX-License-Identifier: Apache-2.0
// Taking divisions out of loops.
#pragma once

#include "llvm/IR/PassManager.h"

namespace girih::compiler {

/// Takes what does not change in a loop out of it although a branch may skip
/// it: integer divisions by what is above 0, and what else has no effect.
/// LLVM's own LICM leaves such divisions, as it knows only constants not to be
/// 0; and a row of a flattened dimension costs two of them in each round. Loops
/// are in simplified form.
class HoistDivisions : public llvm::PassInfoMixin<HoistDivisions> {
public:
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &manager);
};

} // namespace girih::compiler

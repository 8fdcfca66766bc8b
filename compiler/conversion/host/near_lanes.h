// SPDX-License-Identifier: Apache-2.0
// Reads of lanes that lie a few elements apart, as those of neighbouring
// windows do: a few whole vectors are read and the lanes picked out of them,
// which costs a fraction of a gather.
#pragma once

#include "girih/compiler/analysis/access.h"
#include "girih/compiler/conversion/host/ir.h"

namespace girih::compiler::host {

/// Whether lanes `step` elements apart are worth reading so.
bool isNear(int64_t step);

/// How many elements lie between neighbouring lanes along `lane` but at the
/// places where a quotient or a remainder of the access's map wraps, provided
/// that those are rare or only known at run time. A guess: what is read must
/// not depend on it. Nothing where there is no such constant.
std::optional<int64_t> usualStep(const Access &access, unsigned lane);

/// Lane i is the element `step` * i of `type`, a vector type, behind `pointer`.
/// Reads nothing before the first or behind the last of them.
Reg loadNear(Builder &ir, llvm::Type *type, Reg pointer, int64_t step);

/// Lane i is the element `offsets`[i] behind `pointer`. Where the lanes are two
/// pieces, each of lanes `step` apart, they are read as such, else by `gather`.
/// `wanted` are the lanes that may be read; null for all.
Reg loadPieces(Builder &ir, llvm::Type *type, Reg pointer, Reg offsets,
               int64_t step, Reg wanted, llvm::function_ref<Reg()> gather);

} // namespace girih::compiler::host

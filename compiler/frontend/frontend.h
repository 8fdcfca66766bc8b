// SPDX-License-Identifier: Apache-2.0
// Program -> module of the tile dialect.
#pragma once

#include "girih/dsl/program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace girih::compiler {

/// Builds the module of `program`, which has passed verify(): one kernel named
/// kernelName(program). Every operation carries its node's source line. Throws
/// CompileError [unsupported] for index maps that are not affine in the lanes
/// and for packed dtypes. `checked` adds levelsAttr.
mlir::OwningOpRef<mlir::ModuleOp> importProgram(const Program &program,
                                                mlir::MLIRContext &context,
                                                bool checked = false);

/// Of a load or store, what a checked run looks at: affine maps over its
/// scalars, one for each index into a level that is data or a number. Each
/// gives the dimension among those of all levels, the index, the level's size,
/// and the data that the index was computed from: nothing is reached by purpose
/// where one of these is `nowhere`.
inline constexpr llvm::StringLiteral levelsAttr = "tile.levels";

/// The kernel's symbol: `girih_` and the Program's name, with `_` for what a
/// symbol cannot hold.
std::string kernelName(const Program &program);

/// The builtin type that stands for `type` in tiles; null for packed types.
mlir::Type elementType(mlir::MLIRContext &context, DType type);

} // namespace girih::compiler

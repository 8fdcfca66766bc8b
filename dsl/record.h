// SPDX-License-Identifier: Apache-2.0
// Recording: a kernel's two functions -> Program.
#pragma once

#include "girih/dsl/make.h"
#include "girih/dsl/program.h"

#include <span>
#include <string>
#include <vector>

namespace girih {

/// Records `source` for operands of the given dtypes, ranks and classes (empty:
/// nothing known) and one Config. `index32` promises that every element offset
/// of every operand fits in 31 bits. Throws CompileError with the user's line.
/// Callable from many threads.
Program record(const KernelSource &source, std::span<const DType> dtypes,
               std::span<const int> ranks,
               std::span<const OperandClass> classes, const Config &config,
               bool index32 = true);

/// A block size as an arrangement asks for it.
struct BlockUse {
  std::string name;
  std::int64_t fallback = 0; // 0: none
  std::vector<Expr> covers;  // sizes of operands that it is not below
  SourceLine where;
};

/// The block sizes that the arrangement asks for, in the order of first use.
std::vector<BlockUse> block_sizes(const KernelSource &source,
                                  std::span<const int> ranks);

/// A kernel's name as a message can show it, also where it is refused.
std::string printable_name(std::string name);

} // namespace girih

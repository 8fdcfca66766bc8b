// SPDX-License-Identifier: Apache-2.0
// The outside tools that inspect uses: ptxas and disassemblers.
#pragma once

#include <string>

namespace girih {

/// Machine code made by ptxas, and what ptxas said.
struct Assembly {
  std::string cubin, log;
};
/// Runs ptxas. Throws RuntimeError [file] naming what to install or set when
/// there is none, CompileError with its text when it refuses the PTX.
Assembly assemble_ptx(const std::string &ptx, const std::string &arch);

/// SASS of a cubin, by nvdisasm or cuobjdump; searched beside ptxas and in
/// PATH. Throws RuntimeError [file] when there is neither.
std::string disassemble_cubin(const std::string &cubin);

/// Instructions of a host object file, by llvm-objdump or objdump. Throws
/// RuntimeError [file] when there is neither.
std::string disassemble_object(const std::string &object);

} // namespace girih

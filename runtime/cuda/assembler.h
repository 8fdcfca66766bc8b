// SPDX-License-Identifier: Apache-2.0
// PTX -> machine code, as whole programs: by ptxas where there is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace girih::cuda {

/// What ptxas made of one kernel.
struct Assembled {
  std::string cubin = {};
  int registers = 0;
  std::int64_t spill_bytes = 0; // stores and loads of a thread
  std::int64_t stack_bytes = 0;
  bool serialized_wgmma = false;
  std::string log = {};
  double seconds = 0;
};

/// GIRIH_PTXAS, or ptxas of CUDA_HOME, CUDA_PATH, PATH or /usr/local/cuda;
/// empty where there is none or GIRIH_PTXAS is `off`. Throws RuntimeError
/// [file] when GIRIH_PTXAS names no program.
std::string find_ptxas();

/// Runs `ptxas` on PTX text for `arch` ("sm_90a"). Callable from many threads;
/// each call is a process. Throws CompileError [assembler] with ptxas's own
/// text when it refuses, RuntimeError [file] when it cannot be run.
Assembled assemble(std::string_view ptx, const std::string &arch,
                   const std::string &ptxas);

/// How many registers a thread has where an SM holds 1024 threads, on every GPU
/// that we know.
inline constexpr int registers_of_1024_threads = 64;

/// Whether it is worth a try to hold a kernel to that: it takes a little more.
bool nearly_of_1024_threads(const Assembled &assembled);

/// The PTX of one kernel with a limit (`.maxnreg`) of registers a thread. As it
/// was where it has one or is not made of one kernel.
std::string with_register_limit(std::string_view ptx, int registers);

/// Fills everything but `cubin` and `seconds` from what `ptxas -v` printed.
Assembled parse_ptxas_log(std::string log);

} // namespace girih::cuda

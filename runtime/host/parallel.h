// SPDX-License-Identifier: Apache-2.0
// Programs of a host kernel, spread over the cores. Not installed.
#pragma once

#include "girih/compiler/compiler.h"

#include <cstdint>

namespace girih {

/// Runs programs [0, programs) of `entry` on all cores and returns when they
/// are done. Each thread gets `scratch_bytes` of 64-byte aligned scratch.
/// Honours GIRIH_NUM_THREADS; results do not depend on the number of threads.
/// Throws what an assertion in the kernel says.
/// Callable from many threads, from within a kernel's caller of its own, and in
/// a forked child.
void run_parallel(compiler::HostEntry entry, const std::int64_t *params,
                  std::int64_t programs, std::int64_t scratch_bytes);

/// Threads that run_parallel uses at most: GIRIH_NUM_THREADS, or the cores that
/// affinity and control groups leave to this process.
int host_threads();

} // namespace girih

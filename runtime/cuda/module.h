// SPDX-License-Identifier: Apache-2.0
// Machine code on a device. Not installed.
#pragma once

#include "girih/runtime/cache/stored_kernel.h"
#include "girih/runtime/cuda/gpu.h"

namespace girih::cuda {

/// A kernel loaded on one device. Never unloaded: a launch may be under way.
struct LoadedFunction {
  FunctionHandle function = nullptr;
  int registers = 0;
  std::int64_t local_bytes = 0; // of a thread
  std::int64_t static_shared = 0;
  int max_threads = 0;
  /// Of code that is persistent: blocks that the device has room for at once;
  /// else 0.
  int resident_blocks = 0;
  double load_seconds = 0;
};

/// Loads a cubin, or PTX through the driver's assembler. Throws CompileError
/// [assembler] with the driver's log, [shared-memory] or [registers] when the
/// device cannot hold the kernel, RuntimeError [cuda] else.
LoadedFunction load_module(const Gpu &gpu, const StoredKernel &kernel,
                           const std::string &kernel_name);

/// Whether a failed load means that the device's driver cannot read this cubin,
/// though it may assemble the PTX itself.
bool unreadable_image(Result result);

/// The image is not readable by this driver: thrown by load_module for cubins.
struct UnreadableImage {
  Result result;
};

} // namespace girih::cuda

// SPDX-License-Identifier: Apache-2.0
// One launch on a GPU, of our kernels and of those written in CUDA C++. Not
// installed.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/cuda/gpu.h"

#include <array>
#include <cstddef>
#include <span>

namespace girih {

/// What is launched, with its block of parameters.
struct GpuLaunch {
  const cuda::Gpu &gpu;
  cuda::FunctionHandle function = nullptr;
  std::array<unsigned, 3> grid{1, 1, 1}, block{1, 1, 1};
  unsigned shared_bytes = 0;
  const void *parameters = nullptr;
  std::size_t parameter_bytes = 0;
  /// Instead of the block: where each parameter is.
  void **parameter_list = nullptr;
  /// Programmatic dependent launch: it may begin before what precedes it in the
  /// stream has ended. The code must wait by griddepcontrol.wait.
  bool pdl = false;
  bool sync = false; // GIRIH_DEBUG=sync
};

/// Submits to `stream`, or to the stream that this thread captures where that
/// names none; one call of the driver once the context is current. `arrays` are
/// what the kernel works on: a capture keeps them alive, and their memory is
/// put in the order of the stream. Throws RuntimeError [cuda] or [capture].
void launch_on_gpu(const GpuLaunch &launch,
                   std::span<const Array *const> arrays, const Stream &stream,
                   const cuda::LaunchSite *site);

} // namespace girih

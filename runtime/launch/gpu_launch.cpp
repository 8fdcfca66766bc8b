// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/gpu_launch.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/device_pool.h"

namespace girih {
namespace {

/// Whether a launch in `stream` becomes part of the capture. Other streams of
/// the device may be joined to it.
bool captured(const Capture &capture, const cuda::Gpu &gpu,
              const Stream &stream) {
  int status = 0;
  return stream.native() == capture.stream.native() ||
         (gpu.api().cuStreamIsCapturing(stream.native(), &status) ==
              cuda::success &&
          status != 0);
}

/// Before CUDA 12.3 a graph cannot hold such a dependence. The kernel's own
/// wait then finds nothing to wait for.
bool overlaps(const GpuLaunch &launch, const Capture *capture) {
  return launch.pdl && launch.gpu.api().cuLaunchKernelEx &&
         (!capture || launch.gpu.properties().driver_version >= 12030);
}

cuda::Result submit(const GpuLaunch &launch, cuda::StreamHandle stream,
                    bool overlapping) {
  std::size_t bytes = launch.parameter_bytes;
  void *block[] = {cuda::launch_buffer_pointer(),
                   const_cast<void *>(launch.parameters),
                   cuda::launch_buffer_size(), &bytes, cuda::launch_end()};
  void **list = launch.parameter_list, **extra = list ? nullptr : block;
  const auto &[grid_x, grid_y, grid_z] = launch.grid;
  const auto &[block_x, block_y, block_z] = launch.block;
  if (!overlapping)
    return launch.gpu.api().cuLaunchKernel(
        launch.function, grid_x, grid_y, grid_z, block_x, block_y, block_z,
        launch.shared_bytes, stream, list, extra);
  cuda::LaunchAttribute attribute{};
  attribute.id = cuda::launch_programmatic_serialization;
  attribute.programmatic_serialization = 1;
  const cuda::LaunchConfig config{grid_x,
                                  grid_y,
                                  grid_z,
                                  block_x,
                                  block_y,
                                  block_z,
                                  launch.shared_bytes,
                                  stream,
                                  &attribute,
                                  1};
  return launch.gpu.api().cuLaunchKernelEx(&config, launch.function, list,
                                           extra);
}

} // namespace

void launch_on_gpu(const GpuLaunch &launch,
                   std::span<const Array *const> arrays, const Stream &stream,
                   const cuda::LaunchSite *site) {
  const cuda::Gpu &gpu = launch.gpu;
  gpu.require_alive();
  const cuda::ContextScope scope(gpu);
  Capture *capture = capture_on(gpu.device());
  const Stream &used = capture && !stream.bound() ? capture->stream : stream;
  if (capture && !captured(*capture, gpu, used))
    capture = nullptr;
  for (const Array *array : arrays)
    if (capture)
      capture->keep(array->owner());
    else
      cuda::DevicePool::note_use(array->owner(), used);
  const bool overlapping = overlaps(launch, capture);
  const cuda::Result result = submit(launch, used.native(), overlapping);
  if (result != cuda::success)
    gpu.check(result, overlapping ? "cuLaunchKernelEx" : "cuLaunchKernel",
              site);
  if (capture) {
    capture->name_kernel(site->kernel);
    return;
  }
  gpu.note_launch(site);
  if (launch.sync)
    gpu.wait_for_launch(used.native(), site);
}

} // namespace girih

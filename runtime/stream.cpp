// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/stream.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/event.h"

namespace girih {

Stream Stream::create(Device device) {
  Stream made;
  made.bound_ = true;
  made.device_ = device;
  if (device.kind == Device::Kind::host)
    return made;
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  cuda::ContextScope scope(gpu);
  gpu.check(gpu.api().cuStreamCreate(&made.native_, cuda::stream_non_blocking),
            "cuStreamCreate");
  made.owner_ = std::shared_ptr<void>(made.native_, [&gpu](void *old) {
    if (cuda::forked_from_cuda())
      return;
    gpu.pool().end_stream(old);
    gpu.api().cuStreamDestroy(old);
  });
  return made;
}

Stream Stream::wrap(void *native, Device device) {
  Stream made;
  made.native_ = native == cuda::stream_legacy() ? nullptr : native;
  made.bound_ = true;
  made.device_ = device;
  return made;
}

void Stream::synchronize() const {
  const Device device = bound_ ? device_ : default_device();
  const Capture *capture = capture_on(device);
  if (capture && (!bound_ || native_ == capture->stream.native()))
    refuse_in_capture(device, "Stream::synchronize()");
  if (device.kind == Device::Kind::host)
    return;
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  cuda::ContextScope scope(gpu);
  gpu.check(gpu.api().cuStreamSynchronize(native_), "cuStreamSynchronize");
}

void Stream::wait(const Event &event) const {
  if (!event.native())
    return;
  const Device device = bound_ ? device_ : event.device();
  const Capture *capture = capture_on(device);
  void *const native = capture && !bound_ ? capture->stream.native() : native_;
  if (device.kind == Device::Kind::host)
    return event.synchronize();
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  gpu.require_alive();
  cuda::ContextScope scope(gpu);
  gpu.check(gpu.api().cuStreamWaitEvent(native, event.native(), 0),
            "cuStreamWaitEvent");
}

} // namespace girih

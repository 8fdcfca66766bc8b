// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/event.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>

namespace girih {

struct Event::State {
  Device device;
  const cuda::Gpu *gpu = nullptr; // null on the host
  cuda::EventHandle handle = nullptr;
  std::atomic<bool> recorded{false};
  std::atomic<std::int64_t> nanoseconds{0}; // host: when it was recorded

  ~State() {
    if (handle && !cuda::forked_from_cuda())
      gpu->api().cuEventDestroy(handle);
  }
};

Event::Event(Device device) : state_(std::make_shared<State>()) {
  state_->device = device;
  if (device.kind == Device::Kind::host)
    return;
  state_->gpu = &cuda::gpu(device.index);
  state_->gpu->require_alive();
  cuda::ContextScope scope(*state_->gpu);
  state_->gpu->check(state_->gpu->api().cuEventCreate(&state_->handle, 0),
                     "cuEventCreate");
}

void Event::record(const Stream &stream) {
  if (stream.bound() && stream.device() != state_->device)
    fail(ErrorId::device,
         fmt::format("an event of {} cannot be recorded in a stream "
                     "of {}",
                     state_->device.to_string(), stream.device().to_string()));
  if (state_->gpu) {
    state_->gpu->require_alive();
    cuda::ContextScope scope(*state_->gpu);
    const Capture *capture = capture_on(state_->device);
    const Stream &used = capture && !stream.bound() ? capture->stream : stream;
    state_->gpu->check(
        state_->gpu->api().cuEventRecord(state_->handle, used.native()),
        "cuEventRecord");
  } else {
    state_->nanoseconds =
        std::chrono::duration_cast<std::chrono::nanoseconds>(
            std::chrono::steady_clock::now().time_since_epoch())
            .count();
  }
  state_->recorded = true;
}

bool Event::done() const {
  if (!state_->gpu || !state_->recorded)
    return true;
  const cuda::Result result = state_->gpu->api().cuEventQuery(state_->handle);
  if (result == cuda::error_not_ready)
    return false;
  state_->gpu->check(result, "cuEventQuery");
  return true;
}

void Event::synchronize() const {
  if (state_->gpu && state_->recorded)
    state_->gpu->check(state_->gpu->api().cuEventSynchronize(state_->handle),
                       "cuEventSynchronize");
}

Device Event::device() const { return state_->device; }

void *Event::native() const { return state_->handle; }

double seconds_between(const Event &begin, const Event &end) {
  const auto &from = *begin.state_;
  const auto &to = *end.state_;
  if (from.device != to.device || !from.recorded || !to.recorded)
    fail(ErrorId::argument, "a time needs two recorded events of one device");
  end.synchronize();
  if (!from.gpu)
    return 1e-9 * static_cast<double>(to.nanoseconds - from.nanoseconds);
  float milliseconds = 0;
  from.gpu->check(
      from.gpu->api().cuEventElapsedTime(&milliseconds, from.handle, to.handle),
      "cuEventElapsedTime");
  return 1e-3 * static_cast<double>(milliseconds);
}

} // namespace girih

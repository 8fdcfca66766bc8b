// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/device.h"

#include "girih/dsl/support/cpu_limit.h"
#include "girih/dsl/support/env.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <charconv>

namespace girih {

std::string Device::to_string() const {
  return kind == Kind::host ? "host" : fmt::format("cuda:{}", index);
}

Device default_device() {
  if (const auto wanted = env("GIRIH_DEVICE"))
    return parse_device(*wanted);
  return cuda_device_count() > 0 ? cuda_device(0) : host_device;
}

Device parse_device(const std::string &text) {
  if (text == "host" || text == "cpu")
    return host_device;
  if (text == "cuda")
    return cuda_device(0);
  if (text.starts_with("cuda:")) {
    int index = 0;
    const char *end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 5, end, index);
    if (error == std::errc() && stop == end && index >= 0)
      return cuda_device(index);
  }
  fail(ErrorId::device, fmt::format("'{}' is no device", text),
       {.help = "devices are written host, cuda or cuda:1"});
}

int cuda_device_count() {
  if (cuda::forked_from_cuda())
    return 0;
  const cuda::DriverTable *table = cuda::current_driver().table;
  int count = 0;
  if (!table || table->cuDeviceGetCount(&count) != cuda::success)
    return 0;
  return count;
}

std::string cuda_unavailable_reason() {
  if (cuda_device_count() > 0)
    return {};
  if (cuda::forked_from_cuda())
    return "this process was forked from one that had started CUDA";
  const std::string &reason = cuda::current_driver().reason;
  return reason.empty() ? "the CUDA driver finds no device" : reason;
}

const DeviceProperties &properties(Device device) {
  if (device.kind == Device::Kind::cuda)
    return cuda::gpu(device.index).properties();
  static const DeviceProperties *const host = [] {
    auto *made = new DeviceProperties;
    made->name = "host";
    made->processors = cpu_limit();
    return made;
  }();
  return *host;
}

void synchronize(Device device) {
  refuse_in_capture(device, "synchronize()");
  if (device.kind == Device::Kind::cuda)
    cuda::gpu(device.index).synchronize();
}

} // namespace girih

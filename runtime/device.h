// SPDX-License-Identifier: Apache-2.0
// Devices: where an Array lives and a kernel runs.
#pragma once

#include <cstdint>
#include <string>

namespace girih {

/// Where an Array lives and a kernel runs.
struct Device {
  enum class Kind : std::uint8_t { host, cuda };
  Kind kind = Kind::host;
  int index = 0;
  bool operator==(const Device &) const = default;
  std::string to_string() const; // "host", "cuda:0"
};

inline constexpr Device host_device{};
/// The CUDA device of that number. Nothing is checked before it is used.
constexpr Device cuda_device(int index = 0) {
  return {Device::Kind::cuda, index};
}
/// cuda:0 where there is a usable GPU, else the host.
Device default_device();
/// Reads Device::to_string's text; "cuda" is cuda:0. Throws RuntimeError.
Device parse_device(const std::string &text);

/// What the library knows of a device.
struct DeviceProperties {
  std::string name;
  int compute_capability = 0; // 90 for 9.0; 0 on the host
  int processors = 0;         // multiprocessors, or threads of the host
  std::int64_t memory_bytes = 0;
  std::int64_t l2_bytes = 0;
  std::int64_t shared_bytes = 0; // the most one program can ask for
  int driver_version = 0;        // 12040 for 12.4; 0 on the host
};

/// Number of usable CUDA devices; 0 without a driver. Never throws.
int cuda_device_count();
/// Why cuda_device_count() is 0, as one line; empty when it is not.
std::string cuda_unavailable_reason();
/// Throws RuntimeError [driver] or [device] when there is no such device.
const DeviceProperties &properties(Device device);
/// Waits until everything submitted to the device has run. Throws RuntimeError
/// [cuda] naming the kernel when one of them failed.
void synchronize(Device device);

} // namespace girih

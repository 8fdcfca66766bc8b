// SPDX-License-Identifier: Apache-2.0
// Memory of both kinds of device, and copies between them. Not installed.
#pragma once

#include "girih/runtime/device.h"
#include "girih/runtime/stream.h"

#include <cstddef>
#include <memory>

namespace girih {

/// Alignment of all memory that the library makes.
inline constexpr std::size_t memory_alignment = 256;

/// Memory of the pool of `device`, given back with the last copy of the
/// pointer. On a GPU it is in the order of the default stream. Throws
/// RuntimeError [out-of-memory]. Null for 0 bytes.
std::shared_ptr<void> allocate(std::size_t bytes, Device device);
/// The same in `stream`'s order.
std::shared_ptr<void> allocate_on(const Stream &stream, std::size_t bytes);

/// The same, but nothing that was submitted to any stream touches it, and a
/// capture of this thread does not own it. `stream` is bound.
std::shared_ptr<void> allocate_apart(const Stream &stream, std::size_t bytes);

/// Zeros, which all that uses them leaves as zeros, such as counters that
/// kernels reset: setting them again is spared where it costs a launch. In the
/// order of `stream`; a capture has those of each of its streams to itself.
std::shared_ptr<void> allocate_zeros(const Stream &stream, Device device,
                                     std::size_t bytes);

/// Copies between any two devices; complete when it returns, and ordered after
/// what the default streams hold. Refused while a GPU is captured.
void copy_bytes(void *to, Device to_device, const void *from,
                Device from_device, std::size_t bytes);
/// Sets bytes; complete when it returns.
void fill_bytes(void *to, Device device, std::uint8_t byte, std::size_t bytes);

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// CudaKernel: a kernel written in CUDA C++, compiled at run time by NVRTC.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/kernel.h"
#include "girih/runtime/stream.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <source_location>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace girih {

/// An argument of a CudaKernel: an Array is passed as its pointer, anything
/// else as the bytes that it has in C++. Refers to the Array.
class CudaArgument {
public:
  static constexpr std::size_t most_bytes = 64;

  CudaArgument(const Array &array) // NOLINT: implicit by design
      : array_(&array), size_(sizeof(void *)), alignment_(alignof(void *)) {
    void *const data = array.data();
    std::memcpy(bytes_.data(), &data, sizeof data);
  }
  template <class T>
    requires(std::is_trivially_copyable_v<T> && sizeof(T) <= most_bytes)
  CudaArgument(const T &value) // NOLINT: implicit by design
      : size_(sizeof(T)), alignment_(alignof(T)) {
    std::memcpy(bytes_.data(), &value, sizeof(T));
  }

  const Array *array() const { return array_; }
  std::size_t alignment() const { return alignment_; }
  std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }

private:
  const Array *array_ = nullptr;
  std::array<std::byte, most_bytes> bytes_{};
  std::size_t size_, alignment_;
};

/// Blocks of a grid, or threads of a block.
struct CudaDim {
  unsigned x = 1, y = 1, z = 1;
};

/// How many blocks of how many threads, and where.
struct CudaGrid {
  CudaDim blocks{};
  CudaDim threads{128};
  std::int64_t shared_bytes = 0; // dynamic shared memory of a block
  Stream stream{};               // of the Arrays' device
  /// The kernel may begin before what precedes it in the stream has ended: it
  /// must wait by griddepcontrol.wait (cudaGridDependencySynchronize()).
  bool pdl = false;
  /// The line of the call that it is written in, for errors; leave it.
  std::source_location where = std::source_location::current();
};

/// A callable kernel; a cheap, thread-safe value handle.
class CudaKernel {
public:
  /// scale({.blocks = {8}}, x, 2.0f, n). The device is that of the Arrays, else
  /// of the stream. Numbers are passed in their own type: write 2.0f for a
  /// float, std::int64_t{n} for a long long. Returns when submitted. Throws
  /// RuntimeError (argument, device, null, cuda, nvrtc-missing) or CompileError
  /// [nvrtc] from a first call.
  template <class... Arguments>
  void operator()(const CudaGrid &grid, const Arguments &...arguments) const {
    const std::array<CudaArgument, sizeof...(Arguments)> all{
        CudaArgument(arguments)...};
    launch(grid, all, grid.where);
  }
  void
  launch(const CudaGrid &grid, std::span<const CudaArgument> arguments,
         std::source_location where = std::source_location::current()) const;

  /// Does all that a first call on that device does, save running.
  KernelReport
  prepare(Device device = default_device(),
          std::source_location where = std::source_location::current()) const;

  const std::string &name() const;

private:
  CudaKernel() = default;
  friend CudaKernel cuda_kernel(std::string, std::string,
                                std::vector<std::string>, std::source_location);
  struct State;
  std::shared_ptr<State> state_;
};

/// Keeps the text of a CUDA C++ kernel; it is compiled at its first call on
/// each kind of GPU, and cached on disk like every kernel. `name` is that of
/// the
/// __global__ function: `scale`, or an instance such as `ns::scale<float>`.
/// `options` are NVRTC's, such as "--use_fast_math"; CUDA's own headers are
/// found. Needs libnvrtc (GIRIH_NVRTC), a GPU, and nothing else of CUDA.
CudaKernel
cuda_kernel(std::string source, std::string name,
            std::vector<std::string> options = {},
            std::source_location where = std::source_location::current());

} // namespace girih

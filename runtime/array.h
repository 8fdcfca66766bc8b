// SPDX-License-Identifier: Apache-2.0
// Array: data at run time.
#pragma once

#include "girih/dsl/dtype.h"
#include "girih/runtime/device.h"
#include "girih/runtime/stream.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

// DLPack's own structures, as <dlpack/dlpack.h> defines them.
struct DLManagedTensor;
struct DLManagedTensorVersioned;

namespace girih {

/// What may happen to the memory of an Array while kernels run.
enum class Access : std::uint8_t {
  write,     // anything
  settled,   // the same, but nothing that still runs writes it
  read_only, // no kernel writes it through this Array
  constant,  // nothing writes it any more
};

/// Whether a kernel may read it before those ahead of it have ended.
constexpr bool is_settled(Access access) {
  return access == Access::settled || access == Access::constant;
}

/// The largest rank of an Array.
inline constexpr int max_rank = 8;

/// A view of memory: pointer, shape, strides in elements, dtype, device.
/// Copying copies the view, without allocating; memory made by the library is
/// shared and reference-counted. Elements of the 4-bit types are packed two in
/// a byte, low half first, and their strides count elements.
class Array {
public:
  Array() = default;
  /// Wraps memory that `owner`, or else the caller, keeps alive. `strides` may
  /// be empty (row major). Throws RuntimeError [shape] for negative sizes, a
  /// rank above max_rank or ranks that disagree, [null] for a null pointer
  /// with elements behind it, [argument] for a misaligned one.
  Array(void *data, std::span<const std::int64_t> shape, DType dtype,
        Device device = host_device, std::span<const std::int64_t> strides = {},
        std::shared_ptr<void> owner = {});
  Array(void *data, std::initializer_list<std::int64_t> shape, DType dtype,
        Device device = host_device,
        std::initializer_list<std::int64_t> strides = {});

  /// Uninitialised row-major memory, 256-byte aligned, of the device's pool
  /// (pool.h).
  static Array empty(std::span<const std::int64_t> shape, DType dtype,
                     Device device = default_device());
  static Array empty(std::initializer_list<std::int64_t> shape, DType dtype,
                     Device device = default_device());
  /// The same in a stream's order on a CUDA device: what copies outside that
  /// stream must wait for it first. On the host it is empty().
  static Array empty_on(const Stream &stream,
                        std::span<const std::int64_t> shape, DType dtype);
  /// Zeroed memory.
  static Array zeros(std::span<const std::int64_t> shape, DType dtype,
                     Device device = default_device());
  static Array zeros(std::initializer_list<std::int64_t> shape, DType dtype,
                     Device device = default_device());
  /// Copies `values` in row-major order, converting each to `dtype`: floats
  /// round to nearest even, integers truncate and saturate. Throws RuntimeError
  /// [shape] when their number differs.
  static Array from(std::span<const double> values,
                    std::span<const std::int64_t> shape, DType dtype,
                    Device device = default_device());
  static Array from(std::span<const double> values,
                    std::initializer_list<std::int64_t> shape, DType dtype,
                    Device device = default_device());

  /// A number for an operand of rank 0: kernels on every device get it with
  /// their other parameters, not from memory, and no value of it compiles
  /// anything anew. Converted as by from(); read-only. Elsewhere it is an Array
  /// of shape [] on the host.
  static Array scalar(double value, DType dtype);
  static Array scalar(std::int64_t value, DType dtype);
  static Array scalar(int value, DType dtype) {
    return scalar(std::int64_t{value}, dtype);
  }

  /// Takes over a tensor of another library without a copy: its deleter is
  /// called once, when the last copy of the Array goes or before this throws.
  /// The producer's work must be in the order of the streams that use the
  /// Array. Throws RuntimeError [dlpack] for a dtype, device or version that we
  /// lack.
  static Array from_dlpack(DLManagedTensor *tensor);
  static Array from_dlpack(DLManagedTensorVersioned *tensor);
  /// Shares the memory with another library, which calls the deleter when done.
  /// A read-only Array has only the versioned form (DLPack 1.0).
  DLManagedTensor *to_dlpack() const;
  DLManagedTensorVersioned *to_dlpack_versioned() const;

  int rank() const { return rank_; }
  std::span<const std::int64_t> shape() const {
    return {dims_.data(), static_cast<std::size_t>(rank_)};
  }
  /// In elements.
  std::span<const std::int64_t> strides() const {
    return {dims_.data() + max_rank, static_cast<std::size_t>(rank_)};
  }
  /// Size and stride of one dimension; -1 is the last. Throw RuntimeError
  /// [index].
  std::int64_t size(int dim) const;
  std::int64_t stride(int dim) const;
  std::int64_t numel() const;
  /// Bytes that numel() elements take when packed.
  std::int64_t nbytes() const;
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }
  /// Address of element (0, …, 0).
  void *data() const { return data_; }
  /// Keeps the memory alive; empty for a wrapped pointer without an owner.
  const std::shared_ptr<void> &owner() const { return owner_; }
  bool contiguous() const;
  /// "bf16[128, 64] on cuda:0"
  std::string to_string() const;

  /// Memory that kernels may not write: an Out or InOut of it is refused.
  bool read_only() const { return access_ >= Access::read_only; }
  Array as_read_only() const;
  /// Memory that nothing writes any more, as the weights of a model: a kernel
  /// may read it before those ahead of it in the stream have ended. Read-only.
  /// Waits for the device, so that what has been written is there; from then on
  /// it is the caller's promise. Throws RuntimeError [capture] while the device
  /// is captured.
  Array as_constant() const;
  Access access() const { return access_; }
  /// The same view under the promise of another Array of the same memory.
  Array with_access(Access access) const;
  /// Whether it is passed by value: made by scalar(). Views of it are not.
  bool by_value() const { return by_value_; }

  /// Views; no copy. Throw RuntimeError [shape] or [index]. reshape() takes one
  /// size of -1 and needs a contiguous array; slice() takes step >= 1.
  Array reshape(std::span<const std::int64_t> shape) const;
  Array reshape(std::initializer_list<std::int64_t> shape) const;
  Array transpose(int dim0, int dim1) const;
  Array slice(int dim, std::int64_t begin, std::int64_t end,
              std::int64_t step = 1) const;
  /// Removes dimension `dim` by fixing its index.
  Array select(int dim, std::int64_t index) const;
  /// Dimensions of size 1 repeated with stride 0 to the given shape.
  Array broadcast_to(std::span<const std::int64_t> shape) const;

  /// A contiguous copy on `device`; complete when it returns.
  Array to(Device device) const;
  /// A contiguous copy on the same device, converted as by from().
  Array to(DType dtype) const;
  /// Copies the elements of `source`, of the same shape and dtype, into this
  /// one, whatever the strides and devices.
  void copy_from(const Array &source) const;
  /// Sets every byte of a contiguous array: poison, or zero.
  void fill_bytes(std::uint8_t byte) const;
  /// All elements in row-major order as doubles (i64 beyond 2^53 loses bits).
  std::vector<double> to_vector() const;

private:
  std::shared_ptr<void> owner_;
  void *data_ = nullptr;
  std::array<std::int64_t, 2 * max_rank> dims_{}; // sizes, then strides
  Device device_;
  std::int8_t rank_ = 0;
  DType dtype_ = DType::f32;
  Access access_ = Access::write;
  bool by_value_ = false;
};

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// What moves or converts the elements of Arrays.
#include "girih/runtime/array.h"
#include "girih/runtime/capture.h"
#include "girih/runtime/elements.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/launch/overlap.h"
#include "girih/runtime/memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace girih {
namespace {

using Sizes = std::span<const std::int64_t>;

/// Calls visit(offset) for each element in row-major order; offsets in elements
/// from element (0, …, 0).
template <class Visit> void for_each_offset(const Array &array, Visit visit) {
  const int rank = array.rank();
  if (array.numel() == 0)
    return;
  std::array<std::int64_t, max_rank> index{};
  std::int64_t offset = 0;
  while (true) {
    visit(offset);
    int dim = rank - 1;
    for (; dim >= 0; --dim) {
      const auto at = static_cast<std::size_t>(dim);
      if (++index[at] < array.shape()[at]) {
        offset += array.strides()[at];
        break;
      }
      // The stride of a single element may be anything: it is not used.
      index[at] = 0;
      if (array.shape()[at] > 1)
        offset -= array.strides()[at] * (array.shape()[at] - 1);
    }
    if (dim < 0)
      return;
  }
}

/// Host memory holding everything between the first and the last element of a
/// strided array: `base` is where element (0, …, 0) lies.
struct Window {
  std::shared_ptr<void> memory;
  std::byte *base = nullptr;
  ByteRange range;
  std::size_t bytes() const {
    return static_cast<std::size_t>(range.end - range.begin);
  }
};

Window window_of(const Array &array) {
  Window window;
  window.range = byte_range(array);
  window.memory = allocate(window.bytes(), host_device);
  window.base =
      static_cast<std::byte *>(window.memory.get()) - window.range.begin;
  return window;
}

/// The same elements in host memory, with the same strides; no copy when it is
/// there already.
Array on_host(const Array &array) {
  if (array.device().kind == Device::Kind::host || array.numel() == 0)
    return array;
  const Window window = window_of(array);
  copy_bytes(window.memory.get(), host_device,
             static_cast<std::byte *>(array.data()) + window.range.begin,
             array.device(), window.bytes());
  return {window.base, array.shape(),   array.dtype(),
          host_device, array.strides(), window.memory};
}

/// Rows of `to` and `from` along one dimension, by index over the others.
void copy_on_host(const Array &to, const Array &from) {
  if (to.rank() == 0) {
    copy_element(to.data(), 0, from.data(), 0, to.dtype());
    return;
  }
  const std::int64_t length = to.size(-1);
  const std::int64_t to_step = to.stride(-1), from_step = from.stride(-1);
  const bool runs = to_step == 1 && from_step == 1 && bits(to.dtype()) >= 8;
  const auto first_of_row = [](const Array &array) {
    return array.numel() > 0 ? array.slice(-1, 0, 1) : array;
  };
  std::vector<std::int64_t> rows;
  for_each_offset(first_of_row(from),
                  [&](std::int64_t at) { rows.push_back(at); });
  std::size_t next = 0;
  for_each_offset(first_of_row(to), [&](std::int64_t to_row) {
    const std::int64_t from_row = rows[next++];
    if (runs) {
      const std::int64_t width = bytes(to.dtype());
      std::memcpy(static_cast<std::byte *>(to.data()) + to_row * width,
                  static_cast<const std::byte *>(from.data()) +
                      from_row * width,
                  static_cast<std::size_t>(length * width));
      return;
    }
    for (std::int64_t at = 0; at < length; ++at)
      copy_element(to.data(), to_row + at * to_step, from.data(),
                   from_row + at * from_step, to.dtype());
  });
}

} // namespace

Array Array::from(std::span<const double> values, Sizes shape, DType dtype,
                  Device device) {
  refuse_in_capture(device, "Array::from()");
  refuse_in_capture(host_device, "Array::from()");
  Array made = empty(shape, dtype, host_device);
  if (made.numel() != static_cast<std::int64_t>(values.size()))
    fail(ErrorId::shape,
         fmt::format("{} values for {}", values.size(), made.to_string()));
  if (bits(dtype) < 8)
    made.fill_bytes(0); // the unused half of a last byte
  for (std::size_t at = 0; at < values.size(); ++at)
    write_element(made.data(), static_cast<std::int64_t>(at), dtype,
                  values[at]);
  return device.kind == Device::Kind::host ? made : made.to(device);
}

Array Array::scalar(double value, DType dtype) {
  auto word = std::make_shared<std::int64_t>(0);
  write_element(word.get(), 0, dtype, value);
  void *data = word.get();
  Array made(data, Sizes(), dtype, host_device, {}, std::move(word));
  made.access_ = Access::read_only;
  made.by_value_ = true;
  return made;
}

Array Array::scalar(std::int64_t value, DType dtype) {
  Array made = scalar(static_cast<double>(value), dtype);
  if (dtype == DType::i64) // which holds more than a double does
    *static_cast<std::int64_t *>(made.data_) = value;
  return made;
}

Array Array::to(Device device) const {
  Array result = empty(shape(), dtype_, device);
  if (bits(dtype_) < 8)
    result.fill_bytes(0);
  result.copy_from(*this);
  return result;
}

Array Array::to(DType dtype) const {
  refuse_in_capture(device_, "a conversion");
  const Array source = on_host(*this);
  Array result = empty(shape(), dtype, host_device);
  if (bits(dtype) < 8)
    result.fill_bytes(0);
  std::int64_t next = 0;
  for_each_offset(source, [&](std::int64_t at) {
    convert_element(result.data(), next++, dtype, source.data(), at, dtype_);
  });
  return device_.kind == Device::Kind::host ? result : result.to(device_);
}

void Array::copy_from(const Array &source) const {
  if (!std::ranges::equal(shape(), source.shape()) || dtype_ != source.dtype_)
    fail(ErrorId::shape,
         fmt::format("copy of {} into {}", source.to_string(), to_string()));
  if (read_only())
    fail(ErrorId::argument,
         fmt::format("copy into {}, which is read-only", to_string()));
  if (numel() == 0)
    return;
  // On a GPU a plain copy must not overlap; on the host it may.
  const bool plain =
      device_.kind == Device::Kind::host || !overlap(*this, source);
  const bool bytes_only = plain && contiguous() && source.contiguous() &&
                          (bits(dtype_) >= 8 || numel() % 2 == 0);
  if (Capture *capture = capture_on(device_);
      capture && bytes_only && source.device_ == device_)
    return capture->copy(*this, source);
  refuse_in_capture(device_, "a copy of single elements or of another device");
  refuse_in_capture(source.device_, "a copy to another device");
  if (bytes_only) {
    copy_bytes(data_, device_, source.data_, source.device_,
               static_cast<std::size_t>(nbytes()));
    return;
  }
  Array from = on_host(source);
  if (device_.kind == Device::Kind::host) {
    // Through a packed copy when the two views share memory.
    if (overlap(*this, source)) {
      const Array packed = empty(shape(), dtype_, host_device);
      copy_on_host(packed, from);
      from = packed;
    }
    copy_on_host(*this, from);
    return;
  }
  // The bytes between the elements must stay: fetch all, change some, put back.
  const Array here = on_host(*this);
  copy_on_host(here, from);
  const ByteRange range = byte_range(*this);
  copy_bytes(static_cast<std::byte *>(data_) + range.begin, device_,
             static_cast<std::byte *>(here.data()) + range.begin, host_device,
             static_cast<std::size_t>(range.end - range.begin));
}

void Array::fill_bytes(std::uint8_t byte) const {
  if (!contiguous())
    fail(ErrorId::shape,
         fmt::format("fill_bytes() of {}, which is not contiguous",
                     to_string()));
  if (read_only())
    fail(ErrorId::argument,
         fmt::format("fill_bytes() of {}, which is read-only", to_string()));
  if (Capture *capture = capture_on(device_))
    return capture->fill(*this, byte);
  girih::fill_bytes(data_, device_, byte, static_cast<std::size_t>(nbytes()));
}

std::vector<double> Array::to_vector() const {
  refuse_in_capture(device_, "to_vector()");
  const Array source = on_host(*this);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(numel()));
  for_each_offset(source, [&](std::int64_t at) {
    values.push_back(read_element(source.data(), at, dtype_));
  });
  return values;
}

} // namespace girih

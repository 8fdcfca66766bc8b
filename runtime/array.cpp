// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/array.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace girih {
namespace {

using Sizes = std::span<const std::int64_t>;

Sizes span_of(std::initializer_list<std::int64_t> list) {
  return {list.begin(), list.size()};
}

std::string text(Sizes sizes) {
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

/// The most bits that an Array can span: offsets in bits then have room to be
/// added and rounded.
constexpr std::int64_t most_bits = std::int64_t{1} << 60;

/// Product of sizes; fails when they take more than most_bits.
std::int64_t checked_numel(Sizes shape, DType dtype) {
  std::int64_t count = 1;
  bool overflow = false;
  for (std::int64_t size : shape) {
    if (size < 0)
      fail(ErrorId::shape,
           fmt::format("negative size in shape {}", text(shape)),
           {.help = "sizes are 0 or more"});
    overflow |=
        __builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count);
  }
  std::int64_t in_bits = 0;
  overflow |= __builtin_mul_overflow(count, bits(dtype), &in_bits);
  if (overflow || in_bits > most_bits)
    fail(ErrorId::shape,
         fmt::format("an array of shape {} and type {} does not fit in "
                     "the address space",
                     text(shape), name(dtype)),
         {.help = "use smaller sizes"});
  return std::ranges::count(shape, 0) ? 0 : count;
}

/// Fails when some element lies more than most_bits away from the first.
void check_reach(Sizes shape, Sizes strides, DType dtype) {
  std::int64_t reach = 0;
  bool overflow = false;
  for (std::size_t dim = 0; dim < strides.size(); ++dim) {
    std::int64_t far = 0;
    overflow |=
        strides[dim] == INT64_MIN ||
        __builtin_mul_overflow(std::max<std::int64_t>(shape[dim] - 1, 0),
                               std::abs(strides[dim]), &far) ||
        __builtin_add_overflow(reach, far, &reach);
  }
  if (overflow || reach > most_bits / bits(dtype))
    fail(ErrorId::shape,
         fmt::format("strides {} of shape {} reach past the address space",
                     text(strides), text(shape)),
         {.help = "strides count elements, not bytes"});
}

int checked_dim(int dim, const Array &array) {
  const int rank = array.rank();
  if (dim < -rank || dim >= rank)
    fail(ErrorId::index,
         fmt::format("dimension {} of {}", dim, array.to_string()),
         {.help = "dimensions count from 0; -1 is the last one"});
  return dim < 0 ? dim + rank : dim;
}

/// `pointer` moved by a number of elements. Packed types move by whole bytes.
void *moved(void *pointer, std::int64_t elements, DType dtype) {
  const std::int64_t in_bits = elements * bits(dtype);
  if (in_bits % 8 != 0)
    fail(ErrorId::argument,
         fmt::format("a view of {} cannot begin inside a byte", name(dtype)));
  return pointer ? static_cast<std::byte *>(pointer) + in_bits / 8 : nullptr;
}

} // namespace

Array::Array(void *data, Sizes shape, DType dtype, Device device, Sizes strides,
             std::shared_ptr<void> owner)
    : owner_(std::move(owner)), data_(data), device_(device), dtype_(dtype) {
  if (shape.size() > static_cast<std::size_t>(max_rank))
    fail(ErrorId::shape,
         fmt::format("rank {} of shape {} is above {}", shape.size(),
                     text(shape), max_rank),
         {.help = "join dimensions"});
  if (!strides.empty() && strides.size() != shape.size())
    fail(ErrorId::shape,
         fmt::format("{} strides for shape {}", strides.size(), text(shape)),
         {.help = "give one for each size, or none for row-major memory"});
  if (checked_numel(shape, dtype) > 0 && !data)
    fail(ErrorId::null_pointer,
         fmt::format("null pointer for an array of shape {}", text(shape)),
         {.help = "give its memory, or make some with Array::empty()"});
  const auto align = static_cast<std::uintptr_t>(std::max(1, bits(dtype) / 8));
  if (reinterpret_cast<std::uintptr_t>(data) % align != 0)
    fail(ErrorId::argument,
         fmt::format("address {} is not aligned for {}", fmt::ptr(data),
                     name(dtype)),
         {.help = "begin at a multiple of an element's size"});
  rank_ = static_cast<std::int8_t>(shape.size());
  std::ranges::copy(shape, dims_.begin());
  check_reach(shape, strides, dtype);
  auto *own_strides = dims_.data() + max_rank;
  if (!strides.empty()) {
    std::ranges::copy(strides, own_strides);
    return;
  }
  std::int64_t next = 1;
  for (int dim = rank_; dim-- > 0;) {
    own_strides[dim] = next;
    next *= std::max<std::int64_t>(shape[static_cast<std::size_t>(dim)], 1);
  }
}

Array::Array(void *data, std::initializer_list<std::int64_t> shape, DType dtype,
             Device device, std::initializer_list<std::int64_t> strides)
    : Array(data, span_of(shape), dtype, device, span_of(strides)) {}

Array Array::empty(Sizes shape, DType dtype, Device device) {
  const std::int64_t count = checked_numel(shape, dtype);
  const auto bytes = static_cast<std::size_t>((count * bits(dtype) + 7) / 8);
  std::shared_ptr<void> memory = allocate(bytes, device);
  void *data = memory.get();
  return {data, shape, dtype, device, {}, std::move(memory)};
}

Array Array::empty(std::initializer_list<std::int64_t> shape, DType dtype,
                   Device device) {
  return empty(span_of(shape), dtype, device);
}

Array Array::empty_on(const Stream &stream, Sizes shape, DType dtype) {
  const std::int64_t count = checked_numel(shape, dtype);
  const auto bytes = static_cast<std::size_t>((count * bits(dtype) + 7) / 8);
  std::shared_ptr<void> memory = allocate_on(stream, bytes);
  void *data = memory.get();
  const Device device = stream.bound() ? stream.device() : default_device();
  return {data, shape, dtype, device, {}, std::move(memory)};
}

Array Array::zeros(Sizes shape, DType dtype, Device device) {
  Array made = empty(shape, dtype, device);
  made.fill_bytes(0);
  return made;
}

Array Array::zeros(std::initializer_list<std::int64_t> shape, DType dtype,
                   Device device) {
  return zeros(span_of(shape), dtype, device);
}

Array Array::from(std::span<const double> values,
                  std::initializer_list<std::int64_t> shape, DType dtype,
                  Device device) {
  return from(values, span_of(shape), dtype, device);
}

std::int64_t Array::size(int dim) const {
  return shape()[static_cast<std::size_t>(checked_dim(dim, *this))];
}

std::int64_t Array::stride(int dim) const {
  return strides()[static_cast<std::size_t>(checked_dim(dim, *this))];
}

std::int64_t Array::numel() const {
  std::int64_t count = 1;
  for (std::int64_t size : shape())
    count *= size;
  return count;
}

std::int64_t Array::nbytes() const { return (numel() * bits(dtype_) + 7) / 8; }

bool Array::contiguous() const {
  std::int64_t next = 1;
  for (int dim = rank_; dim-- > 0;) {
    const auto at = static_cast<std::size_t>(dim);
    if (shape()[at] != 1 && strides()[at] != next)
      return numel() == 0;
    next *= shape()[at];
  }
  return true;
}

std::string Array::to_string() const {
  return fmt::format("{}{} on {}", name(dtype_), text(shape()),
                     device_.to_string());
}

Array Array::with_access(Access access) const {
  Array view = *this;
  view.access_ = access;
  return view;
}

Array Array::as_read_only() const {
  return with_access(std::max(access_, Access::read_only));
}

Array Array::as_constant() const {
  refuse_in_capture(device_, "as_constant()");
  synchronize(device_);
  return with_access(Access::constant);
}

Array Array::reshape(Sizes shape) const {
  if (!contiguous())
    fail(ErrorId::shape,
         fmt::format("reshape() of {}, which is not contiguous", to_string()),
         {.help = "copy it first: array.to(array.device())"});
  std::vector<std::int64_t> sizes(shape.begin(), shape.end());
  const auto open = std::ranges::find(sizes, -1);
  if (open != sizes.end()) {
    *open = 1;
    const std::int64_t rest = checked_numel(sizes, dtype_);
    *open = rest > 0 ? numel() / rest : 0;
  }
  if (checked_numel(sizes, dtype_) != numel())
    fail(ErrorId::shape,
         fmt::format("reshape() of {} to {}", to_string(), text(shape)),
         {.help = "the number of elements stays; one size may be -1"});
  return Array(data_, sizes, dtype_, device_, {}, owner_).with_access(access_);
}

Array Array::reshape(std::initializer_list<std::int64_t> shape) const {
  return reshape(span_of(shape));
}

Array Array::transpose(int dim0, int dim1) const {
  const auto from = static_cast<std::size_t>(checked_dim(dim0, *this));
  const auto to = static_cast<std::size_t>(checked_dim(dim1, *this));
  Array view = *this;
  std::swap(view.dims_[from], view.dims_[to]);
  std::swap(view.dims_[from + max_rank], view.dims_[to + max_rank]);
  return view;
}

Array Array::slice(int dim, std::int64_t begin, std::int64_t end,
                   std::int64_t step) const {
  const auto at = static_cast<std::size_t>(checked_dim(dim, *this));
  const std::int64_t size = dims_[at];
  if (begin < 0 || begin > end || end > size || step < 1)
    fail(ErrorId::index,
         fmt::format("slice [{}, {}) with step {} of dimension {} of {}", begin,
                     end, step, at, to_string()));
  Array view = *this;
  std::int64_t &stride = view.dims_[at + max_rank];
  view.data_ = begin < end ? moved(data_, begin * stride, dtype_) : data_;
  view.dims_[at] = begin < end ? (end - begin - 1) / step + 1 : 0;
  if (view.dims_[at] > 1)
    stride *= step;
  return view;
}

Array Array::select(int dim, std::int64_t index) const {
  const auto at = static_cast<std::size_t>(checked_dim(dim, *this));
  if (index < 0 || index >= dims_[at])
    fail(ErrorId::index,
         fmt::format("index {} of dimension {} of {}", index, at, to_string()),
         {.help = "indices go from 0 to the dimension's size less 1"});
  Array view = *this;
  view.data_ = moved(data_, index * dims_[at + max_rank], dtype_);
  for (std::size_t next = at + 1; next < static_cast<std::size_t>(rank_);
       ++next) {
    view.dims_[next - 1] = dims_[next];
    view.dims_[next - 1 + max_rank] = dims_[next + max_rank];
  }
  --view.rank_;
  view.dims_[static_cast<std::size_t>(view.rank_)] = 0;
  view.dims_[static_cast<std::size_t>(view.rank_) + max_rank] = 0;
  return view;
}

Array Array::broadcast_to(Sizes shape) const {
  const auto own = static_cast<std::size_t>(rank_);
  std::vector<std::int64_t> new_strides(shape.size(), 0);
  bool fits = shape.size() >= own;
  for (std::size_t dim = 0; fits && dim < own; ++dim) {
    const std::size_t to = shape.size() - own + dim;
    fits = dims_[dim] == shape[to] || dims_[dim] == 1;
    new_strides[to] = dims_[dim] == shape[to] ? dims_[dim + max_rank] : 0;
  }
  if (!fits)
    fail(ErrorId::shape,
         fmt::format("broadcast of {} to {}", to_string(), text(shape)));
  return Array(data_, shape, dtype_, device_, new_strides, owner_)
      .with_access(access_);
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// The C interface to arrays that the library owns or keeps alive.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"
#include "girih/ops/views.h"
#include "girih/runtime/launch/overlap.h"

#include <fmt/format.h>

#include <algorithm>

using namespace girih;
using capi::guarded;
using capi::require;

extern "C" {

girih_status girih_buffer_create(int32_t dtype, int32_t rank,
                                 const int64_t *shape, girih_device device,
                                 int32_t zeroed, girih_buffer **out) {
  return guarded([&] {
    require(out, "girih_buffer_create: out");
    if (rank < 0 || rank > max_rank)
      throw RuntimeError(ErrorId::shape,
                         {fmt::format("an array of rank {}: ranks are 0 to {}",
                                      rank, max_rank)});
    if (rank > 0)
      require(shape, "girih_buffer_create: shape");
    const std::span<const std::int64_t> sizes(shape,
                                              static_cast<std::size_t>(rank));
    const DType type = capi::dtype_of(dtype);
    const Device where = capi::device_of(device);
    *out = new girih_buffer{zeroed ? Array::zeros(sizes, type, where)
                                   : Array::empty(sizes, type, where)};
  });
}

girih_status girih_buffer_view(const girih_buffer *buffer, girih_array *out) {
  return guarded([&] {
    require(buffer, "girih_buffer_view: buffer");
    require(out, "girih_buffer_view: out");
    const Array &array = buffer->array;
    const bool on_cuda = array.device().kind == Device::Kind::cuda;
    *out = {.data = array.data(),
            .shape = array.shape().data(),
            .strides = array.strides().data(),
            .rank = array.rank(),
            .dtype = static_cast<int32_t>(array.dtype()),
            .device = {on_cuda ? GIRIH_CUDA : GIRIH_HOST, array.device().index},
            .flags = capi::flags_of(array.access()),
            .reserved = 0};
  });
}

girih_status girih_buffer_strided(const girih_buffer *buffer, int32_t rank,
                                  const int64_t *shape, const int64_t *strides,
                                  int64_t offset, girih_buffer **out) {
  return guarded([&] {
    require(buffer, "girih_buffer_strided: buffer");
    require(out, "girih_buffer_strided: out");
    if (rank > 0) {
      require(shape, "girih_buffer_strided: shape");
      require(strides, "girih_buffer_strided: strides");
    }
    const Array &whole = buffer->array;
    const auto count = static_cast<std::size_t>(std::clamp(rank, 0, max_rank));
    // Counted in bytes of the whole view, not of the memory behind it.
    const Array here(whole.data(), {shape, count}, whole.dtype(),
                     whole.device(), {strides, count});
    const ByteRange all = byte_range(whole), part = byte_range(here);
    const std::int64_t step = offset * bytes(whole.dtype());
    if (rank != static_cast<int32_t>(count) || bits(whole.dtype()) < 8 ||
        part.begin + step < all.begin || part.end + step > all.end)
      capi::bad_argument("girih_buffer_strided: the view leaves the buffer");
    *out = new girih_buffer{
        ops::view_of(whole, {shape, count}, {strides, count}, offset)};
  });
}

girih_status girih_buffer_constant(const girih_buffer *buffer,
                                   girih_buffer **out) {
  return guarded([&] {
    require(buffer, "girih_buffer_constant: buffer");
    require(out, "girih_buffer_constant: out");
    *out = new girih_buffer{buffer->array.as_constant()};
  });
}

void girih_buffer_free(girih_buffer *buffer) { delete buffer; }

girih_status girih_array_copy(const girih_array *from, const girih_array *to) {
  return guarded([&] {
    require(from, "girih_array_copy: from");
    require(to, "girih_array_copy: to");
    Array target = capi::array_of(*to);
    if (target.read_only())
      capi::bad_argument("girih_array_copy: `to` is read-only");
    target.copy_from(capi::array_of(*from));
  });
}

girih_status girih_buffer_from_dlpack(void *managed, int32_t versioned,
                                      girih_buffer **out) {
  return guarded([&] {
    // The tensor is ours from here on, whatever else is wrong.
    const Array array =
        versioned ? Array::from_dlpack(
                        static_cast<DLManagedTensorVersioned *>(managed))
                  : Array::from_dlpack(static_cast<DLManagedTensor *>(managed));
    require(out, "girih_buffer_from_dlpack: out");
    *out = new girih_buffer{array};
  });
}

girih_status girih_buffer_to_dlpack(const girih_buffer *buffer,
                                    int32_t versioned, void **out_managed) {
  return guarded([&] {
    require(buffer, "girih_buffer_to_dlpack: buffer");
    require(out_managed, "girih_buffer_to_dlpack: out_managed");
    if (versioned)
      *out_managed = buffer->array.to_dlpack_versioned();
    else
      *out_managed = buffer->array.to_dlpack();
  });
}

} // extern "C"

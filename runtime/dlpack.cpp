// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/dlpack.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace girih::dlpack {
namespace {

struct TypeRow {
  TypeCode code;
  std::uint8_t bits;
  DType dtype;
};

constexpr TypeRow types[] = {
    {type_float, 32, f32}, {type_bfloat, 16, bf16}, {type_float, 16, f16},
    {type_float, 64, f64}, {type_int, 64, i64},     {type_int, 32, i32},
    {type_int, 16, i16},   {type_int, 8, i8},       {type_uint, 8, u8},
    {type_bool, 8, b1},    {type_e4m3fn, 8, e4m3},  {type_e5m2, 8, e5m2},
    {type_e8m0, 8, ue8m0}, {type_e2m1, 4, e2m1},    {type_int, 4, i4},
    {type_uint, 4, u4},
};

[[noreturn]] void refuse(std::string message) {
  throw RuntimeError(
      ErrorId::dlpack,
      {std::move(message), "copy it to an array that both sides know"});
}

DType dtype_of(const Tensor &tensor) {
  if (tensor.type_lanes == 1)
    for (const TypeRow &row : types)
      if (row.code == tensor.type_code && row.bits == tensor.type_bits)
        return row.dtype;
  refuse(fmt::format("no dtype for DLPack type code {}, {} bits, {} lanes",
                     tensor.type_code, tensor.type_bits, tensor.type_lanes));
}

Device device_of(const Tensor &tensor) {
  switch (tensor.device_type) {
  case cpu:
  case cuda_host:
    return host_device;
  case cuda:
  case cuda_managed:
    return cuda_device(tensor.device_index);
  default:
    refuse(fmt::format("memory of DLPack device type {} cannot be used",
                       tensor.device_type));
  }
}

/// What one exported tensor points to.
template <class ManagedTensor> struct Exported {
  ManagedTensor managed{};
  Array array;
  std::array<std::int64_t, max_rank> shape{}, strides{};
};

template <class ManagedTensor> ManagedTensor *make_export(const Array &array) {
  auto made = std::make_unique<Exported<ManagedTensor>>();
  made->array = array;
  std::ranges::copy(array.shape(), made->shape.begin());
  std::ranges::copy(array.strides(), made->strides.begin());
  const auto row = std::ranges::find(types, array.dtype(), &TypeRow::dtype);
  ensure(row != std::end(types), "a dtype without a DLPack code");
  const bool on_cuda = array.device().kind == Device::Kind::cuda;
  made->managed.tensor = {.data = array.data(),
                          .device_type = on_cuda ? cuda : cpu,
                          .device_index = array.device().index,
                          .rank = array.rank(),
                          .type_code = row->code,
                          .type_bits = row->bits,
                          .type_lanes = 1,
                          .shape = made->shape.data(),
                          .strides = made->strides.data(),
                          .byte_offset = 0};
  made->managed.context = made.get();
  made->managed.deleter = [](void *self) {
    delete static_cast<Exported<ManagedTensor> *>(
        static_cast<ManagedTensor *>(self)->context);
  };
  return &made.release()->managed;
}

/// The owner that calls the deleter; made before anything can throw.
template <class ManagedTensor>
std::shared_ptr<void> take_over(ManagedTensor *managed) {
  if (!managed)
    fail(ErrorId::argument, "the DLPack tensor is NULL",
         {.help = "give what __dlpack__() or to_dlpack() made"});
  const auto destroy = [](void *pointer) {
    auto *self = static_cast<ManagedTensor *>(pointer);
    if (self->deleter)
      self->deleter(self);
  };
  return std::shared_ptr<void>(managed, destroy);
}

} // namespace

Array array_of(const Tensor &tensor, std::shared_ptr<void> owner) {
  const DType dtype = dtype_of(tensor);
  if (tensor.rank < 0 || tensor.rank > max_rank)
    refuse(fmt::format("an array of rank {}: ranks are 0 to {}", tensor.rank,
                       max_rank));
  const auto rank = static_cast<std::size_t>(tensor.rank);
  if (rank > 0 && !tensor.shape)
    refuse("a DLPack tensor without a shape");
  void *data = tensor.data;
  if (data)
    data = static_cast<std::byte *>(data) + tensor.byte_offset;
  return Array(
      data, std::span<const std::int64_t>(tensor.shape, rank), dtype,
      device_of(tensor),
      std::span<const std::int64_t>(tensor.strides, tensor.strides ? rank : 0),
      std::move(owner));
}

} // namespace girih::dlpack

namespace girih {

Array Array::from_dlpack(DLManagedTensor *tensor) {
  auto *managed = reinterpret_cast<dlpack::Managed *>(tensor);
  auto owner = dlpack::take_over(managed);
  return dlpack::array_of(managed->tensor, std::move(owner));
}

Array Array::from_dlpack(DLManagedTensorVersioned *tensor) {
  // Version, context and deleter keep their places in every version.
  auto *managed = reinterpret_cast<dlpack::ManagedVersioned *>(tensor);
  auto owner = dlpack::take_over(managed);
  if (managed->version.major != dlpack::written.major)
    dlpack::refuse(fmt::format("DLPack version {}.{} is not {}.x",
                               managed->version.major, managed->version.minor,
                               dlpack::written.major));
  if (managed->flags & dlpack::flag_padded_subbyte)
    dlpack::refuse("4-bit elements must be packed, two in a byte");
  const Array array = dlpack::array_of(managed->tensor, std::move(owner));
  return managed->flags & dlpack::flag_read_only ? array.as_read_only() : array;
}

DLManagedTensor *Array::to_dlpack() const {
  if (read_only())
    dlpack::refuse("a read-only array needs a consumer of DLPack 1.0 or newer");
  return reinterpret_cast<DLManagedTensor *>(
      dlpack::make_export<dlpack::Managed>(*this));
}

DLManagedTensorVersioned *Array::to_dlpack_versioned() const {
  auto *made = dlpack::make_export<dlpack::ManagedVersioned>(*this);
  made->version = dlpack::written;
  made->flags = read_only() ? dlpack::flag_read_only : 0;
  return reinterpret_cast<DLManagedTensorVersioned *>(made);
}

} // namespace girih

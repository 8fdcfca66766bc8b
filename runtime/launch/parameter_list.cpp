// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/parameter_list.h"

#include <algorithm>
#include <array>

namespace girih {
namespace {

constexpr std::size_t most_dims = 5;
constexpr std::uint64_t row_alignment = 16; // bytes

cuda::TensorMapType type_of(int element_bytes) {
  switch (element_bytes) {
  case 1:
    return cuda::tensor_map_u8;
  case 2:
    return cuda::tensor_map_u16;
  case 4:
    return cuda::tensor_map_u32;
  default:
    return cuda::tensor_map_u64;
  }
}

cuda::TensorMapSwizzle swizzle_of(int bytes) {
  switch (bytes) {
  case 32:
    return cuda::tensor_map_swizzle_32;
  case 64:
    return cuda::tensor_map_swizzle_64;
  case 128:
    return cuda::tensor_map_swizzle_128;
  default:
    return cuda::tensor_map_swizzle_none;
  }
}

cuda::Result encode(const cuda::DriverTable &api,
                    const compiler::TensorMap &map, const Array &array,
                    cuda::TensorMap &to) {
  std::array<std::uint64_t, most_dims> sizes{}, strides{};
  std::array<std::uint32_t, most_dims> box{}, steps{};
  for (std::size_t at = 0; at < map.dims.size(); ++at) {
    const auto dim = static_cast<std::size_t>(map.dims[at]);
    sizes[at] = static_cast<std::uint64_t>(array.shape()[dim]);
    // Of one row any stride will do.
    strides[at] = sizes[at] == 1
                      ? row_alignment
                      : static_cast<std::uint64_t>(array.strides()[dim] *
                                                   map.element_bytes);
    box[at] = static_cast<std::uint32_t>(map.box[at]);
    steps[at] = 1;
  }
  return api.cuTensorMapEncodeTiled(
      &to, type_of(map.element_bytes),
      static_cast<std::uint32_t>(map.dims.size()),
      const_cast<void *>(array.data()), sizes.data(), &strides[1], box.data(),
      steps.data(), cuda::tensor_map_interleave_none,
      swizzle_of(map.swizzle_bytes), cuda::tensor_map_l2_256_bytes,
      cuda::tensor_map_fill_zeros);
}

} // namespace

bool can_describe(const Executable &code,
                  std::span<const Array *const> arrays) {
  if (code.tensor_maps.empty())
    return true;
  const cuda::DriverTable &api = code.gpu->api();
  const cuda::ContextScope scope(*code.gpu);
  return api.cuTensorMapEncodeTiled &&
         std::ranges::all_of(code.tensor_maps, [&](const auto &map) {
           const Array &array = *arrays[static_cast<std::size_t>(map.operand)];
           // A stride of 0 would be accepted by some drivers only.
           for (int dim : map.dims)
             if (const auto at = static_cast<std::size_t>(dim);
                 array.strides()[at] <= 0 && array.shape()[at] != 1)
               return false;
           cuda::TensorMap encoded;
           return encode(api, map, array, encoded) == cuda::success;
         });
}

ParameterList::ParameterList(std::span<const std::int64_t> words,
                             const Executable &code,
                             std::span<const Array *const> arrays,
                             const StreamMemory &left)
    : left_(left) {
  if (code.tensor_maps.empty() && code.stream_flags == 0)
    return;
  const cuda::ContextScope scope(*code.gpu);
  maps_.reserve(code.tensor_maps.size());
  places_.reserve(words.size() + code.tensor_maps.size() + 2);
  for (const std::int64_t &word : words)
    places_.push_back(const_cast<std::int64_t *>(&word));
  for (const compiler::TensorMap &map : code.tensor_maps) {
    code.gpu->check(encode(code.gpu->api(), map,
                           *arrays[static_cast<std::size_t>(map.operand)],
                           maps_.emplace_back()),
                    "cuTensorMapEncodeTiled");
    places_.push_back(&maps_.back());
  }
  if (code.stream_flags > 0) {
    places_.push_back(&left_.sums);
    places_.push_back(&left_.flags);
  }
}

} // namespace girih

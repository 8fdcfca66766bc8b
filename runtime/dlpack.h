// SPDX-License-Identifier: Apache-2.0
// DLPack's structures, declared by us, and their relation to Arrays. Not
// installed: users have Array::from_dlpack() and Array::to_dlpack(), the C ABI
// its functions of that name, and all lead here.
#pragma once

#include "girih/runtime/array.h"

#include <cstdint>

namespace girih::dlpack {

enum DeviceCode : std::int32_t {
  cpu = 1,
  cuda = 2,
  cuda_host = 3,
  cuda_managed = 13,
};

enum TypeCode : std::uint8_t {
  type_int = 0,
  type_uint = 1,
  type_float = 2,
  type_bfloat = 4,
  type_bool = 6,
  type_e4m3fn = 10,
  type_e5m2 = 12,
  type_e8m0 = 14,
  type_e2m1 = 17,
};

struct Tensor {
  void *data;
  std::int32_t device_type;
  std::int32_t device_index;
  std::int32_t rank;
  std::uint8_t type_code;
  std::uint8_t type_bits;
  std::uint16_t type_lanes;
  std::int64_t *shape;
  std::int64_t *strides; // null: row major
  std::uint64_t byte_offset;
};

// Functions take void *: a producer has structures of its own for the same
// layout, and a call through another type would not be well defined.
struct Managed {
  Tensor tensor;
  void *context;
  void (*deleter)(void *self);
};

inline constexpr std::uint64_t flag_read_only = 1;
inline constexpr std::uint64_t flag_padded_subbyte = 4;

struct Version {
  std::uint32_t major, minor;
};

struct ManagedVersioned {
  Version version;
  void *context;
  void (*deleter)(void *self);
  std::uint64_t flags;
  Tensor tensor;
};

/// The version that we write, and the only major version that we read.
inline constexpr Version written{1, 0};

/// A view; `owner` keeps the memory alive. Throws RuntimeError [dlpack] for a
/// dtype or device that we do not have.
Array array_of(const Tensor &tensor, std::shared_ptr<void> owner = {});
} // namespace girih::dlpack

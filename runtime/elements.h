// SPDX-License-Identifier: Apache-2.0
// Single elements of host memory, by dtype. Not installed.
#pragma once

#include "girih/dsl/dtype.h"

#include <cstdint>

namespace girih {

/// Element number `index` of packed memory at `base`, as a double.
double read_element(const void *base, std::int64_t index, DType dtype);
/// As encode() of float_formats.h: floats round to nearest even, integers
/// truncate and saturate.
void write_element(void *base, std::int64_t index, DType dtype, double value);
/// The same bits, moved.
void copy_element(void *to, std::int64_t to_index, const void *from,
                  std::int64_t from_index, DType dtype);
/// write_element(read_element) without a detour through double for integers.
void convert_element(void *to, std::int64_t to_index, DType to_dtype,
                     const void *from, std::int64_t from_index,
                     DType from_dtype);

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// Data of a problem's operands: random, copied, restored. Not installed.
#pragma once

#include "girih/runtime/array.h"

#include <cstdint>
#include <string>

namespace girih::autotune {

/// All memory between the first and the last element of an array, as a
/// contiguous array of its dtype. Strides must not be negative.
Array span_of(const Array &array);

/// Whether span_of() can be taken, and the array is in memory.
bool has_span(const Array &array);

/// Other memory with the same sizes and strides, uninitialised.
Array twin_of(const Array &array);

/// twin_of() with the same elements; the array itself where it has no span.
Array copy_of(const Array &array);

/// Copies elements between twins.
void copy_elements(const Array &from, const Array &to);

/// Random normal values in all of a floating-point array's span: data whose
/// bits toggle as real data do. The same for the same seed, on every device.
void fill_random(const Array &array, unsigned seed);

/// How many elements of `got` are further from those of `wanted`, its twin,
/// than results of other Configs can be: by a tolerance for the dtype, relative
/// to the element and to the root mean square of all or of its neighbours in
/// memory, whichever is larger. A NaN or infinity equals itself only.
std::int64_t count_wrong(const Array &got, const Array &wanted);

} // namespace girih::autotune

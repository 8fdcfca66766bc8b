// SPDX-License-Identifier: Apache-2.0
// Specialisation classes: what code may know of its operands. Not installed.
#pragma once

#include "girih/dsl/program.h"
#include "girih/runtime/array.h"

#include <span>
#include <string>

namespace girih {

/// Everything of OperandClass that holds for the array; the stride of one place
/// divides everything.
OperandClass classify(const Array &array);

/// Whether the array may be given to code that relies on `needed`.
bool has_class(const Array &array, const OperandClass &needed);

/// Whether 32-bit arithmetic is enough for every index and element offset of
/// the arrays, the ragged edges of tiles included.
bool fits_index32(std::span<const Array *const> arrays);

/// "aligned size%16={0,1} unit={1} stride%16={0}"; what is not known is left
/// out, and nothing known prints as "-".
std::string to_string(const OperandClass &known);

} // namespace girih

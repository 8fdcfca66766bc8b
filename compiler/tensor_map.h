// SPDX-License-Identifier: Apache-2.0
// Operands that the copy engine of a GPU reads or writes.
#pragma once

#include <vector>

namespace girih::compiler {

/// What the copy engine of a GPU is told of an operand: a parameter of 128
/// bytes, aligned to 64, behind the others of a kernel. A launch makes them
/// (cuTensorMapEncodeTiled) of the operand's pointer, sizes and strides.
struct TensorMap {
  int operand = 0;
  int element_bytes = 1;
  std::vector<int> dims; // of the operand, the contiguous one first
  std::vector<int> box;  // elements along each that one copy moves
  int swizzle_bytes = 0; // 0, 32, 64 or 128
  bool operator==(const TensorMap &) const = default;
};

} // namespace girih::compiler

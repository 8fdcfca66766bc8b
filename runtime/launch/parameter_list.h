// SPDX-License-Identifier: Apache-2.0
// What a GPU launch passes to a kernel. Not installed.
#pragma once

#include "girih/runtime/array.h"
#include "girih/runtime/cuda/driver_api.h"
#include "girih/runtime/executable.h"

#include <cstdint>
#include <span>
#include <vector>

namespace girih {

/// Whether the device's copy engine can take all that the code has it copy:
/// operands of up to five dimensions with sizes below 2^32 and positive strides
/// below 2^40 bytes, on a driver of CUDA 12 or newer.
bool can_describe(const Executable &code, std::span<const Array *const> arrays);

/// Where blocks of a launch leave sums for each other, and flags.
struct StreamMemory {
  void *sums = nullptr, *flags = nullptr;
};

/// `words`, then a map of an operand for each that the code asks for, then
/// where blocks leave sums for each other: a list, as only the driver knows
/// where assemblers put parameters that are aligned. Empty, and data() null,
/// where the code asks for neither.
class ParameterList {
public:
  /// `words` outlive the list. Throws RuntimeError [cuda] where can_describe()
  /// would be false.
  ParameterList(std::span<const std::int64_t> words, const Executable &code,
                std::span<const Array *const> arrays,
                const StreamMemory &left = {});

  void **data() { return places_.empty() ? nullptr : places_.data(); }

private:
  StreamMemory left_;
  std::vector<cuda::TensorMap> maps_;
  std::vector<void *> places_;
};

} // namespace girih

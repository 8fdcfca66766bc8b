// SPDX-License-Identifier: Apache-2.0
// What a kernel on a GPU leaves behind when a device_assert does not hold.
#pragma once

#include <cstdint>

namespace girih::compiler {

/// In host memory that the device can write and that outlives the context,
/// which a failed assertion ends. A module with assertions has a variable
/// called `assert_variable`; where the runtime has put a record's device
/// address there (8 bytes), the first lane that fails fills the record in.
/// Then, or where the variable is 0, CUDA's own __assertfail prints a line on
/// standard error and the launch fails with CUDA_ERROR_ASSERT (710).
struct AssertRecord {
  std::uint32_t written = 0; // 1 once the rest is there
  std::uint32_t line = 0;    // of the assertion, 0 when not known
  std::int64_t program = 0;  // flat number in the grid
  std::int64_t rank = 0;     // coordinates that follow
  std::int64_t lane[8] = {}; // where in the tile; of more dimensions, the first
  char text[936] = {};       // file, a zero, message, a zero
};
static_assert(sizeof(AssertRecord) == 1024);

inline constexpr const char *assert_variable = "girih_assert_record";

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// What generated host code calls besides libm: linked by name (host_load.cpp),
// so that a cached object works in another process. Not installed.
#pragma once

#include <cstdint>

namespace girih::compiler {

/// How the keys of a sort lie in memory.
struct SortKey {
  std::int64_t bytes = 4;
  bool descending = false;
  bool isUnsigned = false;
  /// Floats: the bits of infinity, above which without the sign is NaN; 0 for
  /// integers.
  std::int64_t infinity = 0;
};

/// Bytes of work space for a row of `count` lanes.
std::int64_t sortWorkBytes(std::int64_t count);

// Found through a table, not by the dynamic linker: libgirih.so exports the C
// ABI only.
#pragma GCC visibility push(hidden)
extern "C" {
/// Sorts a row of `count` keys, rows[0], and moves `tiles` - 1 others with it;
/// sizes[i] is the bytes of a lane of rows[i]. Stable; NaN above all, -0 equal
/// to +0. `flags`: bit 0 descending, bit 1 unsigned, bytes of a key from bit 8.
void girih_sort_row(std::int64_t count, std::int64_t flags,
                    std::int64_t infinity, std::int64_t tiles, void **rows,
                    const std::int64_t *sizes, void *work);

/// Prints `text`, or a line for each lane of a tile whose elements lie at
/// `data`; `dtype` is a DType's number.
void girih_print_text(std::int64_t program, const char *text);
void girih_print_tile(std::int64_t program, const char *text,
                      std::int64_t dtype, std::int64_t rank,
                      const std::int64_t *shape, const std::int64_t *strides,
                      const void *data);
/// Leaves the error for take_host_failure().
void girih_assert_failed(const char *kernel, const char *message,
                         const char *file, std::int64_t line,
                         std::int64_t program, std::int64_t rank,
                         const std::int64_t *lane);
}
#pragma GCC visibility pop

} // namespace girih::compiler

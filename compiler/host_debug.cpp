// SPDX-License-Identifier: Apache-2.0
// What print() and device_assert() call on the host.
#include "girih/compiler/compiler.h"
#include "girih/compiler/host_runtime.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/lane_text.h"

#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

namespace girih::compiler {

namespace {

/// Generated code cannot be left by an exception: it returns, and whoever
/// called it asks.
thread_local std::exception_ptr host_failure;

void write(const std::string &lines) {
  std::fwrite(lines.data(), 1, lines.size(), stdout);
}

/// Moves `lane` to the next in row-major order; false behind the last.
bool advance(std::vector<std::int64_t> &lane, const std::int64_t *shape) {
  for (std::size_t dim = lane.size(); dim-- > 0;) {
    if (++lane[dim] < shape[dim])
      return true;
    lane[dim] = 0;
  }
  return false;
}

} // namespace

std::exception_ptr take_host_failure() {
  return std::exchange(host_failure, nullptr);
}

extern "C" void girih_print_text(std::int64_t program, const char *text) {
  write(print_line(program, {}, text, {}));
}

extern "C" void girih_print_tile(std::int64_t program, const char *text,
                                 std::int64_t dtype, std::int64_t rank,
                                 const std::int64_t *shape,
                                 const std::int64_t *strides,
                                 const void *data) {
  const auto type = static_cast<DType>(dtype);
  const auto bytes = static_cast<std::int64_t>((bits(type) + 7) / 8);
  std::vector<std::int64_t> lane(static_cast<std::size_t>(rank), 0);
  std::string lines;
  do {
    std::int64_t offset = 0;
    for (std::size_t dim = 0; dim < lane.size(); ++dim)
      offset += lane[dim] * strides[dim];
    std::uint64_t code = 0;
    std::memcpy(&code, static_cast<const char *>(data) + offset * bytes,
                static_cast<std::size_t>(bytes));
    lines += print_line(program, lane, text, number_text(type, code));
  } while (advance(lane, shape));
  write(lines);
}

extern "C" void girih_assert_failed(const char *kernel, const char *message,
                                    const char *file, std::int64_t line,
                                    std::int64_t program, std::int64_t rank,
                                    const std::int64_t *lane) {
  const std::span coordinates(lane, static_cast<std::size_t>(rank));
  host_failure = std::make_exception_ptr(
      RuntimeError(ErrorId::device_assert,
                   {kernel, message, lane_place(program, coordinates)},
                   SourceLine(file, static_cast<unsigned>(line))));
}

} // namespace girih::compiler

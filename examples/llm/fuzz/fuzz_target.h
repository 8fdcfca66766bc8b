// SPDX-License-Identifier: Apache-2.0
// One harness, two drivers: libFuzzer (GIRIH_LIBFUZZER=ON, clang), or
// random_driver.cpp, which needs nothing and does the same in every run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Uses an input; whatever is in it, nothing may happen that a sanitizer sees.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size);

namespace girih::llm {

inline std::string_view fuzz_text(const std::uint8_t *data, std::size_t size) {
  return {reinterpret_cast<const char *>(data), size};
}

/// A promise that was not kept ends the program, as a driver expects.
inline void require(bool holds) {
  if (!holds)
    __builtin_trap();
}

} // namespace girih::llm

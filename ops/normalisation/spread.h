// SPDX-License-Identifier: Apache-2.0
// Rows too long for one multiprocessor to hold several of: on sm_90 the blocks
// of a cluster have a part each, so that a row is read once, and a
// multiprocessor reads parts of some rows while it writes those of others.
#pragma once

#include "girih/dsl/config.h"
#include "girih/ops/registry.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace girih::ops::spread {

/// The longest row that is held in registers, in elements.
inline constexpr std::int64_t longest = 65536;

/// Whether a tile of so many elements, too many for one block, is for a
/// cluster.
inline bool holds(std::int64_t elements, Device device) {
  return elements <= longest && has_warp_groups(device);
}

/// Elements of a thread, by measurement: fewer threads have as many reads under
/// way and wait for each other sooner, but have fewer registers beside a row.
inline constexpr std::int64_t few = 64, many = 128;
inline std::int64_t each(std::int64_t elements) {
  return elements > 49152 ? many : few;
}

/// Whether an array is read and written as others of such elements are, so that
/// nothing moves between threads: without gaps, and from whole 16 bytes on.
inline bool is_plain(const Array &array, int element_bits) {
  return array.contiguous() && bits(array.dtype()) == element_bits &&
         reinterpret_cast<std::uintptr_t>(array.data()) % 16 == 0;
}

/// Has a cluster's blocks hold a tile of so many elements, from 16384 on: a
/// power of two, or three of them.
inline void set(Config &config, std::int64_t elements, std::int64_t of_thread) {
  config.num_warps = static_cast<int>(
      std::clamp<std::int64_t>(elements / (32 * of_thread), 8, 32));
  config.num_ctas = 4;
}

/// What a size counts as, so that a kernel sees few blocks: a power of two, or
/// three of the next smaller one.
inline std::int64_t covering(std::int64_t size) {
  const std::int64_t top = power_of_two(size), middle = top / 4 * 3;
  return size <= middle ? middle : top;
}

/// For a row that is held, in a block of this name beside BM.
inline Config row(std::string_view block, std::int64_t length,
                  std::int64_t of_thread) {
  const std::int64_t elements = covering(length);
  Config config;
  config.blocks = {{"BM", 1}, {std::string(block), elements}};
  set(config, elements, of_thread);
  return config;
}

/// The same kernel's entry under another name, as calls of these sizes run it.
inline KernelEntry entry(std::string_view name, KernelEntry whole,
                         std::vector<std::int64_t> sizes,
                         std::string_view config) {
  whole.name = name;
  whole.dtypes = {bf16, f32};
  whole.sizes = std::move(sizes);
  whole.config = config;
  whole.capability = 90;
  return whole;
}

} // namespace girih::ops::spread

// SPDX-License-Identifier: Apache-2.0
// Sizes of pooled blocks. Not installed.
#pragma once

#include "girih/runtime/memory.h"

#include <bit>
#include <cstddef>

namespace girih {

/// The size of the block that serves a request: a multiple of the alignment,
/// at most an eighth larger, so that requests of about one size share blocks.
constexpr std::size_t block_size_for(std::size_t bytes) {
  const auto round_up = [](std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
  };
  const std::size_t aligned = round_up(bytes, memory_alignment);
  const std::size_t step = std::bit_floor(aligned) / 8;
  return step <= memory_alignment ? aligned : round_up(aligned, step);
}

} // namespace girih

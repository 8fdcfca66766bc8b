// SPDX-License-Identifier: Apache-2.0
// FlashAttention as text of the tile dialect: one head, no batch.
#pragma once

#include <cstdint>
#include <string>

namespace girih::testing {

struct AttentionCase {
  std::string name;
  std::int64_t queries = 128, keys = 64, depth = 128; // block sizes
  int warps = 4, stages = 2;
  /// Keys arrive [keys, depth] and are permuted in the kernel rather than by
  /// their arrangement.
  bool permuted = false;
  int capability = 80;
  bool specialised = false; // warps of their own copy
  bool persistent = false;  // blocks do several programs
  bool two_loops = false;   // whole blocks of keys, then the rest
  /// Keys and values lie in pages of 16, and a table[N] of i32, the last
  /// operand, says where: N is its size. Free places hold anything.
  bool paged = false;
  bool shared = false; // of pages: values are the keys
};

/// The kernel is called as the case; operands q[M, D], k[N, D], v[N, D],
/// o[M, D], all bf16 and row major, sizes divisible by 16. Scores are scaled by
/// 1 / 8 and powers are those of 2.
std::string attentionText(const AttentionCase &attention);

} // namespace girih::testing

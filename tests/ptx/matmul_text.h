// SPDX-License-Identifier: Apache-2.0
// Matrix products as text of the tile dialect, as the frontend would make them.
#pragma once

#include <cstdint>
#include <string>

namespace girih::testing {

struct MatmulCase {
  std::string name;
  std::string element = "bf16", accumulator = "f32", result = "bf16";
  std::int64_t m = 128, n = 128, k = 32; // block sizes
  int warps = 4, stages = 3;
  int unitA = 1, unitB = 1; // dimension of stride 1, -1 for none
  int unitC = 1;
  std::int64_t divisor = 16; // of sizes and strides
  std::int64_t align = 16;   // of pointers, in bytes
  std::string precision = "ieee";
  std::string other = "0.0";
  int indexBits = 32;
  bool loop = true;     // false: one block along K
  bool doubled = false; // the dot takes a + a, which no copy can bring
  int capability = 80;
  bool specialised = false; // warps of their own copy
  bool persistent = false;  // blocks do several programs
  bool pingPong = false;    // two groups of warps, in turns
  bool streamed = false;    // blocks have as many rounds as each other
  int beside = 1;           // blocks of a cluster that do them
  int blocks = 1;           // that share the rounds of a program
  std::int64_t cut = 0;     // rows at the end of b that are taken for zeros
  std::string order = "grouped, 2";
  bool scaled = false; // each round by the first element of a's rows
};

/// What the result's pointer is divisible by: an element's size at least.
std::int64_t resultAlign(const MatmulCase &matmul);

/// The kernel is called as the case; operands a[M, K], b[K, N], c[M, N].
std::string matmulText(const MatmulCase &matmul);

/// c = a + b over vectors, `block` elements a program.
std::string addText(const std::string &element, std::int64_t block,
                    std::int64_t divisor, std::int64_t align, int warps);

} // namespace girih::testing

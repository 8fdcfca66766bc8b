// SPDX-License-Identifier: Apache-2.0
// c = a + b.
#pragma once

#include <girih/girih.h>

namespace lessons {

using namespace girih;

// BLOCK is a block size: a number that Girih chooses, or a Config sets. The
// length of the vectors is not known here and need not be a multiple of it.
// [kernel]
inline auto vector_add_arrangement(Tensor a, Tensor b, Tensor c) {
  auto BLOCK = block_size("BLOCK");
  return arranged(a.tile({BLOCK}), b.tile({BLOCK}), c.tile({BLOCK}));
}

// Using an In loads its tile; assigning to an Out stores one. Elements beyond
// the end of the vectors are neither read nor written.
inline void vector_add_application(In a, In b, Out c) { c = a + b; }
// [/kernel]

/// a[N], b[N], c[N].
inline Kernel vector_add() {
  return make("vector_add", vector_add_arrangement, vector_add_application,
              {"a", "b", "c"});
}

} // namespace lessons

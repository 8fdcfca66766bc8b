// SPDX-License-Identifier: Apache-2.0
// What the rotary embeddings share: checks, frequencies, the rotation.
//
// Halves: element i of the first half of the rotated part is paired with
// element i of the second. A program then has both halves as tiles of its own,
// and reads and writes them in long runs. Interleaved: elements 2 i and 2 i +
// 1; a tile has both, and they part in registers.
#pragma once

#include "girih/ops/attention.h"
#include "girih/ops/attention/kernels.h"
#include "girih/ops/op.h"

#include <vector>

namespace girih::ops {

/// x * cos - y * sin and y * cos + x * sin.
struct Rotated {
  Tile first, second;
};
inline Rotated rotate(const Tile &x, const Tile &y, const Tile &cosine,
                      const Tile &sine) {
  return {x * cosine - y * sine, y * cosine + x * sine};
}

/// The first `size` elements of the last dimension, as pairs: [..., 2, P] for
/// halves, [..., P, 2] for interleaved ones.
Array as_pairs(const Array &x, std::int64_t size, bool interleaved);
/// The elements of the last dimension from `begin` on.
inline Array rest_of(const Array &x, std::int64_t begin) {
  return x.slice(-1, begin, x.size(-1));
}

/// Heads of one program, for pairs of that number.
std::int64_t heads_of_program(std::int64_t heads, std::int64_t pairs);

/// Tiles {1, 1, heads, pairs} of x[B, S, H, 2, P], a level of the two halves,
/// or {1, 1, heads, pairs, 2} of x[B, S, H, P, 2].
Tensor arrange_pairs(const Tensor &x, std::int64_t heads, std::int64_t pairs,
                     bool interleaved);

/// Rotates the program's tile of x into out: cosine and sine are [pairs].
void rotate_pairs(const In &x, const Out &out, const Tile &cosine,
                  const Tile &sine, DType computed, bool interleaved);

/// Checks x[B, S, H, D] and a rotary size, even and at most D.
void check_rotary(const Call &call, const Array &x, std::int64_t rotary);

/// out = x, for what is not rotated; nothing where there is nothing.
void copy_rest(const Call &call, const Array &x, const Array &out,
               std::int64_t rotary);

/// x[B, S, H, D] turned by cosines and sines [S, P] into out.
void launch_rotary(const Call &call, const Array &x, const Array &cosines,
                   const Array &sines, bool interleaved, const Array &out);

/// Cosines and sines of positions[B, S] (or [S]) times frequencies[P] times
/// `factor`, applied to x.
void launch_rotary_at(const Call &call, const Array &x, const Array &positions,
                      const Array &frequencies, bool interleaved, double factor,
                      const Array &out);
/// Checks positions for x[B, S, H, D].
void check_positions(const Call &call, const Array &x, const Array &positions);
KernelEntry rotary_at_entry();

} // namespace girih::ops

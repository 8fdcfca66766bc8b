// SPDX-License-Identifier: Apache-2.0
// Attention without its matrix of scores: softmax(q k^T / sqrt(D)) v by blocks,
// with the running maximum and sum of lesson 3's long softmax.
// Dao et al., "FlashAttention", 2022; Milakov and Gimelshein, "Online
// normalizer calculation for softmax", 2018.
#pragma once

#include <girih/girih.h>

#include <cmath>
#include <numbers>

namespace lessons {

using namespace girih;

// q[B, H, M, D], k and v[B, H, N, D], o[B, H, M, D]. A program has BM queries
// of one head and walks over all keys of that head, BN at a time.
// [arrangement]
inline auto flash_attention_arrangement(Tensor q, Tensor k, Tensor v,
                                        Tensor o) {
  auto BM = block_size("BM"), BN = block_size("BN");
  auto D = covering_block("D", q.size(3));
  auto rows = [&](Tensor t) {
    return t.tile({1, 1, BM, D}).squeeze(3).at(1, squeeze({0, 1}));
  };
  auto ot = rows(o);
  auto blocks = [&](Tensor t) {
    return t.tile({1, 1, BN, D})
        .tile({1, 1, whole, 1})
        .squeeze(3)
        .expand({keep, keep, ot.size(2)})
        .at(1, squeeze({0, 1, 3}))
        .at(2, squeeze({0, 1}));
  };
  // A key is a column of the second matrix of the first product.
  auto columns = blocks(k).at(2, permute({1, 0}));
  return arranged(rows(q), columns, blocks(v), ot);
}
// [/arrangement]

/// With `causal`, query i sees keys up to i + N - M only, as many as there are
/// before it where queries and keys end together.
inline Kernel flash_attention(bool causal) {
  auto application = [causal](In q, In k, In v, Out o) {
    const std::int64_t block_m = q.shape()[0], block_n = k.shape()[1];
    // exp2 is cheaper than exp; 1 / sqrt(D) is applied with the same factor,
    // where the power is taken: the largest product has the largest score.
    Tile scale = rsqrt(cast(q.source_size(3), f32)) * std::numbers::log2e;
    Tile queries = q;
    Tile acc = zeros(o.shape(), f32);
    Tile top = full({block_m, 1}, -INFINITY, f32);
    Tile total = zeros({block_m, 1}, f32);

    // [step]
    auto step = [&](const Index &j, const Tile &products) {
      Tile next = max(top, max(products, dim(1).kept()) * scale);
      // A row that has seen no key yet stays empty.
      Tile from = where(next == -INFINITY, 0.f, next);
      Tile p = exp2(fma(products, scale, -from), Subnormals::flush_to_zero);
      Tile shrink = exp2(top - from);
      total = total * shrink + sum(p, dim(1).kept());
      acc = acc * shrink + dot(cast(p, v.dtype()), v[j]);
      top = next;
    };
    // [/step]

    // Blocks of keys that every query of the tile sees need no mask.
    Index keys = k.source_size(2), ahead = keys - q.source_size(2);
    Index first = program_id(2) * block_m; // query of this tile
    Index whole_blocks = keys / block_n, blocks = k.size(0);
    if (causal) {
      whole_blocks = min(whole_blocks, max(first + ahead + 1, 0) / block_n);
      blocks = min(blocks, cdiv(max(first + block_m + ahead, 0), block_n));
    }
    for (Index j : range(whole_blocks))
      step(j, dot(queries, k[j]));
    for (Index j : range(whole_blocks, blocks)) {
      Tile key = slice(k[j].offsets(2), 0, 0, 1); // [1, BN]
      Tile visible = key < keys;
      if (causal) {
        Tile query = slice(q.offsets(2), 1, 0, 1); // [BM, 1]
        visible = visible & (key <= query + ahead);
      }
      step(j, where(visible, dot(queries, k[j]), -INFINITY));
    }
    o = acc / where(total == 0.f, 1.f, total);
  };
  return make(causal ? "causal_flash_attention" : "flash_attention",
              flash_attention_arrangement, application, {"q", "k", "v", "o"});
}

} // namespace lessons

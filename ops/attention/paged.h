// SPDX-License-Identifier: Apache-2.0
// Caches of keys and values in pages: [pages, page size, heads, D]. A block
// table says which pages a sequence has, in their order; a slot is page * page
// size + place in the page.
#pragma once

#include "girih/ops/attention/kernels.h"
#include "girih/ops/op.h"

#include <functional>

namespace girih::ops {

/// Tiles [block, width] of a cache, for each head: a level [pages, blocks in a
/// page, 1]; a grid of heads only.
Tensor arrange_cache(const Tensor &cache, std::int64_t block,
                     std::int64_t width);
/// The scalars of one row of a block table [B, pages]; a grid of B only.
Tensor arrange_table(const Tensor &table);

/// Tiles number 0 to `count` - 1 one after the other along dimension `dim`.
Tile cat_of(std::int64_t count, int dim,
            const std::function<Tile(std::int64_t)> &tile);

/// The slot of a token. One outside `cache`, whose pages have `page` places, is
/// nowhere.
Index slot_of(const In &slots, const InOut &cache, std::int64_t page);

/// Checks a cache of keys and one of values. [dtype] [shape] [device]
void check_caches(const Call &call, const Argument &keys,
                  const Argument &values);
/// Checks slots[tokens].
void check_slots(const Call &call, const Array &slots, const Argument &k);
/// Checks block_table[B, pages] and lengths[B]; gives B.
std::int64_t check_table(const Call &call, const Array &block_table,
                         const Array &lengths);

/// Writes rows x[tokens, heads, W] into slots of a cache; of two arrays at once
/// where `y` is there.
void launch_cache_write(const Call &call, const Array &x, const Array *y,
                        const Array &slots, const Array &x_cache,
                        const Array *y_cache);
KernelEntry cache_write_entry();

} // namespace girih::ops

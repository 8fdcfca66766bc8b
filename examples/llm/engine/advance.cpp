// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/advance.h"

#include "girih/examples/llm/cache/kv_cache.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/runtime/kernel.h"

namespace girih::llm {

namespace {

Tensor cut(const Tensor &rows) { return rows.tile({block_size("BLOCK", 64)}); }

const Kernel &advance_kernel() {
  static const Kernel made = make(
      "advance_rows",
      [](Tensor chosen, Tensor table, Tensor tokens, Tensor positions,
         Tensor lengths, Tensor slots) {
        const Tensor grid = cut(tokens);
        return arranged(cut(chosen), ops::seen_by_all(table, grid), grid,
                        cut(positions), cut(lengths), cut(slots));
      },
      [](In chosen, In table, Out tokens, InOut positions, InOut lengths,
         Out slots) {
        const Tile length = lengths;
        const Tile there = length > 0;
        const Tile position = where(there, Tile(positions) + 1, 0);
        const Index room = table.source_size(1) * page_size;
        const Tile page =
            table.gather({min(lengths.offsets(0), table.source_size(0) - 1),
                          floor_divide(min(position, room - 1), page_size)});
        tokens = where(there, Tile(chosen), 0);
        positions = position;
        lengths = length + cast(there, i64);
        slots = where(there & (position < room),
                      cast(page, i64) * page_size + position % page_size, -1);
      },
      {"chosen", "block_table", "tokens", "positions", "lengths", "slots"});
  return made;
}

const Kernel &note_kernel() {
  static const Kernel made = make(
      "note_tokens",
      [](Tensor tokens, Tensor positions, Tensor history) {
        const Tensor grid = cut(tokens);
        return arranged(grid, cut(positions),
                        partial(ops::seen_by_all(history, grid)));
      },
      [](In tokens, In positions, Out history) {
        const Tile row = where(tokens.in_bounds(), tokens.offsets(0), nowhere);
        history.scatter({row, Tile(positions)}, Tile(tokens));
      },
      {"tokens", "positions", "history"});
  return made;
}

} // namespace

void advance_rows(const Array &chosen, const Array &block_table,
                  const Array &tokens, const Array &positions,
                  const Array &lengths, const Array &slots) {
  advance_kernel()(chosen, block_table, tokens, positions, lengths, slots);
}

void note_tokens(const Array &tokens, const Array &positions,
                 const Array &history) {
  note_kernel()(tokens, positions, history);
}

} // namespace girih::llm

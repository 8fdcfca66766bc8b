// SPDX-License-Identifier: Apache-2.0
// Kernels of the engine's own: what is between one token and the next.
#pragma once

#include "girih/runtime/array.h"

namespace girih::llm {

/// Rows of sequences go on by one token, chosen[B]: `tokens` becomes that,
/// `positions` and `lengths` grow by 1, and `slots` is where block_table[B, P]
/// has room for it. Rows without keys stay empty. All but the table are i64
/// [B].
void advance_rows(const Array &chosen, const Array &block_table,
                  const Array &tokens, const Array &positions,
                  const Array &lengths, const Array &slots);

/// history[b, positions[b]] = tokens[b], all i64.
void note_tokens(const Array &tokens, const Array &positions,
                 const Array &history);

} // namespace girih::llm

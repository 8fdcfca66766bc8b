// SPDX-License-Identifier: Apache-2.0
// What operators, assignments and stores share: promotion, shapes, numbers.
// Not public.
#pragma once

#include "girih/dsl/functions.h"

namespace girih {

/// The Tile of a tile, a number or an Index.
Tile tile_of(const Located &value);
/// `function` of two sides; `what` names it in messages.
Tile binary(Function function, const char *what, const Located &lhs,
            const Located &rhs);
/// `function` of `tile` and `rhs` in the dtype and shape of `tile`.
Tile updated(Function function, const char *what, const Tile &tile,
             const Located &rhs);
/// Casts to the operand's dtype, repeats scalars, and stores.
void store_tile(int operand, const std::vector<ValueId> &indices,
                const Located &value);
/// Loads, applies `function`, stores.
void update_tile(Function function, int operand,
                 const std::vector<ValueId> &indices, const Located &rhs);

} // namespace girih

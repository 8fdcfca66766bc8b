// SPDX-License-Identifier: Apache-2.0
// Moving the lanes of tiles. Nothing here computes.
#pragma once

#include "girih/dsl/values.h"

#include <utility>

namespace girih {

/// `start`, `start + 1`, ... : a tile of rank 1 and dtype i32 or i64.
Tile arange(std::int64_t count, DType dtype = DType::i32,
            std::int64_t start = 0,
            std::source_location where = std::source_location::current());
/// The same lanes, row-major, as another shape; one size may be -1.
Tile reshape(const Located &x, Shape shape,
             std::source_location where = std::source_location::current());
/// Dimension d of the result is dimension dims[d] of `x`.
Tile permute(const Located &x, const std::vector<int> &dims,
             std::source_location where = std::source_location::current());
/// The last two dimensions exchanged.
Tile transpose(const Located &x,
               std::source_location where = std::source_location::current());
/// Repeats dimensions of size 1 and adds leading ones.
Tile broadcast_to(const Located &x, const Shape &shape,
                  std::source_location where = std::source_location::current());
/// A dimension of size 1 before dimension `dim`.
Tile unsqueeze(const Located &x, int dim,
               std::source_location where = std::source_location::current());
/// Drops a dimension of size 1.
Tile squeeze(const Located &x, int dim,
             std::source_location where = std::source_location::current());
/// `size` lanes of dimension `dim`, from `begin` on, `step` apart.
Tile slice(const Located &x, int dim, std::int64_t begin, std::int64_t size,
           std::int64_t step = 1,
           std::source_location where = std::source_location::current());
/// Reverses dimension `dim`.
Tile flip(const Located &x, int dim,
          std::source_location where = std::source_location::current());
/// The two side by side along a new last dimension of size 2.
Tile join(const Located &x, const Located &y,
          std::source_location where = std::source_location::current());
/// The inverse of join(): the last dimension has size 2.
std::pair<Tile, Tile>
split(const Located &x,
      std::source_location where = std::source_location::current());
/// One after the other along dimension `dim`.
Tile cat(const Located &x, const Located &y, int dim,
         std::source_location where = std::source_location::current());
/// result[.., i, ..] = x[.., index[.., i, ..], ..] along `dim`, as
/// torch.gather: `index` (i32 or i64) has the rank of `x` and its sizes but
/// for `dim`. An index out of range gives 0.
Tile gather(const Located &x, int dim, const Located &index,
            std::source_location where = std::source_location::current());

} // namespace girih

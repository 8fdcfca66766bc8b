// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and sorting along a dimension of tiles, and histograms.
#pragma once

#include "girih/dsl/values.h"

#include <functional>
#include <utility>

namespace girih {

/// Several tiles.
using Tiles = std::vector<Tile>;

/// What a reduction runs along: one dimension, or all where none is given.
/// `dim(1)` drops the dimension, `dim(1).kept()` leaves it with size 1, so that
/// the result broadcasts against the tile.
class Dim {
public:
  using Where = std::source_location;
  explicit Dim(int index, bool all = false) : index_(index), all_(all) {}
  Dim kept() const {
    Dim out = *this;
    out.kept_ = true;
    return out;
  }
  int index() const { return index_; }
  bool is_all() const { return all_; }
  bool is_kept() const { return kept_; }

private:
  int index_;
  bool all_, kept_ = false;
};

inline Dim dim(int index) { return Dim(index); }
inline const Dim all_dims(0, true);

/// Floats narrower than f32 are summed in f32 and give f32; integers and bools
/// give i64.
Tile sum(const Located &x, Dim over = all_dims,
         std::source_location where = std::source_location::current());
Tile prod(const Located &x, Dim over = all_dims,
          std::source_location where = std::source_location::current());
/// sum divided by the number of lanes; f32, or f64.
Tile mean(const Located &x, Dim over = all_dims,
          std::source_location where = std::source_location::current());
/// The dtype stays; NaN if any is.
Tile max(const Located &x, Dim over = all_dims,
         std::source_location where = std::source_location::current());
Tile min(const Located &x, Dim over = all_dims,
         std::source_location where = std::source_location::current());
/// Where the extremum is: the first of equal ones; the first NaN, if any.
/// i64; over all dimensions the row-major number of the lane.
Tile argmax(const Located &x, Dim over = all_dims,
            std::source_location where = std::source_location::current());
Tile argmin(const Located &x, Dim over = all_dims,
            std::source_location where = std::source_location::current());
/// Of bool tiles; other tiles count as `x != 0`.
Tile any(const Located &x, Dim over = all_dims,
         std::source_location where = std::source_location::current());
Tile all(const Located &x, Dim over = all_dims,
         std::source_location where = std::source_location::current());

/// Combines two lanes into one; recorded once. It sees its arguments and
/// numbers only, and must be associative and commutative.
using Combine = std::function<Tile(Tile, Tile)>;
using CombineMany = std::function<Tiles(Tiles, Tiles)>;

/// Any reduction: `reduce(x, dim(1), [](Tile a, Tile b) { return a + b; })`.
/// In no particular order.
Tile reduce(const Located &x, Dim over, const Combine &combine,
            std::source_location where = std::source_location::current());
/// Over several tiles of one shape at once.
Tiles reduce(const std::vector<Located> &x, Dim over,
             const CombineMany &combine,
             std::source_location where = std::source_location::current());

/// Combinations of all prefixes, the lane itself included; with `reverse`, of
/// all suffixes. `combine` gets what comes first along the scan, then the
/// lane, and must be associative.
Tile scan(const Located &x, int along, const Combine &combine,
          bool reverse = false,
          std::source_location where = std::source_location::current());
Tiles scan(const std::vector<Located> &x, int along, const CombineMany &combine,
           bool reverse = false,
           std::source_location where = std::source_location::current());
/// dtypes as sum() and prod(), max() and min().
Tile cumsum(const Located &x, int along, bool reverse = false,
            std::source_location where = std::source_location::current());
Tile cumprod(const Located &x, int along, bool reverse = false,
             std::source_location where = std::source_location::current());
Tile cummax(const Located &x, int along, bool reverse = false,
            std::source_location where = std::source_location::current());
Tile cummin(const Located &x, int along, bool reverse = false,
            std::source_location where = std::source_location::current());

/// How many lanes of `x`, a tile of integers of any shape, are 0, 1, ...,
/// `bins` - 1: i32 of shape {bins}. Lanes of other values count nowhere:
/// `histogram(where(mask, x, -1), bins)` counts where a mask holds.
Tile histogram(const Located &x, std::int64_t bins,
               std::source_location where = std::source_location::current());

/// Sorted along a dimension: stable, NaN above all numbers.
Tile sort(const Located &x, int along = -1, bool descending = false,
          std::source_location where = std::source_location::current());
/// Sorts `keys` and moves each of `payloads`, of the same shape, with them.
Tiles sort(const Located &keys, const std::vector<Located> &payloads,
           int along = -1, bool descending = false,
           std::source_location where = std::source_location::current());
/// Where each lane of the sorted tile comes from; i64.
Tile argsort(const Located &x, int along = -1, bool descending = false,
             std::source_location where = std::source_location::current());
/// The `k` largest (or smallest), sorted, and where they are (i64).
std::pair<Tile, Tile>
topk(const Located &x, int k, int along = -1, bool largest = true,
     std::source_location where = std::source_location::current());

} // namespace girih

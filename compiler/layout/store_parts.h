// SPDX-License-Identifier: Apache-2.0
// In what parts warp groups store a tile that they have as an accumulator.
#pragma once

#include "girih/compiler/layout/atoms.h"

namespace girih::compiler {

/// Parts of 64 rows by `width` columns, each of one group; a group goes through
/// its own rows by rows, and of those through the columns.
class StoreParts {
public:
  static constexpr int64_t rows = 64;

  /// None where `layout` is no accumulator, or groups have not whole parts.
  static std::optional<StoreParts> of(const Layout &layout, int64_t width);

  /// Groups that store the tile, and the parts of each.
  int64_t groups() const { return share.groups * share.along; }
  int64_t count() const { return below * beside; }
  /// Where the lanes of a group begin, as rows and columns for each group below
  /// and next to the first one; the groups below each other come first.
  AccumulatorShare groupGrid() const { return share; }
  Coords groupStep() const { return {below * rows, beside * width}; }
  /// Where part `number` begins within those.
  Coords begin(int64_t number) const {
    return {number / beside * rows, number % beside * width};
  }
  /// What a thread of a group has of a part, and the first of its registers,
  /// which follow each other.
  Layout layout() const { return wgmmaAccumulator(rows, width, 1, 1); }
  int64_t firstRegister(int64_t number) const {
    return number * layout().size(Axis::reg);
  }

private:
  StoreParts(AccumulatorShare share, int64_t below, int64_t beside,
             int64_t width)
      : share(share), below(below), beside(beside), width(width) {}

  AccumulatorShare share;
  int64_t below, beside, width;
};

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// From one distributed layout to another, the lanes of a tile renamed on the
// way: what stays in its thread, what only changes lanes, what has to move.
#pragma once

#include "girih/compiler/layout/layout.h"

#include "mlir/IR/AffineMap.h"

namespace girih::compiler {

/// Lane c of a tile of shape `to` is lane map(c) of one of shape `from`.
struct LaneMap {
  mlir::AffineMap map;
  llvm::ArrayRef<int64_t> from, to;
};

/// Where in the source threads find what they hold of the result, register by
/// register, if the result is laid out as `layout`. None where no layout says
/// that.
std::optional<Layout> throughMap(const Layout &layout, const LaneMap &map);

/// How the result of a one-to-one map is laid out if the source stays where it
/// is. None where the map is not one-to-one or no layout says that.
std::optional<Layout> behindMap(const Layout &layout, const LaneMap &map);

/// What is left of a tile when the lanes along `dim` become one: registers
/// along it go, threads that differed only there hold copies.
Layout withoutDim(const Layout &layout, int dim);

/// The same map with repeats' powers of two as bases of the atom, as far as
/// digits that come before allow.
Layout normalized(const Layout &layout);

/// Without registers that hold what another one of the thread holds as well.
Layout withoutCopies(const Layout &layout);

/// Whether what moves along `dim` moves along nothing else: the lanes along it
/// can then be combined register by register, lane bit by lane bit.
bool isSeparable(const Layout &layout, int dim);

/// For each register of `to` the one of `from` in which every thread already
/// has it; none unless that is so for all. Elements past the tile are anything.
std::optional<llvm::SmallVector<int64_t>>
findRenaming(const Layout &from, const Layout &to, const LaneMap &map);

/// Each register comes from one register of another lane of the same warp.
struct Exchange {
  /// The other lane: exclusive or of the bases of the set bits of one's own,
  /// and of the constant.
  struct Lane {
    std::array<uint64_t, 5> bases{};
    int64_t constant = 0;
    bool operator==(const Lane &) const = default;
  };
  struct Source {
    int64_t reg = 0;
    Lane lane;
    bool operator==(const Source &) const = default;
  };
  llvm::SmallVector<Source> sources; // without repetitions
  llvm::SmallVector<int64_t> of;     // by register of the result
};
/// None where an element is in another warp, or in registers that depend on
/// the lane.
std::optional<Exchange> findExchange(const Layout &from, const Layout &to,
                                     const LaneMap &map);

} // namespace girih::compiler

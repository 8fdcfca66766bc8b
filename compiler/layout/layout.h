// SPDX-License-Identifier: Apache-2.0
// Layout: where each element of a tile is. One class serves values spread over
// threads, shared memory and its swizzles, matrix fragments and TMA boxes.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace girih::compiler {

/// Coordinates of an element within a tile, one per dimension.
using Coords = llvm::SmallVector<int64_t, 4>;

/// What a layout maps from. A distributed layout uses reg, lane and warp; a
/// memory layout offset (in elements) and stage.
enum class Axis : uint8_t { reg, lane, warp, offset, stage };
inline constexpr int axisCount = 5;
llvm::StringRef name(Axis axis);

/// `count` further copies of everything before it, next to each other along
/// dimension `dim`, numbered by the next digit of `axis`. With dim -1 the
/// copies hold the same elements.
struct Repeat {
  Axis axis = Axis::reg;
  int dim = -1;
  int64_t count = 1;
  bool operator==(const Repeat &) const = default;
};

/// One index for each Axis.
using Indices = std::array<int64_t, axisCount>;

/// A map from indices (register, lane, warp or memory offset, stage) to
/// coordinates: a linear map over F2, the atom, times integer repeats.
///
/// The atom has for each axis a list of bases, one per bit of its index; the
/// coordinates of an index are the exclusive or of the bases of its set bits.
/// Its extents are powers of two. A repeat appends a digit of any radix to an
/// axis and adds digit * (extent so far) along its dimension: that is how a
/// tile is 176 wide or split over three warpgroups.
class Layout {
public:
  explicit Layout(int rank = 0) : layoutRank(rank) {}

  /// Appends a basis: the next bit of `axis`. Precondition: no repeats yet.
  Layout &basis(Axis axis, llvm::ArrayRef<int64_t> coords);
  /// Appends a repeat; a count of 1 changes nothing.
  Layout &repeat(Axis axis, int dim, int64_t count);

  int rank() const { return layoutRank; }
  llvm::ArrayRef<Coords> bases(Axis axis) const {
    return atom[static_cast<int>(axis)];
  }
  llvm::ArrayRef<Repeat> repeats() const { return repeatList; }

  /// What a thread has of each of `parts` equal parts of the last dimension, in
  /// which they are alike; none where a part is not with all threads.
  std::optional<Layout> part(int64_t parts) const;

  /// Number of indices of an axis: elements of a thread for Axis::reg.
  int64_t size(Axis axis) const;
  /// Extents of the atom, powers of two, and of the whole.
  Coords atomShape() const;
  Coords shape() const;
  /// Whether every element of a tile of this shape has a place.
  bool covers(llvm::ArrayRef<int64_t> tile) const;

  /// Where the element with these indices is.
  Coords coordinates(const Indices &indices) const;
  Coords coordinates(int64_t reg, int64_t lane, int64_t warp) const {
    return coordinates({reg, lane, warp, 0, 0});
  }

  /// Every bit that coordinate `dim` can have when only `axis` varies. Where
  /// the masks of two axes are disjoint, their parts add without carries.
  uint64_t mask(Axis axis, int dim) const;
  /// Neighbouring registers, in aligned groups, that are neighbours along
  /// `dim`: how many elements one vector access can move.
  int64_t registerRun(int dim) const;
  /// The atom bits of an axis that change nothing: copies of the same element.
  /// An element is owned by the index whose copy bits and digits are 0.
  bool replicates(Axis axis) const;
  bool isOwner(Axis axis, int64_t index) const;

  /// Text such as `rank = 2, reg = [[0, 1], [8, 0]], lane = [...],
  /// repeat = [reg 11 along 1, warp 2]`; parse() reads it back.
  std::string toString() const;
  static std::optional<Layout> parse(llvm::StringRef text);
  /// The same as integers, for an attribute's storage.
  llvm::SmallVector<int64_t> encode() const;
  static Layout decode(llvm::ArrayRef<int64_t> code);

  bool operator==(const Layout &) const = default;

private:
  int layoutRank;
  std::array<llvm::SmallVector<Coords, 8>, axisCount> atom;
  llvm::SmallVector<Repeat, 6> repeatList;
};

/// The inverse of a memory layout: from coordinates to an offset in elements.
/// Within the atom it is linear over F2: offset = exclusive or, over the set
/// bits b of each coordinate d, of masks[d][b]. Coordinate bits above the atom
/// count atoms along d, each `atomStride[d]` elements from the last.
class OffsetMap {
public:
  /// None where the atom is not a bijection or a dimension repeats twice.
  static std::optional<OffsetMap> of(const Layout &memory);

  int64_t offset(llvm::ArrayRef<int64_t> coords) const;
  int atomBits(int dim) const { return masks[dim].size(); }
  llvm::ArrayRef<uint64_t> bitMasks(int dim) const { return masks[dim]; }
  int64_t atomStride(int dim) const { return strides[dim]; }
  /// Elements of one stage.
  int64_t stageSize() const { return elements; }

private:
  llvm::SmallVector<llvm::SmallVector<uint64_t, 8>, 2> masks;
  llvm::SmallVector<int64_t, 2> strides;
  int64_t elements = 1;
};

} // namespace girih::compiler

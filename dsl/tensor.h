// SPDX-License-Identifier: Apache-2.0
// Tensor: a symbolic operand inside an arrangement, and its meta-operations.
#pragma once

#include "girih/dsl/expr.h"
#include "girih/dsl/support/source_line.h"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace girih {

/// A symbolic size: of a dimension, of a block, or what was computed of them.
using Size = Expr;

/// A block size, chosen by the Config; the same name is the same symbol. Names
/// start with a capital letter. `fallback` is used where the Config has none
/// (0: the Config must have one).
Size block_size(std::string_view name, std::int64_t fallback = 0,
                std::source_location where = std::source_location::current());

/// A block size that is at least `size`, a size of an operand: by default the
/// power of two above it. A call with a larger size than the Config's block is
/// refused. For what must be in one tile, as the row of a reduction.
/// Example: `x.tile({1, covering_block("N", x.size(1))})`.
Size covering_block(
    std::string_view name, const Size &size,
    std::source_location where = std::source_location::current());

struct Whole {};
struct Keep {};
/// In tile(): the whole dimension.
inline constexpr Whole whole{};
/// In expand(): leave this dimension as it is.
inline constexpr Keep keep{};

/// One element of a list of sizes: a Size, an integer, `whole` or `keep`.
class Extent {
public:
  enum class Kind : std::uint8_t { size, whole, keep };
  template <std::integral T>
  Extent(T size) : size_(static_cast<std::int64_t>(size)) {}
  Extent(Size size) : size_(std::move(size)) {}
  Extent(Whole) : kind_(Kind::whole) {}
  Extent(Keep) : kind_(Kind::keep) {}

  Kind kind() const { return kind_; }
  const Size &size() const { return size_; }

private:
  Kind kind_ = Kind::size;
  Size size_;
};

using Extents = std::vector<Extent>;

/// How many tiles there are where they do not divide the dimension: `ceil`
/// keeps the ragged last one, `floor` drops it.
enum class Rounding : std::uint8_t { ceil, floor };

/// Elements added before and after a dimension.
struct Padding {
  Size before = 0;
  Size after = 0;
};

/// A half-open range of a dimension, `begin, begin + step, ...` below `end`, or
/// above it where `step` is negative. A bound that is left out is that end of
/// the dimension: `Slice{.step = -1}` is all of it, backwards. Integers below 0
/// count from the dimension's size. Nothing is clamped: what a range names
/// outside the dimension is outside the source.
struct Slice {
  Extent begin = whole;
  Extent end = whole;
  std::int64_t step = 1;
};

struct NewAxis {};
struct Ellipsis {};
/// Between brackets: a new dimension of size 1.
inline constexpr NewAxis newaxis{};
/// Between brackets: all dimensions that the other entries leave.
inline constexpr Ellipsis ellipsis{};

/// One entry between brackets: an index, a Slice, `newaxis` or `ellipsis`.
class Selector {
public:
  enum class Kind : std::uint8_t { index, slice, newaxis, ellipsis };
  template <std::integral T>
  Selector(T index) : Selector(Size(static_cast<std::int64_t>(index))) {}
  Selector(Size index) : index_(std::move(index)) {}
  Selector(Slice range) : kind_(Kind::slice), range_(std::move(range)) {}
  Selector(NewAxis) : kind_(Kind::newaxis) {}
  Selector(Ellipsis) : kind_(Kind::ellipsis) {}

  Kind kind() const { return kind_; }
  const Size &index() const { return index_; }
  const Slice &range() const { return range_; }

private:
  Kind kind_ = Kind::index;
  Size index_;
  Slice range_;
};

/// What stands between brackets, with its line: `t[0]`, `t[{ellipsis, 0}]`.
struct Selection {
  using Where = std::source_location;
  template <std::convertible_to<Selector> T>
  Selection(T one, Where here = Where::current())
      : entries{Selector(std::move(one))}, where(here) {}
  Selection(std::initializer_list<Selector> list, Where here = Where::current())
      : entries(list), where(here) {}

  std::vector<Selector> entries;
  Where where;
};

/// A symbolic operand: a hierarchy of levels over one source, outermost first.
/// A cheap value handle; every meta-operation returns a new Tensor and acts on
/// the outermost level. Meta-operations are index maps: nothing is computed.
class Tensor {
public:
  using Where = std::source_location;
  struct Map;

  /// A source of `rank` dimensions: operand number `operand`, for tests and
  /// lessons. Arrangements are given theirs.
  explicit Tensor(int rank, int operand = 0, std::string name = "a");

  /// Number of dimensions of the outermost level.
  int rank() const;
  /// Number of levels.
  int depth() const;
  /// Size of dimension `dim` of the outermost level; -1 is the last one.
  Size size(int dim, Where where = Where::current()) const;
  /// Sizes of the outermost level.
  std::vector<Size> shape() const;
  /// Name of the operand.
  const std::string &name() const;

  /// Cuts each dimension into tiles of the given size (`whole`: one tile). The
  /// outermost level becomes the tiles, a new level below it what is inside.
  /// `strides` (default: the sizes) is the distance between tiles, `dilation`
  /// (default: 1) between the elements of one. Rounding::ceil gives tiles until
  /// the end of the dimension is reached, the last one ragged: at least one
  /// unless the dimension is empty. Rounding::floor gives those that are
  /// complete.
  /// Example: a[5].tile({2}) is [[0, 1], [2, 3], [4, -1]].
  Tensor tile(Extents sizes, Extents strides = {}, Extents dilation = {},
              Rounding rounding = Rounding::ceil,
              Where where = Where::current()) const;
  /// Repeats dimensions of size 1; `keep` leaves one as it is.
  /// Example: a[3].unsqueeze(0).expand({2, keep}) is [[0, 1, 2], [0, 1, 2]].
  Tensor expand(Extents sizes, Where where = Where::current()) const;
  /// Drops a dimension of size 1, or of the one piece of a covering_block().
  Tensor squeeze(int dim, Where where = Where::current()) const;
  /// Drops several such dimensions.
  Tensor squeeze(std::vector<int> dims, Where where = Where::current()) const;
  /// Adds a dimension of size 1 before dimension `dim`.
  Tensor unsqueeze(int dim, Where where = Where::current()) const;
  /// Reorders: dimension d of the result is dimension dims[d] of this.
  /// Example: a[2, 3].permute({1, 0}) is [[0, 3], [1, 4], [2, 5]].
  Tensor permute(std::vector<int> dims, Where where = Where::current()) const;
  /// Joins the dimensions from `start` up to, not including, `end` (default:
  /// all of them) into one, row-major.
  Tensor flatten(int start = 0, int end = INT32_MAX,
                 Where where = Where::current()) const;
  /// Joins all levels from this one down into one with all their dimensions.
  Tensor ravel(Where where = Where::current()) const;
  /// Adds elements outside the source around each dimension: reads of them give
  /// `other`. Example: a[2].pad({{1, 1}}) is [-1, 0, 1, -1].
  Tensor pad(std::vector<Padding> padding,
             Where where = Where::current()) const;
  /// Keeps a range of dimension `dim`.
  /// Example: a[6].slice(0, {1, 6, 2}) is [1, 3, 5].
  Tensor slice(int dim, Slice range, Where where = Where::current()) const;
  /// Turns dimension `dim` round. Example: a[3].flip(0) is [2, 1, 0].
  Tensor flip(int dim, Where where = Where::current()) const;
  /// Keeps one index of dimension `dim` and drops the dimension; negative
  /// indices count from the end.
  Tensor select(int dim, Size index, Where where = Where::current()) const;
  /// Cuts dimension `dim` into rows of differing lengths: dimensions [B,
  /// max_length] in its place, for `offsets` of B + 1 integers. Element (b, i)
  /// is element offsets[b] + i, outside the source unless i is below
  /// offsets[b + 1] - offsets[b]. `offsets` is an In of this kernel, i32 or
  /// i64, as the arrangement got it; returned like that, every program sees all
  /// of it. Offsets are clamped to the dimension. `whole` as `max_length` is
  /// the size of the dimension. In an application, size() of a level that walks
  /// the rows is how many of its tiles this program's row has. Example:
  /// a[5].jagged(0, {0, 2, 5}, 3) is [[0, 1, -1], [2, 3, 4]].
  Tensor jagged(int dim, const Tensor &offsets, Extent max_length = whole,
                Where where = Where::current()) const;
  /// select(), slice() and unsqueeze() of all dimensions in one, as in NumPy.
  /// Example: a[2, 3][{newaxis, 1, Slice{.step = 2}}] is [[3, 5]].
  Tensor operator[](const Selection &selection) const;

  /// Applies `f` to the levels from `level` down: `at(1, squeeze(0))`,
  /// `at(1, [](Tensor t) { return t.permute({1, 0}); })`.
  template <class F>
  Tensor at(int level, F &&f, Where where = Where::current()) const {
    return rejoin(std::forward<F>(f)(inner(level, where)), level, where);
  }

  /// The value that reads outside the source give; 0 by default. It must be a
  /// value of the operand's dtype; floats are rounded, fp8 saturates.
  Tensor other(double value, Where where = Where::current()) const;
  template <std::integral T>
  Tensor other(T value, Where where = Where::current()) const {
    check_other(static_cast<std::int64_t>(value),
                std::is_unsigned_v<T> &&
                    static_cast<std::uint64_t>(value) > INT64_MAX,
                where);
    return other(static_cast<double>(value), where);
  }

  /// The state behind the handle; for the library.
  const Map &map() const { return *map_; }
  /// This output is not written completely; as the function partial().
  Tensor as_partial(Where where = Where::current()) const;

private:
  explicit Tensor(std::shared_ptr<const Map> map, int base)
      : map_(std::move(map)), base_(base) {}
  Tensor inner(int level, Where where) const;
  Tensor rejoin(const Tensor &changed, int level, Where where) const;
  void check_other(std::int64_t value, bool too_large, Where where) const;
  int checked_dim(const char *function, int dim, int rank, Where where) const;
  Tensor edited(Map changed) const;

  std::shared_ptr<const Map> map_;
  int base_ = 0; // level that meta-operations act on
};

/// Meta-operations as objects for Tensor::at.
inline auto squeeze(int dim, Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.squeeze(dim, where); };
}
inline auto squeeze(std::vector<int> dims,
                    Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.squeeze(dims, where); };
}
inline auto unsqueeze(int dim, Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.unsqueeze(dim, where); };
}
inline auto expand(Extents sizes,
                   Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.expand(sizes, where); };
}
inline auto tile(Extents sizes, Extents strides = {}, Extents dilation = {},
                 Rounding rounding = Rounding::ceil,
                 Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) {
    return t.tile(sizes, strides, dilation, rounding, where);
  };
}
inline auto permute(std::vector<int> dims,
                    Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.permute(dims, where); };
}
inline auto flatten(int start = 0, int end = INT32_MAX,
                    Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.flatten(start, end, where); };
}
inline auto ravel(Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.ravel(where); };
}

inline auto pad(std::vector<Padding> padding,
                Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.pad(padding, where); };
}
inline auto slice(int dim, Slice range,
                  Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.slice(dim, range, where); };
}
inline auto select(int dim, Size index,
                   Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.select(dim, index, where); };
}
inline auto flip(int dim, Tensor::Where where = Tensor::Where::current()) {
  return [=](const Tensor &t) { return t.flip(dim, where); };
}

/// Declares that not every element of an output is written.
inline Tensor partial(const Tensor &tensor,
                      Tensor::Where where = Tensor::Where::current()) {
  return tensor.as_partial(where);
}

/// What an arrangement returns: one Tensor for each operand, in their order.
struct Arrangement {
  std::vector<Tensor> operands;
  SourceLine where;
};

/// Gathers the arranged operands. A plain function cannot default a location
/// after a pack, so that the first tensor carries it.
struct LocatedTensor {
  LocatedTensor(Tensor value, // NOLINT: implicit by design
                std::source_location here = std::source_location::current())
      : tensor(std::move(value)), where(here) {}
  Tensor tensor;
  std::source_location where;
};
template <std::convertible_to<Tensor>... Rest>
Arrangement arranged(LocatedTensor first, Rest... rest) {
  return {{std::move(first.tensor), Tensor(std::move(rest))...}, first.where};
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// What all reductions share. A reduction says how one element enters its parts
// (a sum; a value and its place; count, mean and squares), how two lists of
// parts become one, and what is made of them in the end. From that come
//
//   rows, columns: a program keeps parts for each lane of a tile, walks along
//     the reduced dimensions, and combines lanes once at the end. The tile is
//     wide along whichever dimension is contiguous. One read of x.
//   row: a program has whole rows, which a tile holds (row_reduction.h).
//   parts, last: few rows that are long. Programs write the parts of their
//     share to scratch memory, a second launch combines those in a fixed order.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/lane_views.h"

#include <functional>
#include <optional>

namespace girih::ops {

/// Rows that a tile [rows, length or more] holds.
struct WholeRows {
  Tile elements; // of the first part's dtype; outside of x they leave no trace
  Tile inside;   // whether they are elements of x
  Tile length;   // of a row, [], of the same dtype
  Tile first;    // element of each row, [rows, 1], of the same dtype
};

struct Reduction {
  std::string name;
  /// dtypes of the parts, for x and the dtype of the first number (that of x
  /// where there is none).
  std::vector<DType> (*parts)(DType x, DType number) = nullptr;
  int results = 1;
  int numbers = 0; // operands by value
  /// The parts are a value and the turn of the loop that it came in, which
  /// becomes its place in row-major order: i32, then i64.
  bool places = false;
  /// What an element outside reads as without a trace, for floats or for all
  /// dtypes. Where there is none elements outside are masked.
  std::optional<double> other;
  bool other_for_all = false;
  /// A list of parts that changes nothing.
  Tiles (*start)(const Shape &shape, const std::vector<DType> &types) = nullptr;
  /// One element more in each lane.
  Tiles (*step)(const Tiles &parts, const Tile &x, const Index &turn,
                const Tiles &numbers) = nullptr;
  /// The same of several elements, where that is less work; null: it is not.
  /// Tiles of as many more, in a last dimension, where `parts` have one for a
  /// run of neighbours. Those outside are `other` in any case.
  Tiles (*steps)(const Tiles &parts, const Tiles &elements) = nullptr;
  Tiles (*combine)(Tiles, Tiles) = nullptr;
  /// The parts [rows, 1] of whole rows, where that is less work than a walk;
  /// null: it is not.
  Tiles (*row)(const WholeRows &rows) = nullptr;
  /// All lanes along a dimension, which is kept; null: by combine.
  Tiles (*fold)(const Tiles &parts, Dim over) = nullptr;
  /// Results of parts; null: the parts as they are.
  Tiles (*finish)(const Tiles &parts, const Tiles &numbers) = nullptr;
};

/// Elements that Reduction::steps() takes.
inline constexpr int reduction_group = 4;

/// How a reduction's kernels walk: along columns, and several tiles a turn.
struct Walk {
  bool columns = false, grouped = false;
};

/// The kernels of one reduction, made as they are needed.
class ReductionKernels {
public:
  explicit ReductionKernels(Reduction reduction);

  const Reduction &reduction() const { return reduction_; }
  /// x of a dtype, numbers... -> results...
  const Kernel &whole(DType x, Walk walk) const {
    return whole_[place(x, walk)];
  }
  /// x, numbers... -> parts[..., P]...
  const Kernel &parts(DType x, Walk walk) const {
    return parts_[place(x, walk)];
  }
  /// x, numbers... -> results..., of rows; the reduction must have that form.
  const Kernel &row(DType x) const { return row_[masks(x)]; }
  /// parts[..., P]..., numbers... -> results...
  const Kernel &last(bool columns) const { return last_[columns]; }
  /// Whether kernels for x mask what is outside.
  bool masks(DType x) const {
    return !reduction_.other || !(reduction_.other_for_all || is_float(x));
  }

private:
  std::size_t place(DType x, Walk walk) const {
    return 4 * masks(x) + 2 * walk.columns + walk.grouped;
  }

  Reduction reduction_;
  std::vector<Kernel> whole_, parts_, last_, row_;
};

/// Reduces x over `dims` into outs.
void launch_reduction(const Call &call, const ReductionKernels &kernels,
                      const Array &x, std::span<const int> dims, bool keepdim,
                      std::span<const Array> numbers,
                      std::span<const Array> outs);

/// A new array [kept..., parts] for parts of such a view; parts of neighbouring
/// columns lie side by side.
Array allocate_parts(const Call &call, const Array &view,
                     const LaneViews &views, std::int64_t parts, DType dtype);

/// The first half of a split reduction: parts of a view into such arrays.
std::vector<Array> launch_parts(const Call &call,
                                const ReductionKernels &kernels,
                                const Array &view, const LaneViews &views,
                                const LaneBlocks &blocks,
                                std::span<const Array> numbers);

/// Entries of the registry for the kernels of a reduction whose numbers and
/// results have the given dtypes for that of x.
std::vector<KernelEntry>
reduction_entries(const ReductionKernels &kernels, std::vector<DType> dtypes,
                  std::vector<DType> (*numbers)(DType x),
                  std::vector<DType> (*results)(DType x));

/// The kernels of sum() and prod(), whose number stands for the dtype that
/// elements are converted to.
const ReductionKernels &sum_kernels();
const ReductionKernels &prod_kernels();

/// f32 for f16 and bf16, i64 for integers and bool.
DType accumulator(DType dtype);

} // namespace girih::ops

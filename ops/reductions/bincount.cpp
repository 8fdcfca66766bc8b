// SPDX-License-Identifier: Apache-2.0
// bincount: out[b] = how many of x[i] are b, or the sum of their weights
//
// Shapes: x [N], weights [N]; the result has as many bins as the largest of x
// asks for, `minlength` at least. Dtypes: integers, which must not be negative;
// counts are i64, sums f32 for f32 weights and f64 for others. Counts are added
// atomically, but of many elements and few bins on a GPU, which are products of
// matrices; sums go through a sort, so that each bin's are added in order.
// The size of the result depends on x, which is read for it: the call waits.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.bincount.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/counts.h"
#include "girih/ops/reductions/dims_reduction.h"
#include "girih/ops/reductions/reduction.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/reductions/sorted_search.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

const Kernel &clear_kernel() {
  static const Kernel made{make_source(
      "bincount_clear",
      [](Tensor out) { return arranged(out.tile({block_size("BLOCK")})); },
      [](Out out) { out = zeros(out.shape(), out.dtype()); }, {"out"})};
  return made;
}

const Kernel &count_kernel() {
  static const Kernel made{make_source(
      "bincount",
      [](Tensor x, Tensor out) {
        const Tensor tiles = x.tile({block_size("BLOCK")});
        return arranged(tiles, seen_by_all(out, tiles));
      },
      [](In x, InOut out) {
        // Lanes outside add nothing to the first bin.
        out.atomic_add({where(x.in_bounds(), cast(x, i64), 0)},
                       cast(x.in_bounds(), i64));
      },
      {"x", "out"})};
  return made;
}

// A bin's number has two digits to base `side`. A program has a matrix of
// counts by both: the product of two matrices that have a 1 for each element,
// in the row of its one digit and in the column of its other. Atomic additions
// to few bins wait for each other where memory adds; these do not.
Kernel make_digits(const int &side) {
  constexpr int turn = 128; // elements
  return Kernel(make_source(
      "bincount_digits",
      [side](Tensor x, Tensor counts) {
        const Size turns = cdiv(x.size(0), Size(turn));
        return arranged(x.tile({turn}).tile({cdiv(turns, counts.size(0))}),
                        counts.tile({1, side, side})
                            .tile({1, whole, whole})
                            .squeeze({1, 2})
                            .at(1, squeeze(0))
                            .at(2, squeeze(0)));
      },
      [side](In x, Out counts) {
        const auto digits = [side] { return arange(side, i32); };
        Tile sums = zeros({side, side}, f32);
        for (Index k : range(x.size(0))) {
          // Elements outside have no row.
          const Tile bin = where(x[k].in_bounds(), cast(x[k], i32), -1);
          const Tile high =
                         bin >> std::countr_zero(static_cast<unsigned>(side)),
                     low = bin & (side - 1);
          const Tile rows = unsqueeze(high, 0) == unsqueeze(digits(), 1),
                     columns = unsqueeze(low, 1) == unsqueeze(digits(), 0);
          sums += dot(cast(rows, bf16), cast(columns, bf16));
        }
        counts[{0, 0}] = cast(sums, i32);
      },
      {"x", "counts"}));
}

const Kernel &digits_kernel(int side) {
  static KernelFamily<int> kernels(make_digits);
  return kernels[side];
}

const Kernel &weights_kernel() {
  static const Kernel made{make_source(
      "bincount_weights",
      [](Tensor sorted, Tensor places, Tensor weights, Tensor out) {
        const Tensor tiles = out.tile({block_size("BLOCK")});
        return arranged(seen_by_all(sorted, tiles), seen_by_all(places, tiles),
                        seen_by_all(weights, tiles), tiles);
      },
      [](In sorted, In places, In weights, Out out) {
        const Tile bins = out.offsets(0);
        Tile at = less_than(sorted, bins);
        const Tile end = less_than(sorted, bins + 1);
        Tile total = zeros(out.shape(), out.dtype());
        loop_while([&] { return any(at < end); },
                   [&] {
                     const Tile inside = at < end;
                     const Tile place = places.gather({where(inside, at, 0)});
                     const Tile weight =
                         cast(weights.gather({place}), total.dtype());
                     total = total + where(inside, weight, 0);
                     at = at + cast(inside, i64);
                   });
        out = total;
      },
      {"sorted", "places", "weights", "out"})};
  return made;
}

struct Bincount {
  static constexpr std::string_view signature =
      "bincount(x, weights: array? = None, minlength: int = 0) -> out";
  static Shaped result(const Call &call, const Array &x,
                       const std::optional<Array> &weights,
                       std::int64_t minlength);
  static void launch(const Call &call, const Array &x,
                     const std::optional<Array> &weights, std::int64_t,
                     const Array &out);
};

// The largest element, or this where any is negative.
constexpr std::int64_t some_negative = std::int64_t{1} << 62;

Reduction largest() {
  return {
      .name = "bincount_largest",
      .parts = [](DType, DType) { return std::vector{i64}; },
      .other = {},
      .start = [](const Shape &shape, const std::vector<DType> &) -> Tiles {
        return {full(shape, -1, i64)};
      },
      .step = [](const Tiles &parts, const Tile &x, const Index &,
                 const Tiles &) -> Tiles {
        const Tile bin = cast(x, i64);
        return {max(parts[0], where(bin < 0, some_negative, bin))};
      },
      .combine = [](Tiles a, Tiles b) -> Tiles { return {max(a[0], b[0])}; },
      .fold = [](const Tiles &parts, Dim over) -> Tiles {
        return {max(parts[0], over)};
      }};
}

const ReductionKernels &largest_kernels() {
  static const ReductionKernels made(largest());
  return made;
}

std::int64_t largest_of(const Call &call, const Array &x) {
  const Array found = allocate_result({}, i64, x.device(), call.stream);
  launch_reduction(call, largest_kernels(), x, std::array{0}, false, {},
                   {&found, 1});
  if (x.device().kind == Device::Kind::cuda)
    call.stream.synchronize();
  return static_cast<std::int64_t>(found.to_vector()[0]);
}

Shaped Bincount::result(const Call &call, const Array &x,
                        const std::optional<Array> &weights,
                        std::int64_t minlength) {
  const Argument values{"x", x}, of{"weights", weights};
  call.check_same_device({values, of});
  call.check_dtype(values, integers);
  call.check_dtype(of, numbers);
  call.check_rank(values, 1);
  call.check_shape(of, {x.size(0)}, {values});
  call.require(minlength >= 0, "minlength must not be negative", {values});
  std::int64_t bins = minlength;
  if (x.numel() > 0) {
    const std::int64_t most = largest_of(call, x);
    call.require(most < some_negative, "x must not be negative", {values});
    bins = std::max(bins, most + 1);
  }
  Dims shape;
  shape.rank = 1;
  shape.sizes[0] = bins;
  return {shape, !weights ? i64 : weights->dtype() == f32 ? f32 : f64};
}

// The base that numbers of bins have two digits to; 0: too many.
int digits_base(std::int64_t bins) {
  for (const int side : {16, 32, 64})
    if (bins <= side * side)
      return side;
  return 0;
}

} // namespace

void count_by_digits(const Call &call, const Array &x, int side,
                     const Array &out) {
  // Programs of one warp, as many as a large GPU has room for, and all of them
  // with a turn.
  constexpr std::int64_t programs = 2112, turn = 128;
  const std::int64_t turns = pieces_of(x.size(0), turn);
  Dims shape;
  shape.rank = 3;
  shape.sizes[0] = pieces_of(turns, pieces_of(turns, programs));
  shape.sizes[1] = shape.sizes[2] = side;
  const Array counts = allocate_result(shape, i32, x.device(), call.stream);
  Config config;
  config.num_warps = side > 32 ? 4 : 1;
  const Array *operands[] = {&x, &counts};
  run_with(call, digits_kernel(side), config, operands);
  const std::int64_t flat[] = {counts.size(0), std::int64_t{side} * side};
  const Array through = Array::scalar(0, i64);
  launch_reduction(call, sum_kernels(),
                   counts.reshape(flat).slice(1, 0, out.size(0)), std::array{0},
                   false, {&through, 1}, {&out, 1});
}

namespace {

void Bincount::launch(const Call &call, const Array &x,
                      const std::optional<Array> &weights, std::int64_t,
                      const Array &out) {
  constexpr std::int64_t many = 1 << 18;
  const int side = digits_base(out.size(0));
  if (!weights && side > 0 && x.numel() >= many &&
      x.device().kind == Device::Kind::cuda)
    return count_by_digits(call, x, side, out);
  if (x.numel() == 0 || !weights)
    call.run(clear_kernel(), {&out});
  if (x.numel() == 0)
    return;
  if (!weights)
    return call.run(count_kernel(), {&x, &out});
  const auto sorted = sort(x, 0, false, true, call.stream, call.where);
  call.run(weights_kernel(), {&sorted[0], &sorted[1], &*weights, &out});
}

KernelEntry
entry(const Kernel &kernel,
      std::function<std::vector<OperandShape>(DType,
                                              std::span<const std::int64_t>)>
          operands) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {i64},
          .size_names = {"N", "B"},
          .sizes = {1 << 20, 1024},
          .picture_sizes = {5, 3},
          .operands = std::move(operands)};
}

} // namespace

Array bincount(const Array &x, const std::optional<Array> &weights,
               std::int64_t minlength, const Stream &stream,
               std::source_location where) {
  return compute<Bincount>(stream, where, x, weights, minlength);
}

void bincount_out(const Array &x, const Array &out,
                  const std::optional<Array> &weights, std::int64_t minlength,
                  const Stream &stream, std::source_location where) {
  compute_into<Bincount>(stream, where, std::tie(out), x, weights, minlength);
}

OpEntry entry_of_bincount() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  std::vector<KernelEntry> kernels =
      reduction_entries(largest_kernels(), {i64}, no_numbers,
                        [](DType) { return std::vector{i64}; });
  kernels.insert(
      kernels.end(),
      {entry(digits_kernel(32),
             [](DType x, Sizes n) {
               return Operands{{x, {n[0]}, {}}, {i32, {64, 32, 32}, {}}};
             }),
       entry(count_kernel(),
             [](DType x, Sizes n) {
               return Operands{{x, {n[0]}, {}}, {i64, {n[1]}, {}}};
             }),
       entry(clear_kernel(),
             [](DType, Sizes n) { return Operands{{i64, {n[1]}, {}}}; }),
       entry(weights_kernel(), [](DType x, Sizes n) {
         return Operands{{x, {n[0]}, {}},
                         {i64, {n[0]}, {}},
                         {f32, {n[0]}, {}},
                         {f32, {n[1]}, {}}};
       })});
  return op_entry<Bincount>(
      {"reductions",
       "how many of x are 0, 1, ..., or the sums of their weights",
       {std::begin(integers), std::end(integers)},
       std::move(kernels),
       true});
}

} // namespace girih::ops

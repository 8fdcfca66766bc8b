// SPDX-License-Identifier: Apache-2.0
// bincount: out[b] = how many of x[i] are b, or the sum of their weights
//
// Shapes: x [N], weights [N]; the result has as many bins as the largest of x
// asks for, `minlength` at least. Dtypes: integers, which must not be negative;
// counts are i64, sums f32 for f32 weights and f64 for others. Counts are added
// atomically; sums go through a sort, so that each bin's are added in order.
// The size of the result depends on x, which is read for it: the call waits.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.bincount.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <algorithm>

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

// How many of sorted[N] are less than each lane of `bins`.
Tile less_than(const In &sorted, const Tile &bins) {
  const Index count = sorted.source_size(0);
  Tile low = zeros(bins.shape(), i64);
  Tile high = low + count;
  loop_while([&] { return any(low < high); },
             [&] {
               const Tile middle = (low + high) >> 1;
               const Tile found =
                   cast(sorted.gather({min(middle, count - 1)}), i64);
               const Tile open = low < high, less = found < bins;
               high = where(open & !less, middle, high);
               low = where(open & less, middle + 1, low);
             });
  return low;
}

const Kernel &sum_kernel() {
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

std::int64_t read(const Call &call, const Array &number) {
  if (number.device().kind == Device::Kind::cuda)
    call.stream.synchronize();
  return static_cast<std::int64_t>(number.to_vector()[0]);
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
    call.require(read(call, min(x, call.stream, call.where)) >= 0,
                 "x must not be negative", {values});
    bins = std::max(bins, read(call, max(x, call.stream, call.where)) + 1);
  }
  Dims shape;
  shape.rank = 1;
  shape.sizes[0] = bins;
  return {shape, !weights ? i64 : weights->dtype() == f32 ? f32 : f64};
}

void Bincount::launch(const Call &call, const Array &x,
                      const std::optional<Array> &weights, std::int64_t,
                      const Array &out) {
  if (x.numel() == 0 || !weights)
    call.run(clear_kernel(), {&out});
  if (x.numel() == 0)
    return;
  if (!weights)
    return call.run(count_kernel(), {&x, &out});
  const auto sorted = sort(x, 0, false, true, call.stream, call.where);
  call.run(sum_kernel(), {&sorted[0], &sorted[1], &*weights, &out});
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
  return op_entry<Bincount>(
      {"reductions",
       "how many of x are 0, 1, ..., or the sums of their weights",
       {std::begin(integers), std::end(integers)},
       {entry(count_kernel(),
              [](DType x, Sizes n) {
                return Operands{{x, {n[0]}, {}}, {i64, {n[1]}, {}}};
              }),
        entry(clear_kernel(),
              [](DType, Sizes n) { return Operands{{i64, {n[1]}, {}}}; }),
        entry(sum_kernel(),
              [](DType x, Sizes n) {
                return Operands{{x, {n[0]}, {}},
                                {i64, {n[0]}, {}},
                                {f32, {n[0]}, {}},
                                {f32, {n[1]}, {}}};
              })},
       true});
}

} // namespace girih::ops

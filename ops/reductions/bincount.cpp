// SPDX-License-Identifier: Apache-2.0
// bincount: out[b] = how many of x[i] are b, or the sum of their weights
//
// Shapes: x [N], weights [N]; the result has as many bins as the largest of x
// asks for, `minlength` at least. Dtypes: integers, which must not be negative;
// counts are i64, sums f32 for f32 weights and f64 for others. Counts of many
// elements and few bins are histograms that programs add up, others are added
// atomically; sums go through a sort, so that each bin's are added in order.
// The size of the result depends on x, which is read for it: the call waits.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.bincount.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/dims_reduction.h"
#include "girih/ops/reductions/reduction.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/reductions/sorted_search.h"
#include "girih/ops/sizes.h"

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

// Elements of one turn of a program that has so many counters.
constexpr int turn_of(int bins) { return bins > 4096 ? 8192 : 4096; }

// Programs that all count into counters of their own, in shared memory on a
// GPU, and add these up at the end: where few elements ask for one element of
// memory at a time. As many as a GPU has room for, fewer for many bins.
constexpr std::int64_t programs_for(int bins) {
  return std::clamp<std::int64_t>((1 << 20) / bins, 132, 528);
}

Kernel make_counts(const int &bins) {
  return Kernel(make_source(
      "bincount_counts",
      [bins](Tensor x, Tensor out) {
        const Size turns = cdiv(x.size(0), Size(turn_of(bins)));
        const Tensor tiles = x.tile({turn_of(bins)})
                                 .tile({cdiv(turns, Size(programs_for(bins)))});
        return arranged(tiles, seen_by_all(out, tiles));
      },
      [bins](In x, InOut out) {
        const DType wide = x.dtype() == i64 ? i64 : i32;
        Tile sums = zeros({bins}, i32);
        for (Index k : range(x.size(0)))
          sums +=
              histogram(where(x[k].in_bounds(), cast(x[k], wide), -1), bins);
        const Tile bin = arange(bins);
        const Tile last = cast(out.source_size(0), i32);
        out.atomic_add({where(bin < last, bin, nowhere)}, cast(sums, i64));
      },
      {"x", "out"}));
}

const Kernel &counts_kernel(int bins) {
  static KernelFamily<int> kernels(make_counts);
  return kernels[bins];
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

// Counters that a program has for so many bins of so many elements; 0: none,
// as there would be too many, or hardly fewer than elements.
int counters_for(std::int64_t bins, std::int64_t elements) {
  for (const int counters : {256, 1024, 4096, 16384})
    if (bins <= counters)
      return elements >= 2 * counters ? counters : 0;
  return 0;
}

void count(const Call &call, const Array &x, const Array &out) {
  const int counters = counters_for(out.size(0), x.numel());
  if (counters == 0)
    return call.run(count_kernel(), {&x, &out});
  Config config;
  if (x.device().kind == Device::Kind::cuda)
    config.num_warps = counters > 4096 ? 16 : 8;
  const Array *operands[] = {&x, &out};
  run_with(call, counts_kernel(counters), config, operands);
}

void Bincount::launch(const Call &call, const Array &x,
                      const std::optional<Array> &weights, std::int64_t,
                      const Array &out) {
  if (x.numel() == 0 || !weights)
    call.run(clear_kernel(), {&out});
  if (x.numel() == 0)
    return;
  if (!weights)
    return count(call, x, out);
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
      {entry(counts_kernel(1024),
             [](DType x, Sizes n) {
               return Operands{{x, {n[0]}, {}}, {i64, {n[1]}, {}}};
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

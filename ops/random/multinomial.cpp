// SPDX-License-Identifier: Apache-2.0
// multinomial: out[b, j] = a class c, drawn with probability w[b, c] /
// sum(w[b])
//
// Shapes: w [N] or [B, N], out [n] or [B, n]; weights need not add up to 1.
// Dtypes: w f64 f32 f16 bf16, out i64. Errors: [device] [dtype] [shape]
// [overlap] [argument]. Source: torch.multinomial.
//   With replacement: the first c with cumsum(w)[c] > u * sum(w), in f64, u of
//     53 bits of random_bits(seed, offset + i) as rand() makes it for f64, i
//     the row-major number of the element of out.
//   Without: the n largest of ln(w[b, c]) - ln(e) in order, which are drawn one
//     after the other, each of what is left (Efraimidis and Spirakis, 2006); e
//     is exponential()'s for that seed and offset, of as many elements as w.
// No weight is checked: below 0 and NaN are as 0 without replacement. Where
// fewer than n are positive the others follow in order; with replacement a row
// without a positive weight gives its last class.
#include "girih/ops/ordering.h"
#include "girih/ops/random/elements.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/seen_by_all.h"

#include <cmath>

namespace girih::ops {

namespace {

// The first place in each lane's row of cdf where it is above u times its end.
Tile found_in(const In &cdf, const Tile &row, const Tile &u) {
  const Index count = cdf.source_size(1);
  const Tile target = u * cdf.gather({row, Tile(zeros({}, i64) + count - 1)});
  Tile low = zeros(u.shape(), i64), high = low + (count - 1);
  loop_while([&] { return any(low < high); },
             [&] {
               const Tile middle = (low + high) >> 1;
               const Tile open = low < high;
               const Tile above = cdf.gather({row, middle}) > target;
               high = where(open & above, middle, high);
               low = where(open & !above, middle + 1, low);
             });
  return low;
}

// cdf[B, N], seed, offset, out[B, n]
const Kernel &search_kernel() {
  static const Kernel made{make_source(
      "multinomial",
      [](Tensor cdf, Tensor seed, Tensor offset, Tensor out) {
        const Tensor tiles = out.tile({1, block_size("BLOCK", 128)});
        return arranged(seen_by_all(cdf, tiles), seed, offset, tiles);
      },
      [](In cdf, In seed, In offset, Out out) {
        // Lanes outside do what the last one inside does.
        const Tile row = min(out.offsets(0), out.source_size(0) - 1);
        const Tile place = out.offsets(0) * out.source_size(1) + out.offsets(1);
        const Bits bits = bits_at(seed, offset, place, true);
        out = found_in(cdf, row, unit_of(bits, f64));
      },
      {"cdf", "seed", "offset", "out"})};
  return made;
}

struct Multinomial {
  static constexpr std::string_view signature =
      "multinomial(weights, n: int, replacement: bool = False, *, "
      "seed: number, offset: number = 0) -> out";

  static Shaped result(const Call &call, const Array &weights, std::int64_t n,
                       bool replacement, const ArrayOrNumber &seed,
                       const ArrayOrNumber &offset) {
    const Argument argument{"weights", weights};
    call.check_same_device({argument});
    call.check_dtype(argument, floats);
    call.check_rank(argument, 1, 2);
    check_seed(call, seed, offset, weights);
    const std::int64_t classes = weights.size(-1);
    call.require(n >= 0, "n must not be negative", {argument});
    call.require(n == 0 || classes > 0, "there is nothing to draw from",
                 {argument});
    call.require(replacement || n <= classes,
                 "n must not be above the number of weights without "
                 "replacement",
                 {argument});
    Dims shape = dims_of(weights.shape());
    shape.sizes[static_cast<std::size_t>(shape.rank - 1)] = n;
    return {shape, i64};
  }
  static const DrawingKernels &keys() {
    static const DrawingKernels made(
        {.name = "multinomial_keys", .arrays = 1, .apply = key});
    return made;
  }
  static void launch(const Call &call, const Array &weights, std::int64_t n,
                     bool replacement, const ArrayOrNumber &seed,
                     const ArrayOrNumber &offset, const Array &out) {
    if (!replacement) {
      const DType type = computed(weights.dtype());
      const Array made =
          allocate_result(weights.shape(), type, weights.device(), call.stream);
      launch_drawing(call, keys(), weights, {}, seed, offset, made);
      const Array values =
          allocate_result(out.shape(), type, weights.device(), call.stream);
      return topk_out(made, values, out, n, -1, true, true, call.stream,
                      call.where);
    }
    const Array cdf = cumsum(weights, -1, f64, call.stream, call.where);
    const bool flat = out.rank() == 1;
    const Array rows = flat ? unsqueezed(cdf, 0) : cdf,
                target = flat ? unsqueezed(out, 0) : out, key = seed.as(i64),
                from = offset.as(i64);
    call.run(search_kernel(), {&rows, &key, &from, &target});
  }

private:
  static Tile key(const Bits &bits, const Tiles &arrays, const Tiles &,
                  DType out) {
    const Tile w = cast(arrays[0], out);
    return where(w > 0, log(w), -INFINITY) -
           log(standard_exponential(bits, out));
  }
};

} // namespace

Array multinomial(const Array &weights, std::int64_t n,
                  const ArrayOrNumber &seed, bool replacement,
                  const ArrayOrNumber &offset, const Stream &stream,
                  std::source_location where) {
  return compute<Multinomial>(stream, where, weights, n, replacement, seed,
                              offset);
}

void multinomial_out(const Array &weights, const Array &out, std::int64_t n,
                     const ArrayOrNumber &seed, bool replacement,
                     const ArrayOrNumber &offset, const Stream &stream,
                     std::source_location where) {
  compute_into<Multinomial>(stream, where, std::tie(out), weights, n,
                            replacement, seed, offset);
}

OpEntry entry_of_multinomial() {
  std::vector<KernelEntry> kernels = drawing_entries(Multinomial::keys());
  kernels.push_back(
      {.name = "multinomial",
       .kernel = search_kernel(),
       .dtypes = {f64},
       .size_names = {"B", "N"},
       .sizes = {64, 32768},
       .picture_sizes = {1, 4},
       .operands = [](DType dtype, std::span<const std::int64_t> n) {
         return std::vector<OperandShape>{{dtype, {n[0], n[1]}, {}},
                                          {i64, {}, {}, true},
                                          {i64, {}, {}, true},
                                          {i64, {n[0], n[1]}, {}}};
       }});
  return op_entry<Multinomial>({"random",
                                "classes, drawn by their weights",
                                {std::begin(floats), std::end(floats)},
                                std::move(kernels)});
}

} // namespace girih::ops

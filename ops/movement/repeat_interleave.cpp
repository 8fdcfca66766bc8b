// SPDX-License-Identifier: Apache-2.0
// repeat_interleave: out[ends[i - 1] <= j < ends[i]] = x[i], with ends the
// running sums of repeats, along one dimension
//
// Shapes: x any; repeats a number, or an array [1] or [n] of i32 or i64.
// Dtypes: all of at least 8 bits. A number makes a copy of a view of stride 0.
// Of an array the running sums are made, and each element of the result looks
// for its place among them. Errors: [device] [dtype] [shape] [index] [argument]
// [overlap]. Source: torch.repeat_interleave.
#include "girih/ops/kernel_family.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"
#include "girih/ops/reductions.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

constexpr DType counts[] = {i64, i32};

// ends[N], rounds -> places[T]: how many of the ends are not above each number.
// Halving steps, as many as N has binary digits.
const Kernel &places_kernel() {
  static const Kernel made{make_source(
      "repeat_interleave_places",
      [](Tensor ends, Tensor rounds, Tensor places) {
        const Tensor tiles = places.tile({block_size("BLOCK")});
        return arranged(seen_by_all(ends, tiles), rounds, tiles);
      },
      [](In ends, In rounds, Out places) {
        const Index count = ends.source_size(0);
        const Tile at = places.offsets(0);
        Tile found = zeros(places.shape(), i64);
        Tile step = (zeros({}, i64) + 1) << rounds;
        for ([[maybe_unused]] Index k : range(as_index(rounds) + 1)) {
          const Tile next = found + step;
          const Tile inside = next <= count;
          const Tile end = ends.gather({where(inside, next - 1, 0)});
          found = where(inside & (end <= at), next, found);
          step = step >> 1;
        }
        places = min(found, count - 1);
      },
      {"ends", "rounds", "places"})};
  return made;
}

// x[K, N], out[K, N times]: what one repeats is next to it in a tile, too.
Kernel make_neighbours(const std::int64_t &times) {
  return Kernel(make_source(
      "repeat_interleave",
      [times](Tensor x, Tensor out) {
        const Size BN = block_size("BN");
        return arranged(x.tile({1, BN}), out.tile({1, BN * times}));
      },
      [times](In x, Out out) {
        const std::int64_t columns = x.shape()[1];
        const Tile spread = broadcast_to(unsqueeze(x, 2), {1, columns, times});
        out = reshape(spread, {1, columns * times});
      },
      {"x", "out"}));
}

const Kernel &neighbours_kernel(std::int64_t times) {
  static KernelFamily<std::int64_t> kernels(make_neighbours);
  return kernels[times];
}

constexpr std::int64_t most_neighbours = 16;

// Where the last dimension is repeated few times; false where that is not so.
bool launch_neighbours(const Call &call, const Array &x, const Array &out) {
  const std::int64_t times = out.size(-1) / x.size(-1);
  if (out.stride(-1) != 1 || times < 2 || times > most_neighbours)
    return false;
  std::array views{as_bits(x), as_bits(out)};
  if (x.contiguous() && out.contiguous())
    views = {views[0].reshape({1, -1}), views[1].reshape({1, -1})};
  else if (collapse_leading(views, x.rank() - 1) != 1)
    return false;
  const std::int64_t elements =
      (x.device().kind == Device::Kind::host ? 16384
                                             : 8192 / bytes(x.dtype())) /
      times;
  Config config;
  config.blocks = {{"BN", std::min(power_of_two(views[0].size(1)),
                                   power_of_two(elements + 1) / 2)}};
  run_with(call, neighbours_kernel(times), config, {&views[0], &views[1]});
  return true;
}

struct RepeatInterleave {
  static constexpr std::string_view signature =
      "repeat_interleave(x, repeats: number, dim: int? = None, *, "
      "output_size: int? = None) -> out";
  using Maybe = std::optional<std::int64_t>;

  static std::int64_t along(const Array &x, const Maybe &dim, int at) {
    return dim && x.rank() > 0 ? x.size(at) : x.numel();
  }
  static std::int64_t number_of(const Call &call,
                                const ArrayOrNumber &repeats) {
    call.require(repeats.is_integer(), "repeats must be an integer or an array "
                                       "of them");
    const auto number = static_cast<std::int64_t>(repeats.number());
    call.require(number >= 0, "repeats must not be negative");
    return number;
  }
  static std::int64_t total_of(const Call &call, const Array &repeats,
                               std::int64_t length) {
    if (repeats.numel() == 0)
      return 0;
    if (repeats.device().kind == Device::Kind::cuda)
      call.stream.synchronize();
    std::int64_t total = 0;
    for (const double each : repeats.to_vector()) {
      call.require(each >= 0, "repeats must not be negative",
                   {{"repeats", repeats}});
      total += static_cast<std::int64_t>(each);
    }
    return repeats.numel() == 1 ? total * length : total;
  }

  static Shaped result(const Call &call, const Array &x,
                       const ArrayOrNumber &repeats, const Maybe &dim,
                       const Maybe &output_size) {
    call.check_same_device({{"x", x}, {"repeats", repeats}});
    call.check_dtype({"x", x}, moved);
    const int at = dim ? call.check_dim({"x", x}, *dim) : 0;
    const std::int64_t length = along(x, dim, at);
    std::int64_t total = 0;
    if (repeats.is_array()) {
      const Argument of{"repeats", repeats};
      call.check_dtype(of, counts);
      call.check_rank(of, 0, 1);
      const std::int64_t given = repeats.array().numel();
      if (given != 1 && given != length)
        call.fail(ErrorId::shape,
                  "repeats must have one number or one for each element of x",
                  {{"x", x}, of});
      total =
          output_size ? *output_size : total_of(call, repeats.array(), length);
    } else {
      total = number_of(call, repeats) * length;
      call.require(!output_size || *output_size == total,
                   "output_size must be the sum of repeats", {{"x", x}});
    }
    call.require(total >= 0, "output_size must not be negative", {{"x", x}});
    call.require(length > 0 || total == 0, "there is nothing to repeat",
                 {{"x", x}});
    Dims shape = dims_of(x.shape());
    if (!dim || x.rank() == 0)
      shape.rank = 1;
    shape.sizes[static_cast<std::size_t>(at)] = total;
    return {shape, x.dtype()};
  }

  // Dimension `dim` of the result as two, of x's and of the repeats.
  static void launch_equal(const Call &call, const Array &x, int dim,
                           const Array &out) {
    if (dim + 1 == x.rank() && launch_neighbours(call, x, out))
      return;
    const auto at = static_cast<std::size_t>(dim);
    Dims shape, strides;
    for (std::size_t d = 0; d < out.shape().size(); ++d) {
      shape.sizes[static_cast<std::size_t>(shape.rank++)] =
          d == at ? x.shape()[d] : out.shape()[d];
      const std::int64_t stride = out.strides()[d];
      const std::int64_t each = out.shape()[d] / x.shape()[d];
      strides.sizes[static_cast<std::size_t>(strides.rank++)] =
          d == at ? stride * each : stride;
      if (d != at)
        continue;
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = each;
      strides.sizes[static_cast<std::size_t>(strides.rank++)] = stride;
    }
    Dims from = strides;
    for (std::size_t d = 0, of = 0; d < static_cast<std::size_t>(from.rank);
         ++d)
      from.sizes[d] = d == at + 1 ? 0 : x.strides()[of++];
    launch_copy(call, view_of(x, shape, from), view_of(out, shape, strides));
  }

  static void launch(const Call &call, const Array &x,
                     const ArrayOrNumber &repeats, const Maybe &dim,
                     const Maybe &, const Array &out) {
    const Array source = dim && x.rank() > 0 ? x : flattened(call, x);
    const int at = dim ? call.check_dim({"x", x}, *dim) : 0;
    if (!repeats.is_array() || repeats.array().numel() == 1) {
      if (out.rank() < max_rank)
        return launch_equal(call, source, at, out);
      for (std::int64_t i = 0; i < source.size(at == 0 ? 1 : 0); ++i)
        launch_equal(call, source.select(at == 0 ? 1 : 0, i),
                     at == 0 ? 0 : at - 1, out.select(at == 0 ? 1 : 0, i));
      return;
    }
    const Array ends = cumsum(repeats.array(), 0, i64, call.stream, call.where);
    const Array places = scratch(call, std::array{out.size(at)}, i64, x);
    const Array rounds = Array::scalar(
        int(std::bit_width(static_cast<std::uint64_t>(ends.size(0)))) - 1, i64);
    call.run(places_kernel(), {&ends, &rounds, &places});
    index_select_out(source, at, places, out, call.stream, call.where);
  }
};

} // namespace

Array repeat_interleave(const Array &x, const ArrayOrNumber &repeats,
                        std::optional<std::int64_t> dim,
                        std::optional<std::int64_t> output_size,
                        const Stream &stream, std::source_location where) {
  return compute<RepeatInterleave>(stream, where, x, repeats, dim, output_size);
}

void repeat_interleave_out(const Array &x, const ArrayOrNumber &repeats,
                           const Array &out, std::optional<std::int64_t> dim,
                           std::optional<std::int64_t> output_size,
                           const Stream &stream, std::source_location where) {
  compute_into<RepeatInterleave>(stream, where, std::tie(out), x, repeats, dim,
                                 output_size);
}

OpEntry entry_of_repeat_interleave() {
  return op_entry<RepeatInterleave>(
      {"movement",
       "each element of x along dim as often as repeats says",
       {std::begin(moved), std::end(moved)},
       {{.name = "repeat_interleave",
         .kernel = neighbours_kernel(4),
         .dtypes = {std::begin(widths), std::end(widths)},
         .size_names = {"K", "N"},
         .sizes = {4096, 4096},
         .picture_sizes = {2, 3},
         .operands =
             [](DType dtype, std::span<const std::int64_t> sizes) {
               return std::vector<OperandShape>{
                   {dtype, {sizes[0], sizes[1]}, {}},
                   {dtype, {sizes[0], 4 * sizes[1]}, {}}};
             },
         .config = "BN=1024"},
        {.name = "repeat_interleave_places",
         .kernel = places_kernel(),
         .dtypes = {i64},
         .size_names = {"N", "T"},
         .sizes = {4096, 65536},
         .picture_sizes = {3, 5},
         .operands =
             [](DType dtype, std::span<const std::int64_t> sizes) {
               return std::vector<OperandShape>{{dtype, {sizes[0]}, {}},
                                                {i64, {}, {}, true},
                                                {i64, {sizes[1]}, {}}};
             }}},
       true});
}

} // namespace girih::ops

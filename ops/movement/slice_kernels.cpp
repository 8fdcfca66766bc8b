// SPDX-License-Identifier: Apache-2.0
// Slices at places that a vector names. Where slices are rows of contiguous
// memory, a program moves a piece of a few of them: it reads their indices, and
// then rows are tiles like any others, 16 bytes an access. Otherwise elements
// are gathered and scattered one by one.
#include "girih/ops/kernel_family.h"
#include "girih/ops/movement/indexed.h"

#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

// x[O, T, C] that is walked: a grid of [O, T / count, C / BD], levels of
// `count` rows.
Tensor walked_rows(const Tensor &x, int count) {
  return x.tile({1, 1, block_size("BD")})
      .tile({1, count, 1})
      .at(1, squeeze({0, 2}))
      .at(2, squeeze({0, 1}));
}

// x[O, N, C] that is reached: all N rows for each program.
Tensor reached_rows(const Tensor &x, const Tensor &walked) {
  return x.tile({1, 1, block_size("BD")})
      .tile({1, whole, 1})
      .expand({keep, walked.size(1), keep})
      .at(1, squeeze({0, 2}))
      .at(2, squeeze({0, 1}));
}

Tensor walked_index(const Tensor &index, const Tensor &walked, int count) {
  return index.tile({1})
      .tile({count})
      .unsqueeze(0)
      .unsqueeze(2)
      .expand({walked.size(0), keep, walked.size(2)})
      .at(2, squeeze(0));
}

Kernel make_select(int count) {
  return Kernel(make_source(
      "index_select",
      [=](Tensor x, Tensor index, Tensor out) {
        const Tensor rows = walked_rows(out, count);
        return arranged(reached_rows(x, rows), walked_index(index, rows, count),
                        rows);
      },
      [=](In x, In index, Out out) {
        std::vector<Index> places;
        for (int row = 0; row < count; ++row)
          places.push_back(as_index(Tile(index[row])));
        std::vector<Tile> read;
        for (const Index &place : places)
          read.emplace_back(x[place]);
        for (int row = 0; row < count; ++row)
          out[row] = read[static_cast<std::size_t>(row)];
      },
      {"x", "index", "out"}));
}

Kernel make_copy(int count) {
  return Kernel(make_source(
      "index_copy",
      [=](Tensor index, Tensor source, Tensor out) {
        const Tensor rows = walked_rows(source, count);
        return arranged(walked_index(index, rows, count), rows,
                        reached_rows(out, rows));
      },
      [=](In index, In source, InOut out) {
        std::vector<Index> places;
        std::vector<Tile> read;
        for (int row = 0; row < count; ++row) {
          const Tile inside = index[row].in_bounds();
          places.push_back(as_index(where(inside, index[row], nowhere)));
          read.emplace_back(source[row]);
        }
        for (int row = 0; row < count; ++row)
          out[places[static_cast<std::size_t>(row)]] =
              read[static_cast<std::size_t>(row)];
      },
      {"index", "source", "out"}));
}

template <Kernel (*make)(int)> const Kernel &of_count(int count) {
  static KernelFamily<int> kernels(make);
  return kernels[count];
}
const Kernel &select_kernel(int count) { return of_count<make_select>(count); }
const Kernel &copy_kernel(int count) { return of_count<make_copy>(count); }

// Of a piece of rows, a program adds all: in the order of the index.
const Kernel &add_kernel() {
  static const Kernel made{make_source(
      "index_add",
      [](Tensor index, Tensor source, Tensor alpha, Tensor out) {
        const auto rows = [](const Tensor &t) {
          return t.tile({1, 1, block_size("BD")})
              .tile({1, whole, 1})
              .squeeze(1)
              .at(1, squeeze({0, 2}))
              .at(2, squeeze({0, 1}));
        };
        const Tensor walked = rows(source);
        return arranged(index.tile({1})
                            .tile({whole})
                            .unsqueeze(1)
                            .expand({walked.size(0), walked.size(1)})
                            .at(2, squeeze(0)),
                        walked, alpha, rows(out));
      },
      [](In index, In source, In alpha, InOut out) {
        for (Index k : range(source.size(0))) {
          const Index place = as_index(Tile(index[k]));
          out[place] += cast(source[k], out.dtype()) * alpha;
        }
      },
      {"index", "source", "alpha", "out"})};
  return made;
}

// Sizes and strides of the dimensions [begin, end).
Array part(const Array &array, int begin, int end) {
  const auto from = static_cast<std::size_t>(begin),
             count = static_cast<std::size_t>(end - begin);
  return view_of(array, array.shape().subspan(from, count),
                 array.strides().subspan(from, count));
}

} // namespace

bool as_rows(Array &reached, Array &walked, int dim) {
  const int rank = walked.rank();
  std::array outer{part(reached, 0, dim), part(walked, 0, dim)},
      inner{part(reached, dim + 1, rank), part(walked, dim + 1, rank)};
  collapse(outer);
  collapse(inner);
  if (outer[0].rank() != 1 || inner[0].rank() != 1 || inner[0].stride(0) != 1 ||
      inner[1].stride(0) != 1 || inner[0].size(0) * bytes(walked.dtype()) < 64)
    return false;
  const auto rows = [&](const Array &array, const Array &first) {
    const std::int64_t sizes[] = {first.size(0), array.size(dim),
                                  inner[0].size(0)};
    const std::int64_t strides[] = {first.stride(0), array.stride(dim), 1};
    return view_of(array, sizes, strides);
  };
  const Array from = rows(reached, outer[0]), to = rows(walked, outer[1]);
  reached = from;
  walked = to;
  return true;
}

namespace {

// The rows of a program, and the piece of each.
struct Piece {
  int rows = 4;
  Config config;
};

// On a GPU a warp moves 2 to 4 KiB: of a row up to 8 KiB long all, of longer
// ones equal pieces, of short ones several.
Piece gpu_piece(std::int64_t length, std::int64_t width) {
  constexpr std::int64_t longest = 8192, a_warp = 2048, access = 512;
  const std::int64_t cuts =
      std::max<std::int64_t>(pieces_of(length * width, longest), 1);
  const std::int64_t even = pieces_of(length, cuts) * width;
  Piece piece;
  piece.config.num_warps =
      static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
          std::clamp<std::int64_t>(even / a_warp, 1, 4))));
  const std::int64_t unit = access * piece.config.num_warps;
  const std::int64_t covered =
      even < access ? power_of_two(even) : pieces_of(even, unit) * unit;
  piece.config.blocks = {{"BD", covered / width}};
  piece.rows = static_cast<int>(std::bit_floor(static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(2 * a_warp / covered, 1, 4))));
  return piece;
}

Piece piece_of(const Array &rows) {
  const std::int64_t width = bytes(rows.dtype()), length = rows.size(2);
  if (rows.device().kind != Device::Kind::host)
    return gpu_piece(length, width);
  Piece piece;
  piece.config.blocks = {
      {"BD", std::min<std::int64_t>(power_of_two(length), 16384)}};
  piece.config.num_warps = static_cast<int>(
      std::clamp<std::int64_t>(piece.config.blocks["BD"] * width / 512, 1, 4));
  return piece;
}

} // namespace

Config config_of_rows(const Array &rows) { return piece_of(rows).config; }

namespace {

KernelEntry entry(const Kernel &kernel, bool walks_second) {
  return {.name = kernel.name(),
          .kernel = kernel,
          .dtypes = {std::begin(widths), std::end(widths)},
          .size_names = {"O", "N", "T", "C"},
          .sizes = {1, 32768, 16384, 4096},
          .picture_sizes = {1, 3, 2, 4},
          .operands =
              [=](DType dtype, std::span<const std::int64_t> n) {
                const OperandShape reached{dtype, {n[0], n[1], n[3]}, {}},
                    walked{dtype, {n[0], n[2], n[3]}, {}},
                    index{i64, {n[2]}, {}};
                return walks_second
                           ? std::vector<OperandShape>{index, walked, reached}
                           : std::vector<OperandShape>{reached, index, walked};
              },
          .config = "BD=1024"};
}

} // namespace

bool launch_row_select(const Call &call, const Array &x, int dim,
                       const Array &index, const Array &out) {
  Array from = at_least_vector(as_bits(x)), to = at_least_vector(as_bits(out));
  if (x.numel() == 0 || checks_bounds(x) || !as_rows(from, to, dim))
    return false;
  const Array places = index_vector(index);
  const Piece piece = piece_of(to);
  run_with(call, select_kernel(piece.rows), piece.config,
           {&from, &places, &to});
  return true;
}

void launch_index_select(const Call &call, const Array &x, int dim,
                         const Array &index, const Array &out) {
  if (!launch_row_select(call, x, dim, index, out))
    launch_gather(
        call, at_least_vector(x), dim,
        spread_index(index_vector(index), at_least_vector(out).shape(), dim),
        at_least_vector(out));
}

void launch_index_copy(const Call &call, const Array &out, int dim,
                       const Array &index, const Array &source) {
  Array from = at_least_vector(as_bits(source)),
        to = at_least_vector(as_bits(out));
  const Array places = index_vector(index);
  if (checks_bounds(out) || !as_rows(to, from, dim))
    return launch_scatter(call, at_least_vector(out), dim,
                          spread_index(places, from.shape(), dim),
                          at_least_vector(source));
  const Piece piece = piece_of(from);
  run_with(call, copy_kernel(piece.rows), piece.config, {&places, &from, &to});
}

bool launch_index_add(const Call &call, const Array &out, int dim,
                      const Array &index, const Array &source,
                      const Array &alpha) {
  if (out.device().kind == Device::Kind::cuda || checks_bounds(out) ||
      source.rank() == 0)
    return false;
  for (int d = 0; d < index.rank(); ++d)
    if (d != dim && index.size(d) > 1 && index.stride(d) != 0)
      return false;
  Array from = source, to = out;
  if (!as_rows(to, from, dim))
    return false;
  const Array places = part(index, dim, dim + 1);
  Config config;
  config.blocks = {
      {"BD", std::min<std::int64_t>(power_of_two(from.size(2)), 512)}};
  run_with(call, add_kernel(), config, {&places, &from, &alpha, &to});
  return true;
}

std::vector<KernelEntry> slice_entries() {
  KernelEntry adds = entry(add_kernel(), true);
  adds.dtypes = {f32, bf16};
  adds.operands = [](DType dtype, std::span<const std::int64_t> n) {
    return std::vector<OperandShape>{{i64, {n[2]}, {}},
                                     {dtype, {n[0], n[2], n[3]}, {}},
                                     {f32, {}, {}, true},
                                     {f32, {n[0], n[1], n[3]}, {}}};
  };
  return {entry(select_kernel(4), false), entry(copy_kernel(4), true),
          std::move(adds)};
}

} // namespace girih::ops

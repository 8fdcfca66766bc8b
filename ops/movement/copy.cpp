// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/copy.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/sizes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace girih::ops {

namespace {

Kernel make_copy(const char *name) {
  return Kernel(make_source(
      name, [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
      [](In x, Out out) { out = x; }, {"x", "out"}));
}

// Of vectors, of rows, and of what is read across: one kernel by three names.
const Kernel &vector_kernel() {
  static const Kernel made = make_copy("rearrange");
  return made;
}
const Kernel &rows_kernel() {
  static const Kernel made = make_copy("rearrange_rows");
  return made;
}
const Kernel &turned_kernel() {
  static const Kernel made = make_copy("rearrange_turned");
  return made;
}

// Tiles of one of several matrices in a grid for all of them: where it has no
// more, a program has nothing of it.
Tensor piece(const Tensor &t, const Size &rows, const Size &columns) {
  const Tensor tiles = t.tile({block_size("BM"), block_size("BN")});
  return tiles.pad({{0, rows - tiles.size(0)}, {0, columns - tiles.size(1)}});
}

Size most_tiles(const std::vector<Tensor> &all, int dim, const char *block) {
  Size most = 0;
  for (const Tensor &each : all)
    most = max(most, cdiv(each.size(dim), block_size(block)));
  return most;
}

// Whether the program has anything of a matrix: most have nothing of one that
// is smaller than others, and then do not work out where that would be.
Tile has_some(const Out &out) {
  return (program_id(0) * out.shape()[0] < out.source_size(0)) &
         (program_id(1) * out.shape()[1] < out.source_size(1));
}
Tile read_where(const Tile &has, const In &x) {
  Tile value = zeros(x.shape(), x.dtype());
  when(has, [&] { value = x; });
  return value;
}

template <std::size_t, class T> using Each = T;

// x0, x1, ..., out0, out1, ...: copies of matrices. All are read before any is
// written, so that a program has as many accesses under way.
template <std::size_t... I> Kernel make_copies(std::index_sequence<I...>) {
  std::vector<std::string> names;
  for (const char *side : {"x", "out"})
    for (std::size_t i = 0; i < sizeof...(I); ++i)
      names.push_back(side + std::to_string(i));
  return Kernel(make_source(
      "rearrange_" + std::to_string(sizeof...(I)),
      [](Each<I, Tensor>... x, Each<I, Tensor>... out) {
        const Size rows = most_tiles({out...}, 0, "BM"),
                   columns = most_tiles({out...}, 1, "BN");
        return arranged(piece(x, rows, columns)...,
                        partial(piece(out, rows, columns))...);
      },
      [](Each<I, In>... x, Each<I, Out>... out) {
        const Tile has[] = {has_some(out)...};
        const Tile read[] = {read_where(has[I], x)...};
        (when(has[I], [&] { out = read[I]; }), ...);
      },
      names));
}

constexpr std::size_t most_copies = 8; // in one launch

const Kernel &copies_kernel(std::size_t count) {
  static const Kernel kernels[] = {
      make_copies(std::make_index_sequence<2>()),
      make_copies(std::make_index_sequence<3>()),
      make_copies(std::make_index_sequence<4>()),
      make_copies(std::make_index_sequence<5>()),
      make_copies(std::make_index_sequence<6>()),
      make_copies(std::make_index_sequence<7>()),
      make_copies(std::make_index_sequence<most_copies>())};
  return kernels[count - 2];
}

// Whether `from` is contiguous along the last dimension but one, not the last.
bool turned(const Array &from) {
  if (from.rank() < 2 || from.stride(-1) == 0 || from.stride(-2) == 0)
    return false;
  return from.size(-2) > 1 &&
         std::abs(from.stride(-2)) < std::abs(from.stride(-1));
}

// Rows that begin or end between 16-byte blocks are moved in elements of up to
// 8 bytes, where all of them are made up of such.
void widen(std::array<Array, 2> &views) {
  const Array &to = views[1];
  const std::int64_t width = bytes(to.dtype());
  std::int64_t common = to.size(-1), least = 8 / width;
  bool blocks = common % 16 == 0;
  for (const Array &view : views) {
    if (view.stride(-1) != 1)
      return;
    const auto at = reinterpret_cast<std::uintptr_t>(view.data());
    blocks &= at % 16 == 0;
    while (at % static_cast<std::uintptr_t>(least * width) != 0)
      least /= 2;
    for (int d = 0; d + 1 < view.rank(); ++d) {
      common |= view.stride(d);
      blocks &= view.stride(d) % 16 == 0;
    }
  }
  while (common % least != 0)
    least /= 2;
  if (blocks || least == 1)
    return;
  for (Array &view : views) {
    Dims sizes = dims_of(view.shape()), strides = dims_of(view.strides());
    const auto last = static_cast<std::size_t>(view.rank() - 1);
    sizes.sizes[last] /= least;
    for (std::size_t d = 0; d < last; ++d)
      strides.sizes[d] /= least;
    constexpr DType wider[] = {i16, i32, i64};
    const DType dtype =
        wider[std::bit_width(static_cast<std::uint64_t>(least * width)) - 2];
    view =
        Array(view.data(), sizes, dtype, view.device(), strides, view.owner())
            .with_access(view.access());
  }
}

// The bytes of a tile that is read as it is written, and of one on a host: not
// more than a page, as memory may end with the array.
constexpr std::int64_t tile_bytes = 2048, host_tile_bytes = 4096;

// Backwards on both sides: the same copy.
void reverse(std::array<Array, 2> &views, int dim) {
  for (Array &view : views) {
    Dims strides = dims_of(view.strides());
    std::int64_t &stride = strides.sizes[static_cast<std::size_t>(dim)];
    const std::int64_t last = (view.size(dim) - 1) * stride;
    stride = -stride;
    view = view_of(view, view.shape(), strides, last);
  }
}

// The dimension of most rows, where the last two do not fill a tile.
int longest_rows(const std::array<Array, 2> &views) {
  const Array &to = views[1];
  int longest = to.rank() - 2;
  if (to.size(-1) * to.size(-2) * bytes(to.dtype()) < tile_bytes)
    for (int d = 0; d + 2 < to.rank(); ++d)
      if (to.size(d) > to.size(longest))
        longest = d;
  return longest;
}

// Few dimensions: the last is what `to` is contiguous along, the one before it
// what `from` is contiguous along, where that is another, and forwards.
Copy prepared(const Array &from, const Array &to) {
  std::array<Array, 2> views{from, to};
  if (from.dtype() == to.dtype())
    views = {as_bits(from), as_bits(to)};
  collapse(views);
  const int rank = views[0].rank();
  if (from.dtype() == to.dtype())
    widen(views);
  int fastest = rank - 1;
  for (int d = 0; d + 1 < rank; ++d)
    if (const std::int64_t step = std::abs(views[0].stride(d));
        step != 0 && step < std::abs(views[0].stride(fastest)))
      fastest = d;
  if (fastest + 1 < rank && views[0].stride(fastest) < 0 &&
      views[1].numel() > 0)
    reverse(views, fastest);
  if (fastest + 1 == rank && rank > 2)
    fastest = longest_rows(views);
  if (fastest + 2 < rank)
    for (Array &view : views)
      view = view.transpose(fastest, rank - 2);
  return {views[0], views[1]};
}

// Of a prepared copy, whose long rows are written from between two sectors of
// memory on: how many elements there are up to the next one, else 0. Copied
// apart from the rest, they leave accesses as wide as what is read allows, and
// programs of a row that do not share a sector.
std::int64_t up_to_sector(const Copy &copy) {
  constexpr std::int64_t sector = 32, long_row = 2048;
  const Array &to = copy.to;
  const std::int64_t width = bytes(to.dtype());
  if (to.device().kind == Device::Kind::host || to.rank() == 0 ||
      to.stride(-1) != 1 || copy.from.stride(-1) != 1 ||
      to.size(-1) * width < long_row)
    return 0;
  for (int d = 0; d + 1 < to.rank(); ++d)
    if (to.size(d) != 1 && to.stride(d) * width % sector != 0)
      return 0;
  const auto past = static_cast<std::int64_t>(
      reinterpret_cast<std::uintptr_t>(to.data()) % sector);
  return past % width == 0 ? (sector - past) % sector / width : 0;
}

Copy part_of(const Copy &copy, std::int64_t begin, std::int64_t end) {
  return {copy.from.slice(-1, begin, end), copy.to.slice(-1, begin, end)};
}

void run_copy(const Call &call, const Copy &copy) {
  if (copy.to.rank() == 1)
    return call.run(vector_kernel(), {&copy.from, &copy.to});
  run_with(call, turned(copy.from) ? turned_kernel() : rows_kernel(),
           tile_config(copy.from, copy.to), {&copy.from, &copy.to});
}

// A vector as a matrix of one row. Its stride is never used, but is one that
// keeps rows aligned.
Array as_matrix(const Array &array) {
  if (array.rank() == 2)
    return array;
  const std::int64_t sizes[] = {1, array.size(0)};
  const std::int64_t strides[] = {16 * pieces_of(array.size(0), 16),
                                  array.stride(0)};
  return view_of(array, sizes, strides);
}

void run_copies(const Call &call, std::span<const Copy> copies) {
  if (copies.size() == 1)
    return run_copy(call, copies[0]);
  std::array<Array, 2 * most_copies> views;
  std::array<const Array *, 2 * most_copies> operands{};
  std::size_t largest = 0;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    views[i] = as_matrix(copies[i].from);
    views[copies.size() + i] = as_matrix(copies[i].to);
    if (views[i].numel() > views[largest].numel())
      largest = i;
  }
  for (std::size_t i = 0; i < 2 * copies.size(); ++i)
    operands[i] = &views[i];
  const Array &to = views[copies.size() + largest];
  copies_kernel(copies.size())
      .run({operands.data(), 2 * copies.size()},
           {.config = taller(tile_config(views[largest], to), to,
                             static_cast<int>(most_copies / copies.size())),
            .stream = call.stream},
           call.where);
}

} // namespace

DType bits_dtype(DType dtype) {
  switch (bits(dtype)) {
  case 8:
    return i8;
  case 16:
    return i16;
  case 32:
    return i32;
  default:
    return i64;
  }
}

Array as_bits(const Array &array) {
  const Array view(array.data(), array.shape(), bits_dtype(array.dtype()),
                   array.device(), array.strides(), array.owner());
  return view.with_access(array.access());
}

Array as_bits(const ArrayOrNumber &value, DType dtype) {
  const Array made = value.as(dtype);
  if (!made.by_value())
    return as_bits(made);
  std::int64_t word = 0;
  std::memcpy(&word, made.data(), static_cast<std::size_t>(bytes(dtype)));
  const int unused = 64 - bits(dtype);
  word =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(word) << unused) >>
      unused;
  return Array::scalar(word, bits_dtype(dtype));
}

Config tile_config(const Array &from, const Array &to) {
  const bool host = to.device().kind == Device::Kind::host;
  const std::int64_t width = bytes(to.dtype());
  const std::int64_t rows = power_of_two(to.size(-2)),
                     columns = power_of_two(to.size(-1));
  std::int64_t bm = 0, bn = 0;
  if (turned(from) || turned(to)) {
    // A line of memory on both sides. A CPU has ways for few lines at distances
    // that are powers of two, and keeps those that are half written.
    const std::int64_t side = width == 1 ? 128 : width == 8 ? 32 : 64;
    const std::int64_t elements = host ? 2048 : side * side;
    bn = std::min(columns, host ? 8 : side);
    bm = std::min(rows, elements / bn);
    bn = std::min(columns, elements / bm);
  } else {
    const std::int64_t elements = (host ? host_tile_bytes : tile_bytes) / width;
    bn = std::min(columns, elements);
    bm = std::min(rows, elements / bn);
  }
  Config config;
  config.blocks = {{"BM", bm}, {"BN", bn}};
  config.num_warps = static_cast<int>(
      power_of_two(std::clamp<std::int64_t>(bm * bn * width / 2048, 1, 8)));
  if (!turned(from) && !turned(to))
    config.num_warps = static_cast<int>(
        power_of_two(std::clamp<std::int64_t>(bm * bn * width / 512, 1, 4)));
  return config;
}

Config taller(Config config, const Array &to, int most) {
  constexpr std::int64_t programs = 8448; // 64 of each multiprocessor
  std::int64_t &rows = config.blocks["BM"];
  std::int64_t tiles = pieces_of(to.size(-2), rows) *
                       pieces_of(to.size(-1), config.blocks["BN"]);
  for (int d = 0; d + 2 < to.rank(); ++d)
    tiles *= to.size(d);
  if (to.device().kind == Device::Kind::host)
    return config;
  for (int times = 2; times <= most && tiles >= 2 * programs; times *= 2) {
    rows *= 2;
    tiles /= 2;
  }
  return config;
}

int collapse_leading(std::span<Array> arrays, int count) {
  std::array<Array, max_collapsed> heads;
  const auto kept = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < arrays.size(); ++i)
    heads[i] = view_of(arrays[i], arrays[i].shape().first(kept),
                       arrays[i].strides().first(kept));
  collapse({heads.data(), arrays.size()});
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    Dims shape = dims_of(heads[i].shape()),
         strides = dims_of(heads[i].strides());
    for (int d = count; d < arrays[i].rank(); ++d) {
      shape.sizes[static_cast<std::size_t>(shape.rank++)] = arrays[i].size(d);
      strides.sizes[static_cast<std::size_t>(strides.rank++)] =
          arrays[i].stride(d);
    }
    arrays[i] = view_of(arrays[i], shape, strides);
  }
  return heads[0].rank();
}

void launch_copy(const Call &call, const Array &from, const Array &to) {
  run_copy(call, prepared(from, to));
}

void launch_copies(const Call &call, std::span<const Copy> copies) {
  std::array<Copy, most_copies> group;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count > 0)
      run_copies(call, {group.data(), count});
    count = 0;
  };
  const auto add = [&](Copy next) {
    group[count++] = std::move(next);
    if (count == most_copies)
      flush();
  };
  for (const Copy &each : copies) {
    if (each.to.numel() == 0)
      continue;
    Copy next = prepared(each.from, each.to);
    if (next.to.rank() > 2 || turned(next.from) ||
        each.from.dtype() != each.to.dtype()) {
      run_copy(call, next);
      continue;
    }
    const std::int64_t head = up_to_sector(next);
    if (head != 0)
      add(part_of(next, 0, head));
    add(head == 0 ? std::move(next) : part_of(next, head, next.to.size(-1)));
  }
  flush();
}

void run_with(const Call &call, const Kernel &kernel, const Config &config,
              std::initializer_list<const Array *> operands) {
  kernel.run(std::span(operands.begin(), operands.size()),
             {.config = config, .stream = call.stream}, call.where);
}

Array scratch(const Call &call, std::span<const std::int64_t> shape,
              DType dtype, const Array &like) {
  return allocate_result(shape, dtype, like.device(), call.stream);
}

Array flattened(const Call &call, const Array &x) {
  if (x.contiguous())
    return x.reshape({-1});
  const Array packed = scratch(call, x.shape(), x.dtype(), x);
  launch_copy(call, x, packed);
  return packed.reshape({-1});
}

std::vector<KernelEntry> copy_entries() {
  using Sizes = std::span<const std::int64_t>;
  using Operands = std::vector<OperandShape>;
  std::vector<KernelEntry> all;
  const auto add = [&](std::string_view name, const Kernel &kernel,
                       std::string_view config, auto operands) {
    all.push_back({.name = name,
                   .kernel = kernel,
                   .dtypes = {std::begin(widths), std::end(widths)},
                   .size_names = {"M", "N"},
                   .sizes = {4096, 4096},
                   .picture_sizes = {3, 5},
                   .operands = operands,
                   .config = config});
  };
  add("rearrange", vector_kernel(), {}, [](DType dtype, Sizes n) {
    return Operands{{dtype, {n[0] * n[1]}, {}}, {dtype, {n[0] * n[1]}, {}}};
  });
  add("rearrange_rows", rows_kernel(), "BM=1 BN=1024",
      [](DType dtype, Sizes n) {
        return Operands{{dtype, {n[0], n[1]}, {}},
                        {dtype, {n[0], n[1]}, {2 * n[1], 1}}};
      });
  add("rearrange_turned", turned_kernel(), "BM=64 BN=64",
      [](DType dtype, Sizes n) {
        return Operands{{dtype, {n[0], n[1]}, {1, n[0]}},
                        {dtype, {n[0], n[1]}, {}}};
      });
  for (std::size_t count = 2; count <= most_copies; count *= 2)
    add(copies_kernel(count).name(), copies_kernel(count), "BM=1 BN=256",
        [count](DType dtype, Sizes n) {
          return Operands(2 * count, {dtype, {n[0], n[1]}, {}});
        });
  return all;
}

} // namespace girih::ops

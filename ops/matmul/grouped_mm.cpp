// SPDX-License-Identifier: Apache-2.0
// grouped_mm: out[t, n] = sum over k of a[t, k] * b[e, k, n], e the group of
// row t: the first with t < offs[e]
//
// Shapes: a[T, K], b[E, K, N], offs[E], where each group of rows ends, not
// falling. Any strides, so that b can be a view of weights W[E, N, K]. Rows
// behind the last group are 0. Dtypes: f64 f32 f16 bf16, alike; offs i32 i64.
// Summed in f32 (f64 for f64), rounded once. A first kernel cuts the groups
// into tiles of BM rows and notes where each begins and whose it is; the second
// has a program for each of those and BN columns, which reads that as offsets
// of jagged dimensions: nothing of it is ever on the host.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch._grouped_mm of a 2-D and a 3-D matrix.
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"
#include "girih/ops/sizes.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr DType offset_dtypes[] = {i32, i64};

// offs[E], total, and the result: rows[2 X] and slabs[2 X], where tile t has
// rows from rows[2 t] to rows[2 t + 1] of a, and slabs slabs[2 t] to slabs[2 t
// + 1] of b: one, or none. Tiles that are not needed have no rows.
void schedule_application(In offs, In total, Out rows, Out slabs) {
  const std::int64_t lanes = offs.shape()[0], tiles = rows.shape()[0] / 2;
  const auto height = constexpr_value<int>("HEIGHT");
  Tile all = cast(total, i32), group = arange(lanes);
  Tile groups = cast(offs.source_size(0), i32);
  // Behind the last one is one more, of the rows that nobody has.
  Tile ends = where(group < groups, cast(offs, i32), all);
  ends = min(max(ends, 0), all);
  Tile sizes = ends - where(group == 0, 0, gather(ends, 0, max(group - 1, 0)));
  Tile counts = floor_divide(max(sizes, 0) + (height - 1), height);
  Tile through = cast(cumsum(counts, 0), i32);
  // The group of each tile: as many are through before it.
  Tile tile = cast(program_id(0), i32) * tiles + arange(tiles);
  Tile before = unsqueeze(through, 0) <= unsqueeze(tile, 1);
  Tile found = cast(sum(cast(before, i32), dim(1)), i32);
  Tile mine = unsqueeze(group, 0) == unsqueeze(found, 1);
  const auto of_mine = [&](const Tile &values) {
    return cast(sum(where(mine, unsqueeze(values, 0), 0), dim(1)), i32);
  };
  // Past all groups everything is 0.
  Tile end = of_mine(ends);
  Tile begin =
      of_mine(ends - sizes) + (tile - of_mine(through - counts)) * height;
  begin = min(begin, end);
  Tile last = min(begin + height, end);
  Tile owned = (found < groups) & (last > begin);
  rows = reshape(join(begin, last), {2 * tiles});
  slabs = reshape(join(found, where(owned, found + 1, found)), {2 * tiles});
}

const Kernel &schedule_kernel() {
  static const Kernel made{
      make_source("grouped_mm_tiles",
                  [](Tensor offs, Tensor total, Tensor rows, Tensor slabs) {
                    auto LANES = block_size("LANES", 64);
                    auto ct = rows.tile({64});
                    return arranged(offs.tile({LANES})
                                        .tile({1})
                                        .at(1, squeeze(0))
                                        .select(0, 0)
                                        .unsqueeze(0)
                                        .expand({ct.size(0)}),
                                    total, ct, slabs.tile({64}));
                  },
                  schedule_application, {"offs", "total", "rows", "slabs"})};
  return made;
}

void application(In a, In b, In rows, In, Out out) {
  const DType type = computed(a.dtype());
  const Index tile = program_id(0) * 2;
  when(rows[tile + 1] > rows[tile], [&] {
    Tile acc = zeros(out.shape(), type);
    for (Index k : range(a.size(0)))
      acc += dot(a[k], b[k]);
    out = acc;
  });
}

const Kernel &kernel() {
  static const Kernel made{make_source(
      "grouped_mm",
      [](Tensor a, Tensor b, Tensor rows, Tensor slabs, Tensor out) {
        const auto height = constexpr_value<int>("HEIGHT", 64);
        auto BN = block_size("BN"), BK = block_size("BK");
        const Slice every_second{.step = 2};
        auto ct = out.jagged(0, rows, height)[every_second]
                      .tile({1, whole, BN})
                      .squeeze(1)
                      .at(1, squeeze(0));
        auto at = a.jagged(0, rows, height)[every_second]
                      .tile({1, whole, BK})
                      .at(1, squeeze(0))
                      .tile({1, 1, whole})
                      .at(1, squeeze({0, 1}))
                      .squeeze(1)
                      .expand({keep, ct.size(1)});
        auto bt = b.jagged(0, slabs, 1)[every_second]
                      .tile({1, 1, BK, BN})
                      .at(1, squeeze({0, 1}))
                      .tile({1, 1, whole, 1})
                      .at(1, squeeze({0, 1, 3}))
                      .squeeze({1, 2});
        return arranged(at, bt, rows, slabs, partial(ct));
      },
      application, {"a", "b", "rows", "slabs", "out"})};
  return made;
}

// Rows of a tile: of the usual group.
std::int64_t height_of(std::int64_t rows, std::int64_t groups) {
  return std::clamp<std::int64_t>(power_of_two(rows / groups), 16, 128);
}

Config config_of(const Array &a, std::int64_t height, std::int64_t columns) {
  Config config;
  const bool on_host = a.device().kind == Device::Kind::host;
  const std::int64_t bytes = bits(a.dtype()) / 8;
  const std::int64_t most = on_host      ? 256
                            : bytes == 2 ? (height >= 64 ? 128 : 64)
                                         : 64;
  config.blocks = {
      {"BN", std::clamp<std::int64_t>(power_of_two(columns), 16, most)},
      {"BK", on_host ? 128 : std::max<std::int64_t>(64 / bytes, 16)}};
  return config;
}

// Both kernels of one height.
struct Kernels {
  Kernel schedule, product;
};
const Kernels &kernels_of(std::int64_t height) {
  static const std::vector<Kernels> table = [] {
    std::vector<Kernels> all;
    for (const int each : {16, 32, 64, 128})
      all.push_back({schedule_kernel().with("HEIGHT", each),
                     kernel().with("HEIGHT", each)});
    return all;
  }();
  return table[static_cast<std::size_t>(
      std::countr_zero(static_cast<std::uint64_t>(height)) - 4)];
}

struct GroupedMm {
  static constexpr std::string_view signature = "grouped_mm(a, b, offs) -> out";
  static Shaped result(const Call &call, const Array &a, const Array &b,
                       const Array &offs) {
    check_factors(call, {"a", a}, {"b", b}, floats);
    call.check_same_device({{"a", a}, {"offs", offs}});
    call.check_dtype({"offs", offs}, offset_dtypes);
    call.check_rank({"a", a}, 2);
    call.check_shape({"b", b}, {-1, a.size(1), -1}, {{"a", a}});
    call.check_shape({"offs", offs}, {b.size(0)}, {{"b", b}});
    return {Dims{{a.size(0), b.size(2)}, 2}, a.dtype()};
  }
  static void launch(const Call &call, const Array &a, const Array &b,
                     const Array &offs, const Array &out) {
    const std::int64_t rows = a.size(0),
                       groups = std::max<std::int64_t>(b.size(0), 1);
    const std::int64_t height = height_of(rows, groups);
    // Each group, and what is behind them, may end in a ragged tile.
    const std::int64_t tiles = rows / height + groups + 1;
    const std::int64_t words = (2 * tiles + 63) / 64 * 64;
    const Array begins = allocate_result(Dims{{words}, 1}, i32, a.device(),
                                         call.stream),
                slabs = allocate_result(Dims{{words}, 1}, i32, a.device(),
                                        call.stream),
                total = Array::scalar(rows, i32);
    const Kernels &kernels = kernels_of(height);
    Config schedule;
    schedule.blocks = {{"LANES", power_of_two(groups + 1)}};
    const std::array first{&offs, &total, &begins, &slabs};
    kernels.schedule.run(first, {.config = schedule, .stream = call.stream},
                         call.where);
    const std::array second{&a, &b, &begins, &slabs, &out};
    kernels.product.run(
        second,
        {.config = config_of(a, height, b.size(2)), .stream = call.stream},
        call.where);
  }
};

} // namespace

Array grouped_mm(const Array &a, const Array &b, const Array &offs,
                 const Stream &stream, std::source_location where) {
  return compute<GroupedMm>(stream, where, a, b, offs);
}

void grouped_mm_out(const Array &a, const Array &b, const Array &offs,
                    const Array &out, const Stream &stream,
                    std::source_location where) {
  compute_into<GroupedMm>(stream, where, std::tie(out), a, b, offs);
}

OpEntry entry_of_grouped_mm() {
  return op_entry<GroupedMm>(
      {"products",
       "a[t, :] b[e, :, :], e the group of row t",
       {std::begin(floats), std::end(floats)},
       {{.name = "grouped_mm",
         .kernel = kernel(),
         .dtypes = {std::begin(floats), std::end(floats)},
         .size_names = {"T", "E", "N", "K"},
         .sizes = {8192, 64, 2048, 1024},
         .picture_sizes = {5, 2, 3, 4},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           const std::int64_t t = sizes[0], e = sizes[1], n = sizes[2],
                              k = sizes[3];
           const std::int64_t words = 2 * (t / 64 + e + 1);
           return std::vector<OperandShape>{{dtype, {t, k}, {}},
                                            {dtype, {e, k, n}, {n * k, 1, k}},
                                            {i32, {words}, {}},
                                            {i32, {words}, {}},
                                            {dtype, {t, n}, {}}};
         }}}});
}

} // namespace girih::ops

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
#include "girih/ops/matmul/grouped_tiles.h"
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"
#include "girih/ops/sizes.h"
#include "girih/ops/warp_groups.h"

#include <algorithm>
#include <bit>

namespace girih::ops {

namespace {

// A tile without rows has no rounds, and stores nothing.
void application(In a, In b, In rows, In, Out out) {
  const Index tile = program_id(0) * 2;
  const Index any =
      min(max(as_index(rows[tile + 1]) - as_index(rows[tile]), 0), 1);
  Tile acc = zeros(out.shape(), computed(a.dtype()));
  for (Index k : range(a.size(0) * any))
    acc += dot(a[k], b[k]);
  out = acc;
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

Config config_of(const Array &a, std::int64_t height, std::int64_t columns) {
  Config config;
  const bool on_host = a.device().kind == Device::Kind::host;
  const std::int64_t bytes = bits(a.dtype()) / 8;
  const std::int64_t most = on_host      ? 256
                            : bytes == 2 ? (height >= 64 ? 128 : 64)
                                         : 64;
  // Two warp groups, and four stages of the operands in shared memory.
  if (has_warp_groups(a.device()) && bytes == 2 && height >= 64) {
    config.num_warps = 8;
    config.num_stages = 4;
    config.warp_specialize = true;
    config.blocks = {
        {"BN", std::clamp<std::int64_t>(power_of_two(columns), 64, 256)},
        {"BK", 64}};
    return config;
  }
  config.blocks = {
      {"BN", std::clamp<std::int64_t>(power_of_two(columns), 16, most)},
      {"BK", on_host ? 128 : std::max<std::int64_t>(64 / bytes, 16)}};
  return config;
}

// By the height of tiles.
const Kernel &kernel_of(std::int64_t height) {
  static const std::vector<Kernel> table = [] {
    std::vector<Kernel> all;
    for (const int each : {16, 32, 64, 128})
      all.push_back(kernel().with("HEIGHT", each));
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
    call.check_rank({"a", a}, 2);
    call.check_shape({"b", b}, {-1, a.size(1), -1}, {{"a", a}});
    check_group_ends(call, {"offs", offs}, {"b", b});
    return {Dims{{a.size(0), b.size(2)}, 2}, a.dtype()};
  }
  static void launch(const Call &call, const Array &a, const Array &b,
                     const Array &offs, const Array &out) {
    const GroupedTiles tiles(call, offs, a.size(0));
    const std::array operands{&a, &b, &tiles.rows, &tiles.slabs, &out};
    kernel_of(tiles.height)
        .run(operands,
             {.config = config_of(a, tiles.height, b.size(2)),
              .stream = call.stream},
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

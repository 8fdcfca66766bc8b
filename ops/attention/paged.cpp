// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/paged.h"

#include <algorithm>
#include <tuple>

namespace girih::ops {

namespace {

constexpr DType index_types[] = {i32, i64};

} // namespace

Tensor arrange_cache(const Tensor &cache, std::int64_t block,
                     std::int64_t width) {
  return cache.tile({1, block, 1, width})
      .tile({whole, whole, 1, whole})
      .squeeze({0, 1, 3})
      .at(1, squeeze(2))
      .at(2, squeeze({0, 2}));
}

Tensor arrange_table(const Tensor &table) {
  return table.tile({1, 1})
      .tile({1, whole})
      .squeeze(1)
      .at(1, squeeze(0))
      .at(2, squeeze({0, 1}));
}

Tile cat_of(std::int64_t count, int dim,
            const std::function<Tile(std::int64_t)> &tile) {
  Tile all = tile(0);
  for (std::int64_t at = 1; at < count; ++at)
    all = cat(all, tile(at), dim);
  return all;
}

void check_caches(const Call &call, const Argument &keys,
                  const Argument &values) {
  for (const Argument &each : {keys, values}) {
    call.check_dtype(each, attention_floats);
    call.check_rank(each, 4);
  }
  call.check_same_dtype(keys, values);
  const Array &k = *keys.array;
  call.check_shape(values, {k.size(0), k.size(1), k.size(2), -1}, {keys});
}

void check_slots(const Call &call, const Array &slots, const Argument &k) {
  call.check_dtype({"slots", slots}, index_types);
  call.check_shape({"slots", slots}, {k.array->size(0)}, {k});
}

std::int64_t check_table(const Call &call, const Array &block_table,
                         const Array &lengths) {
  call.check_dtype({"block_table", block_table}, index_types);
  call.check_dtype({"lengths", lengths}, index_types);
  call.check_rank({"block_table", block_table}, 2);
  call.check_shape({"lengths", lengths}, {block_table.size(0)},
                   {{"block_table", block_table}});
  return block_table.size(0);
}

namespace {

// Of one token: heads, widths of both arrays (0: there is one), page size.
using Form = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t>;

Tensor arrange_rows(const Tensor &x, std::int64_t heads, std::int64_t width) {
  return x.tile({1, heads, width})
      .tile({1, 1, whole})
      .squeeze(2)
      .at(1, squeeze({0, 1}))
      .at(2, squeeze(0));
}

Tensor arrange_slots(const Tensor &slots, const Tensor &grid) {
  return slots.tile({1})
      .at(1, squeeze(0))
      .unsqueeze(1)
      .expand({keep, grid.size(1)});
}

Tensor arrange_places(const Tensor &cache, const Tensor &grid,
                      std::int64_t heads, std::int64_t width) {
  return cache.tile({1, 1, heads, width})
      .tile({whole, whole, 1, whole})
      .squeeze({0, 1, 3})
      .unsqueeze(0)
      .expand({grid.size(0), keep})
      .at(1, squeeze(2))
      .at(2, squeeze({0, 1}));
}

Kernel make_write(const Form &form) {
  const auto [heads, width, second, page] = form;
  auto write = [=](const In &x, const Index &slot, const InOut &cache) {
    cache[{slot / page, slot % page, 0}] = x[0];
  };
  if (second == 0)
    return make(
        "cache_write",
        [=](Tensor x, Tensor slots, Tensor cache) {
          Tensor rows = arrange_rows(x, heads, width);
          return arranged(rows, arrange_slots(slots, rows),
                          arrange_places(cache, rows, heads, width));
        },
        [=](In x, In slots, InOut cache) {
          write(x, slot_of(slots, cache, page), cache);
        },
        {"x", "slots", "cache"});
  return make(
      "kv_cache_write",
      [=](Tensor k, Tensor v, Tensor slots, Tensor keys, Tensor values) {
        Tensor rows = arrange_rows(k, heads, width);
        return arranged(rows, arrange_rows(v, heads, second),
                        arrange_slots(slots, rows),
                        arrange_places(keys, rows, heads, width),
                        arrange_places(values, rows, heads, second));
      },
      [=](In k, In v, In slots, InOut keys, InOut values) {
        Index slot = slot_of(slots, keys, page);
        write(k, slot, keys);
        write(v, slot, values);
      },
      {"k", "v", "slots", "key_cache", "value_cache"});
}

KernelFamily<Form> &write_kernels() {
  static KernelFamily<Form> kernels(make_write);
  return kernels;
}

} // namespace

Index slot_of(const In &slots, const InOut &cache, std::int64_t page) {
  const Tile slot = cast(slots, i64);
  const Index places = cache.source_size(0) * page;
  return as_index(where((slot >= 0) & (slot < places), slot, nowhere));
}

void launch_cache_write(const Call &call, const Array &x, const Array *y,
                        const Array &slots, const Array &x_cache,
                        const Array *y_cache) {
  const std::int64_t width = power_of_two(x.size(2)),
                     second = y ? power_of_two(y->size(2)) : 0;
  const std::int64_t heads =
      std::clamp<std::int64_t>(4096 / width, 1, power_of_two(x.size(1)));
  const Kernel &kernel =
      write_kernels()[{heads, width, second, at_least_one(x_cache.size(1))}];
  if (y)
    run_with(call, kernel, {4, 1}, {&x, y, &slots, &x_cache, y_cache});
  else
    run_with(call, kernel, {4, 1}, {&x, &slots, &x_cache});
}

KernelEntry cache_write_entry() {
  return {.name = "kv_cache_write",
          .kernel = write_kernels()[{8, 128, 128, 16}],
          .dtypes = {std::begin(attention_floats), std::end(attention_floats)},
          .size_names = {"T", "P"},
          .sizes = {4096, 1024},
          .picture_sizes = {2, 2},
          .operands = [](DType dtype, std::span<const std::int64_t> n) {
            const OperandShape rows{dtype, {n[0], 8, 128}, {}},
                cache{dtype, {n[1], 16, 8, 128}, {}};
            return std::vector<OperandShape>{
                rows, rows, {i64, {n[0]}, {}}, cache, cache};
          }};
}

} // namespace girih::ops

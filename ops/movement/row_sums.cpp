// SPDX-License-Identifier: Apache-2.0
// index_add of rows without atomics: the index is sorted, and then a program
// adds to its piece of a row what leads there, in the order of the index. Each
// row is read once and written once, in the dtype that it has.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement/indexed.h"
#include "girih/ops/ordering.h"
#include "girih/ops/reductions/seen_by_all.h"
#include "girih/ops/reductions/sorted_search.h"

#include <algorithm>

namespace girih::ops {

namespace {

// Row n's places are those from starts[n] to starts[n + 1] of the order.
const Kernel &starts_kernel() {
  static const Kernel made{make_source(
      "index_add_starts",
      [](Tensor sorted, Tensor starts) {
        const Tensor tiles = starts.tile({block_size("BLOCK", 256)});
        return arranged(seen_by_all(sorted, tiles), tiles);
      },
      [](In sorted, Out starts) {
        starts = less_than(sorted, starts.offsets(0));
      },
      {"sorted", "starts"})};
  return made;
}

// One number to each row n of a grid [O, N, C / BD].
Tensor by_row(const Tensor &t, const Tensor &grid) {
  return t.tile({1})
      .at(1, squeeze(0))
      .unsqueeze(0)
      .unsqueeze(2)
      .expand({grid.size(0), keep, grid.size(2)});
}

const Kernel &rows_kernel() {
  static const Kernel made{make_source(
      "index_add_rows",
      [](Tensor x, Tensor source, Tensor order, Tensor begin, Tensor end,
         Tensor alpha, Tensor out) {
        const auto piece = [](const Tensor &t) {
          return t.tile({1, 1, block_size("BD")}).at(1, squeeze({0, 1}));
        };
        const Tensor grid = piece(out);
        const Tensor rows = source.tile({1, 1, block_size("BD")})
                                .tile({1, whole, 1})
                                .expand({keep, grid.size(1), keep})
                                .at(1, squeeze({0, 2}))
                                .at(2, squeeze({0, 1}));
        const Tensor all =
            order.tile({1})
                .tile({whole})
                .unsqueeze(0)
                .unsqueeze(2)
                .expand({grid.size(0), grid.size(1), grid.size(2)})
                .at(2, squeeze(0));
        return arranged(piece(x), rows, all, by_row(begin, grid),
                        by_row(end, grid), alpha, grid);
      },
      [](In x, In source, In order, In begin, In end, In alpha, Out out) {
        const DType type = computed(out.dtype());
        const Index first = as_index(Tile(begin));
        Tile sum = cast(x, type);
        for (Index k : range(as_index(Tile(end) - Tile(begin)))) {
          const Index place = as_index(Tile(order[first + k]));
          sum = sum + cast(source[place], type) * cast(alpha, type);
        }
        out = sum;
      },
      {"x", "source", "order", "begin", "end", "alpha", "out"})};
  return made;
}

} // namespace

bool launch_row_sums(const Call &call, const Array &x, int dim,
                     const Array &index, const Array &source,
                     const ArrayOrNumber &alpha, const Array &out) {
  Array of_x = x, of_source = source, of_out = out, again = source;
  if (!as_rows(of_x, of_source, dim) || !as_rows(of_out, again, dim))
    return false;
  const auto order = sort(index, 0, false, true, call.stream, call.where);
  Dims places;
  places.rank = 1;
  places.sizes[0] = of_out.size(1) + 1;
  const Array starts = allocate_result(places, i64, out.device(), call.stream);
  call.run(starts_kernel(), {&order[0], &starts});
  const Array begin = starts.slice(0, 0, of_out.size(1)),
              end = starts.slice(0, 1, of_out.size(1) + 1),
              factor = alpha.as(computed(out.dtype()));
  run_with(call, rows_kernel(), config_of_rows(of_out),
           {&of_x, &of_source, &order[1], &begin, &end, &factor, &of_out});
  return true;
}

std::vector<KernelEntry> row_sum_entries() {
  using Sizes = std::span<const std::int64_t>;
  const auto entry =
      [](const Kernel &kernel, std::vector<DType> dtypes,
         std::function<std::vector<OperandShape>(DType, Sizes)> operands) {
        return KernelEntry{.name = kernel.name(),
                           .kernel = kernel,
                           .dtypes = std::move(dtypes),
                           .size_names = {"O", "N", "T", "C"},
                           .sizes = {1, 32768, 16384, 4096},
                           .picture_sizes = {1, 3, 2, 4},
                           .operands = std::move(operands)};
      };
  std::vector<KernelEntry> all{
      entry(starts_kernel(), {i64},
            [](DType dtype, Sizes n) {
              return std::vector<OperandShape>{{dtype, {n[2]}, {}},
                                               {i64, {n[1] + 1}, {}}};
            }),
      entry(rows_kernel(), {bf16, f32, f64}, [](DType dtype, Sizes n) {
        const OperandShape row{dtype, {n[0], n[1], n[3]}, {}};
        return std::vector<OperandShape>{row,
                                         {dtype, {n[0], n[2], n[3]}, {}},
                                         {i64, {n[2]}, {}},
                                         {i64, {n[1]}, {}},
                                         {i64, {n[1]}, {}},
                                         {computed(dtype), {}, {}, true},
                                         row};
      })};
  all[1].config = "BD=1024";
  return all;
}

} // namespace girih::ops

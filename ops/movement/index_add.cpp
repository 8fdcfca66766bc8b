// SPDX-License-Identifier: Apache-2.0
// index_add: out = x, and out[i, index[k], j] += alpha * source[i, k, j], along
// dim 1
//
// Shapes: x any, index [n] or [], source x's with size n, or 1, along dim.
// Dtypes: x and source one of f64 f32 f16 bf16 i64 i32 i16 i8 u8, index i32
// i64. f16 and bf16 are added in f32 and rounded once, integers wrap. Sums of
// floats go in the order of the index on the host, and on a GPU where much is
// added to rows; elsewhere they are atomic. An index out of range writes
// nothing; with GIRIH_DEBUG=bounds it is an error on the host.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.index_add.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/reduce_into.h"

namespace girih::ops {

namespace {

struct IndexAdd {
  static constexpr std::string_view signature =
      "index_add(x, dim: int, index, source, *, alpha: number = 1) -> out";
  static int checked(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &source) {
    call.check_same_device({{"x", x}, {"source", source}});
    call.check_dtype({"x", x}, numbers);
    const int at = check_slices(call, x, dim, index);
    call.check_same_dtype({"x", x}, {"source", source});
    check_source(call, x, at, index, source);
    return at;
  }
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index, const Array &source,
                       const ArrayOrNumber &alpha) {
    checked(call, x, dim, index, source);
    call.require(!alpha.is_array(), "alpha must be a number");
    call.require(is_float(x.dtype()) || alpha.is_integer(),
                 "alpha must be an integer for integers", {{"x", x}});
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &source,
                     const ArrayOrNumber &alpha, const Array &out) {
    const int at = checked(call, x, dim, index, source);
    if (suits_row_sums(x, source) &&
        launch_row_sums(call, x, at, index_vector(index), source, alpha, out))
      return;
    launch_scatter_reduce(call,
                          {.x = x,
                           .dim = at,
                           .index = x.rank() == 0
                                        ? unspread(index)
                                        : spread_index(at_least_vector(index),
                                                       source.shape(), at),
                           .src = source,
                           .alpha = alpha},
                          out);
  }
  // On a GPU, where as much is added as makes up for a sort of the index.
  static bool suits_row_sums(const Array &x, const Array &source) {
    constexpr std::int64_t least = std::int64_t{1} << 20; // bytes
    return x.device().kind == Device::Kind::cuda && x.rank() > 0 &&
           source.rank() > 0 && is_float(x.dtype()) &&
           source.numel() * bytes(source.dtype()) >= least;
  }
  // For a scalar x: an index of its shape.
  static Array unspread(const Array &index) {
    return index.rank() == 0 ? index : index.select(0, 0);
  }
};

} // namespace

Array index_add(const Array &x, std::int64_t dim, const Array &index,
                const Array &source, const ArrayOrNumber &alpha,
                const Stream &stream, std::source_location where) {
  return compute<IndexAdd>(stream, where, x, dim, index, source, alpha);
}

void index_add_out(const Array &x, std::int64_t dim, const Array &index,
                   const Array &source, const Array &out,
                   const ArrayOrNumber &alpha, const Stream &stream,
                   std::source_location where) {
  compute_into<IndexAdd>(stream, where, std::tie(out), x, dim, index, source,
                         alpha);
}

OpEntry entry_of_index_add() {
  return op_entry<IndexAdd>(
      {"movement",
       "x with alpha * source added at an index of dim",
       {std::begin(numbers), std::end(numbers)},
       {slice_entries()[2], row_sum_entries()[0], row_sum_entries()[1]}});
}

} // namespace girih::ops

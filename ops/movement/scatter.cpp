// SPDX-License-Identifier: Apache-2.0
// scatter: out = x, and out[i, index[i, j]] = src[i, j], along dim 1
//
// Shapes: x any; index of as many dimensions, no larger than x but along dim;
// src no smaller than the index, or a number. Dtypes: x and src one of at least
// 8 bits, index i32 i64. Of several elements for one place either wins. With
// reduce they are reduced as by scatter_reduce: 'add' and 'multiply' are
// PyTorch's names of sum and prod. An index out of range, below 0 too, writes
// nothing; with GIRIH_DEBUG=bounds it is an error on the host. With x as out
// only what is indexed is written.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.scatter.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/reduce_into.h"

namespace girih::ops {

namespace {

struct Scatter {
  static constexpr std::string_view signature =
      "scatter(x, dim: int, index, src: number, *, reduce: str? = None) -> out";
  using Name = std::optional<std::string_view>;

  static Scattered reduction(const Call &call, std::string_view name) {
    if (name == "add")
      return Scattered::sum;
    return name == "multiply" ? Scattered::prod : reduction_named(call, name);
  }
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index, const ArrayOrNumber &src,
                       const Name &reduce) {
    check_indexed(call, x, dim, index);
    if (reduce) {
      reduction(call, *reduce);
      call.check_dtype({"x", x}, numbers);
    }
    if (src.is_array())
      checked_src(call, x, index, src.array());
    else
      call.require(src.is_integer() || is_float(x.dtype()),
                   "src must be an integer for integers", {{"x", x}});
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const ArrayOrNumber &src,
                     const Name &reduce, const Array &out) {
    const int at = check_indexed(call, x, dim, index);
    const Array values =
        src.is_array() ? narrowed_to(src.array(), index) : src.as(out.dtype());
    if (reduce)
      return launch_scatter_reduce(call,
                                   {.x = x,
                                    .dim = at,
                                    .index = index,
                                    .src = values,
                                    .how = reduction(call, *reduce)},
                                   out);
    start_from(call, x, out);
    if (index.numel() > 0)
      launch_scatter(call, out, at, index,
                     src.is_array() ? values : as_bits(src, out.dtype()));
  }
};

} // namespace

Array scatter(const Array &x, std::int64_t dim, const Array &index,
              const ArrayOrNumber &src, std::optional<std::string_view> reduce,
              const Stream &stream, std::source_location where) {
  return compute<Scatter>(stream, where, x, dim, index, src, reduce);
}

void scatter_out(const Array &x, std::int64_t dim, const Array &index,
                 const ArrayOrNumber &src, const Array &out,
                 std::optional<std::string_view> reduce, const Stream &stream,
                 std::source_location where) {
  compute_into<Scatter>(stream, where, std::tie(out), x, dim, index, src,
                        reduce);
}

OpEntry entry_of_scatter() {
  return op_entry<Scatter>({"movement",
                            "x with src at an index along dim",
                            {std::begin(moved), std::end(moved)},
                            scatter_entries()});
}

} // namespace girih::ops

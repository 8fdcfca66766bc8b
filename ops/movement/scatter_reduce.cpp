// SPDX-License-Identifier: Apache-2.0
// scatter_reduce: out = x, and out[i, index[i, j]] reduced with src[i, j],
// along dim 1
//
// Shapes and index: as scatter's. Dtypes: x and src one of f64 f32 f16 bf16 i64
// i32 i16 i8 u8. reduce: sum, prod, mean, amax, amin. Without include_self an
// element of x that something is scattered to is forgotten first. f16 and bf16
// are reduced in f32 and rounded once, integers wrap, their means are floored.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.scatter_reduce.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/reduce_into.h"

namespace girih::ops {

namespace {

struct ScatterReduce {
  static constexpr std::string_view signature =
      "scatter_reduce(x, dim: int, index, src, reduce: str, include_self: bool "
      "= True) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index, const Array &src,
                       std::string_view reduce, bool) {
    check_indexed(call, x, dim, index);
    reduction_named(call, reduce);
    call.check_dtype({"x", x}, numbers);
    checked_src(call, x, index, src);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &src,
                     std::string_view reduce, bool include_self,
                     const Array &out) {
    launch_scatter_reduce(call,
                          {.x = x,
                           .dim = check_indexed(call, x, dim, index),
                           .index = index,
                           .src = narrowed_to(src, index),
                           .how = reduction_named(call, reduce),
                           .include_self = include_self},
                          out);
  }
};

} // namespace

Array scatter_reduce(const Array &x, std::int64_t dim, const Array &index,
                     const Array &src, std::string_view reduce,
                     bool include_self, const Stream &stream,
                     std::source_location where) {
  return compute<ScatterReduce>(stream, where, x, dim, index, src, reduce,
                                include_self);
}

void scatter_reduce_out(const Array &x, std::int64_t dim, const Array &index,
                        const Array &src, std::string_view reduce,
                        const Array &out, bool include_self,
                        const Stream &stream, std::source_location where) {
  compute_into<ScatterReduce>(stream, where, std::tie(out), x, dim, index, src,
                              reduce, include_self);
}

OpEntry entry_of_scatter_reduce() {
  return op_entry<ScatterReduce>({"movement",
                                  "x reduced with src at an index along dim",
                                  {std::begin(numbers), std::end(numbers)},
                                  scatter_reduce_entries()});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// scatter_add: out = x, and out[i, index[i, j]] += src[i, j], along dim 1
//
// Shapes and index: as scatter's. Dtypes: x and src one of f64 f32 f16 bf16 i64
// i32 i16 i8 u8. f16 and bf16 are added in f32 and rounded once, integers wrap.
// Errors: [device] [dtype] [shape] [index] [overlap].
// Source: torch.scatter_add.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/reduce_into.h"

namespace girih::ops {

namespace {

struct ScatterAdd {
  static constexpr std::string_view signature =
      "scatter_add(x, dim: int, index, src) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index, const Array &src) {
    check_indexed(call, x, dim, index);
    call.check_dtype({"x", x}, numbers);
    checked_src(call, x, index, src);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &src, const Array &out) {
    launch_scatter_reduce(call,
                          {.x = x,
                           .dim = check_indexed(call, x, dim, index),
                           .index = index,
                           .src = narrowed_to(src, index)},
                          out);
  }
};

} // namespace

Array scatter_add(const Array &x, std::int64_t dim, const Array &index,
                  const Array &src, const Stream &stream,
                  std::source_location where) {
  return compute<ScatterAdd>(stream, where, x, dim, index, src);
}

void scatter_add_out(const Array &x, std::int64_t dim, const Array &index,
                     const Array &src, const Array &out, const Stream &stream,
                     std::source_location where) {
  compute_into<ScatterAdd>(stream, where, std::tie(out), x, dim, index, src);
}

OpEntry entry_of_scatter_add() {
  return op_entry<ScatterAdd>({"movement",
                               "x with src added at an index along dim",
                               {std::begin(numbers), std::end(numbers)},
                               {}});
}

} // namespace girih::ops

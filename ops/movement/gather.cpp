// SPDX-License-Identifier: Apache-2.0
// gather: out[i, j] = x[i, index[i, j]], along dim 1
//
// Shapes: x any, index of as many dimensions and no larger but along dim; out
// has the index's shape. Dtypes: x all of at least 8 bits, index i32 i64. An
// index out of range, below 0 too, gives 0; with GIRIH_DEBUG=bounds it is an
// error on the host.
// Errors: [device] [dtype] [shape] [index] [overlap].
// Source: torch.gather.
#include "girih/ops/movement.h"
#include "girih/ops/movement/indexed.h"

namespace girih::ops {

namespace {

struct Gather {
  static constexpr std::string_view signature =
      "gather(x, dim: int, index) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index) {
    check_indexed(call, x, dim, index);
    return {dims_of(index.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &out) {
    launch_gather(call, x, check_indexed(call, x, dim, index), index, out);
  }
};

} // namespace

Array gather(const Array &x, std::int64_t dim, const Array &index,
             const Stream &stream, std::source_location where) {
  return compute<Gather>(stream, where, x, dim, index);
}

void gather_out(const Array &x, std::int64_t dim, const Array &index,
                const Array &out, const Stream &stream,
                std::source_location where) {
  compute_into<Gather>(stream, where, std::tie(out), x, dim, index);
}

OpEntry entry_of_gather() {
  return op_entry<Gather>({"movement",
                           "x at an index along dim",
                           {std::begin(moved), std::end(moved)},
                           gather_entries()});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// index_select: out[i, k, j] = x[i, index[k], j], along dim 1
//
// Shapes: x any, index [n] or []; out x's with size n, or 1, along dim. Dtypes:
// x all of at least 8 bits, index i32 i64. An index out of range, below 0 too,
// gives zeros; with GIRIH_DEBUG=bounds it is an error on the host.
// Errors: [device] [dtype] [shape] [index] [overlap].
// Source: torch.index_select.
#include "girih/ops/movement.h"
#include "girih/ops/movement/indexed.h"

namespace girih::ops {

namespace {

struct IndexSelect {
  static constexpr std::string_view signature =
      "index_select(x, dim: int, index) -> out";
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index) {
    const auto at = static_cast<std::size_t>(check_slices(call, x, dim, index));
    Shaped out{dims_of(x.shape()), x.dtype()};
    if (x.rank() > 0)
      out.shape.sizes[at] = index.numel();
    else
      check_source(call, x, 0, index, x);
    return out;
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &out) {
    launch_index_select(call, x, check_slices(call, x, dim, index), index, out);
  }
};

} // namespace

Array index_select(const Array &x, std::int64_t dim, const Array &index,
                   const Stream &stream, std::source_location where) {
  return compute<IndexSelect>(stream, where, x, dim, index);
}

void index_select_out(const Array &x, std::int64_t dim, const Array &index,
                      const Array &out, const Stream &stream,
                      std::source_location where) {
  compute_into<IndexSelect>(stream, where, std::tie(out), x, dim, index);
}

OpEntry entry_of_index_select() {
  return op_entry<IndexSelect>({"movement",
                                "slices of x at an index of dim",
                                {std::begin(moved), std::end(moved)},
                                {slice_entries()[0]}});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// index_copy: out = x, and out[i, index[k], j] = source[i, k, j], along dim 1
//
// Shapes: x any, index [n] or [], source x's with size n, or 1, along dim.
// Dtypes: x and source one of at least 8 bits, index i32 i64. Of several slices
// for one place either wins. An index out of range, below 0 too, writes
// nothing; with GIRIH_DEBUG=bounds it is an error on the host. With x as out
// only what is indexed is written.
// Errors: [device] [dtype] [shape] [index] [overlap].
// Source: torch.index_copy.
#include "girih/ops/movement.h"
#include "girih/ops/movement/indexed.h"

namespace girih::ops {

namespace {

struct IndexCopy {
  static constexpr std::string_view signature =
      "index_copy(x, dim: int, index, source) -> out";
  static int checked(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &source) {
    call.check_same_device({{"x", x}, {"source", source}});
    const int at = check_slices(call, x, dim, index);
    call.check_same_dtype({"x", x}, {"source", source});
    check_source(call, x, at, index, source);
    return at;
  }
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const Array &index, const Array &source) {
    checked(call, x, dim, index, source);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const Array &index, const Array &source,
                     const Array &out) {
    start_from(call, x, out);
    if (index.numel() > 0)
      launch_index_copy(call, out, checked(call, x, dim, index, source), index,
                        source);
  }
};

} // namespace

Array index_copy(const Array &x, std::int64_t dim, const Array &index,
                 const Array &source, const Stream &stream,
                 std::source_location where) {
  return compute<IndexCopy>(stream, where, x, dim, index, source);
}

void index_copy_out(const Array &x, std::int64_t dim, const Array &index,
                    const Array &source, const Array &out, const Stream &stream,
                    std::source_location where) {
  compute_into<IndexCopy>(stream, where, std::tie(out), x, dim, index, source);
}

OpEntry entry_of_index_copy() {
  return op_entry<IndexCopy>({"movement",
                              "x with slices of source at an index of dim",
                              {std::begin(moved), std::end(moved)},
                              {slice_entries()[1]}});
}

} // namespace girih::ops

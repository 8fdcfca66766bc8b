// SPDX-License-Identifier: Apache-2.0
// cat: out[i, j + the sizes of arrays[..k)] = arrays[k][i, j], along dim 1
//
// Shapes: alike but along dim; arrays of shape [0] are left out, as PyTorch
// does. Dtypes: all of at least 8 bits; numbers are promoted. Each array is
// copied into its part of the result, up to eight of them in one launch.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.cat.
#include "girih/ops/movement.h"
#include "girih/ops/movement/joined.h"

#include <fmt/format.h>

namespace girih::ops {

namespace {

bool counts(const Array &array) {
  return array.rank() != 1 || array.size(0) != 0;
}

// The first array that decides the shape.
const Array &leading(const std::vector<Array> &arrays) {
  for (const Array &each : arrays)
    if (counts(each))
      return each;
  return arrays.front();
}

struct Cat {
  static constexpr std::string_view signature =
      "cat(arrays: arrays, dim: int = 0) -> out";

  static Shaped result(const Call &call, const std::vector<Array> &arrays,
                       std::int64_t dim) {
    const DType dtype = joined_dtype(call, arrays);
    const Array &first = leading(arrays);
    const std::vector<std::string> names = names_of(arrays);
    const Argument as{names[static_cast<std::size_t>(&first - arrays.data())],
                      first};
    call.check_rank(as, 1, max_rank);
    const auto at = static_cast<std::size_t>(call.check_dim(as, dim));
    Dims shape = dims_of(first.shape());
    shape.sizes[at] = 0;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      if (!counts(arrays[i]))
        continue;
      bool fits = arrays[i].rank() == first.rank();
      for (std::size_t d = 0; fits && d < first.shape().size(); ++d)
        fits = d == at || arrays[i].shape()[d] == first.shape()[d];
      if (!fits)
        call.fail(
            ErrorId::shape,
            fmt::format("arrays must be alike but along dimension {}", at),
            {as, {names[i], arrays[i]}});
      shape.sizes[at] += arrays[i].shape()[at];
    }
    return {shape, dtype};
  }
  static void launch(const Call &call, const std::vector<Array> &arrays,
                     std::int64_t dim, const Array &out) {
    const int at = call.check_dim({"out", out}, dim);
    std::vector<Copy> pieces;
    std::int64_t begin = 0;
    for (const Array &each : arrays) {
      if (!counts(each))
        continue;
      const std::int64_t end = begin + each.size(at);
      pieces.push_back({each, out.slice(at, begin, end)});
      begin = end;
    }
    launch_copies(call, pieces);
  }
};

} // namespace

Array cat(const std::vector<Array> &arrays, std::int64_t dim,
          const Stream &stream, std::source_location where) {
  return compute<Cat>(stream, where, arrays, dim);
}

void cat_out(const std::vector<Array> &arrays, const Array &out,
             std::int64_t dim, const Stream &stream,
             std::source_location where) {
  compute_into<Cat>(stream, where, std::tie(out), arrays, dim);
}

OpEntry entry_of_cat() {
  return op_entry<Cat>({"movement",
                        "arrays, one after the other along dim",
                        {std::begin(moved), std::end(moved)},
                        {}});
}

} // namespace girih::ops

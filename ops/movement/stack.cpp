// SPDX-License-Identifier: Apache-2.0
// stack: out[i, k, j] = arrays[k][i, j], along dim 1
//
// Shapes: alike. Dtypes: all of at least 8 bits; numbers are promoted. Up to
// eight arrays are copied in one launch.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.stack.
#include "girih/ops/movement.h"
#include "girih/ops/movement/joined.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih::ops {

namespace {

struct Stack {
  static constexpr std::string_view signature =
      "stack(arrays: arrays, dim: int = 0) -> out";

  static Shaped result(const Call &call, const std::vector<Array> &arrays,
                       std::int64_t dim) {
    const DType dtype = joined_dtype(call, arrays);
    const Array &first = arrays.front();
    const std::vector<std::string> names = names_of(arrays);
    call.check_rank({names[0], first}, 0, max_rank - 1);
    for (std::size_t i = 1; i < arrays.size(); ++i)
      if (!std::ranges::equal(first.shape(), arrays[i].shape()))
        call.fail(ErrorId::shape, "arrays must have one shape",
                  {{names[0], first}, {names[i], arrays[i]}});
    const int rank = first.rank() + 1;
    if (dim < -rank || dim >= rank)
      call.fail(ErrorId::index,
                fmt::format("dim {} is no dimension of the result", dim),
                {{names[0], first}});
    const auto at = static_cast<std::size_t>(dim < 0 ? dim + rank : dim);
    Dims shape;
    shape.rank = rank;
    for (std::size_t d = 0, from = 0; d < static_cast<std::size_t>(rank); ++d)
      shape.sizes[d] = d == at ? static_cast<std::int64_t>(arrays.size())
                               : first.shape()[from++];
    return {shape, dtype};
  }
  static void launch(const Call &call, const std::vector<Array> &arrays,
                     std::int64_t dim, const Array &out) {
    const int at = call.check_dim({"out", out}, dim);
    std::vector<Copy> pieces;
    for (const Array &each : arrays)
      pieces.push_back(
          {each, out.select(at, static_cast<std::int64_t>(pieces.size()))});
    launch_copies(call, pieces);
  }
};

} // namespace

Array stack(const std::vector<Array> &arrays, std::int64_t dim,
            const Stream &stream, std::source_location where) {
  return compute<Stack>(stream, where, arrays, dim);
}

void stack_out(const std::vector<Array> &arrays, const Array &out,
               std::int64_t dim, const Stream &stream,
               std::source_location where) {
  compute_into<Stack>(stream, where, std::tie(out), arrays, dim);
}

OpEntry entry_of_stack() {
  return op_entry<Stack>({"movement",
                          "arrays, side by side along a new dimension",
                          {std::begin(moved), std::end(moved)},
                          {}});
}

} // namespace girih::ops

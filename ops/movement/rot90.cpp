// SPDX-License-Identifier: Apache-2.0
// rot90: out[i, j] = x[j, n - 1 - i] for k = 1 and dims (0, 1), n = x.size(1)
//
// Shapes: any of at least two dimensions. Dtypes: all of at least 8 bits. A
// copy of a view: backwards along one dimension, and both exchanged.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.rot90.
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"
#include "girih/ops/movement/flip.h"

namespace girih::ops {

namespace {

struct Rot90 {
  static constexpr std::string_view signature =
      "rot90(x, k: int = 1, dims: ints = (0, 1)) -> out";
  using Ints = std::vector<std::int64_t>;

  static Array turned(const Call &call, const Array &x, std::int64_t k,
                      const Ints &dims) {
    const int from = call.check_dim({"x", x}, dims[0], "dims"),
              to = call.check_dim({"x", x}, dims[1], "dims");
    call.require(from != to, "dims must be two dimensions", {{"x", x}});
    switch ((k % 4 + 4) % 4) {
    case 0:
      return x;
    case 1:
      return backwards(x, to).transpose(from, to);
    case 2:
      return backwards(backwards(x, from), to);
    default:
      return backwards(x, from).transpose(from, to);
    }
  }
  static Shaped result(const Call &call, const Array &x, std::int64_t k,
                       const Ints &dims) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    call.check_rank({"x", x}, 2, max_rank);
    call.require(dims.size() == 2, "dims must be two dimensions", {{"x", x}});
    return {dims_of(turned(call, x, k, dims).shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, std::int64_t k,
                     const Ints &dims, const Array &out) {
    launch_copy(call, turned(call, x, k, dims), out);
  }
};

} // namespace

Array rot90(const Array &x, std::int64_t k,
            const std::vector<std::int64_t> &dims, const Stream &stream,
            std::source_location where) {
  return compute<Rot90>(stream, where, x, k, dims);
}

void rot90_out(const Array &x, const Array &out, std::int64_t k,
               const std::vector<std::int64_t> &dims, const Stream &stream,
               std::source_location where) {
  compute_into<Rot90>(stream, where, std::tie(out), x, k, dims);
}

OpEntry entry_of_rot90() {
  return op_entry<Rot90>({"movement",
                          "x turned by k * 90 degrees in the plane of dims",
                          {std::begin(moved), std::end(moved)},
                          {}});
}

} // namespace girih::ops

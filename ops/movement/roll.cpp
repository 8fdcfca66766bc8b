// SPDX-License-Identifier: Apache-2.0
// roll: out[(i + shift) mod n] = x[i]
//
// Shapes: any. Dtypes: all of at least 8 bits. Each shift cuts x in two pieces,
// which are copied, so that all accesses are as wide as memory allows.
// Errors: [device] [dtype] [shape] [index] [argument] [overlap].
// Source: torch.roll.
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"

namespace girih::ops {

namespace {

// Cuts each piece in what stays in order and what comes round.
std::vector<Copy> rolled(const std::vector<Copy> &pieces, int dim,
                         std::int64_t shift) {
  std::vector<Copy> out;
  for (const Copy &each : pieces) {
    const std::int64_t n = each.to.size(dim);
    const std::int64_t by = n == 0 ? 0 : (shift % n + n) % n;
    if (by == 0) {
      out.push_back(each);
      continue;
    }
    out.push_back({each.from.slice(dim, 0, n - by), each.to.slice(dim, by, n)});
    out.push_back({each.from.slice(dim, n - by, n), each.to.slice(dim, 0, by)});
  }
  return out;
}

struct Roll {
  static constexpr std::string_view signature =
      "roll(x, shifts: ints, dims: ints = ()) -> out";
  using Ints = std::vector<std::int64_t>;

  static Shaped result(const Call &call, const Array &x, const Ints &shifts,
                       const Ints &dims) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    call.require(
        dims.empty() ? shifts.size() == 1 : shifts.size() == dims.size(),
        "there must be a shift for each dimension, or one for all", {{"x", x}});
    for (std::int64_t dim : dims)
      call.check_dim({"x", x}, dim, "dims");
    return {dims_of(x.shape()), x.dtype()};
  }
  // As if it were one dimension.
  static void launch_flat(const Call &call, const Array &x, std::int64_t shift,
                          const Array &out) {
    const Array target =
        out.contiguous() ? out : scratch(call, out.shape(), out.dtype(), out);
    launch_copies(
        call, rolled({{flattened(call, x), target.reshape({-1})}}, 0, shift));
    if (!out.contiguous())
      launch_copy(call, target, out);
  }
  static void launch(const Call &call, const Array &x, const Ints &shifts,
                     const Ints &dims, const Array &out) {
    if (x.rank() == 0)
      return launch_copy(call, x, out);
    if (dims.empty())
      return launch_flat(call, x, shifts[0], out);
    std::array<std::int64_t, max_rank> total{}; // a dimension may come twice
    for (std::size_t i = 0; i < dims.size(); ++i) {
      const int dim = call.check_dim({"x", x}, dims[i], "dims");
      total[static_cast<std::size_t>(dim)] += shifts[i] % x.size(dim);
    }
    std::vector<Copy> pieces{{x, out}};
    for (int dim = 0; dim < x.rank(); ++dim)
      pieces = rolled(pieces, dim, total[static_cast<std::size_t>(dim)]);
    launch_copies(call, pieces);
  }
};

} // namespace

Array roll(const Array &x, const std::vector<std::int64_t> &shifts,
           const std::vector<std::int64_t> &dims, const Stream &stream,
           std::source_location where) {
  return compute<Roll>(stream, where, x, shifts, dims);
}

void roll_out(const Array &x, const std::vector<std::int64_t> &shifts,
              const Array &out, const std::vector<std::int64_t> &dims,
              const Stream &stream, std::source_location where) {
  compute_into<Roll>(stream, where, std::tie(out), x, shifts, dims);
}

OpEntry entry_of_roll() {
  return op_entry<Roll>({"movement",
                         "x moved by shifts along dims, round the ends",
                         {std::begin(moved), std::end(moved)},
                         {}});
}

} // namespace girih::ops

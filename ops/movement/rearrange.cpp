// SPDX-License-Identifier: Apache-2.0
// rearrange: out[i...] = x[i...]
//
// Shapes: any. Dtypes: all of at least 8 bits; bits are kept. A copy from any
// strides to any strides: of a view that is not contiguous the form that
// allocates gives a contiguous array. Dimensions that lie alike in memory are
// one; what remains is read and written 16 bytes an access along the dimension
// that is contiguous, in square tiles where that is not the same one.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.Tensor.copy_, torch.clone.
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"

namespace girih::ops {

namespace {

struct Rearrange {
  static constexpr std::string_view signature = "rearrange(x) -> out";
  static Shaped result(const Call &call, const Array &x) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, moved);
    return {dims_of(x.shape()), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &out) {
    launch_copy(call, x, out);
  }
};

} // namespace

Array rearrange(const Array &x, const Stream &stream,
                std::source_location where) {
  return compute<Rearrange>(stream, where, x);
}

void rearrange_out(const Array &x, const Array &out, const Stream &stream,
                   std::source_location where) {
  compute_into<Rearrange>(stream, where, std::tie(out), x);
}

OpEntry entry_of_rearrange() {
  return op_entry<Rearrange>({"movement",
                              "x, element by element",
                              {std::begin(moved), std::end(moved)},
                              copy_entries()});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// masked_fill: out[i...] = mask[i...] ? value : x[i...]
//
// Shapes: any, broadcast together; value a number or of shape []. Dtypes: x all
// of at least 8 bits, mask bool, value x's or a number that x's holds.
// Errors: [device] [dtype] [shape] [argument] [overlap].
// Source: torch.masked_fill.
#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/movement.h"
#include "girih/ops/movement/copy.h"

namespace girih::ops {

namespace {

constexpr DType masks[] = {b1};

const Kernel &kernel() {
  static const Kernel made{make_source(
      "masked_fill",
      [](Tensor x, Tensor mask, Tensor value, Tensor out) {
        return arrange::elementwise(x, mask, value, out);
      },
      [](In x, In mask, In value, Out out) { out = where(mask, value, x); },
      {"x", "mask", "value", "out"})};
  return made;
}

struct MaskedFill {
  static constexpr std::string_view signature =
      "masked_fill(x, mask, value: number) -> out";
  static Shaped result(const Call &call, const Array &x, const Array &mask,
                       const ArrayOrNumber &value) {
    const Argument source{"x", x}, masking{"mask", mask},
        filling{"value", value};
    call.check_same_device({source, masking, filling});
    call.check_dtype(source, moved);
    call.check_dtype(masking, masks);
    call.check_rank(filling, 0);
    call.check_same_dtype(source, filling);
    call.require(value.is_array() || value.is_integer() || is_float(x.dtype()),
                 "value must be an integer for integers", {source});
    return {broadcast_all(call, {source, masking}), x.dtype()};
  }
  static void launch(const Call &call, const Array &x, const Array &mask,
                     const ArrayOrNumber &value, const Array &out) {
    launch_elementwise(call, kernel(),
                       {as_bits(x), mask, as_bits(value, x.dtype())},
                       as_bits(out));
  }
};

} // namespace

Array masked_fill(const Array &x, const Array &mask, const ArrayOrNumber &value,
                  const Stream &stream, std::source_location where) {
  return compute<MaskedFill>(stream, where, x, mask, value);
}

void masked_fill_out(const Array &x, const Array &mask,
                     const ArrayOrNumber &value, const Array &out,
                     const Stream &stream, std::source_location where) {
  compute_into<MaskedFill>(stream, where, std::tie(out), x, mask, value);
}

OpEntry entry_of_masked_fill() {
  return op_entry<MaskedFill>(
      {"movement",
       "value where mask holds, else x",
       {std::begin(moved), std::end(moved)},
       {{.name = "masked_fill",
         .kernel = kernel(),
         .dtypes = {std::begin(widths), std::end(widths)},
         .size_names = {"N"},
         .sizes = {1 << 24},
         .picture_sizes = {5},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           return std::vector<OperandShape>{{dtype, {sizes[0]}, {}},
                                            {b1, {sizes[0]}, {}},
                                            {dtype, {}, {}, true},
                                            {dtype, {sizes[0]}, {}}};
         }}}});
}

} // namespace girih::ops

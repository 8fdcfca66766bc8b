// SPDX-License-Identifier: Apache-2.0
// x + value * (a product or quotient of a and b).
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// Op::term(a, b) is what `value` scales. One of all three arrays' promoted
/// dtype is computed in.
template <class Op> struct ScaledTerm {
  static Shaped result(const Call &call, const Array &x, const Array &a,
                       const Array &b, const ArrayOrNumber &value) {
    const std::initializer_list<Argument> arguments{
        {"x", x}, {"a", a}, {"b", b}};
    call.check_same_device(arguments);
    for (const Argument &each : arguments)
      call.check_dtype(each, Op::dtypes);
    const DType type = promote(x.dtype(), promote(a.dtype(), b.dtype()));
    call.require(!value.is_array(), "value must be a number");
    call.require(is_float(type) || value.is_integer(),
                 "value must be an integer for integers", arguments);
    return {broadcast_all(call, arguments), type};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        std::string(name_of(Op::signature)),
        [](Tensor x, Tensor a, Tensor b, Tensor value, Tensor out) {
          return arrange::elementwise(x, a, b, value, out);
        },
        [](In x, In a, In b, In value, Out out) {
          const DType type = computed(out.dtype());
          out = cast(x, type) +
                cast(value, type) * Op::term(cast(a, type), cast(b, type));
        },
        {"x", "a", "b", "value", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &x, const Array &a,
                     const Array &b, const ArrayOrNumber &value,
                     const Array &out) {
    launch_elementwise(call, kernel(),
                       {x, a, b, value.as(computed(out.dtype()))}, out);
  }
};

template <class Op> OpEntry scaled_term_entry(std::string_view formula) {
  return op_entry<Op>({"elementwise",
                       formula,
                       {Op::dtypes.begin(), Op::dtypes.end()},
                       {elementwise_entry(
                           Op::kernel(), Op::dtypes, 3,
                           [](DType dtype) { return dtype; }, 1)}});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// a + alpha * b and a - alpha * b.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// Op::apply(a, b) is the sum or difference; alpha scales b before.
template <class Op> struct ScaledSum : Binary<Op> {
  using Plain = Binary<Op>;

  static DType number_dtype(DType promoted) { return computed(promoted); }

  static Shaped result(const Call &call, const ArrayOrNumber &a,
                       const ArrayOrNumber &b, const ArrayOrNumber &alpha) {
    const Shaped shaped = Plain::result(call, a, b);
    call.require(!alpha.is_array(), "alpha must be a number");
    call.require(is_float(shaped.dtype) || alpha.is_integer(),
                 "alpha must be an integer for integers", {{"a", a}, {"b", b}});
    return shaped;
  }
  static const Kernel &scaling_kernel() {
    static const Kernel made{make_source(
        std::string(name_of(Op::signature)) + "_scaled",
        [](Tensor a, Tensor b, Tensor alpha, Tensor out) {
          return arrange::elementwise(a, b, alpha, out);
        },
        [](In a, In b, In alpha, Out out) {
          const DType type = computed(promote(a.dtype(), b.dtype()));
          out =
              Op::apply(cast(a, type), times(cast(alpha, type), cast(b, type)));
        },
        {"a", "b", "alpha", "out"})};
    return made;
  }
  static void launch(const Call &call, const ArrayOrNumber &a,
                     const ArrayOrNumber &b, const ArrayOrNumber &alpha,
                     const Array &out) {
    const DType type = computed(Plain::promoted(a, b));
    if (alpha.number() == 1)
      return launch_elementwise(call, Plain::kernel(), {a.as(type), b.as(type)},
                                out);
    launch_elementwise(call, scaling_kernel(),
                       {a.as(type), b.as(type), alpha.as(type)}, out);
  }
};

} // namespace girih::ops

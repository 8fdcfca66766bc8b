// SPDX-License-Identifier: Apache-2.0
// Functions of one array and of one or two numbers, which reach the kernel by
// value: no number compiles anything anew.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// As Unary; apply() takes the numbers after x, in the type of x. `Numbers` is
/// `double`, once for each.
template <class Op, class... Numbers> struct WithNumbers : Unary<Op> {
  static constexpr int count = sizeof...(Numbers);
  static_assert(count == 1 || count == 2);

  static Shaped result(const Call &call, const Array &x, Numbers...) {
    return Unary<Op>::result(call, x);
  }
  static const Kernel &kernel() {
    static const Kernel made{source()};
    return made;
  }
  static void launch(const Call &call, const Array &x, Numbers... numbers,
                     const Array &out) {
    const DType type = number_dtype(x.dtype(), out.dtype());
    launch_elementwise(call, kernel(), {x, Array::scalar(numbers, type)...},
                       out, bits(out.dtype()) == 16 ? Op::accesses : 1);
  }

private:
  static DType number_dtype(DType x, DType out) {
    return computed(is_float(out) && !is_float(x) ? out : x);
  }
  static KernelSource source() {
    const Signature names = parse_signature(Op::signature);
    std::vector<std::string> operands;
    for (const Parameter &each : names.parameters)
      operands.push_back(each.name);
    operands.emplace_back("out");
    if constexpr (count == 1)
      return make_source(
          names.name,
          [](Tensor x, Tensor p, Tensor out) {
            return arrange::elementwise(x, p, out);
          },
          [](In x, In p, Out out) { out = Op::apply(cast(x, p.dtype()), p); },
          operands);
    else
      return make_source(
          names.name,
          [](Tensor x, Tensor p, Tensor q, Tensor out) {
            return arrange::elementwise(x, p, q, out);
          },
          [](In x, In p, In q, Out out) {
            out = Op::apply(cast(x, p.dtype()), p, q);
          },
          operands);
  }
};

template <class Op>
OpEntry entry_with_numbers(std::string_view formula,
                           std::string_view category) {
  return op_entry<Op>({category,
                       formula,
                       {Op::dtypes.begin(), Op::dtypes.end()},
                       {elementwise_entry(Op::kernel(), Op::dtypes, 1,
                                          &Op::result_dtype, Op::count)}});
}

} // namespace girih::ops

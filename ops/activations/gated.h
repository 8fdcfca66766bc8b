// SPDX-License-Identifier: Apache-2.0
// Gated units: an activation of one array scales another. One kernel, so that
// both arrays are read once.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

/// Op::apply(gate, up) in the computed type of both.
template <class Op> struct Gated {
  static Shaped result(const Call &call, const Array &gate, const Array &up) {
    call.check_same_device({{"gate", gate}, {"up", up}});
    call.check_dtype({"gate", gate}, floats);
    call.check_dtype({"up", up}, floats);
    return {broadcast_all(call, {{"gate", gate}, {"up", up}}),
            promote(gate.dtype(), up.dtype())};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        std::string(name_of(Op::signature)),
        [](Tensor gate, Tensor up, Tensor out) {
          return arrange::elementwise(gate, up, out);
        },
        [](In gate, In up, Out out) {
          const DType type = computed(promote(gate.dtype(), up.dtype()));
          out = Op::apply(cast(gate, type), cast(up, type));
        },
        {"gate", "up", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &gate, const Array &up,
                     const Array &out) {
    launch_elementwise(call, kernel(), {gate, up}, out);
  }
};

template <class Op> KernelEntry gated_kernel_entry() {
  return elementwise_entry(Op::kernel(), floats, 2,
                           [](DType dtype) { return dtype; });
}

} // namespace girih::ops

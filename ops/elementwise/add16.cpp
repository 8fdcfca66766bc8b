// SPDX-License-Identifier: Apache-2.0
// add16: out[i...] = a0[i...] + ... + a14[i...]
//
// A kernel of sixteen arrays, for measuring what a launch of many arguments
// costs; it has no wrapper in ops.h. Shapes: equal. Dtypes: f32 bf16, equal;
// the sum is taken from left to right in that dtype.
#include "girih/ops/arrange/elementwise.h"
#include "girih/ops/registry.h"

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {f32, bf16};

auto arrangement(Tensor a0, Tensor a1, Tensor a2, Tensor a3, Tensor a4,
                 Tensor a5, Tensor a6, Tensor a7, Tensor a8, Tensor a9,
                 Tensor a10, Tensor a11, Tensor a12, Tensor a13, Tensor a14,
                 Tensor out) {
  return arrange::elementwise(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11,
                              a12, a13, a14, out);
}

void application(In a0, In a1, In a2, In a3, In a4, In a5, In a6, In a7, In a8,
                 In a9, In a10, In a11, In a12, In a13, In a14, Out out) {
  out = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11 + a12 +
        a13 + a14;
}

} // namespace

OpEntry entry_of_add16() {
  OpEntry only_a_kernel;
  only_a_kernel.kernels.push_back(
      {.name = "add16",
       .kernel = make("add16", arrangement, application),
       .dtypes = {std::begin(dtypes), std::end(dtypes)},
       .size_names = {"N"},
       .sizes = {1 << 20},
       .picture_sizes = {5},
       .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
         return std::vector<OperandShape>(16, {dtype, {sizes[0]}, {}});
       }});
  return only_a_kernel;
}

} // namespace girih::ops

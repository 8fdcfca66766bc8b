// SPDX-License-Identifier: Apache-2.0
// matmul: out[..., m, n] = sum over k of a[..., m, k] * b[..., k, n]
//
// Shapes: any rank from 1 on; leading dimensions broadcast; a vector on the
// left is a row, one on the right a column, and that dimension is not in the
// result. Any strides, so that b can be a view of weights W[N, K]. Dtypes:
// floats and integers. Accumulated in f32 (f64 for f64), rounded once to the
// operands' dtype; integers wrap, as PyTorch's do on a CPU, but i8 gives i32.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.matmul; of i8, torch._int_mm.
#include "girih/ops/matmul/multiply.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

struct Matmul {
  static constexpr std::string_view signature =
      "matmul(a, b, *, precision: str = 'ieee') -> out";
  static Shaped result(const Call &call, const Array &a, const Array &b,
                       std::string_view precision);
  static void launch(const Call &call, const Array &a, const Array &b,
                     std::string_view precision, const Array &out);
};

std::span<const std::int64_t> leading(const Array &array) {
  return array.shape().first(
      static_cast<std::size_t>(std::max(array.rank() - 2, 0)));
}

Shaped Matmul::result(const Call &call, const Array &a, const Array &b,
                      std::string_view precision) {
  const Argument first{"a", a}, second{"b", b};
  check_factors(call, first, second);
  allows_tf32(call, precision);
  for (const Argument &argument : {first, second})
    if (argument.array->rank() == 0)
      call.fail(ErrorId::shape, "a and b must have a dimension or more",
                {first, second});
  check_inner(call, first, second, a.size(-1), b.size(b.rank() == 1 ? 0 : -2));
  const auto batch = broadcast_shapes(leading(a), leading(b));
  if (!batch)
    call.fail(ErrorId::shape,
              "leading dimensions of a and b cannot be broadcast together",
              {first, second});
  Dims shape = *batch;
  if (a.rank() > 1)
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = a.size(-2);
  if (b.rank() > 1)
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = b.size(-1);
  return {shape, product_dtype(a.dtype())};
}

Array with_leading(const Array &array, const Array &out) {
  Dims shape = dims_of(leading(out));
  for (const int dim : {-2, -1})
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = array.size(dim);
  return array.broadcast_to(shape);
}

void Matmul::launch(const Call &call, const Array &a, const Array &b,
                    std::string_view precision, const Array &out) {
  Array left = a, right = b, result = out;
  if (b.rank() == 1) {
    right = unsqueezed(b, 1);
    result = unsqueezed(result, result.rank());
  }
  if (a.rank() == 1) {
    left = unsqueezed(a, 0);
    result = unsqueezed(result, result.rank() - 1);
  }
  multiply(call, with_leading(left, result), with_leading(right, result),
           result, a.dtype() == f32 && allows_tf32(call, precision));
}

} // namespace

Array matmul(const Array &a, const Array &b, std::string_view precision,
             const Stream &stream, std::source_location where) {
  return compute<Matmul>(stream, where, a, b, precision);
}

void matmul_out(const Array &a, const Array &b, const Array &out,
                std::string_view precision, const Stream &stream,
                std::source_location where) {
  compute_into<Matmul>(stream, where, std::tie(out), a, b, precision);
}

OpEntry entry_of_matmul() {
  return op_entry<Matmul>({"products",
                           "the sum over k of a[m, k] * b[k, n]",
                           {std::begin(factor_dtypes), std::end(factor_dtypes)},
                           multiply_entries()});
}

} // namespace girih::ops

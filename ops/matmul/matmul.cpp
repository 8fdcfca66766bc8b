// SPDX-License-Identifier: Apache-2.0
// matmul: out[m, n] = sum over k of a[m, k] * b[k, n]
//
// Shapes: [M, K] x [K, N], [K] x [K, N], [M, K] x [K], [K] x [K]; any strides,
// so that b can be a view of weights W[N, K]. Dtypes: f64 f32 f16 bf16 i8.
// Accumulated in f32 (f64 for f64, i32 for i8), rounded once to the result's
// dtype: that of the operands, i32 for i8.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.matmul of at most two dimensions; of i8, torch._int_mm.
#include "girih/ops/arrange/matmul.h"
#include "girih/ops/op.h"
#include "girih/ops/products.h"

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f64, f32, f16, i8};

DType accumulator(DType dtype) {
  return dtype == f64 ? f64 : dtype == i8 ? i32 : f32;
}
DType result_dtype(DType dtype) { return dtype == i8 ? i32 : dtype; }

void application(In a, In b, Out c) {
  Tile acc = zeros(c.shape(), accumulator(a.dtype()));
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k]);
  c = acc;
}

const Kernel &kernel() {
  static const Kernel made{
      make_source("matmul", arrange::matmul, application, {"a", "b", "out"})};
  return made;
}

struct Matmul {
  static constexpr std::string_view signature = "matmul(a, b) -> out";
  static Shaped result(const Call &call, const Array &a, const Array &b);
  static void launch(const Call &call, const Array &a, const Array &b,
                     const Array &out);
};

Shaped Matmul::result(const Call &call, const Array &a, const Array &b) {
  const Argument first{"a", a}, second{"b", b};
  call.check_same_device({first, second});
  call.check_dtype(first, dtypes);
  call.check_same_dtype(first, second);
  for (const Argument &argument : {first, second})
    if (argument.array->rank() != 1 && argument.array->rank() != 2)
      call.fail(ErrorId::shape, "a and b must have 1 or 2 dimensions",
                {first, second});
  if (a.size(-1) != b.size(0))
    call.fail(ErrorId::shape, "the last size of a must be the first of b",
              {first, second});
  Dims shape;
  if (a.rank() == 2)
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = a.size(0);
  if (b.rank() == 2)
    shape.sizes[static_cast<std::size_t>(shape.rank++)] = b.size(1);
  return {shape, result_dtype(a.dtype())};
}

// The same elements with a dimension of size 1 put in at `dim`.
Array unsqueeze(const Array &array, int dim) {
  Dims shape, strides;
  shape.rank = strides.rank = array.rank() + 1;
  for (int to = 0, from = 0; to < shape.rank; ++to) {
    const auto at = static_cast<std::size_t>(to);
    shape.sizes[at] = to == dim ? 1 : array.size(from);
    strides.sizes[at] = to == dim ? 1 : array.stride(from);
    from += to != dim;
  }
  const Array view(array.data(), shape, array.dtype(), array.device(), strides,
                   array.owner());
  return array.read_only() ? view.as_read_only() : view;
}

void Matmul::launch(const Call &call, const Array &a, const Array &b,
                    const Array &out) {
  std::array<Array, 3> views{a, b, out};
  if (b.rank() == 1) {
    views[1] = unsqueeze(b, 1);
    views[2] = unsqueeze(views[2], out.rank());
  }
  if (a.rank() == 1) {
    views[0] = unsqueeze(a, 0);
    views[2] = unsqueeze(views[2], 0);
  }
  // A product with one row or one column reads a matrix once, and best along
  // its contiguous dimension: of a product and its transpose, which are the
  // same elements, the one whose matrix is row major has the better Config.
  const bool one_row = views[0].size(0) == 1,
             one_column = views[1].size(1) == 1;
  const Array &matrix = one_row ? views[1] : views[0];
  if (one_row != one_column && matrix.stride(1) != 1 && matrix.stride(0) == 1) {
    std::swap(views[0], views[1]);
    for (Array &view : views)
      view = view.transpose(0, 1);
  }
  call.run(kernel(), {&views[0], &views[1], &views[2]});
}

} // namespace

Array matmul(const Array &a, const Array &b, const Stream &stream,
             std::source_location where) {
  return compute<Matmul>(stream, where, a, b);
}

void matmul_out(const Array &a, const Array &b, const Array &out,
                const Stream &stream, std::source_location where) {
  compute_into<Matmul>(stream, where, std::tie(out), a, b);
}

OpEntry entry_of_matmul() {
  return op_entry<Matmul>(
      {"products",
       "the sum over k of a[m, k] * b[k, n]",
       {std::begin(dtypes), std::end(dtypes)},
       {{.name = "matmul",
         .kernel = kernel(),
         .dtypes = {std::begin(dtypes), std::end(dtypes)},
         .size_names = {"M", "N", "K"},
         .sizes = {4096, 4096, 4096},
         .picture_sizes = {5, 7, 3},
         .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
           const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
           return std::vector<OperandShape>{{dtype, {m, k}, {}},
                                            {dtype, {k, n}, {}},
                                            {result_dtype(dtype), {m, n}, {}}};
         }}}});
}

} // namespace girih::ops

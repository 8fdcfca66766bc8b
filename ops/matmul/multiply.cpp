// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/matmul/multiply.h"

#include "girih/ops/arrange/matmul.h"
#include "girih/ops/matmul/few_rows.h"
#include "girih/ops/matmul/split_product.h"

namespace girih::ops {

namespace {

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

bool repeats(const Array &array) {
  for (int dim = 0; dim + 2 < array.rank(); ++dim)
    if (array.size(dim) != 1 && array.stride(dim) != 0)
      return false;
  return true;
}

// The one matrix that a batch of repeated ones is.
Array first_matrix(Array array) {
  while (array.rank() > 2)
    array = array.select(0, 0);
  return array;
}

// Few rows, or few columns, which are the rows of the transposed product.
bool multiply_few_rows(const Call &call, const Array &a, const Array &b,
                       const Array &out) {
  const bool on_host = a.device().kind == Device::Kind::host;
  const std::int64_t rows = out.size(0), columns = out.size(1);
  if (!is_float(out.dtype()) || (on_host && (rows == 1 || columns == 1)))
    return false;
  const Array weight = b.transpose(0, 1);
  if (rows <= columns && suits_few_rows(rows, weight)) {
    launch_few_rows(
        call, {.x = a, .weight = weight, .out = out, .bias = {}, .gate = {}});
    return true;
  }
  if (columns < rows && suits_few_rows(columns, a)) {
    launch_few_rows(call, {.x = weight,
                           .weight = a,
                           .out = out.transpose(0, 1),
                           .bias = {},
                           .gate = {}});
    return true;
  }
  return false;
}

void multiply_matrices(const Call &call, const Array &a, const Array &b,
                       const Array &out, bool tf32) {
  std::array<Array, 3> views{a, b, out};
  // A product with one row or one column reads a matrix once, and best along
  // its contiguous dimension: of a product and its transpose, which are the
  // same elements, the one whose matrix is row major has the better Config.
  const bool one_row = a.size(0) == 1, one_column = b.size(1) == 1;
  const Array &matrix = one_row ? views[1] : views[0];
  if (one_row != one_column && matrix.stride(1) != 1 && matrix.stride(0) == 1) {
    std::swap(views[0], views[1]);
    for (Array &view : views)
      view = view.transpose(0, 1);
  }
  const Product product{
      .a = views[0], .b = views[1], .out = views[2], .c = {}, .tf32 = tf32};
  if (tf32 || suits_transposed(product) || few_programs_config(product))
    return launch_product(call, product);
  call.run(kernel(), {&views[0], &views[1], &views[2]});
}

} // namespace

void check_factors(const Call &call, const Argument &a, const Argument &b,
                   std::span<const DType> dtypes) {
  call.check_same_device({a, b});
  call.check_dtype(a, dtypes);
  call.check_same_dtype(a, b);
}

void check_inner(const Call &call, const Argument &a, const Argument &b,
                 std::int64_t of_a, std::int64_t of_b) {
  if (of_a == of_b)
    return;
  const bool vector = b.array->rank() == 1;
  call.fail(ErrorId::shape,
            "the last size of " + std::string(a.name) + " must be the " +
                (vector || b.array->rank() == 2 ? "first" : "last but one") +
                " of " + std::string(b.name),
            {a, b});
}

void multiply(const Call &call, Array a, const Array &b, Array out, bool tf32) {
  if (!repeats(b) || !join_rows(a, out))
    return launch_product(call,
                          {.a = a, .b = b, .out = out, .c = {}, .tf32 = tf32});
  const Array matrix = first_matrix(b);
  if (!multiply_few_rows(call, a, matrix, out))
    multiply_matrices(call, a, matrix, out, tf32);
}

std::vector<KernelEntry> multiply_entries() {
  return {{.name = "matmul",
           .kernel = kernel(),
           .dtypes = {std::begin(factor_dtypes), std::end(factor_dtypes)},
           .size_names = {"M", "N", "K"},
           .sizes = {4096, 4096, 4096},
           .picture_sizes = {5, 7, 3},
           .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
             const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
             return std::vector<OperandShape>{
                 {dtype, {m, k}, {}},
                 {dtype, {k, n}, {}},
                 {product_dtype(dtype), {m, n}, {}}};
           }}};
}

} // namespace girih::ops

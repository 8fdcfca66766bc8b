// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/ordering/pick.h"

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/ordering/order.h"

namespace girih::ops::order {

namespace {

// x -> out, of any strides.
const Kernel &pack_kernel() {
  static const Kernel made{make_source(
      "sort_pack",
      [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
      [](In x, Out out) { out = x; }, {"x", "out"})};
  return made;
}

Array at(const Array &array, int dim, std::int64_t place) {
  return array.rank() == 0 ? array : array.select(dim, place);
}

} // namespace

Array flattened(const Call &call, const Array &x) {
  if (x.contiguous())
    return x.reshape({-1});
  const Array packed =
      allocate_result(x.shape(), x.dtype(), x.device(), call.stream);
  launch_elementwise(call, pack_kernel(), {x}, packed);
  return packed.reshape({-1});
}

Array Ordered::values_at(std::int64_t place) const {
  return at(values, dim, place);
}
Array Ordered::indices_at(std::int64_t place) const {
  return at(indices, dim, place);
}

Ordered in_order(const Call &call, const Array &x,
                 const std::optional<std::int64_t> &dim) {
  const Array source = dim ? x : flattened(call, x);
  Ordered out;
  out.dim = dim ? call.check_dim({"x", x}, *dim) : 0;
  out.values =
      allocate_result(source.shape(), x.dtype(), x.device(), call.stream);
  out.indices = allocate_result(source.shape(), i64, x.device(), call.stream);
  launch(call, source, out.dim, false, out.values, out.indices);
  return out;
}

Dims picked_shape(const Call &call, const Array &x,
                  const std::optional<std::int64_t> &dim, bool keepdim) {
  const Argument argument{"x", x};
  std::vector<int> dims;
  if (!dim)
    dims = call.check_dims(argument, {});
  else if (const int at = call.check_dim(argument, *dim); x.rank() > 0)
    dims.push_back(at);
  for (int d : dims)
    if (x.size(d) == 0)
      call.fail(ErrorId::shape, "there is nothing to pick from", {argument});
  return reduced_shape(x, dims, keepdim);
}

Array without(const Array &out, const std::optional<int> &dim) {
  Array view = out;
  if (dim)
    return out.rank() == 0 ? out : view.select(*dim, 0);
  while (view.rank() > 0)
    view = view.select(0, 0);
  return view;
}

} // namespace girih::ops::order

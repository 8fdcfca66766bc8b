// SPDX-License-Identifier: Apache-2.0
// add: out[i...] = a[i...] + b[i...]
//
// Shapes: any, broadcast together. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8;
// the sum is taken in promote(a, b), rounded once; integers wrap.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.add with alpha = 1.
#include "girih/ops/arguments.h"
#include "girih/ops/arrange/elementwise.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"
#include "girih/ops/views.h"

#include <algorithm>

namespace girih::ops {

namespace {

constexpr DType dtypes[] = {bf16, f64, f32, f16, i64, i32, i16, i8, u8};

auto arrangement(Tensor a, Tensor b, Tensor out) {
  return arrange::elementwise(a, b, out);
}

void application(In a, In b, Out out) { out = a + b; }

const Kernel &kernel() {
  static const Kernel made{
      make_source("add", arrangement, application, {"a", "b", "out"})};
  return made;
}

Dims result_shape(const Call &call, const Array &a, const Array &b,
                  const Stream &stream) {
  call.check_same_device({{"a", a}, {"b", b}}, stream);
  call.check_dtype({"a", a}, dtypes);
  call.check_dtype({"b", b}, dtypes);
  if (const auto shape = broadcast_shapes(a.shape(), b.shape()))
    return *shape;
  call.fail(ErrorId::shape, "a and b cannot be broadcast together",
            {{"a", a}, {"b", b}});
}

void launch(const Call &call, const Array &a, const Array &b, const Array &out,
            const Stream &stream) {
  if (out.numel() == 0)
    return;
  const auto spread = [&](const Array &array) {
    return std::ranges::equal(array.shape(), out.shape())
               ? array
               : array.broadcast_to(out.shape());
  };
  std::array<Array, 3> views{spread(a), spread(b), out};
  collapse(views);
  const std::array<const Array *, 3> operands{&views[0], &views[1], &views[2]};
  kernel().run(operands, {.config = {}, .stream = stream}, call.where);
}

} // namespace

Array add(const Array &a, const Array &b, const Stream &stream,
          std::source_location where) {
  const Call call{"add", where};
  const Dims shape = result_shape(call, a, b, stream);
  const Array out =
      allocate_result(shape, promote(a.dtype(), b.dtype()), a.device(), stream);
  launch(call, a, b, out, stream);
  return out;
}

void add_out(const Array &a, const Array &b, const Array &out,
             const Stream &stream, std::source_location where) {
  const Call call{"add", where};
  const Dims shape = result_shape(call, a, b, stream);
  call.check_same_device({{"a", a}, {"b", b}, {"out", out}}, stream);
  call.check_output({"out", out}, shape, promote(a.dtype(), b.dtype()),
                    {{"a", a}, {"b", b}});
  launch(call, a, b, out, stream);
}

KernelEntry entry_of_add() {
  return {.name = "add",
          .kernel = kernel(),
          .dtypes = {std::begin(dtypes), std::end(dtypes)},
          .size_names = {"N"},
          .sizes = {1 << 24},
          .picture_sizes = {5},
          .operands = [](DType dtype, std::span<const std::int64_t> sizes) {
            const OperandShape one{dtype, {sizes[0]}, {}};
            return std::vector<OperandShape>{one, one, one};
          }};
}

} // namespace girih::ops

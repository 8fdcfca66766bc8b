// SPDX-License-Identifier: Apache-2.0
// where: out[i...] = condition[i...] ? a[i...] : b[i...]
//
// Shapes: any, broadcast together; a and b may be numbers, of which two give
// bool, i64 or f32. Dtypes: condition bool; a and b f64 f32 f16 bf16 i64 i32
// i16 i8 u8 bool, promoted. Nothing is computed, so NaN keep their bits.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.where.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

constexpr DType masks[] = {b1};

struct Where {
  static constexpr std::string_view signature =
      "where(condition, a: number, b: number) -> out";

  static DType result_dtype(const ArrayOrNumber &a, const ArrayOrNumber &b) {
    if (a.is_array())
      return b.promoted(a.array().dtype());
    if (b.is_array())
      return a.promoted(b.array().dtype());
    if (a.is_boolean() && b.is_boolean())
      return b1;
    return a.is_integer() && b.is_integer() ? i64 : f32;
  }
  static Shaped result(const Call &call, const Array &condition,
                       const ArrayOrNumber &a, const ArrayOrNumber &b) {
    call.check_same_device({{"condition", condition}, {"a", a}, {"b", b}});
    call.check_dtype({"condition", condition}, masks);
    call.check_dtype({"a", a}, numbers_and_bool);
    call.check_dtype({"b", b}, numbers_and_bool);
    return {broadcast_all(call, {{"condition", condition}, {"a", a}, {"b", b}}),
            result_dtype(a, b)};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        "where",
        [](Tensor condition, Tensor a, Tensor b, Tensor out) {
          return arrange::elementwise(condition, a, b, out);
        },
        [](In condition, In a, In b, Out out) {
          out = girih::where(condition, cast(a, out.dtype()),
                             cast(b, out.dtype()));
        },
        {"condition", "a", "b", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &condition,
                     const ArrayOrNumber &a, const ArrayOrNumber &b,
                     const Array &out) {
    launch_elementwise(call, kernel(),
                       {condition, a.as(out.dtype()), b.as(out.dtype())}, out);
  }
};

} // namespace

Array where(const Array &condition, const ArrayOrNumber &a,
            const ArrayOrNumber &b, const Stream &stream,
            std::source_location where) {
  return compute<Where>(stream, where, condition, a, b);
}

void where_out(const Array &condition, const ArrayOrNumber &a,
               const ArrayOrNumber &b, const Array &out, const Stream &stream,
               std::source_location where) {
  compute_into<Where>(stream, where, std::tie(out), condition, a, b);
}

OpEntry entry_of_where() {
  KernelEntry kernel = elementwise_entry(Where::kernel(), numbers_and_bool, 3,
                                         [](DType dtype) { return dtype; });
  kernel.operands = [inner = kernel.operands](
                        DType dtype, std::span<const std::int64_t> sizes) {
    std::vector<OperandShape> all = inner(dtype, sizes);
    all.front().dtype = b1;
    return all;
  };
  return op_entry<Where>(
      {"elementwise", "a where condition holds, else b", {b1}, {kernel}});
}

} // namespace girih::ops

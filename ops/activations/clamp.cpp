// SPDX-License-Identifier: Apache-2.0
// clamp: out[i...] = min(max(x[i...], min[i...]), max[i...])
//
// Shapes: any, broadcast together; min and max may be numbers, and one of them
// may be missing. Dtypes: f64 f32 f16 bf16 i64 i32 i16 i8 u8, promoted. NaN in
// any of them gives NaN; where min is above max the result is max. A number
// beyond the range of an integer dtype bounds nothing, or everything.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.clamp.
#include "girih/ops/activations.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

using Bound = std::optional<ArrayOrNumber>;

struct Clamp {
  static constexpr std::string_view signature =
      "clamp(x, min: number? = None, max: number? = None) -> out";

  static Shaped result(const Call &call, const Array &x, const Bound &min,
                       const Bound &max) {
    call.require(min || max, "min or max must be given", {{"x", x}});
    const std::optional<Array> none;
    const std::initializer_list<Argument> arguments{
        {"x", x},
        min ? Argument("min", *min) : Argument("min", none),
        max ? Argument("max", *max) : Argument("max", none)};
    call.check_same_device(arguments);
    DType type = x.dtype();
    for (const Argument &each : arguments)
      call.check_dtype(each, numbers);
    for (const Bound *each : {&min, &max})
      if (*each)
        type = (*each)->promoted(type);
    return {broadcast_all(call, arguments), type};
  }
  static void launch(const Call &call, const Array &x, const Bound &min,
                     const Bound &max, const Array &out);
};

const Kernel &lower_kernel() {
  static const Kernel made{make_source(
      "clamp_min",
      [](Tensor x, Tensor low, Tensor out) {
        return arrange::elementwise(x, low, out);
      },
      [](In x, In low, Out out) {
        const DType type = computed(out.dtype());
        out = max(cast(x, type), cast(low, type));
      },
      {"x", "low", "out"})};
  return made;
}

const Kernel &upper_kernel() {
  static const Kernel made{make_source(
      "clamp_max",
      [](Tensor x, Tensor high, Tensor out) {
        return arrange::elementwise(x, high, out);
      },
      [](In x, In high, Out out) {
        const DType type = computed(out.dtype());
        out = min(cast(x, type), cast(high, type));
      },
      {"x", "high", "out"})};
  return made;
}

const Kernel &kernel() {
  static const Kernel made{make_source(
      "clamp",
      [](Tensor x, Tensor low, Tensor high, Tensor out) {
        return arrange::elementwise(x, low, high, out);
      },
      [](In x, In low, In high, Out out) {
        const DType type = computed(out.dtype());
        out = min(max(cast(x, type), cast(low, type)), cast(high, type));
      },
      {"x", "low", "high", "out"})};
  return made;
}

// An integer out of range must not wrap to one inside.
Array bound(const ArrayOrNumber &value, DType type) {
  if (value.is_array() || type == i64)
    return value.as(type);
  return Array::scalar(value.number(), type);
}

void Clamp::launch(const Call &call, const Array &x, const Bound &min,
                   const Bound &max, const Array &out) {
  const DType type = out.dtype();
  if (!max)
    launch_elementwise(call, lower_kernel(), {x, bound(*min, type)}, out);
  else if (!min)
    launch_elementwise(call, upper_kernel(), {x, bound(*max, type)}, out);
  else
    launch_elementwise(call, kernel(),
                       {x, bound(*min, type), bound(*max, type)}, out);
}

KernelEntry bounded_entry(const Kernel &of, int bounds) {
  return elementwise_entry(
      of, numbers, 1, [](DType dtype) { return dtype; }, bounds);
}

} // namespace

Array clamp(const Array &x, const std::optional<ArrayOrNumber> &min,
            const std::optional<ArrayOrNumber> &max, const Stream &stream,
            std::source_location where) {
  return compute<Clamp>(stream, where, x, min, max);
}

void clamp_out(const Array &x, const Array &out,
               const std::optional<ArrayOrNumber> &min,
               const std::optional<ArrayOrNumber> &max, const Stream &stream,
               std::source_location where) {
  compute_into<Clamp>(stream, where, std::tie(out), x, min, max);
}

OpEntry entry_of_clamp() {
  return op_entry<Clamp>(
      {"activations",
       "x, not below min and not above max",
       {std::begin(numbers), std::end(numbers)},
       {bounded_entry(kernel(), 2), bounded_entry(lower_kernel(), 1),
        bounded_entry(upper_kernel(), 1)}});
}

} // namespace girih::ops

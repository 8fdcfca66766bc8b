// SPDX-License-Identifier: Apache-2.0
// lerp: out[i...] = start[i...] + weight[i...] * (end[i...] - start[i...])
//
// Shapes: any, broadcast together; weight may be a number. Dtypes: f64 f32 f16
// bf16, promoted; f16 and bf16 are computed in f32 and rounded once. From a
// weight of a half on it is taken from the other end, so that 1 gives `end`
// exactly.
// Errors: [device] [dtype] [shape] [overlap].
// Source: torch.lerp.
#include "girih/ops/elementwise.h"
#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

namespace {

struct Lerp {
  static constexpr std::string_view signature =
      "lerp(start, end, weight: number) -> out";

  static DType result_dtype(const Array &start, const Array &end,
                            const ArrayOrNumber &weight) {
    return weight.promoted(promote(start.dtype(), end.dtype()));
  }
  static Shaped result(const Call &call, const Array &start, const Array &end,
                       const ArrayOrNumber &weight) {
    const std::initializer_list<Argument> arguments{
        {"start", start}, {"end", end}, {"weight", weight}};
    call.check_same_device(arguments);
    for (const Argument &each : arguments)
      call.check_dtype(each, floats);
    return {broadcast_all(call, arguments), result_dtype(start, end, weight)};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        "lerp",
        [](Tensor start, Tensor end, Tensor weight, Tensor out) {
          return arrange::elementwise(start, end, weight, out);
        },
        [](In start, In end, In weight, Out out) {
          const DType type = computed(out.dtype());
          Tile a = cast(start, type), b = cast(end, type),
               w = cast(weight, type), between = b - a;
          out = girih::where(abs(w) < 0.5, a + w * between,
                             b - between * (1 - w));
        },
        {"start", "end", "weight", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &start, const Array &end,
                     const ArrayOrNumber &weight, const Array &out) {
    launch_elementwise(call, kernel(),
                       {start, end, weight.as(computed(out.dtype()))}, out);
  }
};

} // namespace

Array lerp(const Array &start, const Array &end, const ArrayOrNumber &weight,
           const Stream &stream, std::source_location where) {
  return compute<Lerp>(stream, where, start, end, weight);
}

void lerp_out(const Array &start, const Array &end, const ArrayOrNumber &weight,
              const Array &out, const Stream &stream,
              std::source_location where) {
  compute_into<Lerp>(stream, where, std::tie(out), start, end, weight);
}

OpEntry entry_of_lerp() {
  return op_entry<Lerp>(
      {"elementwise",
       "start + weight * (end - start)",
       {std::begin(floats), std::end(floats)},
       {elementwise_entry(Lerp::kernel(), floats, 3,
                          [](DType dtype) { return dtype; })}});
}

} // namespace girih::ops

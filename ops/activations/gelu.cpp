// SPDX-License-Identifier: Apache-2.0
// gelu: out[i...] = x[i...] / 2 * (1 + erf(x[i...] / sqrt(2))), or its
// approximation by tanh
//
// Shapes: any. Dtypes: f64 f32 f16 bf16; f16 and bf16 are computed in f32 and
// rounded once.
// Errors: [device] [dtype] [shape] [overlap] [argument].
// Source: torch.nn.functional.gelu.
#include "girih/ops/activations/gelu.h"
#include "girih/ops/activations.h"

namespace girih::ops {

namespace {

struct GeluExact : Unary<GeluExact> {
  static constexpr std::string_view signature = "gelu(x) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) { return gelu_exact(x); }
};

struct GeluTanh : Unary<GeluTanh> {
  static constexpr std::string_view signature = "gelu_tanh(x) -> out";
  static constexpr std::span<const DType> dtypes = floats;
  static Tile apply(const Tile &x) { return gelu_tanh(x); }
};

struct Gelu {
  static constexpr std::string_view signature =
      "gelu(x, *, approximate: str = 'none') -> out";

  static Shaped result(const Call &call, const Array &x,
                       std::string_view approximate) {
    is_tanh_form(call, approximate);
    return GeluExact::result(call, x);
  }
  static void launch(const Call &call, const Array &x,
                     std::string_view approximate, const Array &out) {
    launch_elementwise(call,
                       is_tanh_form(call, approximate) ? GeluTanh::kernel()
                                                       : GeluExact::kernel(),
                       {x}, out, 4);
  }
};

template <class Op> KernelEntry kernel_entry() {
  return elementwise_entry(Op::kernel(), Op::dtypes, 1, &Op::result_dtype);
}

} // namespace

Array gelu(const Array &x, std::string_view approximate, const Stream &stream,
           std::source_location where) {
  return compute<Gelu>(stream, where, x, approximate);
}

void gelu_out(const Array &x, const Array &out, std::string_view approximate,
              const Stream &stream, std::source_location where) {
  compute_into<Gelu>(stream, where, std::tie(out), x, approximate);
}

OpEntry entry_of_gelu() {
  return op_entry<Gelu>(
      {"activations",
       "x / 2 * (1 + erf(x / sqrt(2))), or with approximate='tanh' x / 2 * "
       "(1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
       {std::begin(floats), std::end(floats)},
       {kernel_entry<GeluExact>(), kernel_entry<GeluTanh>()}});
}

} // namespace girih::ops

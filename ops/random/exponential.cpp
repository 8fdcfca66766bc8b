// SPDX-License-Identifier: Apache-2.0
// exponential: out[i] = -ln(1 - u(i)) / rate
//
// Shapes: any, named. Dtypes: f32 unless named, f64 f16 bf16. u(i) is what
// rand() gives for that seed and offset in f32, or in f64; u = 0 counts as half
// of its smallest step, so that no result is 0.
// Errors: [dtype] [shape] [device] [argument].
// Source: torch.Tensor.exponential_.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Exponential : Fill<Exponential, double> {
  static constexpr std::string_view signature =
      "exponential(shape: ints, rate: float = 1, *, seed: number, offset: "
      "number = 0, "
      "dtype: dtype? = None, device: device? = None) -> out";
  static void check(const Call &call, double rate) {
    call.require(rate > 0, "rate must be positive");
  }
  static Tile apply(const Bits &bits, const Tiles &numbers, DType out) {
    return standard_exponential(bits, out) / numbers[0];
  }
};

} // namespace

Array exponential(const std::vector<std::int64_t> &shape, double rate,
                  const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                  std::optional<DType> dtype, std::optional<Device> device,
                  const Stream &stream, std::source_location where) {
  return compute<Exponential>(stream, where, shape, rate, seed, offset, dtype,
                              device);
}

void exponential_out(const Array &out, double rate, const ArrayOrNumber &seed,
                     const ArrayOrNumber &offset, const Stream &stream,
                     std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  const std::optional<Device> device = out.device();
  compute_into<Exponential>(stream, where, std::tie(out), shape_of(out), rate,
                            seed, offset, dtype, device);
}

OpEntry entry_of_exponential() {
  return fill_entry<Exponential>("exponentially distributed with that rate");
}

} // namespace girih::ops

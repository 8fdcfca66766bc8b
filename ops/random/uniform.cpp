// SPDX-License-Identifier: Apache-2.0
// uniform: out[i] = low + u(i) * (high - low)
//
// Shapes: any, named. Dtypes: f32 unless named, f64 f16 bf16. u(i) is what
// rand() gives for that seed, offset and dtype. What rounds to high becomes
// low: results are in [low, high), or low where both are equal.
// Errors: [dtype] [shape] [device] [argument]. Source: torch.Tensor.uniform_.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Uniform : Fill<Uniform, double, double> {
  static constexpr std::string_view signature =
      "uniform(shape: ints, low: float = 0, high: float = 1, *, seed: number, "
      "offset: number = 0, "
      "dtype: dtype? = None, device: device? = None) -> out";
  static void check(const Call &call, double low, double high) {
    call.require(low <= high, "low must not be above high");
  }
  static Tile apply(const Bits &bits, const Tiles &numbers, DType out) {
    const Tile low = cast(numbers[0], out), high = cast(numbers[1], out);
    const Tile u = unit_of(bits, out);
    const Tile x = cast(u * (numbers[1] - numbers[0]) + numbers[0], out);
    return where(x >= high, low, x);
  }
};

} // namespace

Array uniform(const std::vector<std::int64_t> &shape, double low, double high,
              const ArrayOrNumber &seed, const ArrayOrNumber &offset,
              std::optional<DType> dtype, std::optional<Device> device,
              const Stream &stream, std::source_location where) {
  return compute<Uniform>(stream, where, shape, low, high, seed, offset, dtype,
                          device);
}

void uniform_out(const Array &out, double low, double high,
                 const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                 const Stream &stream, std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  const std::optional<Device> device = out.device();
  compute_into<Uniform>(stream, where, std::tie(out), shape_of(out), low, high,
                        seed, offset, dtype, device);
}

OpEntry entry_of_uniform() {
  return fill_entry<Uniform>("evenly distributed in [low, high)");
}

} // namespace girih::ops

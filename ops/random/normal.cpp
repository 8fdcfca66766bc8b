// SPDX-License-Identifier: Apache-2.0
// normal: out[i] = mean + std * z(i)
//
// Shapes: any, named. Dtypes: f32 unless named, f64 f16 bf16. z(i) is what
// randn() gives for that seed and offset, before it is rounded.
// Errors: [dtype] [shape] [device] [argument]. Source: torch.normal.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Normal : Fill<Normal, double, double> {
  static constexpr std::string_view signature =
      "normal(shape: ints, mean: float = 0, std: float = 1, *, seed: number, "
      "offset: number = 0, "
      "dtype: dtype? = None, device: device? = None) -> out";
  static void check(const Call &call, double, double std) {
    call.require(std >= 0, "std must not be negative");
  }
  static Tile apply(const Bits &bits, const Tiles &numbers, DType out) {
    return standard_normal(bits, out) * numbers[1] + numbers[0];
  }
};

} // namespace

Array normal(const std::vector<std::int64_t> &shape, double mean, double std,
             const ArrayOrNumber &seed, const ArrayOrNumber &offset,
             std::optional<DType> dtype, std::optional<Device> device,
             const Stream &stream, std::source_location where) {
  return compute<Normal>(stream, where, shape, mean, std, seed, offset, dtype,
                         device);
}

void normal_out(const Array &out, double mean, double std,
                const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                const Stream &stream, std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  const std::optional<Device> device = out.device();
  compute_into<Normal>(stream, where, std::tie(out), shape_of(out), mean, std,
                       seed, offset, dtype, device);
}

OpEntry entry_of_normal() {
  return fill_entry<Normal>("normal, of that mean and standard deviation");
}

} // namespace girih::ops

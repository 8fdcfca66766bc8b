// SPDX-License-Identifier: Apache-2.0
// rand: out[i] = u(i), evenly distributed in [0, 1)
//
// Shapes: any, named. Dtypes: f32 unless named, f64 f16 bf16. u(i) has the
// upper 24 bits of word i % 4 of random_bits(seed, offset + i / 4), i the
// number of the element in row-major order; for f16 11 of them and for bf16 8,
// so that 1 never comes; for f64 53, 27 of word 0 and 26 of word 1 of
// random_bits(seed, offset + i).
// Errors: [dtype] [shape] [device] [argument]. Source: torch.rand.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Rand : Fill<Rand> {
  static constexpr std::string_view signature =
      "rand(shape: ints, *, seed: number, offset: number = 0, "
      "dtype: dtype? = None, device: device? = None) -> out";
  static Tile apply(const Bits &bits, const Tiles &, DType out) {
    return unit_of(bits, out);
  }
};

} // namespace

Array rand(const std::vector<std::int64_t> &shape, const ArrayOrNumber &seed,
           const ArrayOrNumber &offset, std::optional<DType> dtype,
           std::optional<Device> device, const Stream &stream,
           std::source_location where) {
  return compute<Rand>(stream, where, shape, seed, offset, dtype, device);
}

void rand_out(const Array &out, const ArrayOrNumber &seed,
              const ArrayOrNumber &offset, const Stream &stream,
              std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  const std::optional<Device> device = out.device();
  compute_into<Rand>(stream, where, std::tie(out), shape_of(out), seed, offset,
                     dtype, device);
}

OpEntry entry_of_rand() {
  return fill_entry<Rand>("evenly distributed in [0, 1)");
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// randn: out[i] = z(i), standard normal
//
// Shapes: any, named. Dtypes: f32 unless named, f64 f16 bf16. z(i) is sqrt(-2
// ln(1 - u)) cos(2 pi v), rounded once, with u and v of 24 bits of two words of
// random_bits(seed, offset + i / 4), i the number of the element in row-major
// order: of words 0 and 1 for i % 4 = 0, of 2 and 3 for 2, and for 1 and 3 the
// sine of the same. For f64 u is rand()'s, and v its like of words 2 and 3.
// Errors: [dtype] [shape] [device] [argument]. Source: torch.randn.
#include "girih/ops/random/elements.h"

namespace girih::ops {

namespace {

struct Randn : Fill<Randn> {
  static constexpr std::string_view signature =
      "randn(shape: ints, *, seed: number, offset: number = 0, "
      "dtype: dtype? = None, device: device? = None) -> out";
  static Tile apply(const Bits &bits, const Tiles &, DType out) {
    return standard_normal(bits, out);
  }
};

} // namespace

Array randn(const std::vector<std::int64_t> &shape, const ArrayOrNumber &seed,
            const ArrayOrNumber &offset, std::optional<DType> dtype,
            std::optional<Device> device, const Stream &stream,
            std::source_location where) {
  return compute<Randn>(stream, where, shape, seed, offset, dtype, device);
}

void randn_out(const Array &out, const ArrayOrNumber &seed,
               const ArrayOrNumber &offset, const Stream &stream,
               std::source_location where) {
  const std::optional<DType> dtype = out.dtype();
  const std::optional<Device> device = out.device();
  compute_into<Randn>(stream, where, std::tie(out), shape_of(out), seed, offset,
                      dtype, device);
}

OpEntry entry_of_randn() { return fill_entry<Randn>("standard normal"); }

} // namespace girih::ops

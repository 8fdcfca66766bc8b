// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/reductions/norms.h"

namespace girih::ops::norms {

namespace {

enum class Kind : std::uint8_t { two, one, zero, largest, smallest, power };

std::vector<DType> parts(DType, DType to) { return {accumulator(to)}; }

template <Kind kind>
Tiles start(const Shape &shape, const std::vector<DType> &types) {
  return {full(shape, kind == Kind::smallest ? INFINITY : 0, types[0])};
}

template <Kind kind> Tile joined(const Tile &a, const Tile &b) {
  if (kind == Kind::largest)
    return max(a, b);
  return kind == Kind::smallest ? min(a, b) : a + b;
}

template <Kind kind>
Tiles step(const Tiles &parts, const Tile &x, const Index &,
           const Tiles &numbers) {
  const DType type = parts[0].dtype();
  const Tile value = cast(cast(x, numbers[0].dtype()), type);
  switch (kind) {
  case Kind::two:
    return {parts[0] + value * value};
  case Kind::zero:
    return {parts[0] + cast(value != 0, type)};
  case Kind::power:
    return {parts[0] + pow(abs(value), numbers[1])};
  default:
    return {joined<kind>(parts[0], abs(value))};
  }
}

template <Kind kind> Tiles combine(Tiles a, Tiles b) {
  return {joined<kind>(a[0], b[0])};
}

template <Kind kind> Tiles fold(const Tiles &parts, Dim over) {
  if (kind == Kind::largest)
    return {max(parts[0], over)};
  return {kind == Kind::smallest ? min(parts[0], over) : sum(parts[0], over)};
}

template <Kind kind> Tiles finish(const Tiles &parts, const Tiles &numbers) {
  if (kind == Kind::two)
    return {sqrt(parts[0])};
  return {kind == Kind::power ? pow(parts[0], 1 / numbers[1]) : parts[0]};
}

// A zero outside adds nothing to a sum, but for a negative power.
template <Kind kind> std::optional<double> other() {
  if (kind == Kind::power)
    return std::nullopt;
  return kind == Kind::smallest ? INFINITY : 0;
}

template <Kind kind> const ReductionKernels &made(const char *name) {
  static const ReductionKernels kernels({.name = name,
                                         .parts = parts,
                                         .numbers = 2,
                                         .other = other<kind>(),
                                         .other_for_all = true,
                                         .start = start<kind>,
                                         .step = step<kind>,
                                         .combine = combine<kind>,
                                         .fold = fold<kind>,
                                         .finish = finish<kind>});
  return kernels;
}

} // namespace

const ReductionKernels &kernels(double p) {
  if (p == 2)
    return made<Kind::two>("norm");
  if (p == 1)
    return made<Kind::one>("norm_1");
  if (p == 0)
    return made<Kind::zero>("norm_0");
  if (std::isinf(p))
    return p > 0 ? made<Kind::largest>("norm_inf")
                 : made<Kind::smallest>("norm_minus_inf");
  return made<Kind::power>("norm_p");
}

} // namespace girih::ops::norms

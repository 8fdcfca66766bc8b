// SPDX-License-Identifier: Apache-2.0
// Checks of arguments that each request of a batch has one of.
#pragma once

#include "girih/ops/arguments.h"

namespace girih::ops::sampling {

inline constexpr DType logit_types[] = {bf16, f32, f16, f64};

/// logits [B, V], or [V] of one request, with V from 1 to 2^23. [dtype] [shape]
void check_logits(const Call &call, const Array &logits);

/// The requests of logits [B, V], or the one of [V].
class Requests {
public:
  Requests(const Call &call, const Array &logits)
      : call_(call), logits_(logits) {}
  /// A number in a range, or an array [B] of floats, whose values are not
  /// checked. [device] [dtype] [shape] [argument]
  void check_float(std::string_view name, const ArrayOrNumber &value,
                   double least, double most) const;
  /// An integer, or an array [B] of integers.
  void check_integer(std::string_view name, const ArrayOrNumber &value) const;

private:
  void check_array(const Argument &argument,
                   std::span<const DType> types) const;

  const Call &call_;
  const Array &logits_;
};

} // namespace girih::ops::sampling

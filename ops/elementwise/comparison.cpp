// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/elementwise/comparison.h"

#include <cmath>

namespace girih::ops {

DType comparable_dtype(const ArrayOrNumber &number, DType dtype) {
  if (number.is_array() || !number.is_integer() || !is_integer(dtype) ||
      dtype == i64)
    return dtype;
  const double limit = std::ldexp(1.0, bits(dtype) - is_signed(dtype));
  const double value = number.number();
  return value < limit && value >= (is_signed(dtype) ? -limit : 0.0) ? dtype
                                                                     : i64;
}

} // namespace girih::ops

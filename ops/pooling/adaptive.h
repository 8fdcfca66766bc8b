// SPDX-License-Identifier: Apache-2.0
// Pooling whose windows follow from the size of the output. Where they are all
// of one size they are ordinary ones.
#pragma once

#include "girih/ops/pooling/pooling.h"

namespace girih::ops {

struct AdaptiveAverage {
  static Shaped result(const Call &call, const Array &x,
                       const Numbers &output_size);
  static void launch(const Call &call, const Array &x, const Numbers &,
                     const Array &out);
};

struct AdaptiveMax {
  static Shaped result(const Call &call, const Array &x,
                       const Numbers &output_size);
  static void launch(const Call &call, const Array &x, const Numbers &,
                     const Array &out);
};

struct AdaptiveMaxIndices {
  static std::array<Shaped, 2> result(const Call &call, const Array &x,
                                      const Numbers &output_size);
  static void launch(const Call &call, const Array &x, const Numbers &,
                     const Array &out, const Array &indices);
};

} // namespace girih::ops

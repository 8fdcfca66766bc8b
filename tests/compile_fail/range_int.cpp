// SPDX-License-Identifier: Apache-2.0
// The induction value is an Index of the run, no number.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  Tile sum = zeros(c.shape(), f32);
  for (int k : range(a.size(0)))
    sum += a[k];
  c = sum;
}

// SPDX-License-Identifier: Apache-2.0
// A tile of an input cannot be overwritten.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  a[0] = zeros(c.shape(), f32);
  c = a[0];
}

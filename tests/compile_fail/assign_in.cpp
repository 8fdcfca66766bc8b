// SPDX-License-Identifier: Apache-2.0
// An input cannot be overwritten.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) {
  a = zeros(c.shape(), f32);
  c = a;
}

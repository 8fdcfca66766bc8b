// SPDX-License-Identifier: Apache-2.0
// Parameters of an application say their direction.
#include "girih/dsl/dsl.h"
using namespace girih;

const auto kernel = make_source(
    "copy", [](Tensor a, Tensor c) { return arranged(a, c); },
    [](Tile a, Out c) { c = a; });

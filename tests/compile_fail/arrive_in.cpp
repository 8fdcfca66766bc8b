// SPDX-License-Identifier: Apache-2.0
// Counters are read and written: programs arrive at those of an InOut.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) { c = a.last_to_arrive({0}, 2); }

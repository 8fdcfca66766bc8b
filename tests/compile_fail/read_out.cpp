// SPDX-License-Identifier: Apache-2.0
// An output has no value to read.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(Out b, Out c) { c = b; }

// SPDX-License-Identifier: Apache-2.0
// Atomic operations read what they write: they need an InOut.
#include "girih/dsl/dsl.h"
using namespace girih;

void application(In a, Out c) { c.atomic_add({0}, a); }

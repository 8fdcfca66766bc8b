// SPDX-License-Identifier: Apache-2.0
// What nearly every operator includes, parsed once.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax and losses. See ops.h for what holds for all
// operators.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <source_location>

namespace girih::ops {} // namespace girih::ops

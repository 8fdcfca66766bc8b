// SPDX-License-Identifier: Apache-2.0
// What nearly every source of the autotuner includes, parsed once.
#pragma once

#include "girih/autotune/evaluator.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

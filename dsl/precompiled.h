// SPDX-License-Identifier: Apache-2.0
// What nearly every source of the language includes, parsed once.
#pragma once

#include "girih/dsl/program_text.h"

#include <algorithm>
#include <fmt/ranges.h>

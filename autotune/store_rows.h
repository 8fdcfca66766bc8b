// SPDX-License-Identifier: Apache-2.0
// Rows of a store as text. Not installed.
#pragma once

#include "girih/autotune/store.h"

namespace girih::autotune {

/// A Config that was printed; nothing for other text.
std::optional<Config> read_config(std::string_view text);

} // namespace girih::autotune

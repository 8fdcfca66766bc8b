// SPDX-License-Identifier: Apache-2.0
// Where test data lives: the checkout, also for a program that was unpacked
// from the bundle somewhere inside it.
#pragma once

#include <filesystem>

namespace girih::testing {

/// The root of the source tree at or above `start`; empty when there is none.
std::filesystem::path source_root_above(std::filesystem::path start);

/// The root of the source tree above the working directory, else above the
/// running program; empty when there is none (tests that need data then skip).
std::filesystem::path source_root();

} // namespace girih::testing

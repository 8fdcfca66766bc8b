// SPDX-License-Identifier: Apache-2.0
// What tests last said of each operator, as tests/ops/call_record.h writes it,
// for the list of operators.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace girih {

/// The list that ops_as_json() gives with one more member for each operator:
///   "tests": {"host": {"status": "passed", "tests": 12,
///                      "dtypes": {"f32": "passed", "f64": "not run"}}, ...}
/// `folder` holds the files of all test programs. Passed are those that were
/// called in tests that passed, and in none that failed. Throws RuntimeError
/// [file] for a file that is none of these.
std::string with_test_status(std::string_view ops_json,
                             const std::filesystem::path &folder);

} // namespace girih

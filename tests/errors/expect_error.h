// SPDX-License-Identifier: Apache-2.0
// Runs one user's mistake and compares the error's id and line.
#pragma once

#include "girih/dsl/dsl.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

namespace girih::testing {

/// The line that the next error must name. The mistake stands on the same line
/// as AT.
inline unsigned expected_line = 0;
#define AT girih::testing::expected_line = __LINE__

/// The errors seen by the tests of this program.
inline std::set<ErrorId> &seen_errors() {
  static std::set<ErrorId> out;
  return out;
}

/// They as rows of docs/reference/errors.md.
inline std::set<std::string> &seen_rows() {
  static std::set<std::string> out;
  return out;
}

/// Expects that `mistake` throws error `id` at the line of AT, or without a
/// line where it used none, that message or help have `says`, and that there is
/// a help.
template <class Mistake>
void expect_error(ErrorId id, Mistake mistake, std::string_view says = "") {
  expected_line = 0;
  try {
    mistake();
    ADD_FAILURE() << "no error; expected [" << catalogue_entry(id).name << "]";
  } catch (const InternalError &error) {
    ADD_FAILURE() << error.what();
  } catch (const Error &error) {
    EXPECT_EQ(error.id_name(), catalogue_entry(id).name) << error.what();
    EXPECT_EQ(error.where().line, expected_line) << error.what();
    EXPECT_EQ(error.diagnostic().message.find('{'), std::string::npos);
    EXPECT_FALSE(error.diagnostic().help.empty()) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(says), std::string_view::npos)
        << "does not say: " << says << "\n"
        << error.what();
    seen_errors().insert(error.id());
    seen_rows().insert("| `" + std::string(error.id_name()) + "` | " +
                       error.diagnostic().message + " | " +
                       error.diagnostic().help + " |");
  }
}

/// Records a kernel whose operands all are f32 of one rank.
inline Program record_kernel(const KernelSource &source, int rank,
                             const Config &config = {},
                             DType dtype = DType::f32) {
  auto count = static_cast<std::size_t>(source.arity());
  std::vector<DType> dtypes(count, dtype);
  std::vector<int> ranks(count, rank);
  return record(source, dtypes, ranks, {}, config);
}

/// Expects `id` from recording with this arrangement of operand a[.., ..].
template <class Arrange>
void expect_arrangement_error(ErrorId id, Arrange arrange, Config config = {},
                              std::string_view says = "") {
  expect_error(
      id,
      [&] {
        record_kernel(make_source("k", arrange, [](InOut) {}), 2, config);
      },
      says);
}

/// Expects `id` from recording this application of two inputs and an output,
/// all in tiles [4, 4], eight to a level.
template <class Apply>
void expect_application_error(ErrorId id, Apply apply, DType dtype = DType::f32,
                              std::string_view says = "") {
  auto arrange = [](Tensor a, Tensor b, Tensor c) {
    auto level = [](Tensor t) {
      return t.tile({4, 4}).tile({1, 8}).at(1, squeeze(0));
    };
    return arranged(level(a), level(b),
                    c.tile({4, 4}).tile({1, 8}).at(1, squeeze(0)));
  };
  expect_error(
      id,
      [&] { record_kernel(make_source("k", arrange, apply), 2, {}, dtype); },
      says);
}

/// As before, with what it says and operands of f32.
template <class Apply>
void expect_application_error(ErrorId id, Apply apply, std::string_view says) {
  expect_application_error(id, apply, DType::f32, says);
}

} // namespace girih::testing

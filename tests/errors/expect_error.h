// SPDX-License-Identifier: Apache-2.0
// Runs one user's mistake and compares the error's id and line.
#pragma once

#include "girih/dsl/dsl.h"

#include <gtest/gtest.h>

#include <set>

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

/// Expects that `mistake` throws error `id` at the line of AT, or without a
/// line where it used none.
template <class Mistake> void expect_error(ErrorId id, Mistake mistake) {
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
    seen_errors().insert(error.id());
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
void expect_arrangement_error(ErrorId id, Arrange arrange, Config config = {}) {
  expect_error(id, [&] {
    record_kernel(make_source("k", arrange, [](InOut) {}), 2, config);
  });
}

/// Expects `id` from recording this application of two inputs and an output,
/// all in tiles [4, 4], eight to a level.
template <class Apply>
void expect_application_error(ErrorId id, Apply apply,
                              DType dtype = DType::f32) {
  auto arrange = [](Tensor a, Tensor b, Tensor c) {
    auto level = [](Tensor t) {
      return t.tile({4, 4}).tile({1, 8}).at(1, squeeze(0));
    };
    return arranged(level(a), level(b),
                    c.tile({4, 4}).tile({1, 8}).at(1, squeeze(0)));
  };
  expect_error(id, [&] {
    record_kernel(make_source("k", arrange, apply), 2, {}, dtype);
  });
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Outputs that are not written exactly once. A mistake shares its line with AT,
// so that this file is not formatted.
// clang-format off
#include "expect_error.h"

#include "girih/dsl/recorder.h"

namespace girih::testing {
namespace {

using Id = ErrorId;

template <class Arrange, class Apply>
void expect_output_error(Id id, Arrange arrange, Apply apply, int rank = 1) {
  expect_error(id, [&] { record_kernel(make_source("k", arrange, apply), rank); });
}
auto tiles = [](Tensor c) { return arranged(c.tile({4})); };
auto levels = [](Tensor c) { return arranged(c.tile({4}).tile({3})); };

TEST(OutputErrors, NoOutput) {
  expect_error(Id::no_application_out, [] { AT; record_kernel(make_source("k", tiles, [](In) {}), 1); });
}
TEST(OutputErrors, NeverStored) {
  expect_error(Id::store_missing, [] { AT; record_kernel(make_source("k", tiles, [](Out) {}), 1); });
}
TEST(OutputErrors, StoredTwice) {
  expect_output_error(Id::store_twice, tiles, [](Out c) { c = 1; AT; c = 2; });
}
TEST(OutputErrors, StoredInALoop) {
  expect_output_error(Id::store_twice, tiles, [](Out c) { for (Index k : range(2)) { (void)k; AT; c = 2; } });
}
TEST(OutputErrors, SameIndexTwice) {
  expect_output_error(Id::store_twice, levels, [](Out c) { for (Index k : range(c.size(0))) c[k] = 1; AT; c[1] = 2; });
}
TEST(OutputErrors, LevelNotWalked) {
  expect_output_error(Id::store_coverage, levels, [](Out c) { AT; c[0] = 1; });
}
TEST(OutputErrors, LoopTooShort) {
  expect_output_error(Id::store_coverage, levels, [](Out c) { for (Index k : range(c.size(0) - 1)) { AT; c[k] = 1; } });
}
TEST(OutputErrors, RemainderNotWritten) {
  expect_output_error(Id::store_coverage, [](Tensor c) { return arranged(c.tile({4}, {}, {}, Rounding::floor)); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, GapsBetweenTiles) {
  expect_output_error(Id::store_coverage, [](Tensor c) { return arranged(c.tile({2}, {3})); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, SliceOfAnOutput) {
  expect_output_error(Id::store_coverage, [](Tensor c) { return arranged(c.slice(0, {1}).tile({4})); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, OverlappingTiles) {
  expect_output_error(Id::store_overlap, [](Tensor c) { return arranged(partial(c.tile({4}, {2}))); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, ExpandedOutput) {
  expect_output_error(Id::store_overlap, [](Tensor c) { return arranged(c.tile({4}).unsqueeze(0).expand({2, keep})); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, ExpandedTile) {
  expect_output_error(Id::store_overlap, [](Tensor c) { return arranged(c.tile({1}).at(1, expand({2}))); }, [](Out c) { AT; c = 1; });
}
TEST(OutputErrors, InOutOfManyPrograms) {
  expect_output_error(Id::store_overlap, [](Tensor c) { return arranged(c.tile({4}, {2})); }, [](InOut c) { AT; c += 1; });
}
TEST(OutputErrors, ExpandedByAnotherOperand) {
  // As many programs write c as a has rows.
  auto rows = [](Tensor a, Tensor c) { return arranged(a.tile({1, 4}), c.unsqueeze(0).expand({a.size(0), keep}).tile({1, 4})); };
  int ranks[] = {2, 1};
  DType dtypes[] = {f32, f32};
  auto call = [&](std::int64_t programs) {
    check_call_outputs(record(make_source("k", rows, [](In a, Out c) { AT; c = a; }), dtypes, ranks, {}, {}, true), {{programs, 10}, {10}});
  };
  EXPECT_NO_THROW(call(1));
  expect_error(Id::store_overlap, [&] { call(2); });
}
TEST(OutputErrors, SlicedByAnotherOperand) {
  auto head = [](Tensor a, Tensor c) { return arranged(a.tile({4}), c[Slice{0, a.size(0)}].tile({4})); };
  Program program = record_kernel(make_source("k", head, [](In a, Out c) { c = a; }), 1);
  EXPECT_NO_THROW(check_call_outputs(program, {{10}, {10}}));
  EXPECT_NO_THROW(check_call_outputs(program, {{0}, {0}}));
  try {
    check_call_outputs(program, {{10}, {20}});
    ADD_FAILURE();
  } catch (const CompileError &error) {
    EXPECT_EQ(error.diagnostic().id, Id::store_coverage);
    EXPECT_NE(error.diagnostic().message.find("[10]"), std::string::npos) << error.what();
  }
}
TEST(OutputErrors, ShiftedByAnotherOperand) {
  // With a step of a's size the tiles of c touch, overlap or leave gaps.
  auto steps = [](Tensor a, Tensor c) { return arranged(a[0].unsqueeze(0).expand({c.tile({4}, {a.size(0)}).size(0)}), c.tile({4}, {a.size(0)})); };
  Program program = record_kernel(make_source("k", steps, [](In, Out c) { c = 1; }), 1);
  EXPECT_NO_THROW(check_call_outputs(program, {{4}, {16}}));
  for (std::int64_t step : {3, 5}) {
    try {
      check_call_outputs(program, {{step}, {16}});
      ADD_FAILURE() << step;
    } catch (const CompileError &error) {
      EXPECT_EQ(error.diagnostic().id, step < 4 ? Id::store_overlap : Id::store_coverage);
    }
  }
}

} // namespace
} // namespace girih::testing

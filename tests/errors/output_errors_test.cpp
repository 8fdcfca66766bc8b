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
void check_call(const Program &program, const std::vector<std::vector<std::int64_t>> &shapes) {
  check_call_outputs(program, limited_outputs(program), shapes);
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
TEST(OutputErrors, LoopTooShortByOneTile) {
  auto all = [](Tensor c) { return arranged(c.tile({4}).tile({whole})); };
  expect_output_error(Id::store_coverage, all, [](Out c) { for (Index k : range(c.size(0) - 1)) { AT; c[k] = 1; } });
  // From some size on it is no longer a number that ends it.
  expect_output_error(Id::store_coverage, all, [](Out c) { for (Index k : range(max(c.size(0) / 2, 2))) { AT; c[k] = 1; } });
}
// Numbers in a kernel say how large an output may be: a call is looked at.
template <class Arrange, class Apply>
void expect_limit(Arrange arrange, Apply apply, const std::vector<std::int64_t> &good, const std::vector<std::int64_t> &bad, const char *says) {
  expect_error(Id::store_coverage, [&] {
    Program program = record_kernel(make_source("k", arrange, apply), static_cast<int>(good.size()));
    EXPECT_NO_THROW(check_call(program, {good}));
    std::vector<std::int64_t> none = bad;
    none.front() = 0;
    EXPECT_NO_THROW(check_call(program, {none}));
    check_call(program, {bad});
  }, says);
}
TEST(OutputErrors, LimitedByNumbers) {
  auto slice = [](Tensor c) { return arranged(c.slice(0, {0, 16}).tile({4})); };
  auto one = [](Out c) { AT; c = 1; };
  expect_limit(slice, one, {16}, {17}, "element [16] of output a, of shape [17], is never written");
  expect_limit(slice, one, {5}, {1000}, "element [16]");
  auto halves = [](Tensor c) { return arranged(c.tile({1, 6}).tile({1, whole}).at(1, squeeze(0)).at(2, squeeze(0))); };
  auto two = [](Out c) { AT; c[0] = 1; c[1] = 2; };
  expect_limit(halves, two, {40, 12}, {40, 13}, "element [0, 12] of output a, of shape [40, 13]");
  expect_limit(halves, two, {1, 7}, {1, 24}, "element [0, 12]");
  // A level of two tiles in each of the programs has no limit.
  Program pairs = record_kernel(make_source("k", [](Tensor c) { return arranged(c.tile({6}).tile({2})); }, two), 1);
  EXPECT_TRUE(limited_outputs(pairs).empty());
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
    check_call(record(make_source("k", rows, [](In a, Out c) { AT; c = a; }), dtypes, ranks, {}, {}, true), {{programs, 10}, {10}});
  };
  EXPECT_NO_THROW(call(1));
  expect_error(Id::store_overlap, [&] { call(2); });
}
TEST(OutputErrors, SlicedByAnotherOperand) {
  auto head = [](Tensor a, Tensor c) { return arranged(a.tile({4}), c[Slice{0, a.size(0)}].tile({4})); };
  Program program = record_kernel(make_source("k", head, [](In a, Out c) { c = a; }), 1);
  EXPECT_NO_THROW(check_call(program, {{10}, {10}}));
  EXPECT_NO_THROW(check_call(program, {{0}, {0}}));
  try {
    check_call(program, {{10}, {20}});
    ADD_FAILURE();
  } catch (const CompileError &error) {
    EXPECT_EQ(error.diagnostic().id, Id::store_coverage);
    EXPECT_NE(error.diagnostic().message.find("[10]"), std::string::npos) << error.what();
  }
}
TEST(OutputErrors, RowThatIsNone) {
  // Two rows have no third one from the end: no element is written.
  auto row = [](const Tensor &a, const Tensor &c) { return c.select(0, -3)[Slice{0, a.size(0)}].tile({4}); };
  auto whole_row = [row](Tensor a, Tensor c) { return arranged(a.tile({4}), row(a, c)); };
  auto part = [row](Tensor a, Tensor c) { return arranged(a.tile({4}), partial(row(a, c))); };
  auto copy = [](In a, Out c) { AT; c = a; };
  int ranks[] = {1, 2};
  DType dtypes[] = {f32, f32};
  Program program = record(make_source("k", part, copy), dtypes, ranks, {}, {}, true);
  for (std::int64_t rows : {0, 1, 2, 3, 4})
    EXPECT_NO_THROW(check_call(program, {{10}, {rows, 10}}));
  auto call_whole = [&](std::int64_t rows) {
    check_call(record(make_source("k", whole_row, copy), dtypes, ranks, {}, {}, true), {{10}, {rows, 10}});
  };
  expect_error(Id::store_coverage, [&] { call_whole(2); }, "element [0, 0]");
  expect_error(Id::store_coverage, [&] { call_whole(3); }, "element [1, 0]");
}
TEST(OutputErrors, ShiftedByAnotherOperand) {
  // With a step of a's size the tiles of c touch, overlap or leave gaps.
  auto steps = [](Tensor a, Tensor c) { return arranged(a[0].unsqueeze(0).expand({c.tile({4}, {a.size(0)}).size(0)}), c.tile({4}, {a.size(0)})); };
  Program program = record_kernel(make_source("k", steps, [](In, Out c) { c = 1; }), 1);
  EXPECT_NO_THROW(check_call(program, {{4}, {16}}));
  for (std::int64_t step : {3, 5}) {
    try {
      check_call(program, {{step}, {16}});
      ADD_FAILURE() << step;
    } catch (const CompileError &error) {
      EXPECT_EQ(error.diagnostic().id, step < 4 ? Id::store_overlap : Id::store_coverage);
    }
  }
}

} // namespace
} // namespace girih::testing

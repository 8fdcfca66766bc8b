// SPDX-License-Identifier: Apache-2.0
// Outputs that are not written exactly once. A mistake shares its line with AT,
// so that this file is not formatted.
// clang-format off
#include "expect_error.h"

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

} // namespace
} // namespace girih::testing

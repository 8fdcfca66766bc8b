// SPDX-License-Identifier: Apache-2.0
// Outputs written once and everywhere: what is accepted. The refusals are in
// tests/errors.
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

template <class Arrange, class Apply>
void expect_accepted(int rank, Arrange arrange, Apply apply) {
  auto source = make_source("k", arrange, apply);
  EXPECT_NO_THROW(testing::record_all(source, f32, rank, {}));
}

TEST(OutputsTest, Tilings) {
  auto one = [](Out c) { c = 1; };
  expect_accepted(1, [](Tensor c) { return arranged(c.tile({8})); }, one);
  expect_accepted(2, [](Tensor c) { return arranged(c.tile({8, 1})); }, one);
  expect_accepted(1, [](Tensor c) { return arranged(c); }, one);
  expect_accepted(
      3,
      [](Tensor c) {
        return arranged(
            c.permute({2, 0, 1}).tile({4, 1, 8}).at(1, permute({2, 0, 1})));
      },
      one);
  expect_accepted(
      2, [](Tensor c) { return arranged(c.flatten().tile({64})); }, one);
  expect_accepted(
      2, [](Tensor c) { return arranged(c.tile({3, 5}).flatten()); }, one);
}

TEST(OutputsTest, Levels) {
  expect_accepted(
      1, [](Tensor c) { return arranged(c.tile({4}).tile({3})); },
      [](Out c) {
        for (Index k : range(c.size(0)))
          c[k] = 1;
      });
  expect_accepted(
      1, [](Tensor c) { return arranged(c.tile({4}).tile({2})); },
      [](Out c) {
        c[0] = 1;
        c[1] = 2;
      });
  expect_accepted(
      2,
      [](Tensor c) {
        return arranged(c.tile({1, 4}).tile({1, whole}).at(1, squeeze(0)));
      },
      [](Out c) {
        Index last = c.size(0) - 1;
        for (Index k : range(c.size(0)))
          c[last - k] = 1;
      });
}

TEST(OutputsTest, Partial) {
  expect_accepted(
      1,
      [](Tensor c) {
        return arranged(partial(c.tile({4}, {}, {}, Rounding::floor)));
      },
      [](Out c) { c = 1; });
  expect_accepted(
      1, [](Tensor c) { return arranged(partial(c.slice(0, {1}).tile({4}))); },
      [](Out c) { c = 1; });
}

TEST(OutputsTest, InOutMayBeStoredTwice) {
  expect_accepted(
      1, [](Tensor c) { return arranged(c.tile({4})); },
      [](InOut c) {
        c = 1;
        c += 2;
      });
}

TEST(OutputsTest, OtherOperandsSizesAreNoEvidence) {
  // c has as many tiles as a, which only the caller knows.
  auto source = make_source(
      "k",
      [](Tensor a, Tensor c) {
        return arranged(a.tile({8}).tile({whole}), c.tile({4}).tile({whole}));
      },
      [](In a, Out c) {
        for (Index k : range(a.size(0)))
          c[k] = full({4}, 1, f32);
      });
  EXPECT_NO_THROW(testing::record_all(source, f32, 1, {}));
}

} // namespace
} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// What Access claims of random maps, against every lane evaluated.
#include "parsed_access.h"

#include "girih/compiler/interpreter/interpreter.h"

#include <gtest/gtest.h>

#include <random>

namespace girih::testing {
namespace {

using namespace compiler;

/// Random index expressions of the kinds that arrangements make.
class RandomAccess {
public:
  explicit RandomAccess(unsigned seed) : random(seed) {
    for (int dim = 0; dim < 2; ++dim) {
      sizes.push_back(pick({1, 4, 16}));
      strides.push_back(pick({1, 2, 8, 16}));
    }
    unit = pick({-1, 0, 1, 1});
    align = pick({4, 8, 16, 64});
    extents = {pick({1, 3, 4, 8, 12}), pick({2, 6, 8, 16, 24})};
  }

  ParsedLoad::Text text() {
    std::string view = "sizes = [" + list(sizes) + "], strides = [" +
                       list(strides) + "], unit = " + std::to_string(unit) +
                       ", align = " + std::to_string(align);
    std::string arguments = "(d0, d1)[s0, s1, s2]";
    return {.view = view,
            .rank = "[s0, s1]",
            .before = "%m = tile.size %x, 1 : !tile.view<element = f32, " +
                      view + ">",
            .scalars = "%p, %n, %m",
            .map = arguments + " -> (" + index() + ", " + index() + ")",
            .bounds = arguments + " : (" + bound() + ", " + bound() + ")",
            .tile =
                std::to_string(extents[0]) + "x" + std::to_string(extents[1])};
  }

  /// Program id, sizes: what the class and the grid allow.
  std::vector<std::int64_t> scalars() {
    std::int64_t size = sizes[0] * pick({1, 2, 5, 20});
    auto program =
        static_cast<std::int64_t>(random() % 64) % ((size + 15) / 16);
    return {program, size, sizes[1] * pick({1, 2, 3})};
  }
  std::vector<std::int64_t> run_time_strides() {
    std::vector<std::int64_t> result;
    for (int dim = 0; dim < 2; ++dim)
      result.push_back(dim == unit ? 1 : strides[dim] * pick({0, 1, 3}));
    return result;
  }

  std::vector<std::int64_t> extents;
  std::int64_t unit, align;

private:
  std::int64_t pick(std::vector<std::int64_t> values) {
    return values[random() % values.size()];
  }
  static std::string list(const std::vector<std::int64_t> &values) {
    return std::to_string(values[0]) + ", " + std::to_string(values[1]);
  }
  std::string coordinate() {
    std::string lane = random() % 2 ? "d0" : "d1";
    std::string step = std::to_string(pick({1, 1, 1, 2, 4}));
    std::string tile = std::to_string(pick({1, 8, 16, 24}));
    std::string rest = random() % 3 ? "" : " + " + std::to_string(pick({1, 4}));
    return "s0 * " + tile + " + " + lane + " * " + step + rest;
  }
  std::string index() {
    std::string divisor =
        random() % 2 ? "s2" : std::to_string(pick({2, 4, 8, 16}));
    switch (random() % 5) {
    case 0:
      return "(" + coordinate() + ") floordiv " + divisor;
    case 1:
      return "(" + coordinate() + ") mod " + divisor;
    case 2:
      return "d1 + s1";
    default:
      return coordinate();
    }
  }
  std::string bound() {
    return random() % 3
               ? (random() % 2 ? "s1 - (" : "s2 - (") + index() + ") - 1 >= 0"
               : "(" + index() + ") - s1 >= 0";
  }

  std::mt19937 random;
  std::vector<std::int64_t> sizes, strides;
};

/// Evaluates an access lane by lane.
struct Evaluation {
  const Access &access;
  mlir::IntegerSet bounds;
  std::vector<std::int64_t> scalars, strides;

  std::int64_t offset(std::vector<std::int64_t> lane) const {
    AffineArguments at{std::move(lane), scalars};
    std::int64_t sum = 0;
    for (unsigned dim = 0; dim < strides.size(); ++dim)
      sum += evaluateAffine(access.map().getResult(dim), at) * strides[dim];
    return sum;
  }
  bool inBounds(std::vector<std::int64_t> lane) const {
    AffineArguments at{std::move(lane), scalars};
    return llvm::all_of(bounds.getConstraints(), [&](mlir::AffineExpr expr) {
      return evaluateAffine(expr, at) >= 0;
    });
  }
};

void check_lane(const Evaluation &run, std::vector<std::int64_t> lane,
                unsigned dim) {
  const LaneDim &claims = run.access.lanes()[dim];
  std::int64_t t = lane[dim];
  auto at = [&](std::int64_t coordinate) {
    std::vector<std::int64_t> other = lane;
    other[dim] = coordinate;
    return other;
  };
  std::int64_t first = t / claims.run * claims.run;
  ASSERT_EQ(run.offset(lane) - run.offset(at(first)),
            claims.run > 1 ? t - first : 0);
  std::int64_t leader = t / claims.maskGranularity * claims.maskGranularity;
  ASSERT_EQ(run.inBounds(lane), run.inBounds(at(leader)));
  for (std::int64_t group : {1, 2, 4, 8})
    if (t % group == 0)
      ASSERT_EQ(run.offset(lane) * 4 % run.access.alignment(dim, group), 0);
  if (claims.elementStep)
    ASSERT_EQ(run.offset(lane) - run.offset(at(0)), *claims.elementStep * t);
  if (run.access.provablyInBounds())
    ASSERT_TRUE(run.inBounds(lane));
}

TEST(AccessProperties, HoldForRandomAccesses) {
  int vectors = 0, contiguous = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    RandomAccess random(seed);
    ParsedLoad load(random.text());
    ASSERT_TRUE(load.load) << seed;
    Access access = load.access();
    contiguous += access.contiguousLane() >= 0;
    for (int round = 0; round < 4; ++round) {
      Evaluation run{access, *load.load.getBounds(), random.scalars(),
                     random.run_time_strides()};
      for (std::int64_t i = 0; i < random.extents[0]; ++i)
        for (std::int64_t j = 0; j < random.extents[1]; ++j)
          for (unsigned dim = 0; dim < 2; ++dim) {
            SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + load.source);
            check_lane(run, {i, j}, dim);
            if (HasFatalFailure())
              return;
          }
    }
    for (unsigned dim = 0; dim < 2; ++dim)
      vectors += access.vectorWidth(dim) > 1;
  }
  // The claims are not all empty.
  EXPECT_GT(contiguous, 20);
  EXPECT_GT(vectors, 5);
}

} // namespace
} // namespace girih::testing

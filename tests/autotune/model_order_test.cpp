// SPDX-License-Identifier: Apache-2.0
// What the model of attention knows of programs that take different times, and
// the order that searches take from models.
#include "problems.h"

#include "girih/autotune/cases.h"
#include "girih/autotune/search.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/program_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace girih::autotune {
namespace {

using compiler::ProgramSchedule;

/// Times of all programs in the order in which the kernel numbers them.
std::vector<double> numbered(const ProgramSchedule &all) {
  const std::size_t rows = all.times.size(),
                    heads = static_cast<std::size_t>(all.programs) / rows;
  std::vector<double> list;
  if (all.descending)
    for (std::size_t row = rows; row-- > 0;)
      list.insert(list.end(), heads, all.times[row]);
  else
    for (std::size_t head = 0; head < heads; ++head)
      list.insert(list.end(), all.times.begin(), all.times.end());
  return list;
}

/// As blocks do them, one program after the other.
double simulated(const ProgramSchedule &all) {
  const auto slots = static_cast<std::size_t>(all.slots);
  std::vector<double> list = numbered(all), ends(slots, 0.0);
  const auto at = [&](std::size_t place) {
    return list.begin() +
           static_cast<std::ptrdiff_t>(std::min(place, list.size()));
  };
  if (all.settled && all.descending)
    for (std::size_t first = slots; first < list.size(); first += 2 * slots)
      std::reverse(at(first), at(first + slots));
  for (std::size_t number = 0; number < list.size(); ++number)
    (all.settled ? ends[number % slots]
                 : *std::min_element(ends.begin(), ends.end())) += list[number];
  return *std::max_element(ends.begin(), ends.end());
}

ProgramSchedule random_schedule(std::mt19937 &random, std::int64_t most_turns) {
  ProgramSchedule all;
  const std::int64_t rows = 1 + static_cast<std::int64_t>(random() % 40);
  for (std::int64_t row = 0; row < rows; ++row)
    all.times.push_back(2 + static_cast<double>(row));
  all.slots = 1 + static_cast<std::int64_t>(random() % 300);
  all.programs = rows * std::max<std::int64_t>(
                            1, static_cast<std::int64_t>(random() % 100) *
                                   most_turns * all.slots / 100 / rows);
  all.settled = random() % 2 == 0;
  all.descending = random() % 2 == 0;
  return all;
}

TEST(ProgramSchedules, EndWhenTheLastBlockDoes) {
  std::mt19937 random(20261127);
  for (int round = 0; round < 300; ++round) {
    const ProgramSchedule all = random_schedule(random, 4);
    EXPECT_NEAR(all.end(), simulated(all), 1e-9 * all.end())
        << all.programs << " programs, " << all.slots << " slots, "
        << all.settled << all.descending;
    EXPECT_GE(all.end(), all.mean() * (1 - 1e-12));
  }
}

TEST(ProgramSchedules, OfManyTurnsAreLikeThoseOfFew) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    const ProgramSchedule all = random_schedule(random, 200);
    EXPECT_NEAR(all.end(), simulated(all), 0.05 * all.end() + all.times.back())
        << all.programs << " programs, " << all.slots << " slots, "
        << all.settled << all.descending;
  }
}

/// Causal attention of 12 heads of 2048 in bf16, as on an H100.
struct Attention {
  Problem problem =
      problems_of(
          {"scaled_dot_product_attention", {1, 12, 12, 16, 16, 64}, bf16},
          host_device)
          .at(0);
  Attention() {
    for (auto &sizes : problem.shapes)
      std::replace(sizes.begin(), sizes.end(), std::int64_t{16},
                   std::int64_t{2048});
  }
  double seconds(const std::string &config) const {
    return compiler::estimate(parse_config(config), problem.roles,
                              problem.shapes, problem.dtypes,
                              {compiler::nvptx_target(90), 132, 50 << 20})
        .seconds;
  }
};

// 384 programs in 264 places: blocks that have two each from the beginning end
// later than those that take the next one when they are free; and what is long
// does not come last.
TEST(ModelOfAttention, KnowsHowUnequalProgramsArePlaced) {
  const Attention attention;
  const std::string tile = "ROWS=64 KEYS=64 warp_specialize=1 ",
                    down = "order=descending ";
  const double settled = attention.seconds(tile + "persistent=1"),
               free = attention.seconds(tile),
               settled_down = attention.seconds(tile + down + "persistent=1"),
               free_down = attention.seconds(tile + down);
  EXPECT_LT(free, settled); // an H100: 37.5 and 41.5 us
  EXPECT_LT(free_down, 0.9 * free);
  EXPECT_LT(settled_down, 0.9 * settled);
}

// What a model cannot tell apart does not fill the places that are tried first.
TEST(ModelOrders, HaveOneOfThoseThatAreAlike) {
  const Problem problem =
      testing::problem_for(testing::make_product("ordered_product"),
                           testing::product_operands(256, 256, 256));
  const std::vector<Config> configs =
      kept(Space::derived(problem).candidates(problem));
  const std::vector<std::size_t> order = model_order(problem, configs);
  ASSERT_GT(order.size(), 40U);
  std::vector<std::size_t> all(order);
  std::sort(all.begin(), all.end());
  for (std::size_t at = 0; at < all.size(); ++at)
    ASSERT_EQ(all[at], at);
  std::set<std::map<std::string, std::int64_t>> first, by_time;
  std::vector<std::pair<double, std::size_t>> sorted;
  for (std::size_t at = 0; at < configs.size(); ++at)
    sorted.emplace_back(problem.estimate(configs[at]).seconds, at);
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t at = 0; at < 8; ++at) {
    first.insert(configs[order[at]].blocks);
    by_time.insert(configs[sorted[at].second].blocks);
  }
  // Orders of programs are alike to the model of the host.
  EXPECT_EQ(by_time.size(), 4U);
  EXPECT_GE(first.size(), 7U);
  EXPECT_EQ(order[0], sorted[0].second);
}

} // namespace
} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// Searches over a landscape that is known, without running anything.
#include "problems.h"

#include "girih/autotune/evaluator.h"
#include "girih/autotune/search.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace girih::autotune {
namespace {

using testing::TemporaryFolder;
using Status = Outcome::Status;

const Problem &product() {
  static const Problem *const made = new Problem(
      testing::problem_for(testing::make_product("searched_product"),
                           testing::product_operands(256, 256, 256)));
  return *made;
}

/// Seconds by distance from one best Config; some fail.
struct Landscape {
  std::map<std::string, std::int64_t> best{{"BM", 64}, {"BN", 128}, {"BK", 64}};
  std::function<Status(const Config &)> status = [](const Config &) {
    return Status::measured;
  };
  double pause = 0; // of each measurement
  int measured = 0, compiled = 0, made = 0;
  std::vector<Effort> efforts;

  double seconds(const Config &config) const {
    double distance = 0;
    for (const auto &[name, value] : best)
      distance +=
          std::abs(std::log2(static_cast<double>(config.blocks.at(name)) /
                             static_cast<double>(value)));
    return 1e-5 * (1 + 0.3 * distance);
  }
};

class FakeEvaluator : public Evaluator {
public:
  explicit FakeEvaluator(Landscape &land) : land_(land) {}
  std::vector<Outcome> compile(std::span<const Config> configs) override {
    std::vector<Outcome> outcomes;
    for (const Config &config : configs) {
      Outcome &each = outcomes.emplace_back();
      each.config = config;
      ++land_.compiled;
      if (land_.status(config) == Status::failed) {
        each.status = Status::failed;
        each.note = "cannot be compiled";
      }
    }
    return outcomes;
  }
  Outcome measure(const Config &config, Effort effort, double) override {
    ++land_.measured;
    land_.efforts.push_back(effort);
    std::this_thread::sleep_for(std::chrono::duration<double>(land_.pause));
    Outcome outcome;
    outcome.config = config;
    outcome.status = land_.status(config);
    outcome.runs = 5;
    if (outcome.measured())
      outcome.seconds = land_.seconds(config);
    else
      outcome.note = "not today";
    return outcome;
  }
  int width() const override { return 2; }

private:
  Landscape &land_;
};

Space space_of_blocks() {
  Space space;
  space.axis("BM", {16, 32, 64, 128, 256})
      .axis("BN", {16, 32, 64, 128, 256})
      .axis("BK", {32, 64, 128, 256});
  return space;
}

SearchResult run(Landscape &land, const SearchOptions &options,
                 const SearchContext &context = {}) {
  return search(
      product(), space_of_blocks(), options,
      [&](const Problem &) {
        ++land.made;
        return std::make_unique<FakeEvaluator>(land);
      },
      context);
}

TEST(Searches, ExhaustiveFindsTheBestOfAll) {
  Landscape land;
  SearchOptions options{.strategy = Strategy::exhaustive, .budget_seconds = 0};
  const SearchResult result = run(land, options);
  EXPECT_EQ(result.chosen.blocks, land.best);
  EXPECT_GE(result.trials.size(), 100u);
  EXPECT_TRUE(result.finished);
  EXPECT_GT(result.fallback_seconds, result.seconds);
  EXPECT_GT(result.model_seconds, 0);
}

TEST(Searches, TheOthersFindItToo) {
  for (const Strategy strategy :
       {Strategy::random, Strategy::halving, Strategy::guided}) {
    Landscape land;
    const SearchResult result =
        run(land, {.strategy = strategy, .budget_seconds = 0});
    EXPECT_LE(result.seconds, 1e-5 * 1.31) << name(strategy);
  }
}

TEST(Searches, TheGuidedOneTriesFewer) {
  Landscape land;
  const SearchResult result =
      run(land, {.strategy = Strategy::guided, .budget_seconds = 0});
  EXPECT_LT(result.trials.size(), 80u);
}

TEST(Searches, HalvingLooksLongerAtFewer) {
  Landscape land;
  run(land,
      {.strategy = Strategy::halving, .budget_seconds = 0, .finalists = 1});
  const auto count = [&](Effort effort) {
    return std::count(land.efforts.begin(), land.efforts.end(), effort);
  };
  EXPECT_GT(count(Effort::glance), 2 * count(Effort::usual));
  EXPECT_GT(count(Effort::usual), 2 * (count(Effort::thorough) - 3));
}

TEST(Searches, ABudgetIsKept) {
  Landscape land;
  land.pause = 0.01;
  const SearchResult result =
      run(land, {.strategy = Strategy::exhaustive, .budget_seconds = 0.3});
  EXPECT_LT(result.spent_seconds, 0.45);
  EXPECT_LT(result.trials.size(), 40u);
  EXPECT_GT(result.seconds, 0);
}

TEST(Searches, ABudgetThatIsOverAtOnceLeavesTheFallback) {
  Landscape land;
  const SearchResult result =
      run(land, {.strategy = Strategy::guided, .budget_seconds = 1e-9});
  EXPECT_TRUE(result.trials.empty());
  EXPECT_EQ(result.chosen, product().fallback);
  EXPECT_NE(result.how.find("nothing was measured"), std::string::npos);
}

TEST(Searches, AStarvedOneIsNoLastWord) {
  TemporaryFolder folder;
  Store store(folder.path() + "/s.sqlite", Store::Mode::write);
  Landscape slow, quick;
  slow.pause = 0.1;
  const SearchResult starved =
      run(slow, {.strategy = Strategy::guided, .budget_seconds = 0.3},
          {.store = &store});
  EXPECT_LT(starved.trials.size(), 8u);
  EXPECT_GT(starved.seconds, 0);
  EXPECT_TRUE(store.choices().empty());
  const SearchResult rest =
      run(quick, {.strategy = Strategy::guided, .budget_seconds = 0},
          {.store = &store});
  EXPECT_TRUE(rest.trials.at(0).stored);
  EXPECT_EQ(store.choices().size(), 1u);
}

TEST(Searches, TheFallbackIsMeasuredHoweverFewAreTried) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Landscape land;
    const SearchResult result = run(land, {.strategy = Strategy::random,
                                           .budget_seconds = 0,
                                           .most_candidates = 2,
                                           .seed = seed});
    EXPECT_EQ(result.trials.size(), 2u);
    EXPECT_GT(result.fallback_seconds, 0) << seed;
  }
}

TEST(Searches, TheMostCandidatesAreKept) {
  Landscape land;
  EXPECT_EQ(run(land, {.strategy = Strategy::random,
                       .budget_seconds = 0,
                       .most_candidates = 7})
                .trials.size(),
            7u);
}

TEST(Searches, WhatFailsIsSkippedAndReported) {
  Landscape land;
  land.status = [&](const Config &config) {
    if (config.blocks == land.best)
      return Status::wrong; // the fastest, and useless
    if (config.blocks.at("BM") == 32)
      return Status::failed;
    return config.blocks.at("BN") == 32 ? Status::timed_out : Status::measured;
  };
  const SearchResult result =
      run(land, {.strategy = Strategy::exhaustive, .budget_seconds = 0});
  EXPECT_NE(result.chosen.blocks, land.best);
  EXPECT_EQ(land.status(result.chosen), Status::measured);
  int failed = 0, wrong = 0, late = 0;
  for (const Trial &each : result.trials) {
    failed += each.outcome.status == Status::failed;
    wrong += each.outcome.status == Status::wrong;
    late += each.outcome.status == Status::timed_out;
  }
  EXPECT_EQ(failed, 20);
  EXPECT_EQ(wrong, 1);
  EXPECT_EQ(late, 16);
}

TEST(Searches, WhereEverythingFailsItSaysSo) {
  Landscape land;
  land.status = [](const Config &) { return Status::failed; };
  TemporaryFolder folder;
  Store store(folder.path() + "/s.sqlite", Store::Mode::write);
  try {
    run(land, {.strategy = Strategy::exhaustive, .budget_seconds = 0},
        {.store = &store});
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::argument);
    EXPECT_NE(std::string(error.what()).find("none of"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("cannot be compiled"),
              std::string::npos);
  }
  EXPECT_TRUE(store.choices().empty());
}

TEST(Searches, TheFallbackStaysUnlessAnotherIsClearlyFaster) {
  Landscape land;
  land.best = product().fallback.blocks;
  EXPECT_EQ(
      run(land, {.strategy = Strategy::guided, .budget_seconds = 0}).chosen,
      product().fallback);
}

TEST(Searches, OnesThatEndedAreNotRepeated) {
  TemporaryFolder folder;
  Store store(folder.path() + "/s.sqlite", Store::Mode::write);
  Landscape first, again, fresh;
  const SearchOptions options{.strategy = Strategy::guided,
                              .budget_seconds = 0};
  const SearchResult before = run(first, options, {.store = &store});
  const SearchResult after = run(again, options, {.store = &store});
  EXPECT_EQ(again.made, 0);
  EXPECT_EQ(after.chosen, before.chosen);
  EXPECT_EQ(after.seconds, before.seconds);
  EXPECT_EQ(after.trials.size(), before.trials.size());
  SearchOptions anew = options;
  anew.fresh = true;
  run(fresh, anew, {.store = &store});
  EXPECT_GT(fresh.measured, 0);
}

TEST(Searches, AnInterruptedOneGoesOnWhereItWas) {
  TemporaryFolder folder;
  Store store(folder.path() + "/s.sqlite", Store::Mode::write);
  std::atomic<bool> interrupted{false};
  struct AfterTen : SearchListener {
    explicit AfterTen(std::atomic<bool> &flag) : flag_(flag) {}
    void tried(const SearchResult &so_far, std::size_t) override {
      flag_ = so_far.trials.size() >= 10;
    }
    std::atomic<bool> &flag_;
  } listener(interrupted);
  Landscape first, second, whole;
  const SearchOptions options{.strategy = Strategy::exhaustive,
                              .budget_seconds = 0};
  const SearchResult half = run(
      first, options,
      {.store = &store, .listener = &listener, .interrupted = &interrupted});
  EXPECT_FALSE(half.finished);
  EXPECT_EQ(half.trials.size(), 10u);
  EXPECT_TRUE(store.choices().empty());
  const SearchResult rest = run(second, options, {.store = &store});
  run(whole, options);
  // Not one of the ten is measured again, save as a finalist.
  EXPECT_EQ(second.compiled, whole.compiled - 10);
  EXPECT_EQ(rest.chosen.blocks, second.best);
  EXPECT_EQ(store.choices().size(), 1u);
}

TEST(Searches, BeginAtTheNearestShape) {
  TemporaryFolder folder;
  Store store(folder.path() + "/s.sqlite", Store::Mode::write);
  ChoiceRow near, far;
  near.key = far.key = product().key;
  near.kernel_name = far.kernel_name = product().kernel.name();
  near.key.bucket = "256x512 512x256 256x256";
  far.key.bucket = "16x16 16x16 16x16";
  near.config = far.config = product().fallback;
  near.config.blocks = {{"BM", 16}, {"BN", 16}, {"BK", 32}};
  far.config.blocks = {{"BM", 256}, {"BN", 16}, {"BK", 32}};
  store.put(far);
  store.put(near);
  Landscape land;
  const SearchResult result =
      run(land, {.strategy = Strategy::guided, .budget_seconds = 0},
          {.store = &store});
  ASSERT_GE(result.trials.size(), 3u);
  EXPECT_EQ(result.trials[0].outcome.config, product().fallback);
  EXPECT_EQ(result.trials[1].outcome.config, near.config);
  EXPECT_EQ(result.trials[2].outcome.config, far.config);
}

TEST(Searches, StrategiesGoByName) {
  for (const Strategy each : {Strategy::exhaustive, Strategy::random,
                              Strategy::halving, Strategy::guided})
    EXPECT_EQ(parse_strategy(std::string(name(each))), each);
  EXPECT_THROW(parse_strategy("clever"), RuntimeError);
}

} // namespace
} // namespace girih::autotune

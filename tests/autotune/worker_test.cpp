// SPDX-License-Identifier: Apache-2.0
// Candidates in processes of their own: those that hang, fail or lie end there.
#include "problems.h"

#include "girih/autotune/autotune.h"
#include "girih/autotune/cases.h"
#include "girih/autotune/evaluator.h"
#include "girih/autotune/search.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

namespace girih::autotune {
namespace {

using testing::make_adding;
using testing::problem_for;
using testing::random;
using Status = Outcome::Status;

WorkerOptions options(double seconds = 20) {
  return {.command = worker_command(),
          .compilers = 2,
          .compile_seconds = 60,
          .run_seconds = seconds};
}

Config block(std::int64_t size) {
  Config config;
  config.blocks["BLOCK"] = size;
  return config;
}

/// Blocks of 16 never end, those of 32 are wrong, those of 64 do not compile.
Kernel treacherous() {
  return make_adding("treacherous", [](const Tile &tile, std::int64_t size) {
    if (size == 64)
      return reshape(tile, {3});
    if (size == 32)
      return tile * 1.5f;
    if (size != 16)
      return tile;
    Tile same = tile;
    loop_while([&] { return sum(same * 0.0f) < 1.0f; },
               [&] { same = same + 0.0f; });
    return same;
  });
}

std::vector<Array> vectors() { return {random({1000}, 1), random({1000}, 2)}; }

TEST(Workers, OutliveNothingButTheSearchDoes) {
  const Problem problem = problem_for(treacherous(), vectors());
  const auto evaluator = worker_evaluator(problem, options(3));
  const std::vector<Config> configs{block(8), block(16), block(32), block(64)};
  const std::vector<Outcome> compiled = evaluator->compile(configs);
  ASSERT_EQ(compiled.size(), 4u);
  EXPECT_EQ(compiled[0].status, Status::measured);
  EXPECT_EQ(compiled[3].status, Status::failed);
  EXPECT_NE(compiled[3].note.find("reshape"), std::string::npos)
      << compiled[3].note;
  const Outcome hanging = evaluator->measure(block(16), Effort::glance, 0);
  EXPECT_EQ(hanging.status, Status::timed_out) << hanging.note;
  const Outcome wrong = evaluator->measure(block(32), Effort::glance, 0);
  EXPECT_EQ(wrong.status, Status::wrong) << wrong.note;
  const Outcome good = evaluator->measure(block(8), Effort::usual, 0);
  EXPECT_EQ(good.status, Status::measured) << good.note;
  EXPECT_GT(good.seconds, 0);
  EXPECT_GE(good.runs, 5);
}

TEST(Workers, MakeASearchThatSkipsWhatIsBad) {
  const Problem problem = problem_for(treacherous(), vectors());
  Space space;
  space.axis("BLOCK", {8, 16, 32, 64, 128});
  const SearchResult result = search(
      problem, space, {.strategy = Strategy::exhaustive, .budget_seconds = 0},
      [](const Problem &each) { return worker_evaluator(each, options(3)); },
      {});
  std::map<std::int64_t, Status> statuses;
  for (const Trial &each : result.trials)
    statuses[each.outcome.config.blocks.at("BLOCK")] = each.outcome.status;
  EXPECT_EQ(statuses.at(16), Status::timed_out);
  EXPECT_EQ(statuses.at(32), Status::wrong);
  EXPECT_EQ(statuses.at(64), Status::failed);
  EXPECT_EQ(statuses.at(128), Status::measured);
}

TEST(Workers, HangInsteadOfTheCallerThatSearches) {
  const std::vector<Array> operands = vectors();
  const std::vector<double> x = operands[0].to_vector(),
                            before = operands[1].to_vector();
  const testing::ScopedEnv search("GIRIH_AUTOTUNE", "search");
  const Tuned<> tuned(
      treacherous(),
      [](const Problem &) {
        Space space;
        space.axis("BLOCK", {8, 16, 32, 64, 128});
        return space;
      },
      {.strategy = Strategy::exhaustive, .budget_seconds = 8}, "");
  tuned(operands[0], operands[1]);
  // It ran once, with a Config that is right.
  const std::vector<double> after = operands[1].to_vector();
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_EQ(after[i], static_cast<double>(static_cast<float>(before[i]) +
                                            static_cast<float>(x[i])));
  EXPECT_NE(tuned.prepare(operands).config.blocks.at("BLOCK"), 16);
}

TEST(Workers, OutliveTheThreadThatStartedThem) {
  const Problem problem = problem_for(make_adding("patient"), vectors());
  const auto evaluator = worker_evaluator(problem, options());
  for (const std::int64_t first : {8, 32}) {
    const std::vector<Config> configs{block(first), block(first + 1),
                                      block(first + 2), block(first + 3)};
    for (const Outcome &each : evaluator->compile(configs))
      EXPECT_EQ(each.status, Status::measured) << each.note;
  }
}

TEST(Workers, GetOperandsOfEveryKind) {
  // Numbers by value, strides, integers.
  const Kernel gather = make(
      "scaled_rows",
      [](Tensor x, Tensor index, Tensor scale, Tensor y) {
        auto BLOCK = block_size("BLOCK");
        return arranged(x.tile({BLOCK}), index.tile({BLOCK}), scale,
                        y.tile({BLOCK}));
      },
      [](In x, In index, In scale, Out y) {
        y = x * scale + cast(index, f32);
      });
  std::vector<double> numbers;
  for (int i = 0; i < 500; ++i)
    numbers.push_back(i % 77);
  const std::vector<Array> arrays{random({1000}, 1).slice(0, 0, 1000, 2),
                                  Array::from(numbers, {500}, i64, host_device),
                                  Array::scalar(2.5, f32),
                                  Array::empty({500}, f32, host_device)};
  const Problem problem = problem_for(gather, arrays);
  const auto evaluator = worker_evaluator(problem, options());
  const Outcome outcome = evaluator->measure(block(128), Effort::glance, 0);
  EXPECT_EQ(outcome.status, Status::measured) << outcome.note;
}

TEST(Workers, RunTheOperatorsOfSweeps) {
  for (const Case &each :
       {Case{"matmul", {64, 48, 80}, bf16}, Case{"rms_norm", {64, 96}, bf16},
        Case{"scaled_dot_product_attention", {1, 4, 2, 64, 64, 32}, bf16}})
    for (const Problem &problem : problems_of(each, host_device)) {
      const auto evaluator = worker_evaluator(problem, options());
      const Outcome outcome =
          evaluator->measure(problem.fallback, Effort::glance, 0);
      EXPECT_EQ(outcome.status, Status::measured)
          << problem.label << ": " << outcome.note;
    }
}

TEST(Workers, ThatCannotStartOrEndAtOnceAreErrors) {
  const Problem problem = problem_for(make_adding("unworked"), vectors());
  WorkerOptions missing = options(), ending = options();
  missing.command = {"/nonexistent/girih-tune", "worker"};
  ending.command = {"/bin/false"};
  try {
    worker_evaluator(problem, missing);
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::file);
  }
  try {
    worker_evaluator(problem, ending);
    FAIL();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::argument);
    EXPECT_NE(std::string(error.what()).find("fallback does not run"),
              std::string::npos);
  }
}

} // namespace
} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// Searches that run, and what launches make of their choices.
#include "problems.h"

#include "girih/autotune/autotune.h"
#include "girih/autotune/cases.h"
#include "girih/autotune/measure.h"
#include "girih/ops/ops.h"

#include <gtest/gtest.h>

#include <chrono>

namespace girih::autotune {
namespace {

using testing::make_adding;
using testing::make_product;
using testing::product_operands;
using testing::random;
using testing::ScopedEnv;
using testing::ScopedLog;
using testing::TemporaryFolder;
using Status = Outcome::Status;

SearchOptions quick() {
  return {
      .strategy = Strategy::guided, .budget_seconds = 3, .most_candidates = 6};
}

/// What c of a product must be, in double.
double error_of(const std::vector<Array> &arrays) {
  const std::vector<double> a = arrays[0].to_vector(),
                            b = arrays[1].to_vector(),
                            c = arrays[2].to_vector();
  const auto m = static_cast<std::size_t>(arrays[0].size(0)),
             k = static_cast<std::size_t>(arrays[0].size(1)),
             n = static_cast<std::size_t>(arrays[1].size(1));
  double worst = 0;
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < k; ++l)
        sum += a[i * k + l] * b[l * n + j];
      worst = std::max(worst, std::abs(sum - c[i * n + j]));
    }
  return worst;
}

TEST(TunedKernels, SearchOnceAndKeepWhatTheyFound) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/tuned.sqlite";
  const ScopedEnv log_words("GIRIH_LOG", "tune");
  Config chosen;
  {
    const ScopedLog log;
    const Tuned<> product(make_product("kept_product"), {}, quick(), path);
    const std::vector<Array> arrays = product_operands(70, 50, 90);
    product(arrays[0], arrays[1], arrays[2]);
    EXPECT_LT(error_of(arrays), 1e-4);
    EXPECT_NE(ScopedLog::text().find("guided: "), std::string::npos)
        << ScopedLog::text();
    EXPECT_NE(ScopedLog::text().find("the model says"), std::string::npos);
    const std::size_t lines = ScopedLog::lines().size();
    chosen = product.prepare(arrays).config;
    // Others of the same bucket and class run what was found.
    product.launch(product_operands(71, 52, 91));
    EXPECT_EQ(ScopedLog::lines().size(), lines);
    product.launch(product_operands(80, 64, 96));
    EXPECT_GT(ScopedLog::lines().size(), lines);
  }
  // Another process, that may only use it.
  const ScopedEnv mode("GIRIH_AUTOTUNE", "use");
  const ScopedLog log;
  const Tuned<> again(make_product("kept_product"), {}, quick(), path);
  const std::vector<Array> arrays = product_operands(70, 50, 90);
  EXPECT_EQ(again.prepare(arrays).config, chosen);
  again.launch(arrays);
  EXPECT_LT(error_of(arrays), 1e-4);
  EXPECT_NE(ScopedLog::text().find("where the default took"),
            std::string::npos);
  // What was not tuned runs with the default, and the log says why.
  again.launch(product_operands(300, 50, 90));
  EXPECT_NE(ScopedLog::text().find("other"), std::string::npos);
}

TEST(TunedKernels, AreNotTunedWhereTheEnvironmentSaysOff) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/tuned.sqlite";
  const ScopedEnv mode("GIRIH_AUTOTUNE", "off");
  const Tuned<> product(make_product("untuned_product"), {}, quick(), path);
  product.launch(product_operands(32, 32, 32));
  EXPECT_FALSE(std::filesystem::exists(path));
  const ScopedEnv wrong("GIRIH_AUTOTUNE", "sometimes");
  EXPECT_THROW(Tuned<>(make_product("x"), {}, quick(), path), RuntimeError);
}

TEST(TunedKernels, RunOnceWhateverTheSearchRan) {
  const Array x = random({1000}, 1), y = random({1000}, 2);
  const std::vector<double> before = y.to_vector(), added = x.to_vector();
  const Tuned<> adding(make_adding("tuned_adding"), {}, quick(), "");
  adding(x, y);
  const std::vector<double> once = y.to_vector();
  for (std::size_t at = 0; at < once.size(); ++at)
    ASSERT_EQ(static_cast<float>(once[at]),
              static_cast<float>(before[at] + added[at]))
        << at;
}

TEST(TunedKernels, TakeASpaceOfTheirOwn) {
  const Tuned<> adding(
      make_adding("own_space"),
      [](const Problem &) {
        Space space;
        space.axis("BLOCK", {100, 200});
        return space.constraint("even", [](const Config &config) {
          return config.blocks.at("BLOCK") == 100;
        });
      },
      quick(), "");
  const std::vector<Array> arrays{random({1000}, 1), random({1000}, 2)};
  const KernelReport report = adding.prepare(arrays);
  const std::int64_t block = report.config.blocks.at("BLOCK");
  EXPECT_NE(block, 200);
}

TEST(TunedKernels, LeaveOtherHandlesAlone) {
  const Kernel plain = make_adding("shared_adding");
  const Tuned<> tuned(
      plain,
      [](const Problem &) {
        Space space;
        space.axis("BLOCK", {7});
        return space;
      },
      quick(), "");
  const std::vector<Array> arrays{random({100}, 1), random({100}, 2)};
  const Config usual = plain.prepare(arrays).config;
  tuned.launch(arrays);
  EXPECT_EQ(plain.prepare(arrays).config, usual);
}

TEST(TunedKernels, EmptySpacesGiveWayToTheDefaultWithALine) {
  const ScopedLog log;
  const Tuned<> adding(
      make_adding("no_space"), [](const Problem &) { return Space(); }, quick(),
      "");
  const std::vector<Array> arrays{random({100}, 1), random({100}, 2)};
  adding.launch(arrays);
  EXPECT_NE(ScopedLog::text().find("no axes"), std::string::npos)
      << ScopedLog::text();
}

TEST(TunedKernels, SayWhatDroppedAllButTheDefault) {
  const ScopedLog log;
  const Tuned<> adding(
      make_adding("contradictory"),
      [](const Problem &) {
        Space space;
        space.axis("BLOCK", {16, 32, 64});
        space.constraint("above 32", [](const Config &config) {
          return config.blocks.at("BLOCK") > 32;
        });
        return space.constraint("below 32", [](const Config &config) {
          return config.blocks.at("BLOCK") < 32;
        });
      },
      quick(), "");
  const std::vector<Array> arrays{random({1000}, 1), random({1000}, 2)};
  adding.launch(arrays);
  EXPECT_NE(ScopedLog::text().find("all but the default are dropped: 2 by "
                                   "`above 32`, 1 by `below 32`"),
            std::string::npos)
      << ScopedLog::text();
}

TEST(TunedKernels, ASearchWithinACaptureIsPutOff) {
  const ScopedLog log;
  const Tuned<> adding(make_adding("captured"), {}, quick(), "");
  const std::vector<Array> arrays{random({100}, 1), random({100}, 2)};
  const Stream stream = Stream::create(host_device);
  const Graph graph =
      Graph::capture(stream, [&] { adding.launch(arrays, stream); });
  EXPECT_EQ(graph.size(), 1u);
  EXPECT_NE(ScopedLog::text().find("captured"), std::string::npos);
}

/// Remembers what it gave.
struct Watching : TunedConfigs {
  using TunedConfigs::TunedConfigs;
  std::optional<Config> choose(const ConfigQuery &query) override {
    auto found = TunedConfigs::choose(query);
    if (found)
      given.push_back(*found);
    return found;
  }
  std::vector<Config> given;
};

/// The calls that problems_of() makes, on other arrays.
void call_op(const std::string &op) {
  if (op == "matmul")
    ops::matmul(random({96, 64}, 1), random({64, 80}, 2));
  else if (op == "linear")
    ops::linear(random({96, 64}, 1), random({80, 64}, 2));
  else if (op == "rms_norm")
    ops::rms_norm(random({96, 80}, 1), {80}, random({80}, 2));
  else if (op == "layer_norm")
    ops::layer_norm(random({96, 80}, 1), {80}, random({80}, 2),
                    random({80}, 3));
  else if (op == "softmax")
    ops::softmax(random({96, 80}, 1), -1);
  else
    ops::scaled_dot_product_attention(
        random({1, 2, 96, 32}, 1), random({1, 2, 96, 32}, 2),
        random({1, 2, 96, 32}, 3),
        {.is_causal = true, .causal_variant = "lower_right"});
}

TEST(TunedOperators, RunWithWhatWasChosenForThem) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/tuned.sqlite";
  const std::vector<Case> cases{
      {"matmul", {96, 80, 64}, f32},
      {"linear", {96, 80, 64}, f32},
      {"scaled_dot_product_attention", {1, 2, 2, 96, 96, 32}, f32},
      {"rms_norm", {96, 80}, f32},
      {"layer_norm", {96, 80}, f32},
      {"softmax", {96, 80}, f32}};
  for (const Case &each : cases) {
    const std::vector<Problem> problems = problems_of(each, host_device);
    ASSERT_FALSE(problems.empty()) << each.label();
    const Problem &problem = problems[0];
    ASSERT_FALSE(problem.roles.blocks.empty()) << each.label();
    // Any Config of its space but the default one.
    const std::vector<Config> configs =
        kept(Space::derived(problem).candidates(problem));
    ASSERT_GE(configs.size(), 2u) << each.label();
    Store(path, Store::Mode::write)
        .put(ChoiceRow{problem.key, problem.kernel.name(), problem.shape(),
                       configs[1], 1e-6, 2e-6, "by hand"});
    const auto watching = std::make_shared<Watching>(
        TunedConfigs::Options{.mode = Mode::use, .path = path});
    {
      const ScopedThreadProvider scope(watching);
      forget_chosen_configs();
      call_op(each.op);
    }
    EXPECT_EQ(watching->given, std::vector<Config>{configs[1]}) << each.label();
  }
}

TEST(TunedOperators, GiveTheSameResultsWithEveryConfigOfTheirSpace) {
  const std::vector<Case> cases{
      {"matmul", {70, 50, 90}, f32},
      {"scaled_dot_product_attention", {1, 4, 2, 70, 70, 32}, f32},
      {"rms_norm", {70, 90}, f32}};
  for (const Case &each : cases)
    for (const Problem &problem : problems_of(each, host_device)) {
      TestBench bench(problem.arrays, problem.kernel.source().directions);
      bench.set_reference(problem.kernel, {problem.fallback, {}});
      int tried = 0;
      for (const Config &config :
           kept(Space::derived(problem).candidates(problem))) {
        if (++tried % 7 != 1) // one in seven: all would take minutes
          continue;
        const Outcome outcome =
            bench.run(problem.kernel, {config, {}}, Effort::glance, 1e-9);
        EXPECT_EQ(outcome.status, Status::measured)
            << problem.label << " " << config.to_string() << ": "
            << outcome.note;
      }
    }
}

TEST(TestBenches, TellWrongResultsFromRoundedOnes) {
  const Array wanted = random({1000}, 3), got = copy_of(wanted);
  EXPECT_EQ(count_wrong(got, wanted), 0);
  got.slice(0, 5, 6).copy_from(wanted.slice(0, 6, 7));
  EXPECT_EQ(count_wrong(got, wanted), 1);
  got.copy_from(wanted);
  const double inf = std::numeric_limits<double>::infinity(),
               nan = std::numeric_limits<double>::quiet_NaN();
  const double first = wanted.to_vector()[0];
  // The tolerance of f32 is 2^-12 of the element and of the mean.
  for (const auto &[value, wrong] :
       {std::pair{first + 1e-5, 0}, std::pair{first + 0.1, 1},
        std::pair{inf, 1}, std::pair{nan, 1}}) {
    got.slice(0, 0, 1).copy_from(Array::from(std::vector{value}, {1}, f32));
    EXPECT_EQ(count_wrong(got, wanted), wrong) << value;
  }
  // Among small numbers far away, what is rounded next to large ones passes.
  std::vector<double> mixed(200000, 1e-3);
  std::fill_n(mixed.begin(), 1024, 1.0);
  mixed[5] = 0;
  const Array rows = Array::from(mixed, {200000}, f32), off = copy_of(rows);
  off.slice(0, 5, 6).copy_from(Array::from(std::vector{2e-4}, {1}, f32));
  EXPECT_EQ(count_wrong(off, rows), 0);
  off.slice(0, 5000, 5001)
      .copy_from(Array::from(std::vector{1.2e-3}, {1}, f32));
  EXPECT_EQ(count_wrong(off, rows), 1);
  const Array both = Array::from(std::vector{nan, inf, 1.0}, {3}, f32);
  EXPECT_EQ(count_wrong(copy_of(both), both), 0);
  const Array numbers = Array::from(std::vector{1.0, 2.0}, {2}, i32),
              others = Array::from(std::vector{1.0, 3.0}, {2}, i32);
  EXPECT_EQ(count_wrong(others, numbers), 1);
}

TEST(TestBenches, FindAWrongCandidateAndGoOn) {
  const Kernel spoiled =
      make_adding("spoiled", [](const Tile &tile, std::int64_t block) {
        return block == 32 ? tile * 1.01f : tile;
      });
  const std::vector<Array> arrays{random({1000}, 1), random({1000}, 2)};
  const std::vector<double> before = arrays[1].to_vector();
  TestBench bench(arrays, spoiled.source().directions);
  const auto config = [](std::int64_t block) {
    Config made;
    made.blocks["BLOCK"] = block;
    return made;
  };
  bench.set_reference(spoiled, {config(64), {}});
  EXPECT_EQ(bench.run(spoiled, {config(32), {}}, Effort::glance).status,
            Status::wrong);
  const Outcome good = bench.run(spoiled, {config(128), {}}, Effort::usual);
  EXPECT_EQ(good.status, Status::measured);
  EXPECT_GT(good.seconds, 0);
  EXPECT_GE(good.runs, 5);
  const Outcome none = bench.run(spoiled, {Config(), {}}, Effort::glance);
  EXPECT_EQ(none.status, Status::failed);
  EXPECT_NE(none.note.find("BLOCK"), std::string::npos);
  EXPECT_EQ(arrays[1].to_vector(), before);
}

TEST(ProvidersOfTheEnvironment, AreWhatItAsksFor) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/tuned.sqlite";
  const ScopedEnv store("GIRIH_TUNE_STORE", path);
  const ScopedEnv log("GIRIH_LOG", "");
  const ScopedEnv unset("GIRIH_AUTOTUNE", "");
  EXPECT_EQ(provider_of_environment(), nullptr); // there is no store
  Store(path, Store::Mode::write).put(testing::some_choice());
  const auto using_it = provider_of_environment();
  ASSERT_TRUE(using_it);
  EXPECT_TRUE(using_it->knows("add"));
  EXPECT_FALSE(using_it->knows("subtract"));
  const ScopedEnv searching("GIRIH_AUTOTUNE", "search");
  EXPECT_TRUE(provider_of_environment()->knows("subtract"));
  const ScopedEnv off("GIRIH_AUTOTUNE", "off");
  EXPECT_EQ(provider_of_environment(), nullptr);
  const ScopedEnv wrong("GIRIH_AUTOTUNE", "maybe");
  EXPECT_THROW(provider_of_environment(), RuntimeError);
}

TEST(ConfigTables, FindAChoiceInLessThanAMicrosecond) {
  std::vector<ChoiceRow> rows;
  for (int row = 0; row < 2000; ++row)
    rows.push_back(testing::some_choice(row));
  const ConfigTable table(rows);
  EXPECT_EQ(table.size(), 2000u);
  EXPECT_EQ(table.find(testing::some_key(77))->config,
            testing::some_choice().config);
  EXPECT_EQ(table.find(testing::some_key(2000)), nullptr);
  EXPECT_FALSE(table.knows("subtract"));
  TuningKey other = testing::some_key(5);
  other.bucket = "128 128";
  EXPECT_NE(table.why_not("add", other).find("64 64 and not 128 128"),
            std::string::npos);
}

} // namespace
} // namespace girih::autotune

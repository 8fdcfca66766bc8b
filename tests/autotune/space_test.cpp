// SPDX-License-Identifier: Apache-2.0
#include "problems.h"

#include "girih/autotune/cases.h"
#include "girih/autotune/space.h"
#include "girih/compiler/config_fit.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace girih::autotune {
namespace {

const Problem &product() {
  static const Problem *const made =
      new Problem(testing::problem_for(testing::make_product("spaced_product"),
                                       testing::product_operands(64, 48, 80)));
  return *made;
}

Space some_space() {
  Space space;
  space.axis("BM", {16, 32}).axis("BN", {16, 32, 64}).axis("BK", {16});
  return space;
}

TEST(Spaces, AreAllCombinationsWithTheFallbackFirst) {
  const auto all = some_space().candidates(product());
  EXPECT_EQ(all.size(), 7u); // six and the fallback
  EXPECT_EQ(all[0].config, product().fallback);
  std::set<std::string> different;
  for (const Candidate &each : all) {
    EXPECT_EQ(each.dropped, "");
    different.insert(each.config.to_string());
  }
  EXPECT_EQ(different.size(), all.size());
}

TEST(Spaces, ConstraintsDropByName) {
  Space space = some_space();
  space.constraint("wide", [](const Config &config) {
    return config.blocks.at("BN") <= config.blocks.at("BM");
  });
  int dropped = 0;
  for (const Candidate &each : space.candidates(product())) {
    const bool wide = each.config.blocks.at("BN") > each.config.blocks.at("BM");
    if (each.config == product().fallback)
      EXPECT_EQ(each.dropped, ""); // it runs in any case
    else
      EXPECT_EQ(each.dropped, wide ? "wide" : "");
    dropped += each.dropped == "wide" ? 1 : 0;
  }
  EXPECT_EQ(dropped, 3);
}

TEST(Spaces, ConstraintsThatContradictLeaveTheFallback) {
  Space space = some_space();
  space.constraint("small", [](const Config &config) {
    return config.blocks.at("BM") < 32;
  });
  space.constraint("large", [](const Config &config) {
    return config.blocks.at("BM") > 16;
  });
  const auto all = space.candidates(product());
  EXPECT_EQ(kept(all), std::vector<Config>{product().fallback});
  EXPECT_EQ(reasons(all).at("small"), 3);
  EXPECT_EQ(reasons(all).at("large"), 3);
}

void expect_argument_error(const std::function<void()> &body,
                           const std::string &part) {
  try {
    body();
    ADD_FAILURE() << "nothing was thrown: " << part;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::argument);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << error.what();
  }
}

TEST(Spaces, EmptyOnesAreErrors) {
  expect_argument_error([] { Space().candidates(product()); }, "no axes");
  expect_argument_error([] { Space().axis("BM", {}); }, "no values");
  expect_argument_error([] { Space().axis("num_stage", {1, 2}); },
                        "no field of a Config");
  const std::vector<Candidate> none{{{}, "memory 1", "memory N"},
                                    {{}, "memory 2", "memory N"},
                                    {{}, "wide", "wide"}};
  expect_argument_error([&] { kept(none); }, "2 by `memory N`, 1 by `wide`");
  std::vector<std::int64_t> many(2000);
  for (std::size_t at = 0; at < many.size(); ++at)
    many[at] = static_cast<std::int64_t>(at) + 1;
  expect_argument_error(
      [&] {
        some_space().axis("BM", many).axis("BN", many).candidates(product());
      },
      "more than 1048576 combinations");
}

TEST(Spaces, ReasonsAreNamesOfConstraintsAndTextsWithoutNumbers) {
  Space space;
  space.axis("BM", {-16, 0, 16, 32, 64, 128}).axis("num_warps", {1, 4, 8});
  space.constraint("at most 64 rows of sm_90", [](const Config &config) {
    return config.blocks.at("BM") <= 64;
  });
  const auto counts = reasons(space.candidates(product()));
  EXPECT_EQ(counts.at("at most 64 rows of sm_90"), 3);
  int others = 0;
  for (const auto &[reason, count] : counts)
    if (reason != "at most 64 rows of sm_90") {
      EXPECT_EQ(reason.find_first_of("0123456789-"), std::string::npos)
          << reason;
      EXPECT_GT(reason.size(), 12U);
      others += count;
    }
  EXPECT_EQ(others, 6) << reasons_text(space.candidates(product()));
}

TEST(Spaces, ConstraintsThatCannotBeAskedAreErrorsWithTheirNames) {
  expect_argument_error([] { some_space().constraint("none", nullptr); },
                        "constraint `none` of a space has no function");
  Space space = some_space();
  space.constraint("of a block that is not there", [](const Config &config) {
    return config.blocks.at("NONE") > 1;
  });
  expect_argument_error([&] { space.candidates(product()); },
                        "constraint `of a block that is not there` of a space "
                        "threw");
}

TEST(Spaces, EqualValuesOfAnAxisAreOne) {
  Space space;
  space.axis("BM", {32, 16, 32, 16, 64});
  EXPECT_EQ(space.axes()[0].second, (std::vector<std::int64_t>{32, 16, 64}));
}

TEST(Spaces, AnAxisThatIsSetAgainIsReplaced) {
  Space space = some_space();
  space.axis("BN", {64});
  EXPECT_EQ(space.axes().size(), 3u);
  EXPECT_EQ(space.candidates(product()).size(), 3u);
}

TEST(Spaces, UnknownBlocksAreDroppedWithTheReason) {
  Space space = some_space();
  space.axis("BX", {1});
  const auto all = space.candidates(product());
  EXPECT_EQ(kept(all).size(), 1u);
  EXPECT_EQ(all[1].dropped, "the kernel has no block size BX");
}

TEST(Spaces, DerivedOnesHaveTheKernelsBlocksUpToItsSizes) {
  const Space space = Space::derived(product());
  std::set<std::string> names;
  for (const auto &[name, values] : space.axes()) {
    names.insert(name);
    // The first value that covers 80 is 128; the fallback's own may be more.
    for (const std::int64_t value : values)
      EXPECT_LE(value, 256) << name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"BM", "BN", "BK", "order"}));
  for (const Config &config : kept(space.candidates(product())))
    EXPECT_TRUE(compiler::misfit(config, product().roles, product().shapes,
                                 compiler::host_target())
                    .empty());
}

TEST(Spaces, CoveringBlocksCoverTheWholeBucket) {
  const std::vector<Problem> problems =
      problems_of({"rms_norm", {200, 700}, f32}, host_device);
  ASSERT_EQ(problems.size(), 1u);
  const Space space = Space::derived(problems[0]);
  for (const auto &[name, values] : space.axes())
    if (name == "N")
      EXPECT_EQ(values, std::vector<std::int64_t>{768});
}

// Of a GPU, without one.
std::string misfit_on(const std::string &arch, Config config,
                      DType dtype = bf16) {
  const std::vector<DType> dtypes{dtype, dtype, dtype};
  const std::vector<int> ranks{2, 2, 2};
  const BlockRoles roles = analyse_roles(
      testing::make_product("fitted_product").source(), dtypes, ranks);
  return compiler::misfit(config, roles,
                          {{4096, 4096}, {4096, 4096}, {4096, 4096}},
                          compiler::parse_target(arch));
}

Config tile(std::int64_t m, std::int64_t n, std::int64_t k, int warps,
            int stages) {
  Config config;
  config.blocks = {{"BM", m}, {"BN", n}, {"BK", k}};
  config.num_warps = warps;
  config.num_stages = stages;
  return config;
}

TEST(ConfigFits, SaysWhatADeviceLacks) {
  EXPECT_EQ(misfit_on("sm_90a", tile(128, 128, 64, 8, 4)), "");
  // 5 stages of (128 + 256) * 64 * 2 bytes are 245760; sm_90 has 232448.
  EXPECT_EQ(misfit_on("sm_90a", tile(128, 256, 64, 8, 4)), "");
  EXPECT_NE(misfit_on("sm_90a", tile(128, 256, 64, 8, 5)).find("245760"),
            std::string::npos);
  EXPECT_NE(misfit_on("sm_89", tile(128, 256, 64, 8, 4)).find("sm_89 has"),
            std::string::npos);
  EXPECT_NE(misfit_on("sm_90a", tile(256, 256, 32, 4, 2)).find("registers"),
            std::string::npos);
  Config many = tile(128, 128, 64, 8, 2);
  many.num_warps = 33;
  EXPECT_NE(misfit_on("sm_90a", many).find("num_warps"), std::string::npos);
  Config split = tile(128, 128, 64, 8, 2);
  split.split_k = 4;
  EXPECT_EQ(misfit_on("sm_90a", split), "");
  EXPECT_NE(misfit_on("sm_80", split).find("no code"), std::string::npos);
  Config missing = tile(128, 128, 64, 8, 2);
  missing.blocks.erase("BK");
  EXPECT_NE(misfit_on("sm_90a", missing).find("BK is missing"),
            std::string::npos);
}

TEST(ConfigFits, ABlockMustCoverWhatItSaysItCovers) {
  const std::vector<Problem> problems =
      problems_of({"rms_norm", {200, 700}, f32}, host_device);
  Config small = problems.at(0).fallback, whole = small;
  small.blocks["N"] = 512;
  whole.blocks["N"] = 1024;
  EXPECT_NE(compiler::misfit(small, problems[0].roles, problems[0].shapes,
                             compiler::host_target())
                .find("must cover 700"),
            std::string::npos);
  EXPECT_EQ(compiler::misfit(whole, problems[0].roles, problems[0].shapes,
                             compiler::host_target()),
            "");
}

TEST(CostModel, CountsWorkAsTheLaunchDoes) {
  Config config = product().fallback;
  config.blocks = {{"BM", 32}, {"BN", 16}, {"BK", 16}};
  const compiler::Work work = compiler::work_of(
      config, product().roles, product().shapes, product().dtypes);
  EXPECT_EQ(work.m, 64);
  EXPECT_EQ(work.n, 48);
  EXPECT_EQ(work.k, 80);
  EXPECT_EQ(work.programs,
            product().kernel.prepare(product().arrays, {config, {}}).programs);
  EXPECT_EQ(work.bytes, 4 * (64 * 80 + 80 * 48 + 64 * 48));
}

TEST(CostModel, CountsProgramsOfTheOperators) {
  const std::vector<Case> cases{
      {"matmul", {100, 200, 300}, f32},
      {"linear", {100, 200, 300}, f32},
      {"rms_norm", {300, 640}, f32},
      {"softmax", {300, 640}, f32},
      {"scaled_dot_product_attention", {2, 4, 2, 100, 100, 64}, f32}};
  for (const Case &each : cases)
    for (const Problem &problem : problems_of(each, host_device)) {
      const Config &config = problem.fallback;
      EXPECT_EQ(compiler::work_of(config, problem.roles, problem.shapes,
                                  problem.dtypes)
                    .programs,
                problem.kernel.prepare(problem.arrays, {config, {}}).programs)
          << problem.label << " " << config.to_string();
    }
}

/// Causal attention of 12 heads in bf16; sizes are put in afterwards.
Problem attention_problem(std::int64_t length, std::int64_t width) {
  constexpr std::int64_t small = 16;
  Problem made = problems_of({"scaled_dot_product_attention",
                              {1, 12, 12, small, small, width},
                              bf16},
                             host_device)
                     .at(0);
  for (auto &sizes : made.shapes)
    std::replace(sizes.begin(), sizes.end(), small, length);
  return made;
}

// What the compiler said that such code needs, less the ring's barriers.
TEST(ConfigFit, CountsWhatWarpsThatShareRowsMakeForEachOther) {
  const std::pair<const char *, std::int64_t> wide[] = {
      {"ROWS=64 KEYS=192 num_warps=8 num_stages=2", 237568},
      {"ROWS=192 KEYS=64 num_warps=8 num_stages=5", 237568},
      {"ROWS=128 KEYS=64 num_warps=8 num_stages=6", 229376}};
  const std::pair<const char *, std::int64_t> narrow[] = {
      {"ROWS=16 KEYS=128 num_warps=2 num_stages=2", 71680},
      {"ROWS=64 KEYS=256 num_warps=8 num_stages=3", 237568},
      {"ROWS=192 KEYS=128 num_warps=4 num_stages=5", 188416},
      {"ROWS=128 KEYS=128 num_warps=8 num_stages=3", 114688}};
  const Problem of_128 = attention_problem(2048, 128),
                of_64 = attention_problem(2048, 64);
  for (const auto &[config, bytes] : wide)
    EXPECT_EQ(compiler::dot_shared_bytes(parse_config(config), of_128.roles),
              bytes)
        << config;
  for (const auto &[config, bytes] : narrow)
    EXPECT_EQ(compiler::dot_shared_bytes(parse_config(config), of_64.roles),
              bytes)
        << config;
  const std::string why =
      compiler::misfit(parse_config(wide[0].first), of_128.roles, of_128.shapes,
                       compiler::nvptx_target(90));
  EXPECT_NE(why.find("237568 bytes of shared memory"), std::string::npos)
      << why;
}

// Far apart on an H100, these or Configs that differ from them in the order of
// programs or in persistence only. Constants were fitted to the same shapes, so
// this guards them and proves nothing of others.
TEST(CostModel, RanksAttentionOfAGpuAsItWasMeasured) {
  struct Pair {
    std::int64_t length, width;
    const char *fast, *slow;
  };
  const Pair pairs[] = {
      {512, 64, "ROWS=64 KEYS=128 num_stages=4 warp_specialize=1",
       "ROWS=128 KEYS=192 num_warps=8 num_stages=2 warp_specialize=1"},
      {2048, 64, "ROWS=64 KEYS=64 warp_specialize=1",
       "ROWS=192 KEYS=64 num_warps=8 num_stages=5"},
      {2048, 128, "ROWS=64 KEYS=64 num_stages=2 warp_specialize=1",
       "ROWS=64 KEYS=32 num_stages=5 warp_specialize=1"},
      {8192, 64, "ROWS=128 KEYS=128 num_warps=8 warp_specialize=1",
       "ROWS=128 KEYS=128 num_stages=2 warp_specialize=1"},
      {8192, 128, "ROWS=128 KEYS=64 num_warps=8 num_stages=6 warp_specialize=1",
       "ROWS=64 KEYS=64 num_stages=4 warp_specialize=1"}};
  const compiler::Machine gpu{compiler::nvptx_target(90), 132, 50 << 20};
  for (const Pair &each : pairs) {
    const Problem problem = attention_problem(each.length, each.width);
    const auto seconds = [&](const char *config) {
      return compiler::estimate(parse_config(config), problem.roles,
                                problem.shapes, problem.dtypes, gpu)
          .seconds;
    };
    EXPECT_LT(seconds(each.fast), seconds(each.slow))
        << each.length << " " << each.width;
  }
}

TEST(Spaces, HaveTheOrderOfTheFallback) {
  Problem problem = attention_problem(512, 64);
  const auto orders = [&] {
    const Space space = Space::derived(problem);
    for (const auto &[axis, values] : space.axes())
      if (axis == "order")
        return values;
    return std::vector<std::int64_t>{};
  };
  EXPECT_EQ(orders(), (std::vector<std::int64_t>{0, 8}));
  problem.fallback.order = {ProgramOrder::Kind::descending, 0};
  EXPECT_EQ(orders(), (std::vector<std::int64_t>{-1, 0, 8}));
  for (const Candidate &each : Space::derived(problem).candidates(problem))
    EXPECT_EQ(axis_value(each.config, "order") == -1,
              each.config.order.kind == ProgramOrder::Kind::descending);
}

TEST(DefaultConfigs, KeepFewRowsOfATileOnTheHost) {
  const std::pair<std::vector<std::int64_t>, std::int64_t> cases[] = {
      {{2048, 768}, 1}, {{8192, 128}, 8}, {{300, 4096}, 1}, {{300, 400}, 2}};
  for (const auto &[sizes, rows] : cases) {
    const auto problems = problems_of({"rms_norm", sizes, f32}, host_device);
    EXPECT_EQ(problems.at(0).fallback.blocks.at("BM"), rows) << sizes[1];
  }
}

TEST(CostModel, LikesFewRowsOfATileOnTheHost) {
  const auto problems =
      problems_of({"rms_norm", {2048, 768}, f32}, host_device);
  Config one = problems.at(0).fallback, many = one;
  one.blocks["BM"] = 1;
  many.blocks["BM"] = 32;
  EXPECT_LT(problems[0].estimate(one).seconds,
            problems[0].estimate(many).seconds);
}

TEST(CostModel, CountsTheThreadsThatLaunchesUse) {
  const Problem problem = product();
  const auto waves = [&](const char *threads) {
    const testing::ScopedEnv scope("GIRIH_NUM_THREADS", threads);
    return problem.estimate(problem.fallback).waves;
  };
  EXPECT_DOUBLE_EQ(waves("1"), 3 * waves("3"));
}

TEST(CostModel, CountsLanesThatAreNotThereOnTheHost) {
  const Kernel doubled = make(
      "padded_rows",
      [](Tensor x, Tensor y) {
        auto ROWS = block_size("ROWS"), COLUMNS = block_size("COLUMNS");
        return arranged(x.tile({ROWS, COLUMNS}), y.tile({ROWS, COLUMNS}));
      },
      [](In x, Out y) { y = x + x; });
  const Problem problem =
      testing::problem_for(doubled, {testing::random({300, 1000}, 1),
                                     testing::random({300, 1000}, 2)});
  const auto seconds = [&](std::int64_t columns) {
    Config config;
    config.blocks = {{"ROWS", 1}, {"COLUMNS", columns}};
    return problem.estimate(config).seconds;
  };
  EXPECT_LT(3 * seconds(1024), seconds(16384));
}

TEST(CostModel, SaysItsTerms) {
  const std::string text = product().estimate(product().fallback).to_string();
  for (const char *part : {" us: dram ", "products ", "waves"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Cases, ReadShapesAndRefuseOthers) {
  using Shapes = std::vector<std::vector<std::int64_t>>;
  EXPECT_EQ(parse_shapes("1x2x3,40"), (Shapes{{1, 2, 3}, {40}}));
  for (const char *bad : {"", "1x", "x1", "1x2,", "0x1", "-1", "1 2", "1x2;3",
                          "99999999999999999999"})
    expect_argument_error([&] { parse_shapes(bad); }, "is no shape");
  expect_argument_error(
      [] { problems_of({"matmul", {1, 2}, f32}, host_device); },
      "matmul has 3 sizes (MxNxK), not 2");
  expect_argument_error([] { size_names_of("matmull"); }, "can be tuned");
  expect_argument_error([] { family_shapes("gpt-9", "matmul"); },
                        "no model family");
}

TEST(Cases, EveryFamilyHasSizesOfEveryOperator) {
  for (const ShapeFamily &family : shape_families())
    for (const TunableOp &op : tunable_ops()) {
      const auto shapes =
          family_shapes(std::string(family.name), std::string(op.name));
      // Over latents there is another operator.
      EXPECT_EQ(shapes.empty(), family.name == "deepseek-v3" &&
                                    op.name == "scaled_dot_product_attention")
          << family.name << " " << op.name;
      for (const auto &shape : shapes)
        EXPECT_EQ(shape.size(), op.size_names.size());
    }
}

TEST(Cases, KernelsOfTheLibraryGoByTheirEntries) {
  const auto problems = problems_of({"add", {1000}, f32}, host_device);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].kernel.name(), "add");
}

} // namespace
} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// Every lesson, in each of its dtypes, compiled for each generation of GPUs
// with the Config that it has by default.
#include "girih/examples/lessons/registry.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

class LessonsTest : public ::testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, LessonsTest,
                         ::testing::Values("sm_80", "sm_86", "sm_89", "sm_90a",
                                           "sm_100a", "sm_120a", "sm_121a"),
                         [](const auto &information) {
                           return std::string(information.param);
                         });

TEST_P(LessonsTest, CompileByDefault) {
  const compiler::Target target = compiler::parse_target(GetParam());
  for (const ops::KernelEntry &entry : lessons::all_kernels())
    for (DType dtype : entry.dtypes) {
      SCOPED_TRACE(std::string(entry.name) + " " + std::string(name(dtype)));
      const Config config =
          default_config_for(entry, dtype, entry.sizes, target);
      EXPECT_NO_THROW(compiler::compile(
          program_for(entry, dtype, entry.sizes, target, config), target));
    }
}

TEST(LessonsDefaults, OfAttentionFitTheTarget) {
  for (const ops::KernelEntry &entry : lessons::all_kernels()) {
    if (entry.name != "flash_attention")
      continue;
    auto config = [&](const char *target, std::int64_t depth) {
      std::vector<std::int64_t> sizes(entry.sizes.begin(), entry.sizes.end());
      sizes.back() = depth;
      return default_config_for(entry, bf16, sizes,
                                compiler::parse_target(target));
    };
    EXPECT_EQ(config("sm_80", 128).num_stages, 3);
    EXPECT_EQ(config("sm_80", 128).blocks.at("BM"), 128);
    EXPECT_EQ(config("sm_86", 128).num_stages, 2);
    EXPECT_EQ(config("sm_86", 128).blocks.at("BM"), 128);
    // Blocks come after stages.
    const Config deep = config("sm_120a", 256);
    EXPECT_EQ(deep.num_stages, 2);
    EXPECT_LT(deep.blocks.at("BM"), 128);
    EXPECT_EQ(deep.blocks.at("D"), 256);
  }
}

} // namespace
} // namespace girih::testing

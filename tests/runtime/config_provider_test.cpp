// SPDX-License-Identifier: Apache-2.0
// Who is asked for Configs, under which key, and what is done with the answer.
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/compiler/config_fit.h"
#include "girih/runtime/config_provider.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/launch/tuning_key.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <stdexcept>

namespace girih {
namespace {

using testing::add_config;
using testing::FakeToolchain;

std::vector<std::string> lines;

class ConfigProviders : public ::testing::Test {
protected:
  ConfigProviders() {
    lines.clear();
    set_log_sink([](const std::string &line) { lines.push_back(line); });
    before_ = set_config_provider(nullptr);
  }
  ~ConfigProviders() override {
    set_config_provider(before_);
    set_log_sink(nullptr);
  }

private:
  std::shared_ptr<ConfigProvider> before_;
};

/// Answers with one Config, and remembers what it was asked.
struct OneConfig : ConfigProvider {
  explicit OneConfig(std::optional<Config> config)
      : answer(std::move(config)) {}
  bool knows(std::string_view kernel) const override { return kernel == "add"; }
  std::optional<Config> choose(const ConfigQuery &query) override {
    keys.push_back(query.key);
    fallbacks.push_back(query.fallback);
    if (throws)
      throw std::runtime_error("no answer today");
    return answer;
  }
  std::optional<Config> answer;
  bool throws = false;
  std::vector<TuningKey> keys;
  std::vector<Config> fallbacks;
};

std::vector<Array> operands(std::int64_t size, DType dtype = f32) {
  return {Array::zeros({size}, dtype, host_device),
          Array::zeros({size}, dtype, host_device),
          Array::zeros({size}, dtype, host_device)};
}

Config config_of(const Kernel &kernel, const std::vector<Array> &arrays,
                 const LaunchOptions &options = {}) {
  return kernel.prepare(arrays, options).config;
}

TEST_F(ConfigProviders, IsAskedOnceForEachShape) {
  const FakeToolchain toolchain(testing::add_entry);
  const auto provider = std::make_shared<OneConfig>(add_config(8));
  set_config_provider(provider);
  const Kernel add = testing::make_add();
  EXPECT_EQ(config_of(add, operands(100)), add_config(8));
  EXPECT_EQ(config_of(add, operands(100)), add_config(8));
  EXPECT_EQ(provider->keys.size(), 1u);
  EXPECT_EQ(config_of(add, operands(200)), add_config(8));
  EXPECT_EQ(provider->keys.size(), 2u);
}

TEST_F(ConfigProviders, OneThatIsReplacedIsForgotten) {
  const FakeToolchain toolchain(testing::add_entry);
  const Kernel add = testing::make_add();
  const std::vector<Array> arrays = operands(100);
  const Config usual = config_of(add, arrays);
  set_config_provider(std::make_shared<OneConfig>(add_config(8)));
  EXPECT_EQ(config_of(add, arrays), add_config(8));
  set_config_provider(nullptr);
  EXPECT_EQ(config_of(add, arrays), usual);
}

TEST_F(ConfigProviders, ADemandedConfigIsObeyedAndASuggestedOneIsNot) {
  const FakeToolchain toolchain(testing::add_entry);
  const auto provider = std::make_shared<OneConfig>(add_config(8));
  set_config_provider(provider);
  const Kernel add = testing::make_add();
  const std::vector<Array> arrays = operands(100);
  EXPECT_EQ(config_of(add, arrays, {add_config(4), {}}), add_config(4));
  EXPECT_TRUE(provider->keys.empty());
  EXPECT_EQ(config_of(add, arrays, {add_config(4), {}, true}), add_config(8));
  EXPECT_EQ(provider->fallbacks.at(0), add_config(4));
  // The plans of the two are not mixed up.
  EXPECT_EQ(config_of(add, arrays, {add_config(4), {}}), add_config(4));
  provider->answer.reset();
  forget_chosen_configs();
  EXPECT_EQ(config_of(add, arrays, {add_config(4), {}, true}), add_config(4));
}

TEST_F(ConfigProviders, KernelsOfOtherNamesCostNoKey) {
  const FakeToolchain toolchain(testing::add_entry);
  const auto provider = std::make_shared<OneConfig>(add_config(8));
  set_config_provider(provider);
  const Kernel other =
      make("other", testing::add_arrangement, testing::add_application);
  EXPECT_NE(config_of(other, operands(100)), add_config(8));
  EXPECT_TRUE(provider->keys.empty());
}

TEST_F(ConfigProviders, AConfigThatDoesNotFitGivesWayWithALine) {
  const FakeToolchain toolchain(testing::add_entry);
  const Kernel add = testing::make_add();
  const std::vector<Array> arrays = operands(100);
  const Config usual = config_of(add, arrays);
  Config unknown = add_config(8), missing, persistent = add_config(8),
         wide = add_config(std::int64_t{1} << 21);
  unknown.blocks["BM"] = 4;
  persistent.persistent = true;
  const std::pair<Config, std::string> cases[] = {
      {unknown, "no block size BM"},
      {missing, "BLOCK is missing"},
      {persistent, "no code depends on"},
      {wide, "BLOCK is 2097152"}};
  for (const auto &[config, reason] : cases) {
    lines.clear();
    set_config_provider(std::make_shared<OneConfig>(config));
    EXPECT_EQ(config_of(add, arrays), usual) << reason;
    ASSERT_EQ(lines.size(), 1u) << reason;
    EXPECT_NE(lines[0].find(reason), std::string::npos) << lines[0];
  }
}

TEST_F(ConfigProviders, AProviderThatThrowsIsLoggedAndTheFallbackRuns) {
  const FakeToolchain toolchain(testing::add_entry);
  const auto provider = std::make_shared<OneConfig>(add_config(8));
  provider->throws = true;
  set_config_provider(provider);
  EXPECT_NE(config_of(testing::make_add(), operands(100)), add_config(8));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("no answer today"), std::string::npos);
}

TEST_F(ConfigProviders, AConfigThatDoesNotCompileGivesWayToTheDefault) {
  const FakeToolchain toolchain(testing::add_entry);
  const Kernel picky =
      make("add", testing::add_arrangement, [](In a, In b, Out c) {
        Tile sum = a + b;
        if (c.shape()[0] == 8)
          sum = reshape(sum, {3}); // an error of this block only
        c = sum;
      });
  const std::vector<Array> arrays = operands(100);
  set_config_provider(std::make_shared<OneConfig>(add_config(8)));
  EXPECT_NE(config_of(picky, arrays), add_config(8));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("is not used"), std::string::npos) << lines[0];
}

TEST_F(ConfigProviders, TheLaunchesOfAProviderAreNotAskedAbout) {
  const FakeToolchain toolchain(testing::add_entry);
  struct Launching : OneConfig {
    using OneConfig::OneConfig;
    std::optional<Config> choose(const ConfigQuery &query) override {
      Kernel(query.source).prepare(operands(50));
      return OneConfig::choose(query);
    }
  };
  const auto provider = std::make_shared<Launching>(add_config(8));
  set_config_provider(provider);
  EXPECT_EQ(config_of(testing::make_add(), operands(100)), add_config(8));
  EXPECT_EQ(provider->keys.size(), 1u);
}

TEST_F(ConfigProviders, AThreadsOwnProviderGoesFirst) {
  const FakeToolchain toolchain(testing::add_entry);
  set_config_provider(std::make_shared<OneConfig>(add_config(8)));
  const std::vector<Array> arrays = operands(100);
  {
    const ScopedThreadProvider scope(
        std::make_shared<OneConfig>(add_config(16)));
    EXPECT_EQ(config_of(testing::make_add(), arrays), add_config(16));
  }
  EXPECT_EQ(config_of(testing::make_add(), arrays), add_config(8));
}

/// The key under which a kernel is asked about.
TuningKey key_of(const Kernel &kernel, const std::vector<Array> &arrays) {
  const auto provider = std::make_shared<OneConfig>(std::nullopt);
  const ScopedThreadProvider scope(provider);
  kernel.prepare(arrays);
  return provider->keys.at(0);
}

TEST_F(ConfigProviders, WhatDiffersHasAnotherKey) {
  const FakeToolchain toolchain(testing::add_entry);
  const Kernel add = testing::make_add();
  const TuningKey key = key_of(add, operands(1024));
  EXPECT_EQ(key, key_of(testing::make_add(), operands(1024)));
  EXPECT_EQ(key.dtypes, "f32 f32 f32");
  EXPECT_EQ(key.bucket, "1024 1024 1024");
  EXPECT_NE(key.device.find("host"), std::string::npos);
  EXPECT_FALSE(key.compiler.empty());
  // 800 is in the bucket of 1024 and of its class, 801 only in its bucket.
  EXPECT_EQ(key, key_of(add, operands(800)));
  EXPECT_NE(key.classes, key_of(add, operands(801)).classes);
  EXPECT_NE(key.bucket, key_of(add, operands(768)).bucket);
  EXPECT_NE(key.kernel, key_of(add, operands(1024, f64)).kernel);
  // Another body under the same name and signature.
  const Kernel subtract = make("add", testing::add_arrangement,
                               [](In a, In b, Out c) { c = a - b; });
  EXPECT_NE(key.kernel, key_of(subtract, operands(1024)).kernel);
  const auto scaled = [](In a, In b, Out c) {
    c = a + b * constexpr_value<float>("SCALE", 1.0f);
  };
  const Kernel once = make("add", testing::add_arrangement, scaled);
  EXPECT_NE(key_of(once, operands(1024)).kernel,
            key_of(once.with("SCALE", 2.0f), operands(1024)).kernel);
  std::vector<Array> strided = operands(1024);
  strided[0] = Array::zeros({2048}, f32, host_device).slice(0, 0, 2048, 2);
  EXPECT_NE(key.classes, key_of(add, strided).classes);
}

TEST_F(ConfigProviders, DigestsTellKeysApartByEveryPart) {
  TuningKey key{"k", "f32", "8", "a", "host", "1"};
  std::set<KeyDigest> seen{digest_of(key)};
  for (std::string TuningKey::*part :
       {&TuningKey::kernel, &TuningKey::dtypes, &TuningKey::bucket,
        &TuningKey::classes, &TuningKey::device, &TuningKey::compiler}) {
    TuningKey other = key;
    (other.*part) += "x";
    EXPECT_TRUE(seen.insert(digest_of(other)).second);
  }
}

TEST(TuningBuckets, ArePowersOfTwoAndThreeQuartersOfThem) {
  const std::pair<std::int64_t, std::int64_t> cases[] = {
      {0, 0},       {1, 1},       {2, 2},       {3, 3},
      {4, 4},       {5, 6},       {7, 8},       {9, 12},
      {13, 16},     {17, 24},     {768, 768},   {769, 1024},
      {1024, 1024}, {5000, 6144}, {6145, 8192}, {128256, 131072}};
  for (const auto &[size, bucket] : cases)
    EXPECT_EQ(tuning_bucket(size), bucket) << size;
}

} // namespace
} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// What the engine asks of a GPU's driver: every kernel of every family is
// compiled for one, but nothing runs, as the driver is ours.
#include "girih/tests/llm/reference.h"
#include "girih/tests/runtime/fake_driver.h"
#include "girih/tests/runtime/fake_toolchain.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

namespace girih::testing {
namespace {

using namespace llm;

std::vector<Request> two_requests() {
  std::vector<Request> requests(2);
  requests[0].prompt = {1, 2, 3};
  requests[1].prompt.assign(20, 4);
  for (Request &each : requests)
    each.max_new = 8;
  return requests;
}

class LlmGpuCalls : public ::testing::TestWithParam<const char *> {
protected:
  // One driver for all tests: operators keep what they have loaded.
  static void SetUpTestSuite() {
    ptxas_ = std::make_unique<ScopedEnv>("GIRIH_PTXAS", "off");
    driver_ = std::make_unique<FakeDriver>();
  }
  static void TearDownTestSuite() {
    driver_.reset();
    ptxas_.reset();
  }
  static FakeDriver &driver() { return *driver_; }

private:
  static inline std::unique_ptr<ScopedEnv> ptxas_;
  static inline std::unique_ptr<FakeDriver> driver_;
};
INSTANTIATE_TEST_SUITE_P(, LlmGpuCalls,
                         ::testing::Values("bard_5m", "qwen2", "llama3",
                                           "qwen3", "qwen3moe", "deepseek_v3",
                                           "deepseek_v3_fp8"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });

std::string fixture_of(std::string name) {
  return name == "bard_5m" ? "bard-5m" : name;
}

TEST_P(LlmGpuCalls, StepIsOneLaunchAndOneRead) {
  const Model model = load_fixture(fixture_of(GetParam()), bf16, cuda_device());
  Engine engine(model, {.max_batch = 2, .max_context = 64});
  for (Request &each : two_requests())
    engine.submit(std::move(each));
  for (int step = 0; step < 4; ++step)
    ASSERT_TRUE(engine.step());
  // Whatever the kernels would say: nothing has ended.
  ASSERT_EQ(engine.statistics().decoded_tokens, 8);
  const std::size_t before = driver().calls().size();
  ASSERT_TRUE(engine.step());
  const auto all = driver().calls();
  std::multiset<std::string> calls(all.begin() + std::ptrdiff_t(before),
                                   all.end());
  std::erase_if(calls, [](const std::string &each) {
    return each.starts_with("cuCtx"); // of the thread, not of the GPU
  });
  EXPECT_EQ(calls,
            (std::multiset<std::string>{"cuGraphLaunch", "cuMemcpyDtoHAsync",
                                        "cuStreamSynchronize"}))
      << ::testing::PrintToString(calls);
  // What was captured runs in the stream of the replay.
  const auto launches = driver().launches();
  const std::size_t step = engine.statistics().launches;
  ASSERT_GE(launches.size(), step);
  for (std::size_t at = launches.size() - step; at < launches.size(); ++at)
    EXPECT_TRUE(launches[at].programmatic) << launches[at].entry;
  std::cout << GetParam() << ": " << step << " launches a step\n";
}

} // namespace
} // namespace girih::testing

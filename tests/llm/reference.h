// SPDX-License-Identifier: Apache-2.0
// What transformers says of the fixtures, and tests that run on each device.
#pragma once

#include "girih/examples/llm/engine/engine.h"
#include "girih/examples/llm/model_directory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace girih::testing {

/// One prompt of a reference.json.
struct ReferencePrompt {
  std::vector<std::int32_t> prompt, greedy;
  std::vector<double> margins;     // between the two largest logits, of each
  std::vector<double> logits_last; // behind the prompt
};

/// "qwen2", "bard-5m", ...
std::vector<ReferencePrompt> read_reference(const std::string &fixture);
llm::ModelDirectory open_fixture(const std::string &fixture);
/// Its model; read anew by each call.
llm::Model load_fixture(const std::string &fixture, DType dtype, Device device,
                        bool quantised = false);

/// Greedy requests of all prompts for as many tokens as there are.
std::vector<llm::Request>
requests_of(const std::vector<ReferencePrompt> &prompts);

/// Whether tokens are those of the reference, up to the first step where the
/// two largest logits are closer than 1e-3: either may follow there.
::testing::AssertionResult follows(const std::vector<std::int32_t> &tokens,
                                   const ReferencePrompt &reference);

/// A test that runs on the host and, where there is one, on a GPU.
class LlmOnDevice : public ::testing::TestWithParam<const char *> {
protected:
  void SetUp() override;
  Device device() const { return device_; }

private:
  Device device_;
};

#define GIRIH_ON_HOST_AND_CUDA(Suite)                                          \
  INSTANTIATE_TEST_SUITE_P(                                                    \
      , Suite, ::testing::Values("host", "cuda"),                              \
      [](const auto &information) { return std::string(information.param); })

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
#include "girih/tests/llm/reference.h"

#include "girih/tests/support/source_root.h"

#include <nlohmann/json.hpp>

#include <fstream>

namespace girih::testing {

namespace {

std::filesystem::path folder_of(const std::string &fixture) {
  return source_root() / (fixture == "bard-5m" ? "examples/llm/data/bard-5m"
                                               : "tests/data/llm/" + fixture);
}

} // namespace

std::vector<ReferencePrompt> read_reference(const std::string &fixture) {
  std::ifstream file(folder_of(fixture) / "reference.json");
  std::vector<ReferencePrompt> all;
  for (const auto &each : nlohmann::json::parse(file))
    all.push_back({each.at("prompt"), each.at("greedy"), each.at("top1_margin"),
                   each.at("logits_last")});
  return all;
}

llm::ModelDirectory open_fixture(const std::string &fixture) {
  return llm::ModelDirectory::open(folder_of(fixture));
}

llm::Model load_fixture(const std::string &fixture, DType dtype, Device device,
                        bool quantised) {
  const llm::ModelDirectory files = open_fixture(fixture);
  llm::FileWeights weights(files.weights, files.config);
  return llm::load_model(
      files.config, weights,
      {.dtype = dtype, .device = device, .quantised = quantised});
}

std::vector<llm::Request>
requests_of(const std::vector<ReferencePrompt> &prompts) {
  std::vector<llm::Request> requests;
  for (const ReferencePrompt &each : prompts) {
    llm::Request request;
    request.prompt = each.prompt;
    request.max_new = static_cast<std::int64_t>(each.greedy.size());
    requests.push_back(std::move(request));
  }
  return requests;
}

::testing::AssertionResult follows(const std::vector<std::int32_t> &tokens,
                                   const ReferencePrompt &reference) {
  if (tokens.size() != reference.greedy.size())
    return ::testing::AssertionFailure()
           << tokens.size() << " tokens instead of " << reference.greedy.size();
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (reference.margins[at] < 1e-3)
      break;
    if (tokens[at] != reference.greedy[at])
      return ::testing::AssertionFailure()
             << "token " << at << " is " << tokens[at] << " instead of "
             << reference.greedy[at] << ", margin " << reference.margins[at];
  }
  return ::testing::AssertionSuccess();
}

void LlmOnDevice::SetUp() {
  const bool cuda = GetParam() == std::string("cuda");
  if (cuda && cuda_device_count() == 0)
    GTEST_SKIP() << cuda_unavailable_reason();
  device_ = cuda ? cuda_device() : host_device;
}

} // namespace girih::testing

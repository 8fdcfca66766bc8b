// SPDX-License-Identifier: Apache-2.0
// Runs Programs through the host back end, in this thread.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/tests/interpreter/programs.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace girih::testing {

/// A compiled Program and its scratch, which is poisoned before each run.
class OnHost {
public:
  explicit OnHost(const Program &program,
                  const compiler::Target &target = compiler::host_target())
      : artifact_(compiler::compile(program, target)),
        code_(compiler::load_host(artifact_)) {}

  void run(const std::vector<std::int64_t> &params, std::int64_t programs) {
    run_range(params, 0, programs);
  }

  void run_range(const std::vector<std::int64_t> &params, std::int64_t begin,
                 std::int64_t end) {
    const auto bytes =
        static_cast<std::size_t>(artifact_.scratch_bytes) / 64 * 64 + 64;
    std::unique_ptr<void, void (*)(void *)> scratch(
        std::aligned_alloc(64, bytes), std::free);
    std::memset(scratch.get(), 0xff, bytes); // NaN in every float type
    code_->entry()(params.data(), begin, end, scratch.get());
  }

  const compiler::Artifact &artifact() const { return artifact_; }

private:
  compiler::Artifact artifact_;
  std::unique_ptr<compiler::HostCode> code_;
};

/// The host target with some features taken away: "avx512" or "avx2" and all
/// that need it. Code for it runs on the machine that has more.
inline compiler::Target host_without(const std::string &family) {
  compiler::Target target = compiler::host_target();
  std::string features;
  for (std::size_t at = 0; at < target.features.size();) {
    std::size_t end = target.features.find(',', at);
    end = end == std::string::npos ? target.features.size() : end;
    std::string feature = target.features.substr(at, end - at);
    const bool gone =
        feature.starts_with("+avx512") || feature.starts_with("+avx10") ||
        (family == "avx2" && (feature == "+avx2" || feature == "+fma"));
    if (gone)
      feature[0] = '-';
    features += (features.empty() ? "" : ",") + feature;
    at = end + 1;
  }
  target.features = features;
  return target;
}

} // namespace girih::testing

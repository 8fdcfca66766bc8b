// SPDX-License-Identifier: Apache-2.0
// Host objects that are not what they should be.
#include "run_on_host.h"

#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

compiler::Artifact good() {
  return compiler::compile(vector_add(f32, 64), compiler::host_target());
}

TEST(HostLoad, TwiceInOneProcess) {
  const compiler::Artifact artifact = good();
  const auto first = compiler::load_host(artifact);
  const auto second = compiler::load_host(artifact);
  EXPECT_NE(first->entry(), nullptr);
  EXPECT_NE(first->entry(), second->entry());
}

TEST(HostLoad, GarbageIsRefused) {
  compiler::Artifact artifact = good();
  artifact.code = "not an object";
  EXPECT_THROW(compiler::load_host(artifact), InternalError);
  artifact.code = "";
  EXPECT_THROW(compiler::load_host(artifact), InternalError);
}

TEST(HostLoad, TruncatedObjectIsRefused) {
  compiler::Artifact artifact = good();
  artifact.code.resize(artifact.code.size() / 2);
  EXPECT_THROW(compiler::load_host(artifact), InternalError);
}

TEST(HostLoad, MissingEntryIsRefused) {
  compiler::Artifact artifact = good();
  artifact.entry = "no_such_symbol";
  EXPECT_THROW(compiler::load_host(artifact), InternalError);
}

} // namespace
} // namespace girih::testing

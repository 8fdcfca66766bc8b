// SPDX-License-Identifier: Apache-2.0
// Tables of the documents that the code knows better.
#include "girih/dsl/support/env.h"
#include "girih/ops/registry.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace girih::testing {
namespace {

// Tests run in the root of the source tree; the bundle may be used without it.
std::string document(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(DocumentsTest, ReadmeHasTheEnvironmentTable) {
  const std::string readme = document("README.md");
  if (readme.empty())
    GTEST_SKIP() << "README.md is not in the working directory";
  EXPECT_NE(readme.find(environment_table()), std::string::npos)
      << "README.md needs this table:\n"
      << environment_table();
}

TEST(DocumentsTest, EveryKernelHasARow) {
  const std::string page = document("docs/operators.md");
  if (page.empty())
    GTEST_SKIP() << "docs/operators.md is not in the working directory";
  for (const ops::KernelEntry &entry : ops::all_kernels())
    EXPECT_NE(page.find("| `" + std::string(entry.name) + "` |"),
              std::string::npos)
        << entry.name;
}

} // namespace
} // namespace girih::testing

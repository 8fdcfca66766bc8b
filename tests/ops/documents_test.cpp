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

/// `Suite.Name` as it is written in a test's source; a function's name as it
/// is.
std::string in_source(const std::string &test) {
  const std::size_t dot = test.find('.');
  return dot == std::string::npos
             ? test + "("
             : "(" + test.substr(0, dot) + ", " + test.substr(dot + 1) + ")";
}

TEST(DocumentsTest, TestsOfBadInputExist) {
  std::istringstream page(document("docs/errors.md"));
  int checked = 0;
  for (std::string row; std::getline(page, row);) {
    if (!row.starts_with("| "))
      continue;
    // The third cell: a source file in backticks, then names of its tests.
    std::istringstream cell(row.substr(row.rfind('|', row.size() - 3)));
    std::string word, source;
    for (std::getline(cell, word, '`'); std::getline(cell, word, '`');) {
      if (word.starts_with("tests/"))
        source = document(word);
      else if (word.find_first_not_of(" ,|") != std::string::npos) {
        EXPECT_NE(source.find(in_source(word)), std::string::npos) << word;
        ++checked;
      }
    }
  }
  if (checked == 0)
    GTEST_SKIP() << "docs/errors.md is not in the working directory";
  EXPECT_GT(checked, 30);
}

TEST(DocumentsTest, TheTableOfOperatorsIsThatOfTheRegistry) {
  const std::string page = document("docs/operators.md");
  if (page.empty())
    GTEST_SKIP() << "docs/operators.md is not in the working directory";
  EXPECT_NE(page.find("<!-- operators -->\n" + ops::ops_as_markdown() +
                      "\n<!-- end of operators -->"),
            std::string::npos)
      << "put what `./x ops --markdown` prints between the two marks";
}

} // namespace
} // namespace girih::testing

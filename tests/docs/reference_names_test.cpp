// SPDX-License-Identifier: Apache-2.0
// Every function of the tile language is on a page of the reference.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace girih::testing {
namespace {

std::string text_of(const std::string &path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST(ReferenceNames, EveryFunctionIsExplained) {
  std::string pages;
  for (const char *page : {"tile_operations", "tile_lanes", "tile_control"})
    pages += text_of("docs/reference/" + std::string(page) + ".md");
  if (pages.empty())
    GTEST_SKIP() << "the pages are not below the working directory";
  const std::regex declaration(
      R"((?:Tiles?|void|Range|pair<Tile, Tile>|array<Tile, 4>)\s+(\w+)\()");
  std::set<std::string> names;
  for (const char *header :
       {"functions", "shapes", "reductions", "control", "random", "values"}) {
    std::string text = text_of("dsl/" + std::string(header) + ".h");
    for (std::sregex_iterator at(text.begin(), text.end(), declaration), end;
         at != end; ++at)
      names.insert((*at)[1]);
  }
  EXPECT_GT(names.size(), 80U);
  for (const std::string &name : names)
    EXPECT_NE(pages.find(name + "("), std::string::npos)
        << "docs/reference does not explain " << name << "()";
}

} // namespace
} // namespace girih::testing

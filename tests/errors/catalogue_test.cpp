// SPDX-License-Identifier: Apache-2.0
// Every error that recording can raise has a case in this program.
#include "expect_error.h"

#include <fstream>
#include <iostream>
#include <map>

namespace girih::testing {
namespace {

// The rows of the page's table, by error; none where there is no page.
std::multimap<std::string, std::string> rows_of_page() {
  std::multimap<std::string, std::string> out;
  std::ifstream page("docs/reference/errors.md");
  for (std::string row; std::getline(page, row);)
    if (row.starts_with("| `"))
      out.emplace(row.substr(3, row.find('`', 3) - 3), row);
  return out;
}

// Runs when all tests have: the cases above have told what they saw.
class EveryError : public ::testing::Environment {
  void TearDown() override {
    if (::testing::GTEST_FLAG(filter) != "*" || seen_errors().empty())
      return;
    auto rows = rows_of_page();
    for (const CatalogueEntry &each : catalogue()) {
      bool of_dsl = each.id <= ErrorId::no_application_out;
      EXPECT_TRUE(!of_dsl || seen_errors().contains(each.id))
          << "no case raises [" << each.name << "]";
      if (of_dsl && !rows.empty())
        check_page(std::string(each.name), rows);
    }
  }

  // The page has an example of the error that some case raised.
  static void check_page(const std::string &name,
                         const std::multimap<std::string, std::string> &rows) {
    auto [from, to] = rows.equal_range(name);
    bool shown = from != to;
    for (auto row = from; row != to; ++row)
      shown &= seen_rows().contains(row->second);
    if (shown)
      return;
    ADD_FAILURE() << "docs/reference/errors.md needs a row of [" << name
                  << "], such as one of these:";
    for (const std::string &each : seen_rows())
      if (each.starts_with("| `" + name + "` "))
        std::cout << each << "\n";
  }
};

const auto *const environment_of_tests =
    ::testing::AddGlobalTestEnvironment(new EveryError);

TEST(Catalogue, EachHasHelp) {
  for (const CatalogueEntry &each : catalogue())
    EXPECT_FALSE(each.help.empty()) << each.name;
}

TEST(Catalogue, NamesAreLowerCase) {
  for (const CatalogueEntry &each : catalogue())
    for (char c : each.name)
      EXPECT_TRUE(c == '-' || (c >= 'a' && c <= 'z')) << each.name;
}

} // namespace
} // namespace girih::testing

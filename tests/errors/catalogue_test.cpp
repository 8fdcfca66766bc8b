// SPDX-License-Identifier: Apache-2.0
// Every error that recording can raise has a case in this program.
#include "expect_error.h"

namespace girih::testing {
namespace {

// Runs when all tests have: the cases above have told what they saw.
class EveryError : public ::testing::Environment {
  void TearDown() override {
    if (::testing::GTEST_FLAG(filter) != "*" || seen_errors().empty())
      return;
    for (const CatalogueEntry &each : catalogue()) {
      bool of_dsl = each.id <= ErrorId::no_application_out;
      EXPECT_TRUE(!of_dsl || seen_errors().contains(each.id))
          << "no case raises [" << each.name << "]";
    }
  }
};

const auto *const environment_of_tests =
    ::testing::AddGlobalTestEnvironment(new EveryError);

TEST(Catalogue, NamesAreLowerCase) {
  for (const CatalogueEntry &each : catalogue())
    for (char c : each.name)
      EXPECT_TRUE(c == '-' || (c >= 'a' && c <= 'z')) << each.name;
}

} // namespace
} // namespace girih::testing

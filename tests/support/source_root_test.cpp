// SPDX-License-Identifier: Apache-2.0
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

namespace girih::testing {
namespace {

TEST(SourceRoot, NearestMarkedFolderIsFound) {
  const auto outer = std::filesystem::path(::testing::TempDir()) / "girih_root";
  const auto inner = outer / "dist" / "bundle";
  std::filesystem::create_directories(inner);
  for (const char *name : {"CMakePresets.json", "VERSION"})
    std::fclose(std::fopen((outer / name).c_str(), "w"));
  std::fclose(std::fopen((inner / "VERSION").c_str(), "w"));
  EXPECT_EQ(source_root_above(inner), outer);
  std::filesystem::remove_all(outer);
}

TEST(SourceRoot, NoneAboveTheFileSystemRoot) {
  EXPECT_EQ(source_root_above("/"), "");
  EXPECT_EQ(source_root_above("/proc/self"), "");
}

} // namespace
} // namespace girih::testing

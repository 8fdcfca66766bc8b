// SPDX-License-Identifier: Apache-2.0
// How many cores there are: affinity and quotas of control groups.
#include "girih/dsl/support/cpu_limit.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sched.h>

namespace girih {
namespace {

class CgroupTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "girih-cgroup-XXXXXX")
            .string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string &file, const std::string &text) {
    const std::filesystem::path path = root_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  std::filesystem::path root_;
};

TEST_F(CgroupTest, NoQuota) {
  EXPECT_EQ(cgroup_quota(root_.string(), "/a/b"), 0);
  write("a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/a/b"), 0);
}

TEST_F(CgroupTest, RoundsUp) {
  write("a/cpu.max", "150000 100000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/a"), 2);
  write("a/cpu.max", "20000 100000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/a"), 1);
}

TEST_F(CgroupTest, TheTightestGroupCounts) {
  write("a/cpu.max", "300000 100000\n");
  write("a/b/cpu.max", "700000 100000\n");
  write("a/b/c/cpu.max", "max 100000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/a/b/c"), 3);
  EXPECT_EQ(cgroup_quota(root_.string(), "/"), 0);
}

TEST_F(CgroupTest, VersionOne) {
  write("cpu.cfs_quota_us", "-1\n");
  write("cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/"), 0);
  write("cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(cgroup_quota(root_.string(), "/"), 4);
}

TEST(CpuLimit, FollowsAffinity) {
  EXPECT_GE(cpu_limit(), 1);
  // Of this thread alone, and put back.
  cpu_set_t all, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  CPU_ZERO(&one);
  for (std::size_t cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all))
      CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(cpu_limit(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(all), &all), 0);
}

} // namespace
} // namespace girih

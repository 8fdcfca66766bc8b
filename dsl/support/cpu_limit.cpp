// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/cpu_limit.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include <sched.h>

namespace girih {

namespace {

/// Cores that `quota` microseconds in each `period` amount to, rounded up.
int cores(double quota, double period) {
  if (quota <= 0 || period <= 0)
    return 0;
  const double number = quota / period;
  const int whole = static_cast<int>(number);
  return number > whole ? whole + 1 : std::max(1, whole);
}

/// One group's own quota: cpu.max of version 2, cpu.cfs_* of version 1.
int own_quota(const std::string &folder) {
  std::string quota;
  double period = 0;
  if (std::ifstream(folder + "/cpu.max") >> quota >> period)
    return quota == "max" ? 0
                          : cores(std::strtod(quota.c_str(), nullptr), period);
  double microseconds = 0;
  if (std::ifstream(folder + "/cpu.cfs_quota_us") >> microseconds &&
      std::ifstream(folder + "/cpu.cfs_period_us") >> period)
    return cores(microseconds, period);
  return 0;
}

int affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
  return static_cast<int>(std::thread::hardware_concurrency());
}

int least(int lhs, int rhs) {
  if (lhs == 0 || rhs == 0)
    return std::max(lhs, rhs);
  return std::min(lhs, rhs);
}

} // namespace

int cgroup_quota(const std::string &root, const std::string &group) {
  int limit = own_quota(root);
  for (std::size_t at = group.find('/'); at != std::string::npos;) {
    at = group.find('/', at + 1);
    limit = least(limit, own_quota(root + group.substr(0, at)));
  }
  return limit;
}

int cpu_limit() {
  int limit = std::max(1, affinity());
  std::ifstream groups("/proc/self/cgroup");
  // Lines are NUMBER:CONTROLLERS:PATH; version 2 has no controllers.
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'),
                      second = line.find(':', first + 1);
    if (second == std::string::npos)
      continue;
    const std::string controllers =
        "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,")
      limit = least(limit, cgroup_quota("/sys/fs/cgroup", path));
    else if (controllers.find(",cpu,") != std::string::npos)
      limit = least(limit, cgroup_quota("/sys/fs/cgroup/cpu", path));
  }
  return std::max(1, limit);
}

} // namespace girih

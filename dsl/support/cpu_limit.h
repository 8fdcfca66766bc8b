// SPDX-License-Identifier: Apache-2.0
// How many cores this process may use. Not installed.
#pragma once

#include <string>

namespace girih {

/// Cores that the process may run on: its affinity, limited by the quota of its
/// control groups, at least 1.
int cpu_limit();

/// The quota of the control group `group` (a path as in /proc/self/cgroup) and
/// the groups around it, in cores rounded up; 0 when there is none. `root` is
/// where the hierarchy is mounted.
int cgroup_quota(const std::string &root, const std::string &group);

} // namespace girih

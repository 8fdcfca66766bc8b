// SPDX-License-Identifier: Apache-2.0
// ConfigTable: choices, to be found at a launch.
#pragma once

#include "girih/autotune/store.h"
#include "girih/runtime/config_provider.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace girih::autotune {

/// Never changes once it is made, so that threads need no lock. A Config is
/// found under exactly the key that it was chosen for.
class ConfigTable {
public:
  ConfigTable() = default;
  explicit ConfigTable(std::vector<ChoiceRow> rows);

  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  /// Whether there are choices for kernels of that name.
  bool knows(std::string_view kernel_name) const {
    return by_name_.contains(kernel_name);
  }
  /// Null: there is none.
  const ChoiceRow *find(const TuningKey &key) const;
  /// What choices for kernels of that name differ in from `key`, one line.
  std::string why_not(std::string_view kernel_name, const TuningKey &key) const;

private:
  std::vector<ChoiceRow> rows_;
  std::unordered_map<KeyDigest, std::size_t, KeyDigestHash> by_digest_;
  std::multimap<std::string, std::size_t, std::less<>> by_name_;
};

} // namespace girih::autotune

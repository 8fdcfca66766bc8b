// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/table.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace girih::autotune {
namespace {

struct Part {
  std::string_view name;
  std::string TuningKey::*text;
};
// From what is least like the key to what is most like it.
constexpr std::array<Part, 6> parts{
    Part{"another kernel, or another version of it", &TuningKey::kernel},
    Part{"dtypes", &TuningKey::dtypes},
    Part{"device", &TuningKey::device},
    Part{"compiler", &TuningKey::compiler},
    Part{"classes", &TuningKey::classes},
    Part{"sizes", &TuningKey::bucket}};

} // namespace

ConfigTable::ConfigTable(std::vector<ChoiceRow> rows) : rows_(std::move(rows)) {
  for (std::size_t at = 0; at < rows_.size(); ++at) {
    by_digest_.emplace(digest_of(rows_[at].key), at);
    by_name_.emplace(rows_[at].kernel_name, at);
  }
}

const ChoiceRow *ConfigTable::find(const TuningKey &key) const {
  const auto found = by_digest_.find(digest_of(key));
  if (found == by_digest_.end() || rows_[found->second].key != key)
    return nullptr;
  return &rows_[found->second];
}

std::string ConfigTable::why_not(std::string_view kernel_name,
                                 const TuningKey &key) const {
  std::size_t most = 0;
  std::string text = "nothing was tuned for kernels of that name";
  const auto [first, last] = by_name_.equal_range(kernel_name);
  for (auto at = first; at != last; ++at) {
    const TuningKey &known = rows_[at->second].key;
    std::size_t same = 0;
    while (same < parts.size() &&
           known.*parts[same].text == key.*parts[same].text)
      ++same;
    if (same == parts.size() || same < most || (same == 0 && most > 0))
      continue;
    most = same;
    text = same == 0 ? fmt::format("what was tuned is {}", parts[same].name)
                     : fmt::format("what was tuned has other {}: {} and not {}",
                                   parts[same].name, known.*parts[same].text,
                                   key.*parts[same].text);
  }
  return text;
}

} // namespace girih::autotune

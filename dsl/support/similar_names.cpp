// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/similar_names.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace girih {
namespace {

// Levenshtein's distance: letters to insert, take out or replace.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t corner = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string joined(const std::vector<std::string> &names,
                   std::string_view last) {
  std::string text;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at > 0)
      text += at + 1 == names.size() ? last : ", ";
    text += names[at];
  }
  return text;
}

} // namespace

std::string similar_names_help(std::string_view name,
                               const std::vector<std::string> &known,
                               std::string_view all) {
  constexpr std::size_t most = 4;
  // By letters that differ, then in their order.
  std::set<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t at = 0; at < known.size(); ++at) {
    const std::size_t letters = distance(name, known[at]);
    const bool part =
        name.size() > 2 && known[at].find(name) != std::string::npos;
    if (letters <= std::max<std::size_t>(name.size() / 4, 1) || part)
      found.emplace(letters, at);
  }
  std::vector<std::string> names;
  for (const auto &[letters, at] : found)
    if (names.size() < most &&
        std::ranges::find(names, known[at]) == names.end())
      names.push_back(known[at]);
  if (names.empty())
    return std::string(all) + " " + joined(known, ", ");
  return "did you mean " + joined(names, " or ") + "?";
}

} // namespace girih

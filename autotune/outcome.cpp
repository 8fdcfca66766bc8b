// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/outcome.h"

#include <array>

namespace girih::autotune {

static constexpr std::array<std::string_view, 5> statuses{
    "measured", "failed", "wrong", "timed out", "crashed"};

std::string_view name(Outcome::Status status) {
  return statuses[static_cast<std::size_t>(status)];
}

std::optional<Outcome::Status> parse_status(std::string_view text) {
  for (std::size_t at = 0; at < statuses.size(); ++at)
    if (statuses[at] == text)
      return static_cast<Outcome::Status>(at);
  return std::nullopt;
}

} // namespace girih::autotune

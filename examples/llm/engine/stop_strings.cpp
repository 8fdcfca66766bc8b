// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/engine/stop_strings.h"

#include "girih/examples/llm/engine/request.h"

#include <algorithm>
#include <utility>

namespace girih::llm {

std::string_view name(Finish finish) {
  switch (finish) {
  case Finish::eos:
    return "eos";
  case Finish::stop_string:
    return "stop_string";
  case Finish::length:
    return "length";
  case Finish::cancelled:
    return "cancelled";
  }
  return "";
}

StopStrings::StopStrings(std::vector<std::string> strings)
    : strings_(std::move(strings)) {
  std::erase(strings_, std::string());
}

std::string StopStrings::push(std::string_view text) {
  if (found_)
    return {};
  held_ += text;
  std::size_t first = std::string::npos;
  for (const std::string &each : strings_)
    first = std::min(first, held_.find(each));
  found_ = first != std::string::npos;
  // Else up to where the end may be the beginning of one.
  if (!found_) {
    first = held_.size();
    for (const std::string &each : strings_)
      for (std::size_t length = std::min(each.size() - 1, held_.size());
           length > 0; --length)
        if (std::string_view(held_).ends_with(
                std::string_view(each).substr(0, length))) {
          first = std::min(first, held_.size() - length);
          break;
        }
  }
  std::string shown = held_.substr(0, first);
  held_.erase(0, first);
  if (found_)
    held_.clear();
  return shown;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

} // namespace girih::llm

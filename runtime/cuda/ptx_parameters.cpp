// SPDX-License-Identifier: Apache-2.0
// The parameters of a kernel as its PTX declares them.
#include "girih/runtime/cuda/nvrtc_compiler.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace girih::cuda {
namespace {

/// Bytes of a fundamental type such as `.u32`, or 0.
std::uint32_t bytes_of(std::string_view type) {
  if (type.size() < 3 || type[0] != '.' ||
      std::string_view("usbf").find(type[1]) == std::string_view::npos)
    return 0;
  std::uint32_t bits = 0;
  const auto [rest, error] =
      std::from_chars(type.data() + 2, type.data() + type.size(), bits);
  const bool whole = error == std::errc() && rest == type.data() + type.size();
  return whole && bits % 8 == 0 ? bits / 8 : 0;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  const auto blank = [](char letter) {
    return std::isspace(static_cast<unsigned char>(letter)) != 0;
  };
  while (true) {
    const auto *begin = std::ranges::find_if_not(text, blank);
    text.remove_prefix(static_cast<std::size_t>(begin - text.begin()));
    if (text.empty())
      return words;
    const auto *end = std::ranges::find_if(text, blank);
    const auto length = static_cast<std::size_t>(end - text.begin());
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// `.param .u64 .ptr .align 1 k_param_0` or `.param .align 8 .b8
/// k_param_1[16]`: what stands behind the type speaks of what a pointer points
/// to.
StoredKernel::Parameter parse_one(std::string_view text) {
  StoredKernel::Parameter parameter;
  std::uint32_t alignment = 0;
  const auto words = words_of(text);
  for (std::size_t at = 0; at < words.size() && parameter.bytes == 0; ++at) {
    if (words[at] == ".align" && at + 1 < words.size())
      alignment = number(words[at + 1]);
    parameter.bytes = bytes_of(words[at]);
  }
  parameter.alignment = alignment != 0 ? alignment : parameter.bytes;
  if (const auto bracket = text.find('['); bracket != std::string_view::npos)
    parameter.bytes *= number(text.substr(bracket + 1));
  return parameter;
}

} // namespace

std::string_view entry_text(std::string_view ptx, std::string_view entry) {
  constexpr std::string_view keyword = ".entry ";
  for (std::size_t at = ptx.find(keyword); at != std::string_view::npos;
       at = ptx.find(keyword, at + 1)) {
    std::string_view rest = ptx.substr(at + keyword.size());
    if (!rest.starts_with(entry))
      continue;
    rest.remove_prefix(entry.size());
    // Otherwise another name that begins alike.
    const bool ends = rest.empty() || rest[0] == '(' || rest[0] == '{' ||
                      std::isspace(static_cast<unsigned char>(rest[0])) != 0;
    if (ends)
      return rest.substr(0, std::min(rest.find(keyword), rest.find(".func ")));
  }
  return {};
}

std::vector<StoredKernel::Parameter> parse_parameters(std::string_view ptx,
                                                      std::string_view entry) {
  std::vector<StoredKernel::Parameter> parameters;
  std::string_view list = entry_text(ptx, entry);
  const auto open = list.find_first_not_of(" \t\r\n");
  if (open == std::string_view::npos || list[open] != '(')
    return parameters;
  list.remove_prefix(open + 1);
  list = list.substr(0, list.find(')'));
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (const auto one = parse_one(list.substr(0, comma)); one.bytes > 0)
      parameters.push_back(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parameters;
}

} // namespace girih::cuda

// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/config_fields.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/text_scanner.h"

#include <charconv>
#include <set>

namespace girih {
namespace {

constexpr int largest_group = 1 << 16;

[[noreturn]] void fail(const SourceLine &where, const std::string &text) {
  throw CompileError(ErrorId::config, where, {text});
}

std::int64_t integer(const SourceLine &where, std::string_view field,
                     std::string_view text, std::int64_t low,
                     std::int64_t high) {
  std::int64_t value = 0;
  const char *end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value < low || value > high)
    fail(where, "field " + std::string(field) + " is `" + std::string(text) +
                    "`, not an integer from " + std::to_string(low) + " to " +
                    std::to_string(high));
  return value;
}

ProgramOrder parse_order(const SourceLine &where, std::string_view text) {
  ProgramOrder out;
  if (text == "row_major")
    return out;
  if (text == "descending")
    return {ProgramOrder::Kind::descending, 0};
  if (text == "hilbert") {
    out.kind = ProgramOrder::Kind::hilbert;
    return out;
  }
  const bool descending = text.starts_with("descending:");
  if (!descending && !text.starts_with("grouped:"))
    fail(where, "field order is `" + std::string(text) +
                    "`, not row_major, grouped:N, descending, descending:N "
                    "or hilbert");
  out.kind =
      descending ? ProgramOrder::Kind::descending : ProgramOrder::Kind::grouped;
  out.group = static_cast<int>(integer(
      where, "order", text.substr(text.find(':') + 1), 1, largest_group));
  return out;
}

std::string text_of(const ProgramOrder &order) {
  switch (order.kind) {
  case ProgramOrder::Kind::row_major:
    return "row_major";
  case ProgramOrder::Kind::grouped:
    return "grouped:" + std::to_string(order.group);
  case ProgramOrder::Kind::descending:
    return order.group == 0 ? "descending"
                            : "descending:" + std::to_string(order.group);
  case ProgramOrder::Kind::hilbert:
    return "hilbert";
  }
  return "";
}

void set_field(const SourceLine &where, Config &config, std::string_view name,
               std::string_view value) {
  for (const ConfigNumber &each : config_numbers)
    if (each.name == name) {
      config.*each.value =
          static_cast<int>(integer(where, name, value, each.low, each.high));
      return;
    }
  for (const ConfigChoice &each : config_choices)
    if (each.name == name) {
      config.*each.value = integer(where, name, value, 0, 1) != 0;
      return;
    }
  if (name == "pdl")
    config.pdl = integer(where, name, value, 0, 1) != 0;
  else if (name == "order")
    config.order = parse_order(where, value);
  // Block sizes are upper case by convention; a misspelt field is not one.
  else if (!is_identifier(name) || (name[0] >= 'a' && name[0] <= 'z'))
    fail(where, "unknown field `" + std::string(name) + "`");
  else
    config.blocks[std::string(name)] =
        integer(where, name, value, 1, INT64_C(1) << 40);
}

} // namespace

std::string Config::to_string() const {
  const Config plain;
  std::string out;
  auto append = [&](std::string_view name, const std::string &value) {
    out += (out.empty() ? "" : " ") + std::string(name) + "=" + value;
  };
  for (const auto &[name, value] : blocks)
    append(name, std::to_string(value));
  for (const ConfigNumber &each : config_numbers)
    if (this->*each.value != plain.*each.value)
      append(each.name, std::to_string(this->*each.value));
  for (const ConfigChoice &each : config_choices)
    if (this->*each.value)
      append(each.name, "1");
  if (order.kind != ProgramOrder::Kind::row_major)
    append("order", text_of(order));
  if (pdl)
    append("pdl", *pdl ? "1" : "0");
  return out;
}

void check_config(const Config &config, const SourceLine &where) {
  auto check = [&](std::string_view name, int value, int low, int high) {
    if (value < low || value > high)
      throw CompileError(ErrorId::config, where,
                         {"field " + std::string(name) + " is " +
                          std::to_string(value) + ", not from " +
                          std::to_string(low) + " to " + std::to_string(high)});
  };
  for (const ConfigNumber &each : config_numbers)
    check(each.name, config.*each.value, each.low, each.high);
  if (config.order.kind == ProgramOrder::Kind::grouped)
    check("order", config.order.group, 1, largest_group);
  else if (config.order.kind == ProgramOrder::Kind::descending)
    check("order", config.order.group, 0, largest_group);
  else if (config.order.kind != ProgramOrder::Kind::row_major &&
           config.order.kind != ProgramOrder::Kind::hilbert)
    throw CompileError(ErrorId::config, where,
                       {"field order is neither row_major nor grouped nor "
                        "descending nor hilbert"});
}

Config parse_config(std::string_view text, SourceLine where) {
  Config out;
  std::set<std::string, std::less<>> seen;
  while (!text.empty()) {
    auto end = text.find_first_of(" \t\n\r");
    std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (item.empty())
      continue;
    auto equals = item.find('=');
    if (equals == std::string_view::npos)
      fail(where, "`" + std::string(item) + "` is not of the form name=value");
    std::string_view name = item.substr(0, equals);
    if (!seen.emplace(name).second)
      fail(where, "field " + std::string(name) + " is given twice");
    set_field(where, out, name, item.substr(equals + 1));
  }
  return out;
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/files/json_fields.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace girih::llm {
namespace {

using nlohmann::json;

// Longer lists than any model has are refused before they are copied.
constexpr std::size_t most_elements = 65536;

std::string shown(const json &value) {
  return value.is_structured()
             ? std::string(value.type_name())
             : printable(
                   value.dump(-1, ' ', true, json::error_handler_t::replace));
}

} // namespace

JsonFields::JsonFields(const json &value, std::string file, std::string prefix)
    : object_(&value), file_(std::move(file)), prefix_(std::move(prefix)) {
  if (!value.is_object())
    throw ModelError(file_,
                     prefix_.empty() ? prefix_
                                     : prefix_.substr(0, prefix_.size() - 1),
                     fmt::format("must be an object, not {}", shown(value)));
}

void JsonFields::fail(const std::string &name,
                      const std::string &message) const {
  throw ModelError(file_, prefix_ + name, message);
}

const json *JsonFields::find(const char *name) const {
  auto place = object_->find(name);
  return place == object_->end() || place->is_null() ? nullptr : &*place;
}

JsonFields::Int JsonFields::checked(const std::string &name, const json &value,
                                    Int least, Int most) const {
  constexpr double exact = 9007199254740992.0; // 2^53
  std::optional<Int> number;
  if (value.is_number_unsigned()) {
    auto big = value.get<std::uint64_t>();
    if (std::in_range<Int>(big))
      number = static_cast<Int>(big);
  } else if (value.is_number_integer()) {
    number = value.get<Int>();
  } else if (value.is_number_float()) {
    double real = value.get<double>();
    if (std::abs(real) <= exact && real == std::floor(real))
      number = static_cast<Int>(real);
  }
  if (!number || *number < least || *number > most)
    fail(name, fmt::format("must be a whole number from {} to {}, not {}",
                           least, most, shown(value)));
  return *number;
}

JsonFields::Int JsonFields::integer(const char *name, Int least, Int most,
                                    std::optional<Int> fallback) const {
  const json *value = find(name);
  if (!value && !fallback)
    fail(name, "is missing");
  return value ? checked(name, *value, least, most) : *fallback;
}

double JsonFields::number(const char *name, double least, double most,
                          std::optional<double> fallback) const {
  const json *value = find(name);
  if (!value && !fallback)
    fail(name, "is missing");
  if (!value)
    return *fallback;
  if (value->is_number()) {
    double real = value->get<double>();
    if (real >= least && real <= most)
      return real;
  }
  fail(name, fmt::format("must be a number from {} to {}, not {}", least, most,
                         shown(*value)));
}

bool JsonFields::boolean(const char *name, bool fallback) const {
  const json *value = find(name);
  if (!value)
    return fallback;
  if (!value->is_boolean())
    fail(name, fmt::format("must be true or false, not {}", shown(*value)));
  return value->get<bool>();
}

std::optional<std::string> JsonFields::text(const char *name) const {
  const json *value = find(name);
  if (!value)
    return std::nullopt;
  if (!value->is_string())
    fail(name, fmt::format("must be a string, not {}", shown(*value)));
  return value->get<std::string>();
}

std::optional<JsonFields> JsonFields::object(const char *name) const {
  const json *value = find(name);
  if (!value)
    return std::nullopt;
  return JsonFields(*value, file_, prefix_ + name + ".");
}

std::vector<JsonFields::Int> JsonFields::integers(const char *name, Int least,
                                                  Int most) const {
  const json *value = find(name);
  if (!value)
    return {};
  if (!value->is_array())
    return {checked(name, *value, least, most)};
  if (value->size() > most_elements)
    fail(name, fmt::format("has {} elements, more than {}", value->size(),
                           most_elements));
  std::vector<Int> out;
  for (std::size_t i = 0; i < value->size(); ++i)
    out.push_back(
        checked(fmt::format("{}[{}]", name, i), (*value)[i], least, most));
  return out;
}

std::vector<std::string> JsonFields::texts(const char *name) const {
  const json *value = find(name);
  if (!value)
    return {};
  if (!value->is_array() || value->size() > most_elements)
    fail(name, fmt::format("must be a list of at most {} strings, not {}",
                           most_elements, shown(*value)));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (!(*value)[i].is_string())
      fail(fmt::format("{}[{}]", name, i),
           fmt::format("must be a string, not {}", shown((*value)[i])));
    out.push_back((*value)[i].get<std::string>());
  }
  return out;
}

} // namespace girih::llm

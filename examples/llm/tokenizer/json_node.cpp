// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/json_node.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"

namespace girih::llm {

using nlohmann::json;

static std::string member_path(const std::string &path,
                               const std::string &key) {
  std::string name = printable(key);
  return path.empty() ? name : path + "." + name;
}

JsonNode JsonNode::at(const std::string &key) const {
  const json::object_t &members = object();
  auto member = members.find(key);
  if (member == members.end())
    throw ModelError(*file_, member_path(path_, key), "is missing");
  return {member->second, *file_, member_path(path_, key)};
}

std::optional<JsonNode> JsonNode::find(const std::string &key) const {
  const json::object_t &members = object();
  auto member = members.find(key);
  if (member == members.end() || member->second.is_null())
    return std::nullopt;
  return JsonNode(member->second, *file_, member_path(path_, key));
}

JsonNode JsonNode::element(std::size_t i) const {
  return {array().at(i), *file_, path_ + "[" + std::to_string(i) + "]"};
}

const std::string &JsonNode::string() const {
  if (!value_->is_string())
    fail_kind("a string");
  return value_->get_ref<const std::string &>();
}

bool JsonNode::boolean() const {
  if (!value_->is_boolean())
    fail_kind("true or false");
  return value_->get<bool>();
}

std::int64_t JsonNode::integer(std::int64_t lowest, std::int64_t most) const {
  std::string wanted =
      "an integer of " + std::to_string(lowest) + " to " + std::to_string(most);
  if (!value_->is_number_integer())
    fail_kind(wanted);
  // An unsigned value past the signed range reads as a negative one.
  auto number = value_->get<std::int64_t>();
  bool too_large = value_->is_number_unsigned() && number < 0;
  if (too_large || number < lowest || number > most)
    fail("must be " + wanted + ", not " + value_->dump());
  return number;
}

const json::array_t &JsonNode::array() const {
  if (!value_->is_array())
    fail_kind("an array");
  return value_->get_ref<const json::array_t &>();
}

const json::object_t &JsonNode::object() const {
  if (!value_->is_object())
    fail_kind("an object");
  return value_->get_ref<const json::object_t &>();
}

void JsonNode::fail(std::string_view message) const {
  throw ModelError(*file_, path_, message);
}

void JsonNode::fail_kind(std::string_view wanted) const {
  fail("must be " + std::string(wanted) + ", not " +
       std::string(value_->type_name()));
}

} // namespace girih::llm

// SPDX-License-Identifier: Apache-2.0
// A value in a JSON file that knows where it is, so that what is wrong with it
// can be told.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace girih::llm {

/// One value of a file. The tree must outlive it. What a value is not, it
/// throws as a ModelError with its path, such as "model.merges[3]".
class JsonNode {
public:
  JsonNode(const nlohmann::json &value, const std::string &file,
           std::string path = "")
      : value_(&value), file_(&file), path_(std::move(path)) {}

  /// A member that must be there; null counts as there.
  JsonNode at(const std::string &key) const;
  /// A member that may be absent; null counts as absent.
  std::optional<JsonNode> find(const std::string &key) const;
  /// An element of an array.
  JsonNode element(std::size_t i) const;

  bool is_null() const { return value_->is_null(); }
  bool is_string() const { return value_->is_string(); }
  bool is_array() const { return value_->is_array(); }
  bool is_object() const { return value_->is_object(); }

  const std::string &string() const;
  bool boolean() const;
  /// Of `lowest` to `most`, both included.
  std::int64_t integer(std::int64_t lowest, std::int64_t most) const;
  /// The value itself, which must be an array or an object.
  const nlohmann::json::array_t &array() const;
  const nlohmann::json::object_t &object() const;

  [[noreturn]] void fail(std::string_view message) const;
  const std::string &file() const { return *file_; }

private:
  [[noreturn]] void fail_kind(std::string_view wanted) const;

  const nlohmann::json *value_;
  const std::string *file_;
  std::string path_;
};

} // namespace girih::llm

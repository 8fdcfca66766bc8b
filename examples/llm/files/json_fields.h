// SPDX-License-Identifier: Apache-2.0
// Typed, range-checked reads of the fields of a JSON object.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace girih::llm {

/// Fields of an object, with errors that name file and field. A field that is
/// null counts as one that is absent. The object must outlive this.
class JsonFields {
public:
  using Int = std::int64_t;

  /// `prefix` is put before the names of fields in messages. Throws ModelError
  /// if `value` is not an object.
  JsonFields(const nlohmann::json &value, std::string file,
             std::string prefix = "");

  bool has(const char *name) const { return find(name) != nullptr; }
  const nlohmann::json *find(const char *name) const; // null: absent

  /// A whole number from `least` to `most`; without `fallback` it must be
  /// there.
  Int integer(const char *name, Int least, Int most,
              std::optional<Int> fallback = {}) const;
  double number(const char *name, double least, double most,
                std::optional<double> fallback = {}) const;
  bool boolean(const char *name, bool fallback) const;
  std::optional<std::string> text(const char *name) const;
  /// Empty where absent.
  std::optional<JsonFields> object(const char *name) const;
  /// A number is a list of one; absent: empty.
  std::vector<Int> integers(const char *name, Int least, Int most) const;
  std::vector<std::string> texts(const char *name) const;

  /// Throws ModelError about a field.
  [[noreturn]] void fail(const std::string &name,
                         const std::string &message) const;

private:
  Int checked(const std::string &name, const nlohmann::json &value, Int least,
              Int most) const;

  const nlohmann::json *object_;
  std::string file_, prefix_;
};

} // namespace girih::llm

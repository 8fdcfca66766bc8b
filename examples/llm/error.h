// SPDX-License-Identifier: Apache-2.0
// What is wrong with a model's files.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace girih::llm {

/// A file of a model that cannot be used: which, what in it, and why.
class ModelError : public std::runtime_error {
public:
  /// `field` may be empty.
  ModelError(std::string file, std::string field, std::string_view message)
      : std::runtime_error(file + ": " + (field.empty() ? "" : field + ": ") +
                           std::string(message)),
        file_(std::move(file)), field_(std::move(field)), message_(message) {}

  const std::string &file() const { return file_; }
  const std::string &field() const { return field_; }
  const std::string &message() const { return message_; }

private:
  std::string file_, field_, message_;
};

/// Gathers all that is wrong, so that one error can tell it. Only the first
/// `most_shown` are kept in words, the others are counted.
class ModelProblems {
public:
  static constexpr std::size_t most_shown = 20;

  void add(ModelError error) {
    if (count_++ < most_shown)
      shown_.push_back(std::move(error));
  }
  void add(std::string file, std::string field, std::string_view message) {
    add(ModelError(std::move(file), std::move(field), message));
  }
  std::size_t count() const { return count_; }

  /// Throws a ModelError if there was any: file and field are those of the
  /// first, what() has a line for each.
  void raise() const {
    if (count_ == 0)
      return;
    std::string message = shown_.front().message();
    for (std::size_t i = 1; i < shown_.size(); ++i)
      message += std::string("\n") + shown_[i].what();
    if (count_ > shown_.size())
      message += "\nand " + std::to_string(count_ - shown_.size()) + " more";
    throw ModelError(shown_.front().file(), shown_.front().field(), message);
  }

private:
  std::vector<ModelError> shown_;
  std::size_t count_ = 0;
};

} // namespace girih::llm

// SPDX-License-Identifier: Apache-2.0
// What an operator takes besides Arrays, and all of it in one boxed type for
// callers that know an operator by name: the C ABI and Python.
#pragma once

#include "girih/runtime/array.h"

#include <concepts>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace girih::ops {

/// An Array, or a number that takes part in an op as an Array of shape [] would
/// but for its dtype: the other operand's, or f32 for a fraction beside
/// integers, or i64 for an integer that is no truth value beside bools.
class ArrayOrNumber {
public:
  ArrayOrNumber(const Array &array) : value_(array) {} // NOLINT: implicit
  template <std::integral T>
  ArrayOrNumber(T number) // NOLINT: implicit by design
      : value_(static_cast<std::int64_t>(number)),
        boolean_(std::same_as<T, bool>) {}
  template <std::floating_point T>
  ArrayOrNumber(T number) // NOLINT: implicit by design
      : value_(static_cast<double>(number)) {}

  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_integer() const {
    return std::holds_alternative<std::int64_t>(value_);
  }
  /// An integer that is true or false.
  bool is_boolean() const { return boolean_; }
  /// Only where is_array().
  const Array &array() const { return std::get<Array>(value_); }
  double number() const {
    return is_integer() ? static_cast<double>(std::get<std::int64_t>(value_))
                        : std::get<double>(value_);
  }
  /// The dtype of the two together.
  DType promoted(DType other) const;
  /// Itself, or the number by value; integers wrap in an integer dtype.
  Array as(DType dtype) const;

private:
  std::variant<Array, std::int64_t, double> value_;
  bool boolean_ = false;
};

/// One argument of a call by name; the first alternative is Python's None.
using Value = std::variant<std::monostate, Array, std::vector<Array>,
                           std::int64_t, double, bool, std::string,
                           std::vector<std::int64_t>, DType, Device>;

} // namespace girih::ops

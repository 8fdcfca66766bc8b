// SPDX-License-Identifier: Apache-2.0
// The signature of an operator as text, which is what calls by name and
// documents are made from:
//   softmax(x, dim: int = -1, *, dtype: dtype? = None) -> out
// A parameter without a type is an array. Types: array, array? (may be None),
// arrays, number (an array or a number), int, float, bool, str, ints, dtype,
// device, ints or str, and with `?` those that may be None. After `*` Python
// takes names only.
#pragma once

#include "girih/ops/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace girih::ops {

struct Parameter {
  std::string name;
  std::string type = "array"; // without the `?`
  bool optional = false;      // may be None
  bool named_only = false;
  std::string default_text; // Python's text; empty: must be given
};

struct Signature {
  std::string name;
  std::vector<Parameter> parameters;
  std::vector<std::string> results; // empty: the op updates an argument

  /// Whether all parameters are plain arrays.
  bool only_arrays() const;
};

/// Throws InternalError for a text that is none.
Signature parse_signature(std::string_view text);

/// The value that a default's text stands for.
Value parse_default(std::string_view text);

/// The name at the beginning of a signature.
constexpr std::string_view name_of(std::string_view signature) {
  return signature.substr(0, signature.find('('));
}

} // namespace girih::ops

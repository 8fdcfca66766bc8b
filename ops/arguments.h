// SPDX-License-Identifier: Apache-2.0
// Argument checks that the wrappers share. Each throws RuntimeError; the text
// starts with the op's name and shows every array that the rule concerns.
#pragma once

#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/array.h"
#include "girih/runtime/stream.h"

#include <initializer_list>
#include <source_location>
#include <span>
#include <string_view>

namespace girih::ops {

/// An argument by the name that the op's declaration gives it.
struct Argument {
  std::string_view name;
  const Array &array;
};

/// One call of an op: what its errors start with and where they point.
struct Call {
  std::string_view op;
  std::source_location where;

  /// Checks that all are on one device and that `stream`, when it belongs to a
  /// device, belongs to that one. [device]
  void check_same_device(std::initializer_list<Argument> arguments,
                         const Stream &stream) const;
  /// Checks that the dtype of `argument` is one of `accepted`. [dtype]
  void check_dtype(const Argument &argument,
                   std::span<const DType> accepted) const;
  /// Checks that two arguments have the same dtype. [dtype]
  void check_same_dtype(const Argument &first, const Argument &second) const;
  /// Checks an output against what the op computes. [dtype] [shape]
  void check_output(const Argument &out, std::span<const std::int64_t> shape,
                    DType dtype, std::initializer_list<Argument> inputs) const;
  /// Throws `OP: RULE: a is f32[3, 4] on host, b is ...` with that id.
  [[noreturn]] void fail(ErrorId id, std::string_view rule,
                         std::initializer_list<Argument> arguments,
                         std::string_view help = {}) const;
};

/// A new array for the result: from `stream`'s pool when it is on a GPU.
Array allocate_result(std::span<const std::int64_t> shape, DType dtype,
                      Device device, const Stream &stream);

} // namespace girih::ops

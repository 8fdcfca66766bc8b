// SPDX-License-Identifier: Apache-2.0
// Argument checks that the wrappers share. Each throws RuntimeError; the text
// starts with the op's name and shows every array that the rule concerns.
#pragma once

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/value.h"
#include "girih/ops/views.h"
#include "girih/runtime/kernel.h"
#include "girih/runtime/stream.h"

#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::ops {

/// An argument by the name that the op's declaration gives it.
struct Argument {
  Argument(std::string_view argument_name, const Array &value)
      : name(argument_name), array(&value) {}
  /// One that may be missing: then no check concerns it.
  Argument(std::string_view argument_name, const std::optional<Array> &value)
      : name(argument_name), array(value ? &*value : nullptr) {}
  Argument(std::string_view argument_name, const ArrayOrNumber &value)
      : name(argument_name),
        array(value.is_array() ? &value.array() : nullptr) {}

  std::string_view name;
  const Array *array; // null: not given, or a number
};
using Arguments = std::span<const Argument>;

/// One call of an op: what its errors start with and where they point, and the
/// stream that its work goes to.
struct Call {
  std::string_view op;
  std::source_location where;
  const Stream &stream;

  /// Checks that all are on one device and that the stream, when it belongs to
  /// a device, belongs to that one. [device]
  void check_same_device(Arguments arguments) const;
  void check_same_device(std::initializer_list<Argument> arguments) const {
    check_same_device(Arguments(arguments.begin(), arguments.size()));
  }
  /// Checks that the dtype of `argument` is one of `accepted`. [dtype]
  void check_dtype(const Argument &argument,
                   std::span<const DType> accepted) const;
  /// Checks that two arguments have the same dtype. [dtype]
  void check_same_dtype(const Argument &first, const Argument &second) const;
  /// Checks the number of dimensions. [shape]
  void check_rank(const Argument &argument, int least, int most) const;
  void check_rank(const Argument &argument, int rank) const {
    check_rank(argument, rank, rank);
  }
  /// Checks a whole shape; -1 is any size. [shape]
  void check_shape(const Argument &argument,
                   std::initializer_list<std::int64_t> shape,
                   std::initializer_list<Argument> others = {}) const;
  /// A dimension counted from 0; -1 is the last. A scalar has one, too. [index]
  int check_dim(const Argument &argument, std::int64_t dim,
                std::string_view name = "dim") const;
  /// The same for several, sorted; all where none is given. [index] [argument]
  std::vector<int> check_dims(const Argument &argument,
                              std::span<const std::int64_t> dims,
                              std::string_view name = "dim") const;
  /// Fails with [argument] `OP: RULE` unless `holds`.
  void require(bool holds, std::string_view rule,
               std::initializer_list<Argument> arguments = {}) const;
  /// Checks outputs against what the op computes: shape, dtype, device.
  /// [dtype] [shape] [device]
  void check_outputs(std::span<const Array> outs,
                     std::span<const Shaped> results, Device device) const;
  /// Throws `OP: RULE: a is f32[3, 4] on host, b is ...` with that id.
  [[noreturn]] void fail(ErrorId id, std::string_view rule, Arguments arguments,
                         std::string_view help = {}) const;
  [[noreturn]] void fail(ErrorId id, std::string_view rule,
                         std::initializer_list<Argument> arguments,
                         std::string_view help = {}) const {
    fail(id, rule, Arguments(arguments.begin(), arguments.size()), help);
  }
  /// Runs a kernel of the op at the call's line.
  void run(const Kernel &kernel,
           std::initializer_list<const Array *> operands) const;
  void run(const Kernel &kernel, std::span<const Array *const> operands) const;
};

/// A new array for the result: from `stream`'s pool when it is on a GPU.
Array allocate_result(std::span<const std::int64_t> shape, DType dtype,
                      Device device, const Stream &stream);

} // namespace girih::ops

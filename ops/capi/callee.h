// SPDX-License-Identifier: Apache-2.0
// What plans and callers run: a kernel, or an operator in the shape of one.
#pragma once

#include "girih/ops/capi/conversions.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace girih::capi {

/// An operator: inputs, then the result.
struct BinaryOp {
  std::string_view name;
  void (*run)(const Array &, const Array &, const Array &, const Stream &,
              std::source_location);
};

/// A kernel or an operator.
struct Callee {
  std::optional<Kernel> kernel;
  const BinaryOp *op = nullptr; // when there is no kernel

  std::size_t arity() const {
    return kernel ? static_cast<std::size_t>(kernel->arity()) : 3;
  }
  /// Throws RuntimeError [count].
  void check_count(std::size_t count) const;
  void run(std::span<const Array *const> arrays,
           const LaunchOptions &options) const;
};

/// Throws RuntimeError [argument].
Callee callee_of_op(const char *name);

/// Arrays of one call, on the stack when they are few.
class ArrayList {
public:
  explicit ArrayList(std::size_t count) : count_(count) {
    if (count > few) {
      many_arrays_.resize(count);
      many_pointers_.resize(count);
    }
    for (std::size_t i = 0; i < count; ++i)
      pointers()[i] = &(*this)[i];
  }
  ArrayList(const ArrayList &) = delete;
  ArrayList &operator=(const ArrayList &) = delete;

  Array &operator[](std::size_t i) {
    return count_ > few ? many_arrays_[i] : few_arrays_[i];
  }
  std::size_t size() const { return count_; }
  std::span<const Array *const> all() { return {pointers(), count_}; }

private:
  static constexpr std::size_t few = 4;
  const Array **pointers() {
    return count_ > few ? many_pointers_.data() : few_pointers_.data();
  }

  std::size_t count_;
  std::array<Array, few> few_arrays_;
  std::array<const Array *, few> few_pointers_{};
  std::vector<Array> many_arrays_;
  std::vector<const Array *> many_pointers_;
};

} // namespace girih::capi

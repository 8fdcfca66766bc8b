// SPDX-License-Identifier: Apache-2.0
// What plans and callers run: a kernel, or an operator in the shape of one.
#pragma once

#include "girih/ops/capi/conversions.h"
#include "girih/ops/registry.h"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace girih::capi {

/// An operator that is called with arrays only: those that must be given, then
/// its results; the rest has its defaults.
struct ArrayOp {
  const ops::OpEntry *entry = nullptr;
  std::size_t required = 0;
  std::vector<ops::Value> defaults;
};

/// A kernel or an operator.
struct Callee {
  std::optional<Kernel> kernel;
  std::shared_ptr<const ArrayOp> op; // when there is no kernel

  std::size_t arity() const {
    return kernel ? static_cast<std::size_t>(kernel->arity())
                  : op->required + op->entry->outputs;
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

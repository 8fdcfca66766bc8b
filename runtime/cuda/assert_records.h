// SPDX-License-Identifier: Apache-2.0
// What failed assertions of kernels on a device have said. Not installed.
#pragma once

#include "girih/compiler/assert_record.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/cuda/driver_api.h"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::cuda {

class Gpu;

/// One record (compiler/assert_record.h) for each loaded module that has
/// assertions, in host memory that the device writes: the context, which the
/// assertion ends, could not be asked any more. Thread-safe.
class AssertRecords {
public:
  explicit AssertRecords(const Gpu &gpu) : gpu_(gpu) {}
  AssertRecords(const AssertRecords &) = delete;
  AssertRecords &operator=(const AssertRecords &) = delete;

  /// Gives the module a record where its code has assertions. The module is
  /// never unloaded, and the record never freed. Throws RuntimeError [cuda].
  void attach(ModuleHandle module, std::string_view code,
              const std::string &kernel);
  /// The assertion that has failed, as a [device-assert] error.
  std::optional<Diagnostic> failed() const;

private:
  struct Attached {
    std::string kernel;
    compiler::AssertRecord *record;
  };
  const Gpu &gpu_;
  mutable std::mutex mutex_;
  std::vector<Attached> attached_; // guarded by mutex_
};

} // namespace girih::cuda

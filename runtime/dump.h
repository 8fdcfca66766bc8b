// SPDX-License-Identifier: Apache-2.0
// GIRIH_DUMP and GIRIH_OVERRIDE: every stage of every kernel as a file, and
// edited ones read back. Not installed.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/dsl/support/diagnostics.h"

#include <optional>
#include <string>
#include <string_view>

namespace girih {

/// The files of one kernel's compilation: DIR/KERNEL-HASH/ with program.txt,
/// tile.mlir, layout.mlir, llvm.ll, kernel.ptx, config.txt, times.txt ...
class Dump {
public:
  /// Reads GIRIH_DUMP and GIRIH_OVERRIDE. Throws RuntimeError [file] when the
  /// folder of the one cannot be made, or that of the other is not there.
  Dump(const Program &program, const compiler::Target &target);
  ~Dump();
  Dump(const Dump &) = delete;
  Dump &operator=(const Dump &) = delete;

  /// Whether anything is dumped, or read back: then no cache may answer.
  static bool wanted();
  /// What to compile with; refers to this object.
  compiler::Options options();
  /// Throws `error` with a note of the file of GIRIH_OVERRIDE that it is about.
  [[noreturn]] void rethrow(const CompileError &error) const;
  /// Writes one more file of that kernel.
  void write(const std::string &name, std::string_view text);

private:
  std::optional<std::string> read_back(const std::string &name);

  std::string folder_;   // empty: nothing is dumped
  std::string override_; // empty: nothing is read back
  std::string last_read_;
  std::string times_;
};

} // namespace girih

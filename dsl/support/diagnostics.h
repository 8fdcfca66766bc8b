// SPDX-License-Identifier: Apache-2.0
// The one catalogue of errors: id, class, template. Every message of every
// layer is made here, so that each can be listed and tested.
#pragma once

#include "girih/dsl/support/source_line.h"

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// Every error there is. To add one: an enumerator here, its row at the same
/// place of the table in diagnostics.cpp, a test in tests/errors.
enum class ErrorId : std::uint8_t {
  // Text formats.
  parse,
  config,
  // Arrangements.
  rank_mismatch,
  dim_range,
  extent,
  not_one,
  permutation,
  slice,
  ellipsis,
  size_arithmetic,
  jagged,
  at_level,
  foreign_tensor,
  arranged_count,
  grid_rank,
  grid_mismatch,
  block_unknown,
  block_missing,
  block_range,
  block_name,
  constexpr_unknown,
  constexpr_missing,
  constexpr_kind,
  constexpr_name,
  tile_static,
  tile_size,
  kernel_signature,
  operand_name,
  operand_rank,
  operand_use,
  level_count,
  // Applications.
  not_recording,
  foreign_value,
  value_scope,
  loop_break,
  loop_type,
  loop_step,
  loop_reused,
  nesting,
  index_divisor,
  level_index,
  shape_mismatch,
  dot_shape,
  dot_dtype,
  dtype_unsupported,
  tile_rank,
  literal_range,
  lanes_capture,
  lanes_operation,
  lanes_result,
  missing_argument,
  condition,
  reshape,
  topk,
  arange,
  tile_index,
  scatter_partial,
  arrival_count,
  seed,
  text,
  inline_ptx,
  store_shape,
  store_conditional,
  store_missing,
  store_twice,
  store_overlap,
  store_coverage,
  no_application_out,
  // Compiler.
  unsupported_arch,
  unsupported,
  shared_memory,
  registers,
  override_file,
  assembler,
  nvrtc,
  // Runtime.
  rank,
  dtype,
  device,
  stride,
  overlap,
  null_pointer,
  shape,
  index,
  size,
  count,
  driver,
  cuda,
  out_of_memory,
  environment,
  cache,
  dlpack,
  bounds,
  file,
  argument,
  device_assert,
  capture,
  nvrtc_missing,
  race,
  unwritten,
  nan,
  // Ours.
  internal,
};

/// Who must act: the author of the kernel, the caller, or we.
enum class ErrorClass : std::uint8_t { compile, runtime, internal };
enum class Severity : std::uint8_t { error, warning };

/// One row of the catalogue. `text` and `help` hold {0}, {1}, ... for the
/// arguments; an empty `help` prints no help line.
struct CatalogueEntry {
  ErrorId id;
  std::string_view name; // as printed in brackets
  ErrorClass error_class;
  Severity severity;
  std::string_view text;
  std::string_view help;
};

/// All errors, in the order of ErrorId.
std::span<const CatalogueEntry> catalogue();
const CatalogueEntry &catalogue_entry(ErrorId id);

/// An argument of a message: text or an integer.
class MessageArgument {
public:
  MessageArgument(std::string value) : text(std::move(value)) {}
  MessageArgument(std::string_view value) : text(value) {}
  MessageArgument(const char *value) : text(value) {}
  template <class T>
    requires std::is_integral_v<T>
  MessageArgument(T value) : text(std::to_string(value)) {}

  std::string text;
};

/// A message with its place, notes and help.
struct Diagnostic {
  struct Note {
    SourceLine where;
    std::string text;
  };

  ErrorId id = ErrorId::internal;
  SourceLine where;
  std::string message;
  std::vector<Note> notes;
  std::string help;

  Diagnostic() = default;
  /// Fills the catalogue's template. Missing arguments print as nothing.
  Diagnostic(ErrorId id, SourceLine where,
             std::initializer_list<MessageArgument> arguments = {});

  /// Adds a note line; returns the diagnostic, so that calls can be chained.
  Diagnostic &note(SourceLine where, std::string text);

  /// Replaces the catalogue's help by one that knows the case.
  Diagnostic &helped(std::string text);

  /// `kernel.cpp:22: error: [rank-mismatch] ...`, then `note:` lines, then a
  /// `help:` line.
  std::string to_string() const;
};

/// Base of the three classes of errors; what() is Diagnostic::to_string().
class Error : public std::exception {
public:
  explicit Error(Diagnostic diagnostic);
  const char *what() const noexcept override { return text_.c_str(); }
  const Diagnostic &diagnostic() const { return diagnostic_; }
  ErrorId id() const { return diagnostic_.id; }
  /// The id as printed, such as "rank-mismatch".
  std::string_view id_name() const;
  const SourceLine &where() const { return diagnostic_.where; }

private:
  Diagnostic diagnostic_;
  std::string text_;
};

/// A mistake in a kernel, a Config or a text, found while recording or
/// compiling.
class CompileError : public Error {
public:
  using Error::Error;
  CompileError(ErrorId id, SourceLine where,
               std::initializer_list<MessageArgument> arguments = {})
      : Error(Diagnostic(id, std::move(where), arguments)) {}
};

/// A mistake in a call: arguments, devices, files, memory.
class RuntimeError : public Error {
public:
  using Error::Error;
  explicit RuntimeError(ErrorId id,
                        std::initializer_list<MessageArgument> arguments = {},
                        SourceLine where = {})
      : Error(Diagnostic(id, std::move(where), arguments)) {}
};

/// A broken promise of the library's own: always a bug of ours.
class InternalError : public Error {
public:
  using Error::Error;
  explicit InternalError(
      std::string_view text,
      std::source_location where = std::source_location::current());
};

/// Throws InternalError with `text` unless `condition` holds.
inline void
ensure(bool condition, const char *text,
       std::source_location where = std::source_location::current()) {
  if (!condition)
    throw InternalError(text, where);
}

} // namespace girih

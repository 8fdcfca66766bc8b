// SPDX-License-Identifier: Apache-2.0
// How this layer reports errors and warnings. Not installed.
#pragma once

#include "girih/dsl/support/diagnostics.h"

#include <string>
#include <string_view>

namespace girih {

/// What the reader of an error needs besides its message. All may be empty.
struct FailureContext {
  SourceLine where = {};
  std::string note = {};
  std::string help = {};
};

/// Throws RuntimeError of an id whose catalogue text is just its arguments.
[[noreturn]] void fail(ErrorId id, std::string message,
                       FailureContext context = {});
/// Prints one warning on stderr, or hands it to the installed sink.
void warn_cache(const std::string &message, const std::string &help = {});
/// Prints one line on stderr; the caller has asked env_has("GIRIH_LOG", topic).
void log_line(std::string_view topic, const std::string &message);

/// Receives warnings and log lines instead of stderr, for tests. Null restores.
using LogSink = void (*)(const std::string &line);
void set_log_sink(LogSink sink);

} // namespace girih

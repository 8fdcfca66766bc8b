// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/failure.h"

#include <atomic>
#include <cstdio>

namespace girih {
namespace {

std::atomic<LogSink> sink{nullptr};

void emit(const std::string &line) {
  if (LogSink to = sink.load())
    to(line);
  else
    std::fputs((line + "\n").c_str(), stderr);
}

} // namespace

void fail(ErrorId id, std::string message, FailureContext context) {
  Diagnostic diagnostic(id, std::move(context.where),
                        {std::move(message), std::move(context.help)});
  if (!context.note.empty())
    diagnostic.note({}, std::move(context.note));
  throw RuntimeError(std::move(diagnostic));
}

void warn_cache(const std::string &message, const std::string &help) {
  emit("girih: " + Diagnostic(ErrorId::cache, {}, {message, help}).to_string());
}

void log_line(std::string_view topic, const std::string &message) {
  emit("girih " + std::string(topic) + ": " + message);
}

void set_log_sink(LogSink to) { sink.store(to); }

} // namespace girih

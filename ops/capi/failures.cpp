// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/capi/failures.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/version.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace girih::capi {
namespace {

struct Failure {
  std::string text, id;
};

Failure &latest() noexcept {
  thread_local Failure failure;
  return failure;
}

girih_status remember(girih_status status, std::string_view text,
                      std::string_view id) noexcept {
  try {
    latest().text = text;
    latest().id = id;
  } catch (...) {
    latest().text.clear();
    latest().id.clear();
  }
  return status;
}

girih_status status_of(ErrorId id) {
  switch (catalogue_entry(id).error_class) {
  case ErrorClass::compile:
    return GIRIH_COMPILE_ERROR;
  case ErrorClass::runtime:
    return GIRIH_RUNTIME_ERROR;
  case ErrorClass::internal:
    break;
  }
  return GIRIH_INTERNAL_ERROR;
}

} // namespace

girih_status record_failure() noexcept {
  try {
    throw;
  } catch (const CompileError &error) {
    return remember(GIRIH_COMPILE_ERROR, error.what(), error.id_name());
  } catch (const RuntimeError &error) {
    return remember(GIRIH_RUNTIME_ERROR, error.what(), error.id_name());
  } catch (const Error &error) {
    return remember(status_of(error.id()), error.what(), error.id_name());
  } catch (const std::bad_alloc &) {
    return remember(GIRIH_RUNTIME_ERROR,
                    "error: [out-of-memory] the host is out of memory",
                    "out-of-memory");
  } catch (const std::exception &error) {
    return remember(GIRIH_INTERNAL_ERROR, error.what(), "internal");
  } catch (...) {
    return remember(GIRIH_INTERNAL_ERROR, "error: [internal] unknown exception",
                    "internal");
  }
}

void bad_argument(std::string message, std::string help) {
  throw RuntimeError(ErrorId::argument, {std::move(message), std::move(help)});
}

char *new_text(const std::string &text) {
  auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (!copy)
    throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

} // namespace girih::capi

extern "C" {

const char *girih_version(void) { return GIRIH_VERSION; }

int32_t girih_abi_version(void) { return GIRIH_ABI_VERSION; }

const char *girih_last_error(void) {
  return girih::capi::latest().text.c_str();
}

const char *girih_last_error_id(void) {
  return girih::capi::latest().id.c_str();
}

void girih_text_free(char *text) { std::free(text); }

} // extern "C"

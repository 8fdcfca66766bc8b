// SPDX-License-Identifier: Apache-2.0
// Exceptions become status codes here; none crosses the C interface.
#pragma once

#include "girih/ops/capi/girih_c.h"

#include <string>
#include <utility>

namespace girih::capi {

/// Remembers the exception being handled as this thread's latest failure. Call
/// it in a catch block.
girih_status record_failure() noexcept;

/// Runs `work`; what it throws becomes the status.
template <class Work> girih_status guarded(Work &&work) noexcept {
  try {
    std::forward<Work>(work)();
    return GIRIH_OK;
  } catch (...) {
    return record_failure();
  }
}

/// Throws RuntimeError [argument].
[[noreturn]] void bad_argument(std::string message, std::string help = {});
/// The same unless `pointer` is given. `what` names it: "girih_add: a".
inline void require(const void *pointer, const char *what) {
  if (!pointer)
    bad_argument(std::string(what) + " is NULL");
}

/// A copy for the caller, who frees it with girih_text_free.
char *new_text(const std::string &text);

} // namespace girih::capi

// SPDX-License-Identifier: Apache-2.0
// DLPack's table of functions between libraries in one Python process.
#pragma once

#include "girih/runtime/dlpack.h"

namespace girih::capi {

using dlpack::Version;

/// The table that a type offers as `__dlpack_c_exchange_api__`. Its functions
/// return 0, or -1 with a Python error set.
struct ExchangeApi {
  Version version;
  ExchangeApi *previous; // for another major version, or null
  void *allocate;
  void *managed_from_object;
  void *object_from_managed;
  int (*tensor_from_object)(void *object, void *out); // borrows; may be null
  int (*current_stream)(std::int32_t device_type, std::int32_t device_index,
                        void **out);
};

} // namespace girih::capi

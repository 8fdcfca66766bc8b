// SPDX-License-Identifier: Apache-2.0
// For who wants to know which operators are called: the tests, from which the
// list of operators has what is tested. Without an observer a call costs one
// look at a pointer.
#pragma once

#include "girih/dsl/dtype.h"
#include "girih/runtime/device.h"

#include <atomic>
#include <string_view>

namespace girih::ops {

/// A call whose arguments have passed all checks, before it runs. `dtype` is
/// the one that `OpEntry::dtypes` speaks of.
struct ObservedCall {
  std::string_view op;
  DType dtype;
  Device device;
};

using CallObserver = void (*)(const ObservedCall &call);

/// Is told of every call, by the thread that makes it; null: nobody is.
inline std::atomic<CallObserver> call_observer = nullptr;

} // namespace girih::ops

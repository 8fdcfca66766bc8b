// SPDX-License-Identifier: Apache-2.0
// What memory a model and its engine will take, worked out before any is taken.
#pragma once

#include "girih/examples/llm/config/model_config.h"
#include "girih/runtime/device.h"

#include <cstdint>
#include <string>

namespace girih::llm {

struct EngineOptions {
  std::int64_t max_batch = 8;    // sequences at a time
  std::int64_t max_context = 0;  // tokens of one; 0: what the model was made
                                 // for, up to what there is memory for
  std::int64_t cache_tokens = 0; // of all; 0: max_batch full ones, up to what
                                 // there is memory for
  std::int64_t chunk = 2048;     // prompt tokens of one pass
  bool graphs = true;            // capture the step of decoding
  bool keep_last = false; // keys of the request that ended last stay, for one
                          // that begins alike
};

struct MemoryPlan {
  Device device;
  std::int64_t weights = 0, cache = 0, activations = 0, state = 0;
  std::int64_t available = 0; // of the device, for all of this
  std::int64_t pages = 0, max_context = 0;

  std::int64_t total() const { return weights + cache + activations + state; }
  bool fits() const { return total() <= available && pages > 0; }
  /// One line for each part.
  std::string to_string() const;
};

/// `available` 0: what the device has. Nothing is allocated, nothing thrown but
/// for a device that is not there.
MemoryPlan plan_memory(const ModelConfig &config, DType dtype,
                       const EngineOptions &options, Device device,
                       std::int64_t available = 0);
/// The same of so many bytes on a device that need not be there. `options` are
/// positive or 0, max_batch is at most 2^20.
MemoryPlan plan_within(const ModelConfig &config, DType dtype,
                       const EngineOptions &options, Device device,
                       std::int64_t available);
/// Throws RequestError with the plan where it does not fit.
void require_memory(const MemoryPlan &plan);

} // namespace girih::llm

// SPDX-License-Identifier: Apache-2.0
// Problem: one launch that can be tuned.
#pragma once

#include "girih/autotune/reference.h"
#include "girih/compiler/cost_model.h"
#include "girih/dsl/roles.h"
#include "girih/runtime/config_provider.h"
#include "girih/runtime/kernel.h"

#include <functional>
#include <string>
#include <vector>

namespace girih::autotune {

/// A launch of a kernel on arrays, with all that choosing a Config for it
/// needs. Cheap to copy; the arrays are views.
struct Problem {
  std::string label; // for people: "matmul 512x512x512 bf16"
  Kernel kernel;
  std::vector<Array> arrays;
  TuningKey key;
  Config fallback; // what runs while nothing is tuned
  Device device;
  BlockRoles roles;
  std::vector<std::vector<std::int64_t>> shapes; // of the operands
  std::vector<DType> dtypes;
  double flops = 0;         // of one launch; 0: nobody said
  double bytes = 0;         // of all operands, each once
  Reference reference = {}; // what it computes, where that is known

  /// The exact sizes of all operands, as TuningKey::bucket has their buckets.
  std::string shape() const;
  /// What the model says of a Config.
  compiler::Cost estimate(const Config &config) const;
};

/// Of a query, for a provider that tunes.
Problem problem_of(const ConfigQuery &query);

/// Makes the calls in `body` and gives each launch in it that needs a Config,
/// each once, in order. They run with their fallbacks.
std::vector<Problem> collect_problems(const std::function<void()> &body);

/// The device as estimates know it.
compiler::Machine machine_of(Device device);

} // namespace girih::autotune

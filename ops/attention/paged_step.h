// SPDX-License-Identifier: Apache-2.0
// A step of decoding: queries and the new key are turned, key and value are
// written to the cache, and the query sees the keys of before and the new one.
//
// The kernel reads the cache only where it was before, so that in a graph its
// copies are under way while the product that gives q, k and v still runs.
#pragma once

#include "girih/ops/attention/paged_kernel.h"

namespace girih::ops {

/// Numbers that a kernel of a step is made with.
struct StepForm {
  PagedForm paged;
  bool interleaved = false;
  auto operator<=>(const StepForm &) const = default;
};

/// One call. `paged` without ropes and sinks; its q and the key, [B, heads, D],
/// are not turned yet.
struct StepCall {
  PagedCall paged;
  Array k, v, cosines, sines, slots; // cosines and sines [B, D / 2]
  bool interleaved = false;
};

/// Whether there is a kernel for a call: all of a head is turned, and a half of
/// it is a power of two.
bool suits_step(const StepCall &step);
/// Runs the kernel, and the combining one where there are splits.
void launch_step(const Call &call, const StepCall &step);
std::vector<KernelEntry> step_entries();

} // namespace girih::ops

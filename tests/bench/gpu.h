// SPDX-License-Identifier: Apache-2.0
// The GPU that benches run on, and what its memory can do.
#pragma once

#include "report.h"

#include "girih/runtime/array.h"
#include "girih/runtime/device.h"

#include <optional>
#include <string>

namespace girih::bench {

/// The GPU that benches use; prints one line with the reason, and gives
/// nothing, where there is none.
std::optional<Device> bench_gpu(const std::string &name);

/// Two reads and one write of `bytes` each, by the best of a few hand-written
/// PTX kernels (16-byte accesses, several unrollings and block sizes): the
/// ceiling of any kernel with that traffic.
struct Ceiling {
  Timing timing;
  std::string variant;
};
Ceiling two_reads_one_write_ceiling(const Array &a, const Array &b,
                                    const Array &c);
/// The same for one read and one write.
Ceiling copy_ceiling(const Array &a, const Array &b);

} // namespace girih::bench

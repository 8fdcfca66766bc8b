// SPDX-License-Identifier: Apache-2.0
// softmax and log_softmax. A row that fits a tile, of one block or spread over
// a cluster, is read once; a longer one is read twice, by one program; few rows
// that are long are shared by programs, which first find each row's largest
// element and sum of exponentials, and then write. Every form is there for rows
// and for columns.
#pragma once

#include "girih/ops/op.h"
#include "girih/ops/reductions/exponential_sums.h"

namespace girih::ops::softmax_family {

/// The kernels of one of the two.
class Kernels {
public:
  Kernels(const std::string &name, bool logarithm);
  /// x -> out, with the whole row in a tile, or in a loop over tiles.
  const Kernel &tile(bool columns) const { return tile_[columns]; }
  const Kernel &loop(bool columns) const { return loop_[columns]; }
  /// x, largest, total -> out
  const Kernel &write(bool columns) const { return write_[columns]; }

private:
  Kernel tile_[2], loop_[2], write_[2];
};

Shaped result(const Call &call, const Array &x, std::int64_t dim,
              const std::optional<DType> &dtype);
void launch(const Call &call, const Kernels &kernels, const Array &x,
            std::int64_t dim, const Array &out);
/// The kernels' entries, and two of what is spread over clusters: whole rows,
/// and longer ones.
std::vector<KernelEntry> entries(const Kernels &kernels,
                                 std::string_view spread,
                                 std::string_view spread_loop);

/// Launches that find, for each [kept...] of a view, the largest element and
/// the sum of exponentials relative to it.
const ReductionKernels &sums();

} // namespace girih::ops::softmax_family

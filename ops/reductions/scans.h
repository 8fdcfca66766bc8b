// SPDX-License-Identifier: Apache-2.0
// cumsum and cumprod. A program walks along rows or columns and carries what
// has been so far. Few rows that are long are shared: one launch finds what
// each part comes to, one scans those, and one scans the parts from there.
#pragma once

#include "girih/ops/reductions/dims_reduction.h"

namespace girih::ops::scans {

/// Sums, or products.
enum class Kind : std::uint8_t { sum, product };

/// The kernels of one of the two.
class Kernels {
public:
  Kernels(const std::string &name, Kind kind, const ReductionKernels &totals);
  /// x -> out
  const Kernel &whole(bool columns) const { return whole_[columns]; }
  /// x, the scanned parts[kept..., P] -> out
  const Kernel &parts(bool columns) const { return parts_[columns]; }
  const ReductionKernels &totals() const { return totals_; }
  std::vector<KernelEntry> entries() const;

private:
  Kernel whole_[2], parts_[2];
  const ReductionKernels &totals_;
};

void launch(const Call &call, const Kernels &kernels, const Array &x, int dim,
            const Array &out);

/// (x, dim, dtype) for an op with kernels().
template <class Op> struct Scan {
  static Shaped result(const Call &call, const Array &x, std::int64_t dim,
                       const MaybeDType &dtype) {
    const Argument argument{"x", x};
    call.check_same_device({argument});
    call.check_dtype(argument, numbers_and_bool);
    call.check_dim(argument, dim);
    const DType type = dtype.value_or(is_float(x.dtype()) ? x.dtype() : i64);
    call.require(std::ranges::find(numbers, type) != std::end(numbers),
                 "dtype must be a number's", {argument});
    return {dims_of(x.shape()), type};
  }
  static void launch(const Call &call, const Array &x, std::int64_t dim,
                     const MaybeDType &, const Array &out) {
    scans::launch(call, Op::kernels(), x, call.check_dim({"x", x}, dim), out);
  }
};

} // namespace girih::ops::scans

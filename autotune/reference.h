// SPDX-License-Identifier: Apache-2.0
// References: what an operator's results are, in f64 by plain loops that share
// nothing with its kernels.
#pragma once

#include "girih/runtime/array.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::autotune {

/// An array of an operator's call as a view of an operand of a launch.
struct ReferenceView {
  int operand = -1;
  std::vector<std::int64_t> shape, strides; // in elements
};

/// Which operator a launch computes, and where its arrays lie.
struct Reference {
  std::string op; // empty: none is known
  std::vector<ReferenceView> inputs;
  ReferenceView out;
  double number = 0; // what norms add to the variance

  explicit operator bool() const { return !op.empty(); }
};

/// Where the call's arrays are found in those of one launch of it. None where
/// the launch is only a part of the call, or the operator has no reference.
std::optional<Reference> find_reference(std::string_view op,
                                        std::span<const Array> inputs,
                                        const Array &out, double number,
                                        std::span<const Array> operands);

/// Rows of an operator's output, and how far results may be from them.
class Expected {
public:
  /// Computes the rows, all of them or as many as take about a second, 256 at
  /// most, from the first to the last one. `operands` are those of the launch.
  Expected(const Reference &reference, std::span<const Array> operands);

  /// What is wrong with the results in `operands`; empty: nothing.
  std::string compare(std::span<const Array> operands) const;
  std::size_t rows() const { return rows_.size(); }

private:
  Reference reference_;
  std::int64_t columns_ = 0;
  std::vector<std::int64_t> rows_;
  std::vector<double> values_, bounds_; // rows x columns
};

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/overlap.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace girih {
namespace {

/// Depth-first over the terms, largest coefficient first, with two prunings:
/// the rest must reach the target, and their greatest common divisor divide it.
class Search {
public:
  Search(std::span<const BoundedTerm> terms, std::int64_t effort)
      : effort_(effort) {
    for (const BoundedTerm &term : terms)
      add(term);
    std::ranges::sort(terms_, std::greater(), &BoundedTerm::coefficient);
    reach_.assign(terms_.size() + 1, 0);
    divisor_.assign(terms_.size() + 1, 0);
    for (std::size_t at = terms_.size(); at-- > 0;) {
      reach_[at] = reach_[at + 1] + terms_[at].coefficient * terms_[at].most;
      divisor_[at] = std::gcd(divisor_[at + 1], terms_[at].coefficient);
    }
  }

  bool run(std::int64_t target) { return from(0, target); }

private:
  // x and y of equal coefficients are one unknown with the sum of their bounds.
  void add(const BoundedTerm &term) {
    if (term.most <= 0)
      return;
    for (BoundedTerm &known : terms_)
      if (known.coefficient == term.coefficient) {
        known.most += term.most;
        return;
      }
    terms_.push_back(term);
  }

  bool from(std::size_t at, std::int64_t target) {
    if (target == 0)
      return true;
    if (target < 0 || target > reach_[at])
      return false;
    if (target % divisor_[at] != 0)
      return false;
    if (--effort_ < 0)
      return true;
    const auto [coefficient, most] = terms_[at];
    const std::int64_t rest = reach_[at + 1];
    const std::int64_t least =
        target > rest ? (target - rest + coefficient - 1) / coefficient : 0;
    for (std::int64_t x = std::min(most, target / coefficient); x >= least; --x)
      if (from(at + 1, target - coefficient * x))
        return true;
    return false;
  }

  std::vector<BoundedTerm> terms_;
  std::vector<std::int64_t> reach_, divisor_;
  std::int64_t effort_;
};

/// Adds coefficient * x, 0 <= x <= most, of either sign to one side; a negative
/// one is counted down from its far end, which moves the target.
void add_term(std::vector<BoundedTerm> &terms, std::int64_t &target,
              std::int64_t coefficient, std::int64_t most) {
  if (coefficient < 0)
    target -= coefficient * most;
  if (coefficient != 0 && most > 0)
    terms.push_back({std::abs(coefficient), most});
}

} // namespace

bool can_sum_to(std::span<const BoundedTerm> terms, std::int64_t target,
                std::int64_t effort) {
  return Search(terms, effort).run(target);
}

ByteRange byte_range(const Array &array) {
  if (array.numel() == 0)
    return {};
  std::int64_t first = 0, last = 0;
  for (std::size_t dim = 0; dim < array.shape().size(); ++dim) {
    const std::int64_t reach = (array.shape()[dim] - 1) * array.strides()[dim];
    (reach < 0 ? first : last) += reach;
  }
  const std::int64_t width = bits(array.dtype());
  const std::int64_t first_bit = first * width;
  return {first_bit >= 0 ? first_bit / 8 : -((-first_bit + 7) / 8),
          ((last + 1) * width + 7) / 8};
}

bool overlaps_itself(const Array &array) {
  std::vector<BoundedTerm> dims;
  if (array.numel() == 0)
    return false;
  for (std::size_t dim = 0; dim < array.shape().size(); ++dim) {
    if (array.shape()[dim] <= 1)
      continue;
    if (array.strides()[dim] == 0)
      return true;
    dims.push_back({std::abs(array.strides()[dim]), array.shape()[dim] - 1});
  }
  // Each dimension steps over all that the smaller ones reach: the usual case.
  std::ranges::sort(dims, {}, &BoundedTerm::coefficient);
  std::int64_t reach = 0;
  bool nested = true;
  for (const BoundedTerm &dim : dims) {
    nested &= dim.coefficient > reach;
    reach += dim.coefficient * dim.most;
  }
  if (nested)
    return false;
  // Two indices of one address differ by d != 0 with sum(stride * d) = 0. Take
  // the first dimension where d is not 0, by symmetry with d >= 1 there.
  for (std::size_t first = 0; first < dims.size(); ++first) {
    std::vector<BoundedTerm> terms{
        {dims[first].coefficient, dims[first].most - 1}};
    std::int64_t target = -dims[first].coefficient;
    for (std::size_t dim = first + 1; dim < dims.size(); ++dim) {
      terms.push_back({dims[dim].coefficient, 2 * dims[dim].most});
      target += dims[dim].coefficient * dims[dim].most;
    }
    if (can_sum_to(terms, target))
      return true;
  }
  return false;
}

bool overlap(const Array &lhs, const Array &rhs) {
  if (lhs.numel() == 0 || rhs.numel() == 0 || lhs.device() != rhs.device())
    return false;
  const auto from = reinterpret_cast<std::intptr_t>(lhs.data());
  const auto to = reinterpret_cast<std::intptr_t>(rhs.data());
  const ByteRange left = byte_range(lhs), right = byte_range(rhs);
  if (from + left.begin >= to + right.end ||
      to + right.begin >= from + left.end)
    return false;
  // Strides of packed types are not whole bytes: take the ranges' word for it.
  if (bits(lhs.dtype()) < 8 || bits(rhs.dtype()) < 8)
    return true;
  // lhs + sum(stride * x) + byte = rhs + sum(stride * y) + byte.
  std::vector<BoundedTerm> terms;
  std::int64_t target = to - from;
  const std::int64_t left_bytes = bytes(lhs.dtype());
  const std::int64_t right_bytes = bytes(rhs.dtype());
  for (std::size_t dim = 0; dim < lhs.shape().size(); ++dim)
    add_term(terms, target, lhs.strides()[dim] * left_bytes,
             lhs.shape()[dim] - 1);
  for (std::size_t dim = 0; dim < rhs.shape().size(); ++dim)
    add_term(terms, target, -rhs.strides()[dim] * right_bytes,
             rhs.shape()[dim] - 1);
  add_term(terms, target, 1, left_bytes - 1);
  add_term(terms, target, -1, right_bytes - 1);
  return can_sum_to(terms, target);
}

} // namespace girih

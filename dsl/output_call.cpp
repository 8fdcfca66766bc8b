// SPDX-License-Identifier: Apache-2.0
// Outputs whose tiles the sizes of other operands place: that each element is
// written once is only known with the sizes of a call. Dimensions that share no
// coordinate are looked at one by one: the work is a sum, not a product.
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace girih {
namespace {

using Sizes = std::vector<std::int64_t>;
using Shapes = std::vector<Sizes>;

// So many places of one part are looked at, the first ones.
constexpr std::int64_t max_places = 1 << 12;

// Row-major numbers and coordinates.
void advance(Sizes &at, const Sizes &sizes) {
  for (std::size_t d = at.size(); d-- > 0;) {
    if (++at[d] < sizes[d])
      return;
    at[d] = 0;
  }
}

std::int64_t product(const Sizes &sizes, std::int64_t most) {
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end())
    return 0;
  std::int64_t out = 1;
  for (std::int64_t size : sizes)
    if (__builtin_mul_overflow(out, size, &out) || out > most)
      return most + 1;
  return out;
}

// Coordinates, dimensions of the source and bounds that belong together.
struct Part {
  std::vector<std::size_t> coordinates; // programs, then lanes
  std::vector<std::size_t> dims;
  std::vector<const Bound *> bounds;
};

// The program that wrote an element.
using Writers = std::unordered_map<std::int64_t, std::int64_t>;

class CallTrial {
public:
  CallTrial(const ArrangedOperand &operand, const Shapes &shapes, int number)
      : operand_(operand), shapes_(shapes),
        shape_(shapes[static_cast<std::size_t>(number)]),
        at_(operand.grid.size() + operand.tile.size(), 0) {
    for (const Expr &size : operand.grid)
      extents_.push_back(std::max<std::int64_t>(value(size), 0));
    extents_.insert(extents_.end(), operand.tile.begin(), operand.tile.end());
  }

  void run(const SourceLine &where) {
    if (std::find(shape_.begin(), shape_.end(), 0) != shape_.end())
      return; // nothing is to be written
    split();
    for (const Part &each : parts_)
      look(each);
    ensure(!outside_ || nothing_ || unsure_,
           "a store that is in bounds leaves its source");
    if (nothing_ && !missing_)
      missing_ = Sizes(shape_.size(), 0);
    // Where one part writes nothing, nothing is written at all.
    if (overlap_ && !nothing_ && !unsure_)
      throw CompileError(ErrorId::store_overlap, where,
                         {to_string(*overlap_), operand_.name});
    bool whole = operand_.direction == Direction::out && !operand_.partial;
    if (missing_ && whole)
      throw CompileError(
          ErrorId::store_coverage, where,
          {to_string(*missing_), operand_.name, to_string(shape_)});
  }

private:
  std::int64_t value(const Expr &expr) const {
    return expr.evaluate([&](const Symbol &symbol) {
      auto dim = static_cast<std::size_t>(symbol.dim);
      switch (symbol.kind) {
      case SymbolKind::program:
        return at_[dim];
      case SymbolKind::lane:
        return at_[operand_.grid.size() + dim];
      default:
        return shapes_[static_cast<std::size_t>(symbol.operand)][dim];
      }
    });
  }

  std::size_t root(std::size_t item) const {
    while (joined_[item] != item)
      item = joined_[item];
    return item;
  }

  // Joins the coordinates of an expression; gives one of them.
  std::optional<std::size_t> join(const Expr &expr) {
    std::optional<std::size_t> first;
    expr.for_each_symbol([&](const Symbol &symbol) {
      if (symbol.kind == SymbolKind::size)
        return;
      std::size_t item = static_cast<std::size_t>(symbol.dim) +
                         (symbol.kind == SymbolKind::lane ? operand_.grid.size()
                                                          : std::size_t{0});
      if (first)
        joined_[root(item)] = root(*first);
      first = item;
    });
    return first;
  }

  void split() {
    std::size_t coordinates = at_.size();
    joined_.resize(coordinates + shape_.size());
    std::iota(joined_.begin(), joined_.end(), std::size_t{0});
    for (std::size_t d = 0; d < shape_.size(); ++d)
      if (auto item = join(operand_.index[d]))
        joined_[root(*item)] = root(coordinates + d);
    std::vector<std::pair<const Bound *, std::size_t>> bounds;
    for (const Bound &each : operand_.bounds) {
      auto item = join(each.value), other = join(each.limit);
      if (item && other)
        joined_[root(*item)] = root(*other);
      if (item || other)
        bounds.emplace_back(&each, item ? *item : *other);
      else
        nothing_ |= !holds(each);
    }
    std::vector<Part> parts(joined_.size());
    for (std::size_t item = 0; item < joined_.size(); ++item) {
      Part &part = parts[root(item)];
      (item < coordinates ? part.coordinates : part.dims)
          .push_back(item < coordinates ? item : item - coordinates);
    }
    for (const auto &[bound, item] : bounds)
      parts[root(item)].bounds.push_back(bound);
    for (Part &each : parts)
      if (!each.coordinates.empty() || !each.dims.empty())
        parts_.push_back(std::move(each));
  }

  bool holds(const Bound &bound) const {
    std::int64_t at = value(bound.value);
    return at >= 0 && at < value(bound.limit);
  }

  void look(const Part &part) {
    Sizes extents, sizes;
    for (std::size_t each : part.coordinates)
      extents.push_back(extents_[each]);
    for (std::size_t each : part.dims)
      sizes.push_back(shape_[each]);
    std::int64_t places = product(extents, max_places),
                 elements = product(sizes, max_places);
    bool all = places <= max_places && elements <= max_places, any = false;
    Writers writers;
    Sizes at(extents.size(), 0);
    for (std::int64_t i = 0; i < std::min(places, max_places); ++i) {
      any |= write(part, at, sizes, writers);
      advance(at, extents);
    }
    std::fill(at_.begin(), at_.end(), 0);
    nothing_ |= places <= max_places && !any;
    unsure_ |= places > max_places && !any;
    for (std::int64_t i = 0; all && !missing_ && i < elements; ++i)
      if (!writers.contains(i))
        missing_ = element(part, sizes, i);
  }

  bool write(const Part &part, const Sizes &at, const Sizes &sizes,
             Writers &writers) {
    std::int64_t program = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      at_[part.coordinates[i]] = at[i];
      if (part.coordinates[i] < operand_.grid.size())
        program = program * extents_[part.coordinates[i]] + at[i];
    }
    for (const Bound *each : part.bounds)
      if (!holds(*each))
        return false;
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::int64_t index = value(operand_.index[part.dims[i]]);
      if (index < 0 || index >= sizes[i]) {
        outside_ = true; // a bound of another part must forbid it
        return false;
      }
      flat = flat * sizes[i] + index;
    }
    auto [before, first] = writers.emplace(flat, program);
    // An InOut may be updated again by the same program.
    bool again = !first && (operand_.direction == Direction::out ||
                            before->second != program);
    if (again && !overlap_)
      overlap_ = element(part, sizes, flat);
    return true;
  }

  Sizes element(const Part &part, const Sizes &sizes, std::int64_t flat) const {
    Sizes out(shape_.size(), 0);
    for (std::size_t i = sizes.size(); i-- > 0; flat /= sizes[i])
      out[part.dims[i]] = flat % sizes[i];
    return out;
  }

  const ArrangedOperand &operand_;
  const Shapes &shapes_;
  const Sizes &shape_;
  Sizes at_, extents_; // of programs, then lanes
  std::vector<std::size_t> joined_;
  std::vector<Part> parts_;
  std::optional<Sizes> overlap_, missing_;
  bool nothing_ = false, unsure_ = false, outside_ = false;
};

} // namespace

namespace {

void check_limits(const ArrangedOperand &operand, const LimitedOutput &limited,
                  const Sizes &shape) {
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (limited.limits[d] && shape[d] > *limited.limits[d] &&
        std::find(shape.begin(), shape.end(), 0) == shape.end()) {
      Sizes element(shape.size(), 0);
      element[d] = *limited.limits[d];
      throw CompileError(ErrorId::store_coverage, limited.where,
                         {to_string(element), operand.name, to_string(shape)});
    }
}

} // namespace

void check_call_outputs(const Program &program,
                        const std::vector<LimitedOutput> &limited,
                        const Shapes &shapes) {
  for (const LimitedOutput &each : limited) {
    auto number = static_cast<std::size_t>(each.operand);
    check_limits(program.operands[number], each, shapes[number]);
  }
  for (const UnprovenOutput &each : unproven_outputs(program))
    CallTrial(program.operands[static_cast<std::size_t>(each.operand)], shapes,
              each.operand)
        .run(each.where);
}

} // namespace girih

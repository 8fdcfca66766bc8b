// SPDX-License-Identifier: Apache-2.0
// Meta-operations that keep a part of the elements.
#include "girih/dsl/arrangement.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>

namespace girih {
namespace {

// A range as numbers and sizes: `count` elements, `step` apart.
struct Steps {
  Expr begin, count;
  bool exact; // every one of them is within the dimension
};

Steps steps_of(const Slice &range, const Expr &size) {
  auto from_end = [&](const Expr &value) {
    auto number = value.as_constant();
    return number && *number < 0 ? size + value : value;
  };
  bool from_first = range.begin.kind() == Extent::Kind::whole;
  bool to_last = range.end.kind() == Extent::Kind::whole;
  Steps out;
  if (range.step > 0) {
    out.begin = from_first ? Expr(0) : from_end(range.begin.size());
    Expr end = to_last ? size : from_end(range.end.size());
    out.count = max(cdiv(end - out.begin, range.step), 0);
    out.exact = to_last && is_nonnegative(out.begin);
  } else {
    out.begin = from_first ? size - 1 : from_end(range.begin.size());
    Expr end = to_last ? Expr(-1) : from_end(range.end.size());
    out.count = max(cdiv(out.begin - end, -range.step), 0);
    out.exact = from_first && (to_last || is_nonnegative(end));
  }
  return out;
}

} // namespace

Tensor Tensor::slice(int dim, Slice range, Where where) const {
  SizeLine line(where);
  auto d = static_cast<std::size_t>(checked_dim("slice()", dim, rank(), where));
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  Expr size = dims[d].size;
  if (range.step == 0 || range.step == INT64_MIN)
    throw CompileError(ErrorId::slice, where,
                       {"slice() got step " + std::to_string(range.step),
                        "a step is the distance to the next element, and "
                        "negative to go backwards"});
  if (range.begin.kind() == Extent::Kind::keep ||
      range.end.kind() == Extent::Kind::keep)
    throw CompileError(ErrorId::slice, where,
                       {"slice() got `keep` as a bound of a range",
                        "a bound that is left out is an end of the dimension"});
  Steps steps = steps_of(range, size);
  Map::Dim kept = out.add(steps.count);
  Expr value = steps.begin + Map::symbol(kept) * range.step;
  out.replace(dims[d], value);
  if (!steps.exact)
    out.bounds.push_back({value, size});
  dims[d] = kept;
  return edited(std::move(out));
}

Tensor Tensor::flip(int dim, Where where) const {
  return slice(checked_dim("flip()", dim, rank(), where), {.step = -1}, where);
}

Tensor Tensor::select(int dim, Size index, Where where) const {
  SizeLine line(where);
  int d = checked_dim("select()", dim, rank(), where);
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  Expr size = dims[static_cast<std::size_t>(d)].size;
  auto number = index.as_constant();
  Expr value = number && *number < 0 ? size + index : index;
  out.replace(dims[static_cast<std::size_t>(d)], value);
  out.bounds.push_back({value, size});
  dims.erase(dims.begin() + d);
  return edited(std::move(out));
}

Tensor Tensor::operator[](const Selection &selection) const {
  using Kind = Selector::Kind;
  auto count = [&](auto... kinds) {
    return static_cast<int>(std::count_if(
        selection.entries.begin(), selection.entries.end(),
        [&](const Selector &each) { return ((each.kind() == kinds) || ...); }));
  };
  int used = count(Kind::index, Kind::slice);
  if (used > rank())
    throw CompileError(
        ErrorId::rank_mismatch, selection.where,
        {"operator []", used, "indices", rank(), map_->describe(base_),
         "give at most one for each dimension; newaxis adds one"});
  if (int ellipses = count(Kind::ellipsis); ellipses > 1)
    throw CompileError(ErrorId::ellipsis, selection.where,
                       {map_->describe(base_), ellipses});
  int left = rank() - used, dim = 0;
  Tensor out = *this;
  for (const Selector &each : selection.entries) {
    switch (each.kind()) {
    case Kind::index:
      out = out.select(dim, each.index(), selection.where);
      break;
    case Kind::slice:
      out = out.slice(dim++, each.range(), selection.where);
      break;
    case Kind::newaxis:
      out = out.unsqueeze(dim++, selection.where);
      break;
    case Kind::ellipsis:
      dim += left;
      break;
    }
  }
  return out;
}

} // namespace girih

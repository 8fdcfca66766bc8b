// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/shapes.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <numeric>

namespace girih {
namespace {

Expr lane(std::size_t dim) {
  return Expr(Symbol{SymbolKind::lane, -1, static_cast<int>(dim), ""});
}

ValueId tile(const Located &x) { return convert(x, dtype_of(x)); }

Tile remap(const Located &x, std::vector<Expr> map, Shape shape,
           std::source_location where) {
  Recorder &recorder = recorder_of(x);
  check_size("a change of shape", shape, where);
  ValueId input = tile(x);
  if (shape.empty() || shape_of(x).empty())
    return recorder.tile(spread(recorder, input, shape, where), where);
  Node node;
  node.op = Op::remap;
  node.inputs = {input};
  node.map = std::move(map);
  node.line = where;
  ValueType type = {ValueType::Kind::tile, dtype_of(x), std::move(shape)};
  return recorder.tile(recorder.add(std::move(node), std::move(type)), where);
}

std::int64_t elements(const Shape &shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

// Lanes of a reshape: dimensions are split and joined in groups of the same
// number of elements, so that what does not change is not divided.
std::vector<Expr> reshaped(const Shape &from, const Shape &to) {
  std::vector<Expr> map(from.size(), Expr(0));
  std::size_t i = 0, j = 0;
  while (i < from.size()) {
    std::size_t first = i, begin = j;
    std::int64_t left = from[i++], right = j < to.size() ? to[j++] : 1;
    while (left != right) {
      if (left < right)
        left *= from[i++];
      else
        right *= to[j++];
    }
    Expr flat = 0;
    for (std::size_t d = begin; d < j; ++d)
      flat = flat * to[d] + (to[d] == 1 ? Expr(0) : lane(d));
    std::int64_t below = 1;
    for (std::size_t d = i; d-- > first; below *= from[d]) {
      Expr part = flat / below;
      if (from[d] == 1)
        part = 0;
      else if (below * from[d] != left)
        part = part % from[d];
      map[d] = part;
    }
  }
  return map;
}

// `shape` with its -1 filled in.
Shape completed(const Located &x, const Shape &shape, const SourceLine &where) {
  Shape from = shape_of(x), out = shape;
  auto open = std::find(out.begin(), out.end(), -1);
  if (open != out.end()) {
    *open = 1;
    std::int64_t known = tile_elements(out);
    *open = known > 0 ? elements(from) / known : 1;
  }
  std::int64_t count = tile_elements(out);
  if (count != elements(from))
    throw CompileError(
        ErrorId::reshape, where,
        {to_string(from), to_string(shape),
         count < 0 ? "sizes are positive; one of them may be -1"
                   : "the tile has " + std::to_string(elements(from)) +
                         " elements, the shape " + std::to_string(count)});
  return out;
}

} // namespace

void check_size(const char *what, const Shape &shape, const SourceLine &where) {
  if (tile_elements(shape) < 0)
    throw CompileError(ErrorId::tile_size, where,
                       {std::string("the result of ") + what, to_string(shape),
                        max_tile_elements});
}

int checked_dim(const char *what, int dim, const Located &x,
                const SourceLine &where) {
  auto rank = static_cast<int>(shape_of(x).size());
  int out = dim < 0 ? dim + rank : dim;
  if (out < 0 || out >= rank)
    throw CompileError(
        ErrorId::dim_range, where,
        {what, dim, rank,
         "a tile " + std::string(name(dtype_of(x))) + to_string(shape_of(x))});
  return out;
}

Tile arange(std::int64_t count, DType dtype, std::int64_t start,
            std::source_location where) {
  check_dtype("arange()", dtype, where);
  Recorder &recorder = Recorder::current("arange()", where);
  if (dtype != DType::i32 && dtype != DType::i64)
    throw CompileError(ErrorId::arange, where,
                       {"of dtype " + std::string(name(dtype)),
                        "it counts in i32 or i64; cast() what it gives"});
  constexpr std::int64_t limit = 1 << 30;
  if (start < -limit || start > limit)
    throw CompileError(
        ErrorId::arange, where,
        {"from " + std::to_string(start),
         "it starts within 2^30 of 0; add the rest to what it gives"});
  check_size("arange()", {count}, where);
  Node node;
  node.op = Op::arange;
  node.value = static_cast<double>(start);
  node.line = where;
  return recorder.tile(
      recorder.add(std::move(node), {ValueType::Kind::tile, dtype, {count}}),
      where);
}

Tile reshape(const Located &x, Shape shape, std::source_location where) {
  shape = completed(x, shape, where);
  if (shape.empty() && !shape_of(x).empty())
    return squeeze(reshape(x, {1}, where), 0, where);
  return remap(x, reshaped(shape_of(x), shape), shape, where);
}

Tile permute(const Located &x, const std::vector<int> &dims,
             std::source_location where) {
  Shape from = shape_of(x), to;
  std::vector<Expr> map(from.size(), Expr(0));
  std::vector<bool> seen(from.size(), false);
  std::vector<std::int64_t> given(dims.begin(), dims.end());
  for (int each : dims) {
    auto d = static_cast<std::size_t>(checked_dim("permute()", each, x, where));
    if (seen[d])
      break;
    seen[d] = true;
    map[d] = lane(to.size());
    to.push_back(from[d]);
  }
  if (to.size() != from.size() || dims.size() != from.size())
    throw CompileError(ErrorId::permutation, where,
                       {"a tile " + to_string(from), to_string(given)});
  return remap(x, std::move(map), std::move(to), where);
}

Tile transpose(const Located &x, std::source_location where) {
  Shape from = shape_of(x);
  checked_dim("transpose()", -2, x, where);
  std::vector<int> dims(from.size());
  std::iota(dims.begin(), dims.end(), 0);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return permute(x, dims, where);
}

Tile broadcast_to(const Located &x, const Shape &shape,
                  std::source_location where) {
  Recorder &recorder = recorder_of(x);
  check_size("broadcast_to()", shape, where);
  if (common_shape("broadcast_to()", shape_of(x), shape, where) != shape)
    throw CompileError(
        Diagnostic(ErrorId::shape_mismatch, where,
                   {"broadcast_to()", to_string(shape_of(x)), to_string(shape)})
            .helped("only dimensions of size 1 are repeated, and leading ones "
                    "added"));
  return recorder.tile(spread(recorder, tile(x), shape, where), where);
}

Tile unsqueeze(const Located &x, int dim, std::source_location where) {
  Shape shape = shape_of(x);
  auto rank = static_cast<int>(shape.size());
  int at = dim < 0 ? dim + rank + 1 : dim;
  if (at < 0 || at > rank)
    throw CompileError(ErrorId::dim_range, where,
                       {"unsqueeze()", dim, rank + 1, "its result"});
  shape.insert(shape.begin() + at, 1);
  return reshape(x, std::move(shape), where);
}

Tile squeeze(const Located &x, int dim, std::source_location where) {
  auto at = static_cast<std::size_t>(checked_dim("squeeze()", dim, x, where));
  Shape shape = shape_of(x);
  if (shape[at] != 1)
    throw CompileError(
        Diagnostic(ErrorId::not_one, where,
                   {"squeeze()", at, "a tile " + to_string(shape), shape[at]})
            .helped("slice() keeps one lane, a reduction along the dimension "
                    "makes one of all"));
  if (shape.size() > 1) {
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(at));
    return reshape(x, std::move(shape), where);
  }
  // To a scalar: the reduction of one lane is that lane.
  Recorder &recorder = recorder_of(x);
  ValueType scalar = {ValueType::Kind::tile, dtype_of(x), {}};
  Node node;
  node.op = Op::reduce;
  node.inputs = {tile(x)};
  node.dim = 0;
  node.line = where;
  node.body = recorder.record_lanes(
      {scalar, scalar},
      [](const std::vector<ValueId> &lanes) {
        return std::vector<ValueId>{lanes[0]};
      },
      Op::reduce, where);
  return recorder.tile(recorder.add(std::move(node), scalar), where);
}

Tile slice(const Located &x, int dim, std::int64_t begin, std::int64_t size,
           std::int64_t step, std::source_location where) {
  auto at = static_cast<std::size_t>(checked_dim("slice()", dim, x, where));
  Shape shape = shape_of(x);
  constexpr std::int64_t limit = max_tile_elements;
  bool inside = size >= 1 && size <= shape[at] && begin >= 0 &&
                begin < shape[at] && -limit <= step && step <= limit &&
                step != 0;
  std::int64_t last = inside ? begin + (size - 1) * step : -1;
  inside = last >= 0 && last < shape[at];
  if (!inside)
    throw CompileError(
        ErrorId::slice, where,
        {"slice() of " + std::to_string(size) + " lanes from " +
             std::to_string(begin) + " in steps of " + std::to_string(step) +
             (step == 0 ? " takes one lane again and again from" : " leaves") +
             " dimension " + std::to_string(at) + " of a tile " +
             to_string(shape),
         "the lanes are begin, begin + step, ..., all of them "
         "from 0 to " +
             std::to_string(shape[at] - 1)});
  std::vector<Expr> map;
  for (std::size_t d = 0; d < shape.size(); ++d)
    map.push_back(d == at ? lane(d) * step + begin : lane(d));
  shape[at] = size;
  return remap(x, std::move(map), std::move(shape), where);
}

Tile flip(const Located &x, int dim, std::source_location where) {
  auto at = static_cast<std::size_t>(checked_dim("flip()", dim, x, where));
  std::int64_t size = shape_of(x)[at];
  return slice(x, dim, size - 1, size, -1, where);
}

namespace {

// `first` where lane `dim` is below `limit`, else `second`; each is given as
// what it maps to.
Tile chosen(const Tile &first, const Tile &second, std::size_t dim,
            std::int64_t limit, std::source_location where) {
  Shape ones(first.shape(where).size(), 1);
  ones[dim] = first.shape(where)[dim];
  Tile numbers = reshape(arange(ones[dim], DType::i32, 0, where), ones, where);
  Tile below = Located(numbers, where) < Located(limit, where);
  return girih::where(Located(below, where), Located(first, where),
                      Located(second, where));
}

Located promoted(const Located &x, DType dtype, std::source_location where) {
  Located out = x;
  out.value = convert(x, dtype);
  out.kind = Located::Kind::tile;
  out.where = where;
  return out;
}

} // namespace

Tile join(const Located &x, const Located &y, std::source_location where) {
  Shape shape = common_shape("join()", shape_of(x), shape_of(y), where);
  DType dtype = common_dtype(x, y);
  shape.push_back(2);
  auto half = [&](const Located &side) {
    Tile wide = unsqueeze(promoted(side, dtype, where), -1, where);
    return broadcast_to(Located(wide, where), shape, where);
  };
  return chosen(half(x), half(y), shape.size() - 1, 1, where);
}

std::pair<Tile, Tile> split(const Located &x, std::source_location where) {
  Shape shape = shape_of(x);
  if (shape.empty() || shape.back() != 2)
    throw CompileError(Diagnostic(ErrorId::shape_mismatch, where,
                                  {"split()", to_string(shape), "[.., 2]"})
                           .helped("the last dimension must have size 2; "
                                   "slice() takes any part"));
  auto half = [&](std::int64_t which) {
    return squeeze(slice(x, -1, which, 1, 1, where), -1, where);
  };
  return {half(0), half(1)};
}

Tile cat(const Located &x, const Located &y, int dim,
         std::source_location where) {
  auto at = static_cast<std::size_t>(checked_dim("cat()", dim, x, where));
  Shape left = shape_of(x), right = shape_of(y), rest = right;
  if (rest.size() == left.size())
    rest[at] = left[at];
  if (rest != left)
    throw CompileError(Diagnostic(ErrorId::shape_mismatch, where,
                                  {"cat()", to_string(left), to_string(right)})
                           .helped("only dimension " + std::to_string(at) +
                                   " of the two may differ"));
  DType dtype = promote(dtype_of(x), dtype_of(y));
  std::int64_t limit = left[at], total = limit + right[at];
  Shape shape = left;
  shape[at] = total;
  std::vector<Expr> first, second;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    // What is taken from the other side wraps around, and is not chosen.
    std::int64_t shift = right[at] - limit % right[at];
    first.push_back(d == at ? lane(d) % limit : lane(d));
    second.push_back(d == at ? (lane(d) + shift) % right[at] : lane(d));
  }
  return chosen(remap(promoted(x, dtype, where), first, shape, where),
                remap(promoted(y, dtype, where), second, shape, where), at,
                limit, where);
}

Tile gather(const Located &x, int dim, const Located &index,
            std::source_location where) {
  int at = checked_dim("gather()", dim, x, where);
  Shape from = shape_of(x), to = shape_of(index), rest = to;
  if (rest.size() == from.size())
    rest[static_cast<std::size_t>(at)] = from[static_cast<std::size_t>(at)];
  if (rest != from)
    throw CompileError(
        Diagnostic(ErrorId::shape_mismatch, where,
                   {"gather()", to_string(from), to_string(to)})
            .helped("the index has the tile's rank and its sizes, but for "
                    "dimension " +
                    std::to_string(at)));
  DType dtype = dtype_of(index);
  if (dtype != DType::i32 && dtype != DType::i64)
    throw CompileError(ErrorId::tile_index, where,
                       {"the index of gather()",
                        "it has dtype " + std::string(name(dtype)),
                        "indices are i32 or i64"});
  Recorder &recorder = recorder_of(x);
  Node node;
  node.op = Op::take;
  node.inputs = {tile(x), tile(index)};
  node.dim = at;
  node.line = where;
  return recorder.tile(
      recorder.add(std::move(node), {ValueType::Kind::tile, dtype_of(x), to}),
      where);
}

} // namespace girih

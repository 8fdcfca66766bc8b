// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/reductions.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/shapes.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/tile_nodes.h"

#include <numeric>

namespace girih {
namespace {

using Where = std::source_location;

Located located(const Tile &tile, Where where) { return Located(tile, where); }

// dtype that sums and products are made in.
DType sum_dtype(const char *what, const Located &x) {
  DType dtype = dtype_of(x);
  if (!is_arithmetic(dtype))
    unsupported_dtype(what, dtype, x.where);
  if (!is_float(dtype))
    return DType::i64;
  return dtype == DType::f64 ? DType::f64 : DType::f32;
}

Tile as(const Located &x, DType dtype, Where where) {
  Recorder &recorder = recorder_of(x);
  return recorder.tile(convert(x, dtype), where);
}

struct Along {
  const char *what;
  Op op;
  int dim;
  bool reverse;
};

std::vector<ValueType> types_of(Recorder &recorder,
                                const std::vector<ValueId> &ids) {
  std::vector<ValueType> out;
  for (ValueId each : ids)
    out.push_back(recorder.type(each));
  return out;
}

// Records the function of lanes; checks what it gives.
Block record_combine(Recorder &recorder, const Along &along,
                     const std::vector<ValueType> &types,
                     const CombineMany &combine, Where where) {
  std::vector<ValueType> scalars;
  for (int copy = 0; copy < 2; ++copy)
    for (const ValueType &each : types)
      scalars.push_back({ValueType::Kind::tile, each.dtype, {}});
  auto body = [&](const std::vector<ValueId> &ids) {
    Tiles first, second;
    for (std::size_t i = 0; i < ids.size(); ++i)
      (i < types.size() ? first : second)
          .push_back(recorder.tile(ids[i], where));
    Tiles made = combine(first, second);
    std::vector<ValueId> out;
    for (const Tile &each : made)
      out.push_back(each.value(where));
    std::vector<ValueType> got = types_of(recorder, out);
    std::vector<ValueType> wanted(
        scalars.begin(),
        scalars.begin() + static_cast<std::ptrdiff_t>(types.size()));
    if (got != wanted) {
      auto text = [](const std::vector<ValueType> &list) {
        std::string all;
        for (const ValueType &each : list)
          all += (all.empty() ? "" : ", ") + to_string(each);
        return all.empty() ? std::string("nothing") : all;
      };
      throw CompileError(ErrorId::lanes_result, where,
                         {along.what, text(got), text(wanted),
                          "it gives one scalar of its dtype for each tile: "
                          "cast it, or cast the tiles before"});
    }
    return out;
  };
  return recorder.record_lanes(scalars, body, along.op, where);
}

Tiles emit_along(const Along &along, const std::vector<ValueId> &inputs,
                 const CombineMany *combine, Recorder &recorder, Where where) {
  std::vector<ValueType> types = types_of(recorder, inputs), results;
  Node node;
  node.op = along.op;
  node.inputs = inputs;
  node.dim = along.dim;
  node.reverse = along.reverse;
  node.line = where;
  if (combine)
    node.body = record_combine(recorder, along, types, *combine, where);
  for (const ValueType &each : types)
    results.push_back(
        without_dim(each, along.op == Op::reduce ? along.dim : -1));
  Tiles out;
  for (ValueId each : recorder.add_all(std::move(node), results))
    out.push_back(recorder.tile(each, where));
  return out;
}

template <class Function>
void check_function(const char *what, const Function &combine, Where where) {
  if (!combine)
    throw CompileError(ErrorId::missing_argument, where,
                       {what, "an empty function",
                        "pass a lambda, or a std::function that has one"});
}

CombineMany many(const Combine &combine) {
  return [&combine](Tiles a, Tiles b) { return Tiles{combine(a[0], b[0])}; };
}

// The inputs as values of one shape.
std::vector<ValueId> same_shape(const char *what, const std::vector<Located> &x,
                                Where where) {
  if (x.empty())
    throw CompileError(
        ErrorId::missing_argument, where,
        {what, "no tile", "give it one or more tiles of one shape"});
  std::vector<ValueId> out;
  for (const Located &each : x) {
    if (shape_of(each) != shape_of(x[0]))
      throw CompileError(
          Diagnostic(
              ErrorId::shape_mismatch, where,
              {what, to_string(shape_of(x[0])), to_string(shape_of(each))})
              .helped("all tiles have one shape: broadcast_to() it"));
    out.push_back(convert(each, dtype_of(each)));
  }
  return out;
}

Tiles reduced(const char *what, const std::vector<Located> &x, Dim over,
              const CombineMany &combine, Where where) {
  std::vector<ValueId> ids = same_shape(what, x, where);
  Recorder &recorder = recorder_of(x[0]);
  Shape shape = shape_of(x[0]);
  if (!over.is_all()) {
    int at = checked_dim(what, over.index(), x[0], where);
    Tiles out = emit_along({what, Op::reduce, at, false}, ids, &combine,
                           recorder, where);
    shape[static_cast<std::size_t>(at)] = 1;
    if (over.is_kept())
      for (Tile &each : out)
        each = Tile(reshape(located(each, where), shape, where), where);
    return out;
  }
  Tiles out;
  for (ValueId each : ids)
    out.push_back(recorder.tile(each, where));
  // The last dimension first: what is left is smaller each time.
  for (std::size_t d = shape.size(); d-- > 0;) {
    std::vector<ValueId> inputs;
    for (const Tile &each : out)
      inputs.push_back(each.value(where));
    Tiles next = emit_along({what, Op::reduce, static_cast<int>(d), false},
                            inputs, &combine, recorder, where);
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = Tile(next[i], where);
  }
  if (over.is_kept() && !shape.empty())
    for (Tile &each : out)
      each = broadcast_to(located(each, where), Shape(shape.size(), 1), where);
  return out;
}

Tile first(const Tiles &tiles, Where where) { return {tiles[0], where}; }

Tile reduced(const char *what, const Located &x, Dim over,
             const Combine &combine, Where where) {
  return first(
      reduced(what, std::vector<Located>{x}, over, many(combine), where),
      where);
}

// The library's own functions of lanes: their lines are the user's.
using Function = Tile (*)(const Located &, const Located &);
Combine combining(Function function, Where where) {
  return [=](Tile a, Tile b) {
    return function(located(a, where), located(b, where));
  };
}
Combine adding(Where where) { return combining(operator+, where); }
Combine multiplying(Where where) { return combining(operator*, where); }
Combine larger(Where where) { return combining(max, where); }
Combine smaller(Where where) { return combining(min, where); }

void check_ordered(const char *what, const Located &x) {
  DType dtype = dtype_of(x);
  if (!is_arithmetic(dtype) || dtype == DType::b1)
    unsupported_dtype(what, dtype, x.where);
}

// A number for each lane along `along`, of the shape of `x`.
Tile numbers(const Shape &shape, int along, Where where) {
  Shape ones(shape.size(), 1);
  auto at = static_cast<std::size_t>(along);
  ones[at] = shape[at];
  Tile row = reshape(located(arange(shape[at], DType::i32, 0, where), where),
                     ones, where);
  return broadcast_to(located(row, where), shape, where);
}

Tile arg_extremum(const char *what, const Located &x, Dim over, bool largest,
                  Where where) {
  check_ordered(what, x);
  Shape shape = shape_of(x);
  if (shape.empty())
    return zeros({}, DType::i64, where);
  if (over.is_all()) {
    Tile flat = reshape(x, {-1}, where);
    Tile out = arg_extremum(what, located(flat, where), Dim(0), largest, where);
    return over.is_kept() ? broadcast_to(located(out, where),
                                         Shape(shape.size(), 1), where)
                          : Tile(out, where);
  }
  int at = checked_dim(what, over.index(), x, where);
  bool real = is_float(dtype_of(x));
  auto combine = [&](Tiles a, Tiles b) {
    // Each step has the user's line, not the one here.
    auto at = [&](const Tile &tile) { return located(tile, where); };
    auto both = [&](const Tile &p, const Tile &q) { return at(p) & at(q); };
    auto either = [&](const Tile &p, const Tile &q) { return at(p) | at(q); };
    Located x = at(a[0]), y = at(b[0]);
    Tile better = largest ? y > x : y < x, equal = y == x;
    if (real) {
      Tile left = isnan(x), right = isnan(y), still = !at(left);
      better = both(either(better, right), still);
      equal = either(equal, both(left, right));
    }
    Tile before = at(b[1]) < at(a[1]);
    Tile second = either(better, both(equal, before));
    return Tiles{girih::where(at(second), y, x),
                 girih::where(at(second), at(b[1]), at(a[1]))};
  };
  Tile places = numbers(shape, at, where);
  Tiles found =
      reduced(what, {x, located(places, where)}, over, combine, where);
  return cast(located(found[1], where), DType::i64, where);
}

Tiles scanned(const char *what, const std::vector<Located> &x, int along,
              const CombineMany &combine, bool reverse, Where where) {
  std::vector<ValueId> ids = same_shape(what, x, where);
  int at = checked_dim(what, along, x[0], where);
  return emit_along({what, Op::scan, at, reverse}, ids, &combine,
                    recorder_of(x[0]), where);
}

Tile scanned(const char *what, const Located &x, int along,
             const Combine &combine, bool reverse, Where where) {
  return first(scanned(what, std::vector<Located>{x}, along, many(combine),
                       reverse, where),
               where);
}

Tiles sorted(const char *what, const std::vector<Located> &x, int along,
             bool descending, Where where) {
  std::vector<ValueId> ids = same_shape(what, x, where);
  if (!is_arithmetic(dtype_of(x[0])))
    unsupported_dtype(what, dtype_of(x[0]), x[0].where);
  int at = checked_dim(what, along, x[0], where);
  return emit_along({what, Op::sort, at, descending}, ids, nullptr,
                    recorder_of(x[0]), where);
}

} // namespace

Tile sum(const Located &x, Dim over, Where where) {
  Tile wide = as(x, sum_dtype("sum()", x), where);
  return reduced("sum()", located(wide, where), over, adding(where), where);
}

Tile prod(const Located &x, Dim over, Where where) {
  Tile wide = as(x, sum_dtype("prod()", x), where);
  return reduced("prod()", located(wide, where), over, multiplying(where),
                 where);
}

Tile mean(const Located &x, Dim over, Where where) {
  DType dtype = dtype_of(x) == DType::f64 ? DType::f64 : DType::f32;
  Shape shape = shape_of(x);
  sum_dtype("mean()", x); // its checks
  std::int64_t count = 1;
  if (over.is_all())
    for (std::int64_t size : shape)
      count *= size;
  else
    count = shape[static_cast<std::size_t>(
        checked_dim("mean()", over.index(), x, where))];
  Tile total = sum(located(as(x, dtype, where), where), over, where);
  return located(total, where) / Located(static_cast<double>(count), where);
}

Tile max(const Located &x, Dim over, Where where) {
  check_ordered("max()", x);
  return reduced("max()", x, over, larger(where), where);
}

Tile min(const Located &x, Dim over, Where where) {
  check_ordered("min()", x);
  return reduced("min()", x, over, smaller(where), where);
}

Tile argmax(const Located &x, Dim over, Where where) {
  return arg_extremum("argmax()", x, over, true, where);
}

Tile argmin(const Located &x, Dim over, Where where) {
  return arg_extremum("argmin()", x, over, false, where);
}

Tile any(const Located &x, Dim over, Where where) {
  Tile truth = as(x, DType::b1, where);
  return reduced("any()", located(truth, where), over,
                 combining(operator|, where), where);
}

Tile all(const Located &x, Dim over, Where where) {
  Tile truth = as(x, DType::b1, where);
  return reduced("all()", located(truth, where), over,
                 combining(operator&, where), where);
}

Tile reduce(const Located &x, Dim over, const Combine &combine, Where where) {
  check_function("reduce()", combine, where);
  return reduced("reduce()", x, over, combine, where);
}

Tiles reduce(const std::vector<Located> &x, Dim over,
             const CombineMany &combine, Where where) {
  check_function("reduce()", combine, where);
  return reduced("reduce()", x, over, combine, where);
}

Tile scan(const Located &x, int along, const Combine &combine, bool reverse,
          Where where) {
  check_function("scan()", combine, where);
  return scanned("scan()", x, along, combine, reverse, where);
}

Tiles scan(const std::vector<Located> &x, int along, const CombineMany &combine,
           bool reverse, Where where) {
  check_function("scan()", combine, where);
  return scanned("scan()", x, along, combine, reverse, where);
}

Tile cumsum(const Located &x, int along, bool reverse, Where where) {
  Tile wide = as(x, sum_dtype("cumsum()", x), where);
  return scanned("cumsum()", located(wide, where), along, adding(where),
                 reverse, where);
}

Tile cumprod(const Located &x, int along, bool reverse, Where where) {
  Tile wide = as(x, sum_dtype("cumprod()", x), where);
  return scanned("cumprod()", located(wide, where), along, multiplying(where),
                 reverse, where);
}

Tile cummax(const Located &x, int along, bool reverse, Where where) {
  check_ordered("cummax()", x);
  return scanned("cummax()", x, along, larger(where), reverse, where);
}

Tile cummin(const Located &x, int along, bool reverse, Where where) {
  check_ordered("cummin()", x);
  return scanned("cummin()", x, along, smaller(where), reverse, where);
}

Tile histogram(const Located &x, std::int64_t bins, Where where) {
  const DType dtype = dtype_of(x);
  if (!is_integer(dtype) || !is_arithmetic(dtype))
    unsupported_dtype("histogram()", dtype, x.where);
  check_size("histogram()", {bins}, where);
  Recorder &recorder = recorder_of(x);
  Tile values = as(x, dtype == DType::i64 ? DType::i64 : DType::i32, where);
  if (shape_of(x).empty())
    values = reshape(located(values, where), {1}, where);
  Node node;
  node.op = Op::histogram;
  node.inputs = {values.value(where)};
  node.line = where;
  return recorder.tile(
      recorder.add(std::move(node),
                   {ValueType::Kind::tile, DType::i32, {bins}}),
      where);
}

Tile sort(const Located &x, int along, bool descending, Where where) {
  return first(sorted("sort()", {x}, along, descending, where), where);
}

Tiles sort(const Located &keys, const std::vector<Located> &payloads, int along,
           bool descending, Where where) {
  std::vector<Located> x{keys};
  x.insert(x.end(), payloads.begin(), payloads.end());
  return sorted("sort()", x, along, descending, where);
}

Tile argsort(const Located &x, int along, bool descending, Where where) {
  int at = checked_dim("argsort()", along, x, where);
  Tile places = numbers(shape_of(x), at, where);
  Tiles out =
      sorted("argsort()", {x, located(places, where)}, at, descending, where);
  return cast(located(out[1], where), DType::i64, where);
}

std::pair<Tile, Tile> topk(const Located &x, int k, int along, bool largest,
                           Where where) {
  int at = checked_dim("topk()", along, x, where);
  std::int64_t count = shape_of(x)[static_cast<std::size_t>(at)];
  if (k < 1 || k > count)
    throw CompileError(ErrorId::topk, where, {k, count});
  Tile places = numbers(shape_of(x), at, where);
  Tiles out = sorted("topk()", {x, located(places, where)}, at, largest, where);
  Tile values = slice(located(out[0], where), at, 0, k, 1, where);
  Tile found = slice(located(out[1], where), at, 0, k, 1, where);
  return {values, cast(located(found, where), DType::i64, where)};
}

} // namespace girih

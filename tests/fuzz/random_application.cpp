// SPDX-License-Identifier: Apache-2.0
#include "random_application.h"

#include <algorithm>

namespace girih::testing {
namespace {

/// fp8 takes no part in arithmetic, bool in little.
Tile computable(const Tile &x) {
  return is_arithmetic(x.dtype()) && x.dtype() != b1 ? x : x.to(f32);
}

Tile float_operation(Dice &dice, const Tile &x, const Tile &y) {
  switch (dice.pick(0, 9)) {
  case 0:
    return x + y;
  case 1:
    return x - y;
  case 2:
    return x * y;
  case 3:
    return x / y;
  case 4:
    return min(x, y);
  case 5:
    return max(x, y);
  case 6:
    return where(x < y, x, y * 0.5);
  case 7:
    return floor(x) + abs(y);
  case 8:
    return x * 3 + y * 0.1;
  default:
    return where((x >= y) | (x == 2), -x, sqrt(abs(y)));
  }
}

Tile integer_operation(Dice &dice, const Tile &x, const Tile &y) {
  switch (dice.pick(0, 11)) {
  case 0:
    return x + y;
  case 1:
    return x - y;
  case 2:
    return x * y;
  case 3:
    return x / y; // f32
  case 4:
    return min(x, y) + 1;
  case 5:
    return where(x != y, x, y + y);
  case 6:
    return (x & y) ^ 5;
  case 7:
    return floor_divide(x, 3) + y % 5;
  case 8:
    return (x | 1) << 2;
  case 9:
    return min(min(x, -y), x & y);
  case 10:
    return max(max(-y, -x), y);
  default:
    return max(x, y) >> 1;
  }
}

DType any_dtype(Dice &dice) {
  return dice.any(
      {f64, f32, f32, f16, bf16, e4m3, e5m2, i64, i32, i16, i8, u8, b1});
}

IndexList index_list(const std::vector<Index> &indices) {
  IndexList list(indices.front());
  for (std::size_t i = 1; i < indices.size(); ++i)
    list.values.push_back(indices[i].value({}));
  return list;
}

void at_every_index(int loops, std::vector<Index> &indices, In &a, In &b,
                    Out &c, const RandomExpression &f) {
  auto depth = static_cast<int>(indices.size());
  if (depth < loops) {
    for (Index k : range(a.size(depth))) {
      indices.push_back(k);
      at_every_index(loops, indices, a, b, c, f);
      indices.pop_back();
    }
  } else if (loops == 0) {
    c = f(a, b);
  } else {
    IndexList at = index_list(indices);
    c[at] = f(a[at], b[at]);
  }
}

} // namespace

Tile RandomExpression::operator()(const Tile &x, const Tile &y) const {
  if (linear)
    return x * 3 + y;
  Dice dice(seed);
  std::vector<Tile> values = {computable(x), computable(y)};
  auto any = [&] {
    return values[static_cast<std::size_t>(
        dice.pick(0, static_cast<std::int64_t>(values.size()) - 1))];
  };
  for (std::int64_t n = dice.pick(0, most); n > 0; --n) {
    Tile left = any(), right = any();
    if (dice.one_in(5)) {
      DType type = any_dtype(dice);
      values.push_back(computable(left.to(type)));
      continue;
    }
    bool floats = is_float(left.dtype()) || is_float(right.dtype());
    values.push_back(computable(floats ? float_operation(dice, left, right)
                                       : integer_operation(dice, left, right)));
  }
  return values.back();
}

RandomKernel random_elementwise(Dice &dice) {
  RandomKernel out;
  Sizes logical;
  std::int64_t left = 3000;
  for (std::int64_t rank = dice.any({0, 1, 1, 2, 2, 2, 3}); rank > 0; --rank) {
    logical.push_back(random_size(dice, left));
    left = std::max<std::int64_t>(
        left / std::max<std::int64_t>(logical.back(), 1), 1);
  }
  Cut cut = random_cut(dice, logical);
  out.linear = dice.one_in(2);
  RandomExpression f{static_cast<std::uint64_t>(dice.pick(0, INT32_MAX)), 5,
                     out.linear};
  DType common = dice.any({f64, f32, i64, i32});
  for (int i = 0; i < 3; ++i)
    out.dtypes.push_back(out.linear ? common : any_dtype(dice));
  out.integers = out.linear || dice.one_in(2);
  std::vector<View> views;
  bool backwards[3];
  double other = dice.any({0.0, 0.0, 1.0, -2.0});
  if (!is_signed(out.dtypes[0]))
    other = std::max(other, 0.0);
  out.text = "cut " + cut.text() + " other " + std::to_string(other);
  for (int i = 0; i < 3; ++i) {
    views.push_back(random_view(dice, logical, i == 2));
    backwards[i] = dice.one_in(3);
    out.shapes.push_back(views.back().shape);
    out.text += std::string("\n  ") + "abc"[i] + views.back().text +
                (backwards[i] ? " backwards" : "");
  }
  auto cut_view = [=, b0 = backwards[0], b1 = backwards[1],
                   b2 = backwards[2]](int i, const Tensor &tensor) {
    return cut.apply(views[static_cast<std::size_t>(i)].apply(tensor),
                     i == 0   ? b0
                     : i == 1 ? b1
                              : b2);
  };
  int loops = cut.levels();
  out.config = cut.config;
  out.source = make_source(
      "fuzz_elementwise",
      [=](Tensor a, Tensor b, Tensor c) {
        return arranged(cut_view(0, a).other(other), cut_view(1, b),
                        partial(cut_view(2, c)));
      },
      [=](In a, In b, Out c) {
        std::vector<Index> indices;
        at_every_index(loops, indices, a, b, c, f);
      });
  return out;
}

RandomKernel random_reduction(Dice &dice) {
  RandomKernel out;
  std::int64_t m = random_size(dice, 100), k = random_size(dice, 100);
  std::int64_t bm = random_tile(dice, m, 32), bk = random_tile(dice, k, 32);
  for (int i = 0; i < 3; ++i)
    out.dtypes.push_back(any_dtype(dice));
  out.integers = dice.one_in(2);
  View a_view = random_view(dice, {m, k}, false);
  View b_view = random_view(dice, {m, k}, false);
  View c_view = random_view(dice, {m, bk}, true);
  out.shapes = {a_view.shape, b_view.shape, c_view.shape};
  out.text = "reduction BM " + std::to_string(bm) + " BK " +
             std::to_string(bk) + "\n  a" + a_view.text + "\n  b" +
             b_view.text + "\n  c" + c_view.text;
  RandomExpression f{static_cast<std::uint64_t>(dice.pick(0, INT32_MAX)), 3};
  DType sum = dice.any({f64, f32, bf16, i32, i64});
  bool shifted = dice.one_in(3), nested = dice.one_in(3);
  out.source = make_source(
      "fuzz_reduction",
      [=](Tensor a, Tensor b, Tensor c) {
        auto cut = [&](const View &view, const Tensor &t) {
          return view.apply(t)
              .tile({bm, bk})
              .tile({1, whole})
              .at(1, squeeze(0));
        };
        return arranged(cut(a_view, a), cut(b_view, b).other(1),
                        partial(c_view.apply(c).tile({bm, bk})));
      },
      [=](In a, In b, Out c) {
        Tile total = zeros(c.shape(), sum), last = full(c.shape(), 7, sum);
        for (Index i : range(a.size(0))) {
          // Level indices outside theirs read `other`.
          Index at = shifted ? i - 1 : i;
          Tile value = f(a[i], b[at]).to(sum);
          if (nested)
            for (Index j : range(i + 1))
              total = total + Tile(a[j]).to(sum);
          total = max(total, last) + value;
          last = value;
        }
        c = where(total == last, total, total - last).to(c.dtype());
      });
  return out;
}

namespace {

struct DotShape {
  std::int64_t m, n, k, bm, bn, bk;
  DType in;
  bool turned_a = false, turned_b = false; // as they lie in memory
  Precision precision = Precision::ieee;   // of f32
};

View view_of(Dice &dice, Sizes logical, bool turned) {
  if (!turned)
    return random_view(dice, logical, false);
  std::swap(logical[0], logical[1]);
  View view = random_view(dice, logical, false);
  view.steps.push_back([](const Tensor &t) { return t.permute({1, 0}); });
  view.text += ".permute(1, 0)";
  return view;
}

RandomKernel dot_of(Dice &dice, const DotShape &shape) {
  RandomKernel out;
  const auto [m, n, k, bm, bn, bk, in, turned_a, turned_b, precision] = shape;
  DType sum = in == f64 ? f64 : is_float(in) ? f32 : i32;
  out.dtypes = {in, in, dice.one_in(2) ? sum : any_dtype(dice)};
  out.integers = true;
  out.has_tables = false;
  View a_view = view_of(dice, {m, k}, turned_a);
  View b_view = view_of(dice, {k, n}, turned_b);
  View c_view = random_view(dice, {m, n}, true);
  out.shapes = {a_view.shape, b_view.shape, c_view.shape};
  out.text = "dot " + std::to_string(bm) + "x" + std::to_string(bn) + "x" +
             std::to_string(bk) + "\n  a" + a_view.text + "\n  b" +
             b_view.text + "\n  c" + c_view.text;
  std::int64_t form = dice.pick(0, 4);
  DType type = out.dtypes[2];
  out.source = make_source(
      "fuzz_dot",
      [=](Tensor a, Tensor b, Tensor c) {
        Tensor ct = c_view.apply(c).tile({bm, bn});
        Tensor at = a_view.apply(a)
                        .tile({bm, bk})
                        .tile({1, whole})
                        .expand({keep, ct.size(1)})
                        .at(1, squeeze(0));
        Tensor bt = b_view.apply(b)
                        .tile({bk, bn})
                        .tile({whole, 1})
                        .expand({ct.size(0), keep})
                        .at(1, squeeze(1));
        return arranged(at, bt, partial(ct));
      },
      [=](In a, In b, Out c) {
        Tile total =
            form == 1 ? full(c.shape(), 3, sum) : zeros(c.shape(), sum);
        Tile last = zeros(c.shape(), sum);
        for (Index i : range(a.size(0))) {
          Tile x = a[i], y = b[i];
          if (form == 2 && is_arithmetic(in))
            x = (x + x).to(in);
          if (form == 3)
            last = dot(x, y, precision);
          total += dot(x, y, precision);
        }
        if (form == 3)
          total = total + last;
        if (form == 4)
          total = max(total, 0) * 2 + 1;
        c = total.to(type);
      });
  return out;
}

} // namespace

RandomKernel random_dot(Dice &dice) {
  DotShape shape;
  shape.m = random_size(dice, 70);
  shape.n = random_size(dice, 70);
  shape.k = random_size(dice, 70);
  shape.bm = random_tile(dice, shape.m, 64);
  shape.bn = random_tile(dice, shape.n, 64);
  shape.bk = random_tile(dice, shape.k, 64);
  shape.in = dice.any({f64, f32, f16, bf16, bf16, e4m3, e5m2, i8, u8});
  return dot_of(dice, shape);
}

RandomKernel random_large_dot(Dice &dice) {
  DotShape shape;
  shape.m = random_size(dice, 150);
  shape.n = random_size(dice, 150);
  shape.k = random_size(dice, 200);
  shape.bm = dice.any<std::int64_t>({64, 64, 128});
  shape.bn = dice.any<std::int64_t>({8, 16, 24, 32, 48, 64, 64, 96, 128});
  shape.bk = dice.any<std::int64_t>({16, 32, 32, 64, 64, 128});
  shape.in = dice.any({f16, f16, bf16, bf16, f32, e4m3, e5m2, i8, u8});
  shape.precision = Precision::tf32;
  shape.turned_a = dice.one_in(3);
  shape.turned_b = dice.one_in(2);
  Config config;
  config.num_warps = dice.any({4, 4, 4, 8});
  config.num_stages = static_cast<int>(dice.pick(1, 4));
  // Less than the shared memory of a program.
  while ((shape.bm + shape.bn) * shape.bk * bytes(shape.in) *
             config.num_stages >
         96 * 1024)
    if (config.num_stages > 1)
      --config.num_stages;
    else
      shape.bk /= 2;
  RandomKernel out = dot_of(dice, shape);
  out.config = config;
  out.text = out.config.to_string() + " " + out.text;
  return out;
}

} // namespace girih::testing

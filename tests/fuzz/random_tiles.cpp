// SPDX-License-Identifier: Apache-2.0
// Random chains of the operations on whole tiles: moving lanes, reductions,
// scans, sorting, branches, loops and gathers. All values are small integers
// and stay so, so that every order of a sum gives the same.
#include "random_application.h"

#include "girih/dsl/dsl.h"

#include <algorithm>

namespace girih::testing {
namespace {

/// Keeps sums over a tile exact in every dtype used here.
Tile bounded(const Tile &x) {
  if (x.dtype() == b1)
    return x.to(i32);
  return x.dtype() == u8 ? min(x, 40) : max(min(x, 40), -40);
}

class Player {
public:
  Player(std::uint64_t seed, const In &a, const In &b)
      : dice_(seed), a_(a), b_(b) {}

  void play(int steps) {
    add(computable(a_));
    add(computable(b_));
    for (int step = 0; step < steps; ++step)
      add(one_step());
  }

  /// The last value in the shape that an output has.
  Tile fitted(const Shape &shape) {
    Tile last = values_.back();
    std::int64_t wanted = 1;
    for (std::int64_t size : shape)
      wanted *= size;
    if (elements(last) == wanted && !last.shape().empty())
      return reshape(last, shape);
    return broadcast_to(sum(last).to(f32), shape);
  }

private:
  static Tile computable(const In &operand) {
    Tile x = operand;
    return is_arithmetic(x.dtype()) ? x : x.to(f32);
  }

  static std::int64_t elements(const Tile &x) {
    std::int64_t out = 1;
    for (std::int64_t size : x.shape())
      out *= size;
    return out;
  }

  void add(const Tile &x) {
    if (elements(x) <= 4096)
      values_.push_back(bounded(x));
  }

  const Tile &any() {
    auto last = static_cast<std::int64_t>(values_.size()) - 1;
    return values_[static_cast<std::size_t>(
        dice_.one_in(2) ? last : dice_.pick(0, last))];
  }

  int any_dim(const Tile &x) {
    return static_cast<int>(
        dice_.pick(0, static_cast<std::int64_t>(x.shape().size()) - 1));
  }

  Tile one_step() {
    Tile x = any();
    if (x.shape().empty())
      return with_scalar(x);
    switch (dice_.pick(0, 7)) {
    case 0:
      return moved(x);
    case 1:
      return arranged_anew(x);
    case 2:
    case 3:
      return reduced(x);
    case 4:
      return scanned(x);
    case 5:
      return sorted(x);
    case 6:
      return controlled(x);
    default:
      return read_somewhere(x);
    }
  }

  Tile with_scalar(const Tile &x) {
    Tile wide = values_.front();
    return dice_.one_in(2) ? wide - x : where(wide < x, x, wide);
  }

  Tile moved(const Tile &x) {
    int at = any_dim(x);
    std::int64_t size = x.shape()[static_cast<std::size_t>(at)];
    switch (dice_.pick(0, 4)) {
    case 0:
      return flip(x, at);
    case 1:
      return slice(x, at, dice_.pick(0, size - 1), 1);
    case 2: {
      std::int64_t step = dice_.pick(1, 3), count = (size + step - 1) / step;
      return slice(x, at, 0, count, step);
    }
    case 3:
      return cat(x, flip(x, at), at);
    default:
      return split(join(x, x + 1)).second;
    }
  }

  Tile arranged_anew(const Tile &x) {
    switch (dice_.pick(0, 3)) {
    case 0: {
      std::vector<int> dims = dice_.permutation(x.shape().size());
      return permute(x, dims);
    }
    case 1:
      return reshape(x, {-1});
    case 2:
      return unsqueeze(x, any_dim(x));
    default: {
      std::int64_t all = elements(x);
      std::int64_t rows = dice_.any<std::int64_t>({2, 3, 4, 5});
      return all % rows == 0 ? reshape(x, {rows, -1}) : reshape(x, {1, all});
    }
    }
  }

  Tile reduced(const Tile &x) {
    Dim over = dice_.one_in(4) ? all_dims : dim(any_dim(x));
    if (dice_.one_in(2))
      over = over.kept();
    switch (dice_.pick(0, 6)) {
    case 0:
      return sum(x, over);
    case 1:
      return max(x, over);
    case 2:
      return min(x, over);
    case 3:
      return argmax(x, over).to(i32);
    case 4:
      return argmin(x, over);
    case 5:
      return any_or_all(x, over);
    default:
      return over.is_kept() ? x - max(x, over)
                            : reduce(x, over, [](Tile p, Tile q) {
                                return where(p < q, q, p);
                              });
    }
  }

  Tile any_or_all(const Tile &x, Dim over) {
    return dice_.one_in(2) ? girih::any(x > 2, over) : all(x < 2, over);
  }

  Tile scanned(const Tile &x) {
    int at = any_dim(x);
    bool reverse = dice_.one_in(2);
    switch (dice_.pick(0, 2)) {
    case 0:
      return cumsum(x, at, reverse);
    case 1:
      return cummax(x, at, reverse);
    default:
      return cummin(x, at, reverse);
    }
  }

  Tile sorted(const Tile &x) {
    int at = any_dim(x);
    bool descending = dice_.one_in(2);
    switch (dice_.pick(0, 3)) {
    case 3:
      return histogram(bounded(x).to(i32), dice_.pick(1, 70));
    case 0:
      return sort(x, at, descending);
    case 1:
      return argsort(x, at, descending).to(i32);
    default: {
      auto k = static_cast<int>(
          dice_.pick(1, x.shape()[static_cast<std::size_t>(at)]));
      auto [values, places] = topk(x, k, at, descending);
      return dice_.one_in(2) ? values : values + places;
    }
    }
  }

  Tile controlled(const Tile &x) {
    Tile out = x;
    if (dice_.one_in(2)) {
      when(
          sum(x) > 3, [&] { out = out + 1; },
          dice_.one_in(2) ? std::function<void()>([&] { out = out - 2; })
                          : std::function<void()>());
      return out;
    }
    Tile left = min(max(max(x), 0), 6).to(i32);
    loop_while([&] { return left > 0; },
               [&] {
                 out = max(min(out + left, 40), -40).to(x.dtype());
                 left = left - 2;
               });
    return out;
  }

  Tile read_somewhere(const Tile &x) {
    if (dice_.one_in(3)) {
      Tile places = bounded(x).to(i32);
      int at = any_dim(x);
      return gather(x, at, places);
    }
    if (dice_.one_in(2))
      return a_.gather({bounded(x).to(i32), bounded(flip(x, 0)).to(i64) + 1})
          .to(i32);
    Tile bits =
        random_bits(dice_.pick(0, 1000),
                    x.to(i64))[static_cast<std::size_t>(dice_.pick(0, 3))];
    return bits & 31;
  }

  Dice dice_;
  const In &a_, &b_;
  std::vector<Tile> values_;
};

} // namespace

RandomKernel random_tiles(Dice &dice) {
  RandomKernel out;
  std::int64_t m = random_size(dice, 40), n = random_size(dice, 70);
  std::int64_t bm = random_tile(dice, m, 24), bn = random_tile(dice, n, 64);
  for (int i = 0; i < 2; ++i)
    out.dtypes.push_back(
        dice.any({f64, f32, f32, f16, bf16, i64, i32, i16, i8, u8}));
  out.dtypes.push_back(dice.any({f64, f32, f32, bf16, i64, i32, i16}));
  out.integers = true;
  out.has_tables = false;
  out.shapes = {{m, n}, {m, n}, {m, n}};
  auto seed = static_cast<std::uint64_t>(dice.pick(0, INT32_MAX));
  auto steps = static_cast<int>(dice.pick(1, 7));
  out.text = "tiles of " + std::to_string(bm) + "x" + std::to_string(bn) +
             " of " + std::to_string(m) + "x" + std::to_string(n) + ", " +
             std::to_string(steps) + " steps";
  out.source = make_source(
      "fuzz_tiles",
      [=](Tensor a, Tensor b, Tensor c) {
        return arranged(a.tile({bm, bn}), b.tile({bm, bn}).other(2),
                        partial(c.tile({bm, bn})));
      },
      [=](In a, In b, Out c) {
        Player player(seed, a, b);
        player.play(steps);
        c = player.fitted(c.shape()).to(c.dtype());
      });
  return out;
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/tile_lanes.md.
#include "girih/tests/docs/show_tile.h"

namespace girih::testing {
namespace {

TEST(TileLanes, Arange) {
  // [arange]
  show([](const In &) { return arange(4); }, "i32 [0, 1, 2, 3]");
  show([](const In &) { return arange(3, i64, -1); }, "i64 [-1, 0, 1]");
  // [/arange]
}

TEST(TileLanes, Reshape) {
  // [reshape]
  show([](const In &x) { return reshape(x, {3, -1}); },
       "f32 [[1, 2], [3, 4], [5, 6]]");
  show([](const In &x) { return reshape(x, {6}); }, "f32 [1, 2, 3, 4, 5, 6]");
  // [/reshape]
}

TEST(TileLanes, Permute) {
  // [permute]
  show([](const In &x) { return permute(x, {1, 0}); },
       "f32 [[1, 4], [2, 5], [3, 6]]");
  show([](const In &x) { return transpose(x); },
       "f32 [[1, 4], [2, 5], [3, 6]]");
  // [/permute]
}

TEST(TileLanes, Broadcast) {
  // [broadcast]
  show([](const In &) { return broadcast_to(arange(3), {2, 3}); },
       "i32 [[0, 1, 2], [0, 1, 2]]");
  show([](const In &) { return unsqueeze(arange(3), 1); },
       "i32 [[0], [1], [2]]");
  show([](const In &x) { return squeeze(slice(x, 0, 1, 1), 0); },
       "f32 [4, 5, 6]");
  // [/broadcast]
}

TEST(TileLanes, Slice) {
  // [slice]
  show([](const In &x) { return slice(x, 1, 1, 2); }, "f32 [[2, 3], [5, 6]]");
  show([](const In &x) { return slice(x, 1, 0, 2, 2); }, // every second
       "f32 [[1, 3], [4, 6]]");
  show([](const In &x) { return flip(x, 1); }, "f32 [[3, 2, 1], [6, 5, 4]]");
  // [/slice]
}

TEST(TileLanes, Join) {
  // [join]
  show([](const In &) { return join(arange(3), arange(3) * 10); },
       "i32 [[0, 0], [1, 10], [2, 20]]");
  show(
      [](const In &x) {
        auto [even, odd] = split(reshape(x, {3, 2}));
        return odd - even;
      },
      "f32 [1, 1, 1]");
  show([](const In &x) { return cat(x, full({1, 3}, 9, f32), 0); },
       "f32 [[1, 2, 3], [4, 5, 6], [9, 9, 9]]");
  // [/join]
}

TEST(TileLanes, Gather) {
  // [gather]
  // The second lane of the first row three times, the second row as it is.
  show(
      [](const In &x) {
        Tile index = where(x < 4, 1, cast(x, i32) - 4);
        return gather(x, 1, index);
      },
      "f32 [[2, 2, 2], [4, 5, 6]]");
  show([](const In &x) { return gather(x, 1, full({2, 1}, 7, i32)); },
       "f32 [[0], [0]]"); // out of range
  // [/gather]
}

TEST(TileLanes, Sum) {
  // [sum]
  show([](const In &x) { return sum(x); }, "f32 21");
  show([](const In &x) { return sum(x, dim(1)); }, "f32 [6, 15]");
  show([](const In &x) { return sum(x, dim(1).kept()); }, "f32 [[6], [15]]");
  show([](const In &x) { return prod(x, dim(0)); }, "f32 [4, 10, 18]");
  show([](const In &x) { return mean(x, dim(-1)); }, "f32 [2, 5]");
  show([](const In &x) { return sum(x > 2, dim(0)); }, "i64 [1, 1, 2]");
  // [/sum]
}

TEST(TileLanes, Extrema) {
  // [extrema]
  show([](const In &x) { return max(x, dim(0)); }, "f32 [4, 5, 6]");
  show([](const In &x) { return min(cast(x, i8)); }, "i8 1");
  show([](const In &x) { return argmax(x, dim(1)); }, "i64 [2, 2]");
  show([](const In &x) { return argmin(abs(x - 3.5)); }, // of two equal, first
       "i64 2");
  show([](const In &x) { return max(where(x == 2, NAN, x), dim(1)); },
       "f32 [nan, 6]");
  // [/extrema]
}

TEST(TileLanes, AnyAll) {
  // [any]
  show([](const In &x) { return any(x > 5, dim(1)); }, "bool [false, true]");
  show([](const In &x) { return all(x > 2, dim(0)); },
       "bool [false, false, true]");
  show([](const In &x) { return all(x); }, "bool true"); // x != 0
  // [/any]
}

TEST(TileLanes, Reduce) {
  // [reduce]
  // The number with the largest absolute value.
  show(
      [](const In &x) {
        return reduce(3 - x, dim(1), [](Tile a, Tile b) {
          return where(abs(a) >= abs(b), a, b);
        });
      },
      "f32 [2, -3]");
  // Mean and variance at once, as Welford's method combines them.
  show(
      [](const In &x) {
        Tile ones = full({2, 3}, 1, f32), zero = zeros({2, 3}, f32);
        auto found = reduce({ones, x, zero}, dim(1), [](Tiles a, Tiles b) {
          Tile count = a[0] + b[0], apart = b[1] - a[1];
          return Tiles{count, a[1] + apart * b[0] / count,
                       a[2] + b[2] + apart * apart * a[0] * b[0] / count};
        });
        return join(found[1], found[2] / found[0]);
      },
      "f32 [[2, 0.666667], [5, 0.666667]]");
  // [/reduce]
}

TEST(TileLanes, Scans) {
  // [scan]
  show([](const In &x) { return cumsum(x, 1); }, "f32 [[1, 3, 6], [4, 9, 15]]");
  show([](const In &x) { return cumsum(x, 1, true); }, // from the end
       "f32 [[6, 5, 3], [15, 11, 6]]");
  show([](const In &x) { return cumprod(x, 0); },
       "f32 [[1, 2, 3], [4, 10, 18]]");
  show([](const In &x) { return cummax(abs(x - 3), 1); },
       "f32 [[2, 2, 2], [1, 2, 3]]");
  show([](const In &x) { return cummin(abs(x - 3), 1); },
       "f32 [[2, 1, 0], [1, 1, 1]]");
  // y[i] = x[i] + y[i - 1] / 2, with what goes along as a second tile.
  show(
      [](const In &x) {
        auto found = scan({x, full({2, 3}, 0.5, f32)}, 1, [](Tiles a, Tiles b) {
          return Tiles{a[0] * b[1] + b[0], a[1] * b[1]};
        });
        return found[0];
      },
      "f32 [[1, 2.5, 4.25], [4, 7, 9.5]]");
  // [/scan]
}

TEST(TileLanes, Counts) {
  // [histogram]
  show([](const In &x) { return histogram(cast(x, i32) % 4, 4); },
       "i32 [1, 2, 2, 1]");
  // 5 and 6 do not count.
  show([](const In &x) { return histogram(cast(x, i32), 5); },
       "i32 [0, 1, 1, 1, 1]");
  show([](const In &x) { return histogram(where(x > 2, cast(x, i64), -1), 8); },
       "i32 [0, 0, 0, 1, 1, 1, 1, 0]");
  // [/histogram]
}

TEST(TileLanes, Sorts) {
  // [sort]
  show([](const In &x) { return sort(abs(x - 3), 1); },
       "f32 [[0, 1, 2], [1, 2, 3]]");
  show([](const In &x) { return sort(x, 0, true); },
       "f32 [[4, 5, 6], [1, 2, 3]]");
  show([](const In &x) { return argsort(-x, 1); },
       "i64 [[2, 1, 0], [2, 1, 0]]");
  // x, in the order of its distance from 3.
  show([](const In &x) { return sort(abs(x - 3), {x}, 1)[1]; },
       "f32 [[3, 2, 1], [4, 5, 6]]");
  show([](const In &x) { return topk(x, 2).first; }, "f32 [[3, 2], [6, 5]]");
  show([](const In &x) { return topk(x, 1, 0, false).second; }, // the smallest
       "i64 [[0, 0, 0]]");
  // [/sort]
}

} // namespace
} // namespace girih::testing

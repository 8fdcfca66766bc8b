// SPDX-License-Identifier: Apache-2.0
// The examples of docs/reference/tile_operations.md.
#include "girih/tests/docs/show_tile.h"

namespace girih::testing {
namespace {

TEST(TileOperations, Operands) {
  // [operands]
  show([](const In &x) { return x + x.size(1); }, // three columns
       "f32 [[4, 5, 6], [7, 8, 9]]");
  show([](const In &x) { return full(x.shape(), 7, x.dtype()); },
       "f32 [[7, 7, 7], [7, 7, 7]]");
  show(
      [](const In &x) {
        Index rows = x.source_size(0), half = cdiv(x.source_size(1), 2);
        return x * max(rows, half) + program_id(0); // 2, and program 0
      },
      "f32 [[2, 4, 6], [8, 10, 12]]");
  // [/operands]
}

TEST(TileOperations, Updates) {
  // [updates]
  show(
      [](const In &x) {
        Tile y = x;
        y += 1;
        y *= 2;
        y -= x;
        y /= 4; // (x + 2) / 4
        return y;
      },
      "f32 [[0.75, 1, 1.25], [1.5, 1.75, 2]]");
  show(
      [](const In &x) {
        Tile y = cast(x, i32);
        y %= 4;  // 1, 2, 3, 0, 1, 2
        y |= 8;  // 9, 10, 11, 8, 9, 10
        y &= 11; // as they are
        y ^= 1;
        return y;
      },
      "i32 [[8, 11, 10], [9, 8, 11]]");
  // [/updates]
}

TEST(TileOperations, Arithmetic) {
  // [arithmetic]
  show([](const In &x) { return x * 2 + 1; }, "f32 [[3, 5, 7], [9, 11, 13]]");
  show([](const In &x) { return cast(x, i32) / 4; }, // true division
       "f32 [[0.25, 0.5, 0.75], [1, 1.25, 1.5]]");
  show([](const In &x) { return floor_divide(cast(x, i32) - 4, 2); },
       "i32 [[-2, -1, -1], [0, 0, 1]]");
  show([](const In &x) { return (cast(x, i32) - 4) % 2; }, // the divisor's sign
       "i32 [[1, 0, 1], [0, 1, 0]]");
  show([](const In &x) { return fmod(x - 4, 2); }, // the dividend's sign
       "f32 [[-1, -0, -1], [0, 1, 0]]");
  show([](const In &x) { return -x; }, "f32 [[-1, -2, -3], [-4, -5, -6]]");
  // [/arithmetic]
}

TEST(TileOperations, Promotion) {
  // [promotion]
  show([](const In &x) { return cast(x, i8) + cast(x, u8); },
       "i16 [[2, 4, 6], [8, 10, 12]]");
  show([](const In &x) { return cast(x, f16) + cast(x, bf16); },
       "f32 [[2, 4, 6], [8, 10, 12]]");
  show([](const In &x) { return cast(x, f16) * 2.5; }, // numbers adopt
       "f16 [[2.5, 5, 7.5], [10, 12.5, 15]]");
  show([](const In &x) { return cast(x, i32) * 2.5; }, // but not what is lost
       "f32 [[2.5, 5, 7.5], [10, 12.5, 15]]");
  // [/promotion]
}

TEST(TileOperations, Broadcasting) {
  // [broadcasting]
  show([](const In &x) { return x + full({3}, 10, f32); },
       "f32 [[11, 12, 13], [14, 15, 16]]");
  show([](const In &x) { return x - sum(x, dim(1).kept()); },
       "f32 [[-5, -4, -3], [-11, -10, -9]]");
  show([](const In &) { return arange(3) + unsqueeze(arange(2) * 10, 1); },
       "i32 [[0, 1, 2], [10, 11, 12]]");
  // [/broadcasting]
}

TEST(TileOperations, Comparisons) {
  // [comparisons]
  show([](const In &x) { return x >= 3; },
       "bool [[false, false, true], [true, true, true]]");
  show([](const In &x) { return (x <= 2) | (x != 5); },
       "bool [[true, true, true], [true, false, true]]");
  show([](const In &x) { return (x > 1) & !(x == 5); },
       "bool [[false, true, true], [true, false, true]]");
  show([](const In &x) { return where(x > 2, x, 0); },
       "f32 [[0, 0, 3], [4, 5, 6]]");
  show([](const In &x) { return max(x, 3); }, "f32 [[3, 3, 3], [4, 5, 6]]");
  show([](const In &x) { return min(x, 4.5); },
       "f32 [[1, 2, 3], [4, 4.5, 4.5]]");
  show([](const In &x) { return isnan(where(x == 2, NAN, x)); },
       "bool [[false, true, false], [false, false, false]]");
  // [/comparisons]
}

TEST(TileOperations, Bits) {
  // [bits]
  show([](const In &x) { return cast(x, i32) & 3; },
       "i32 [[1, 2, 3], [0, 1, 2]]");
  show([](const In &x) { return cast(x, i32) | 8; },
       "i32 [[9, 10, 11], [12, 13, 14]]");
  show([](const In &x) { return cast(x, i32) ^ 1; },
       "i32 [[0, 3, 2], [5, 4, 7]]");
  show([](const In &x) { return ~cast(x, i32); },
       "i32 [[-2, -3, -4], [-5, -6, -7]]");
  show([](const In &x) { return cast(x, i32) << 2; },
       "i32 [[4, 8, 12], [16, 20, 24]]");
  show([](const In &x) { return (cast(x, i32) - 4) >> 1; }, // keeps the sign
       "i32 [[-2, -1, -1], [0, 0, 1]]");
  show([](const In &x) { return bitcast(x, i32) >> 23; }, // f32's exponent
       "i32 [[127, 128, 128], [129, 129, 129]]");
  // [/bits]
}

TEST(TileOperations, Rounding) {
  // [rounding]
  show([](const In &x) { return cast(x - 3.5, i32); },
       "i32 [[-2, -1, 0], [0, 1, 2]]");
  show(
      [](const In &x) {
        Tile y = x / 4;
        return y.to(f16); // as cast(y, f16)
      },
      "f16 [[0.25, 0.5, 0.75], [1, 1.25, 1.5]]");
  show([](const In &x) { return cast(x * 100, i8); }, // saturates
       "i8 [[100, 127, 127], [127, 127, 127]]");
  show([](const In &x) { return floor(x - 3.5); },
       "f32 [[-3, -2, -1], [0, 1, 2]]");
  show([](const In &x) { return ceil(x - 3.5); },
       "f32 [[-2, -1, -0], [1, 2, 3]]");
  show([](const In &x) { return round(x - 3.5); }, // halves to even
       "f32 [[-2, -2, -0], [0, 2, 2]]");
  show([](const In &x) { return trunc(x - 3.5); },
       "f32 [[-2, -1, -0], [0, 1, 2]]");
  // [/rounding]
}

TEST(TileOperations, Math) {
  // [math]
  show([](const In &x) { return exp2(x); }, "f32 [[2, 4, 8], [16, 32, 64]]");
  show([](const In &x) { return exp2(x, Subnormals::flush_to_zero); },
       "f32 [[2, 4, 8], [16, 32, 64]]");
  show([](const In &x) { return sqrt(x); },
       "f32 [[1, 1.41421, 1.73205], [2, 2.23607, 2.44949]]");
  show([](const In &x) { return pow(x, 2); }, "f32 [[1, 4, 9], [16, 25, 36]]");
  show([](const In &x) { return atan2(x, -x); },
       "f32 [[2.35619, 2.35619, 2.35619], [2.35619, 2.35619, 2.35619]]");
  show([](const In &x) { return abs(x - 4); }, "f32 [[3, 2, 1], [0, 1, 2]]");
  show([](const In &x) { return fma(x, x, -1); }, // rounded once
       "f32 [[0, 3, 8], [15, 24, 35]]");
  show([](const In &x) { return log(cast(x, i32)); }, // integers give f32
       "f32 [[0, 0.693147, 1.09861], [1.38629, 1.60944, 1.79176]]");
  // The others, of integers.
  show([](const In &) { return exp(arange(3)); }, "f32 [1, 2.71828, 7.38906]");
  show([](const In &) { return expm1(arange(3)); },
       "f32 [0, 1.71828, 6.38906]");
  show([](const In &) { return log2(arange(3)); }, "f32 [-inf, 0, 1]");
  show([](const In &) { return log1p(arange(3)); },
       "f32 [0, 0.693147, 1.09861]");
  show([](const In &) { return rsqrt(arange(3)); }, "f32 [inf, 1, 0.707107]");
  show([](const In &) { return erf(arange(3)); },
       "f32 [0, 0.842701, 0.995322]");
  show([](const In &) { return sin(arange(3)); },
       "f32 [0, 0.841471, 0.909297]");
  show([](const In &) { return cos(arange(3)); },
       "f32 [1, 0.540302, -0.416147]");
  show([](const In &) { return tan(arange(3)); }, "f32 [0, 1.55741, -2.18504]");
  show([](const In &) { return asin(arange(3)); }, "f32 [0, 1.5708, nan]");
  show([](const In &) { return acos(arange(3)); }, "f32 [1.5708, 0, nan]");
  show([](const In &) { return atan(arange(3)); },
       "f32 [0, 0.785398, 1.10715]");
  show([](const In &) { return sinh(arange(3)); }, "f32 [0, 1.1752, 3.62686]");
  show([](const In &) { return cosh(arange(3)); }, "f32 [1, 1.54308, 3.7622]");
  show([](const In &) { return tanh(arange(3)); },
       "f32 [0, 0.761594, 0.964028]");
  show([](const In &) { return asinh(arange(3)); },
       "f32 [0, 0.881374, 1.44364]");
  show([](const In &) { return acosh(arange(3)); }, "f32 [nan, 0, 1.31696]");
  show([](const In &) { return atanh(arange(3)); }, "f32 [0, inf, nan]");
  // [/math]
}

TEST(TileOperations, Values) {
  // [values]
  show([](const In &) { return zeros({2, 2}, f16); }, "f16 [[0, 0], [0, 0]]");
  show([](const In &) { return full({3}, 7, i32); }, "i32 [7, 7, 7]");
  show([](const In &) { return full({}, 0.5, f32); }, "f32 0.5"); // a scalar
  // [/values]
}

TEST(TileOperations, Dot) {
  // [dot]
  show([](const In &x) { return dot(x, transpose(x)); },
       "f32 [[14, 32], [32, 77]]");
  show([](const In &x) { return dot(cast(x, i8), full({3, 1}, 2, i8)); },
       "i32 [[12], [30]]");
  // [/dot]
}

TEST(TileOperations, Random) {
  // [random]
  show([](const In &) { return random_bits(7, arange(3))[0] & 0xffff; },
       "i32 [31277, 36507, 9152]");
  show([](const In &) { return rand(7, arange(3)); },
       "f32 [0.954597, 0.40696, 0.00607508]");
  show([](const In &) { return cast(randn(7, arange(3)) * 1000, i32); },
       "i32 [0, 376, 3190]");
  // [/random]
}

} // namespace
} // namespace girih::testing

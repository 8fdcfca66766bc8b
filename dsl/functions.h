// SPDX-License-Identifier: Apache-2.0
// Operators and functions on tiles, and loops. dtypes are promoted as in
// PyTorch; numbers adopt the tile's dtype. Shapes broadcast as in NumPy:
// counted from the last, dimensions must be equal or 1.
#pragma once

#include "girih/dsl/values.h"

namespace girih {

Tile operator+(const Located &lhs, const Located &rhs);
Tile operator-(const Located &lhs, const Located &rhs);
Tile operator*(const Located &lhs, const Located &rhs);
/// True division: integers give f32.
Tile operator/(const Located &lhs, const Located &rhs);
/// Remainder with the sign of the divisor.
Tile operator%(const Located &lhs, const Located &rhs);
Tile operator-(const Located &x);
/// Logical not of a bool tile.
Tile operator!(const Located &x);
/// Bitwise not of an integer tile, logical not of a bool tile.
Tile operator~(const Located &x);
Tile operator&(const Located &lhs, const Located &rhs);
Tile operator|(const Located &lhs, const Located &rhs);
Tile operator^(const Located &lhs, const Located &rhs);
Tile operator<<(const Located &lhs, const Located &rhs);
Tile operator>>(const Located &lhs, const Located &rhs);

/// Comparisons give bool tiles.
Tile operator==(const Located &lhs, const Located &rhs);
Tile operator!=(const Located &lhs, const Located &rhs);
Tile operator<(const Located &lhs, const Located &rhs);
Tile operator<=(const Located &lhs, const Located &rhs);
Tile operator>(const Located &lhs, const Located &rhs);
Tile operator>=(const Located &lhs, const Located &rhs);

/// Rounds the quotient towards minus infinity.
Tile floor_divide(const Located &lhs, const Located &rhs);
/// NaN in either gives NaN.
Tile min(const Located &lhs, const Located &rhs);
Tile max(const Located &lhs, const Located &rhs);
/// The remainder with the sign of the dividend, as C's. Floats only.
Tile fmod(const Located &lhs, const Located &rhs);
/// The angle of (x, y). Floats only.
Tile atan2(const Located &y, const Located &x);
/// Floats only.
Tile pow(const Located &base, const Located &exponent);
/// `mask ? x : y`, element by element; `mask` is a bool tile.
Tile where(const Located &mask, const Located &x, const Located &y);

Tile abs(const Located &x);
/// The following take floats; integers are converted to f32 first.
Tile exp(const Located &x);
Tile exp2(const Located &x);
/// What a GPU may make of results that are not 0 and below the least normal
/// number, which is 2^-126 for f32.
enum class Subnormals : std::uint8_t { keep, flush_to_zero };
/// 2^x. To flush is quicker, for f32, and for weights of which the largest is 1
/// no loss.
Tile exp2(const Located &x, Subnormals subnormals);
Tile expm1(const Located &x);
Tile log(const Located &x);
Tile log2(const Located &x);
Tile log1p(const Located &x);
Tile sqrt(const Located &x);
Tile rsqrt(const Located &x);
Tile sin(const Located &x);
Tile cos(const Located &x);
Tile tan(const Located &x);
Tile asin(const Located &x);
Tile acos(const Located &x);
Tile atan(const Located &x);
Tile sinh(const Located &x);
Tile cosh(const Located &x);
Tile tanh(const Located &x);
Tile asinh(const Located &x);
Tile acosh(const Located &x);
Tile atanh(const Located &x);
Tile erf(const Located &x);
/// Integers stay as they are. round() goes to the nearest, halves to even.
Tile floor(const Located &x);
Tile ceil(const Located &x);
Tile round(const Located &x);
Tile trunc(const Located &x);
/// A bool tile.
Tile isnan(const Located &x);
/// a * b + c, rounded once. Floats of one dtype.
Tile fma(const Located &a, const Located &b, const Located &c);
/// The same bits as another dtype of the same width.
Tile bitcast(const Located &x, DType dtype,
             std::source_location where = std::source_location::current());

/// Converts, rounding to nearest even; fp8, e2m1 and integers saturate, floats
/// to integers truncate, anything but 0 is true; ue8m0 takes the nearest power
/// of two, ties up.
Tile cast(const Located &x, DType dtype,
          std::source_location where = std::source_location::current());

/// Matrix product a[M, K] b[K, N]. Accumulates and gives f32 (f64 for f64), of
/// integers i32 (i64 for i64), which wraps. With Precision::tf32 the matrix
/// units may take f32 operands, rounded to 10 bits; with Precision::fast they
/// may sum up products of e4m3 and e5m2 as they do, in 13 bits or so, for any
/// number of rounds. Elsewhere the two mean nothing.
Tile dot(const Located &a, const Located &b,
         Precision precision = Precision::ieee,
         std::source_location where = std::source_location::current());

namespace detail {
/// full() of a number as it is: a double would round integers.
Tile full_tile(const Shape &shape, const Located &number, DType dtype);
} // namespace detail

/// Tiles of one value.
Tile zeros(const Shape &shape, DType dtype,
           std::source_location where = std::source_location::current());
Tile full(const Shape &shape, double value, DType dtype,
          std::source_location where = std::source_location::current());
template <std::integral T>
Tile full(const Shape &shape, T value, DType dtype,
          std::source_location where = std::source_location::current()) {
  return detail::full_tile(shape, Located(value, where), dtype);
}

/// The range of a loop: `for (Index k : range(n))`. The body runs once, while
/// recording; leaving it by break or return is refused.
class Range {
public:
  class Iterator {
  public:
    Index operator*() const;
    Iterator &operator++();
    /// Whether the body is still to be recorded.
    bool operator!=(const Iterator &) const;

  private:
    friend class Range;
    explicit Iterator(Range *range) : range_(range) {}
    Range *range_;
  };

  Range(IndexArgument begin, IndexArgument end, std::int64_t step,
        SourceLine where);
  Range(const Range &) = delete;
  Range &operator=(const Range &) = delete;
  ~Range();

  Iterator begin();
  Iterator end() { return Iterator(this); }

private:
  enum class State : std::uint8_t { fresh, open, closed };
  Recorder *recorder_;
  ValueId begin_, count_;
  std::int64_t step_;
  SourceLine where_;
  State state_ = State::fresh;
  std::size_t loop_ = 0; // its serial number in the recorder
};

/// 0, 1, ... n - 1
Range range(IndexArgument n,
            std::source_location where = std::source_location::current());
/// begin, begin + step, ... below end; `step` is positive.
Range range(IndexArgument begin, IndexArgument end, std::int64_t step = 1,
            std::source_location where = std::source_location::current());

} // namespace girih

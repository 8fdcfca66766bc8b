// SPDX-License-Identifier: Apache-2.0
// Sorts of every type and shape, and lanes taken at indices, against plain
// loops.
#include "tile_case.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

using namespace girih::testing;

namespace {

using Shape = TileCase::Shape;

const llvm::fltSemantics *semantics(const std::string &element) {
  if (element == "f64")
    return &llvm::APFloat::IEEEdouble();
  if (element == "f32")
    return &llvm::APFloat::IEEEsingle();
  if (element == "f16")
    return &llvm::APFloat::IEEEhalf();
  if (element == "bf16")
    return &llvm::APFloat::BFloat();
  if (element == "f8E4M3FN")
    return &llvm::APFloat::Float8E4M3FN();
  return element == "f8E5M2" ? &llvm::APFloat::Float8E5M2() : nullptr;
}

/// Whether key `a` belongs strictly before `b` when ascending.
template <typename T>
bool before(const std::string &element, bool isUnsigned, T a, T b) {
  if (const llvm::fltSemantics *kind = semantics(element)) {
    llvm::APFloat x(*kind, llvm::APInt(sizeof(T) * 8, a));
    llvm::APFloat y(*kind, llvm::APInt(sizeof(T) * 8, b));
    if (x.isNaN() || y.isNaN())
      return !x.isNaN() && y.isNaN();
    return x.compare(y) == llvm::APFloat::cmpLessThan;
  }
  if (isUnsigned || element == "i1")
    return a < b;
  return static_cast<std::make_signed_t<T>>(a) <
         static_cast<std::make_signed_t<T>>(b);
}

template <typename T>
std::vector<T> keys(const std::string &element, std::int64_t count) {
  std::vector<T> values = randomValues<T>(count, 11);
  std::mt19937 random(4);
  T sign = T(T(1) << (sizeof(T) * 8 - 1));
  for (T &value : values) {
    unsigned what = random() % 16;
    if (element == "i1")
      value &= 1;
    else if (what < 6) // many that are equal
      value = values[random() % values.size()];
    else if (what == 6)
      value = 0;
    else if (what == 7)
      value = sign;
    else if (what == 8)
      value = T(~T(0)); // -1, or NaN
    else if (what == 9)
      value = T(~sign); // the largest, or NaN
    // The CPU that emulates quiets NaN here and there, and knows no subnormals
    // of bf16.
    if (element == "bf16" && (value & 0x7f80) == 0)
      value &= sign;
    const llvm::fltSemantics *kind = semantics(element);
    if (kind && llvm::APFloat(*kind, llvm::APInt(sizeof(T) * 8, value)).isNaN())
      value = T(~T(0)) ^ (value & 1 ? sign : 0);
  }
  return values;
}

struct Where {
  Shape shape;
  int dim;
  int warps;
  bool isUnsigned = false;
};

template <typename T>
void expectSorted(const Where &at, const std::string &element,
                  bool descending) {
  SCOPED_TRACE(TileCase::tensor(element, at.shape) + " along " +
               std::to_string(at.dim) + " warps " + std::to_string(at.warps) +
               (descending ? " descending" : ""));
  TileCase kernel(at.warps);
  int x = kernel.in(element, at.shape), p = kernel.in("i64", at.shape);
  std::string lanes = TileCase::tensor("i32", at.shape), dims;
  for (std::size_t d = 0; d < at.shape.size(); ++d)
    dims += (d ? ", d" : "d") + std::to_string(d);
  kernel.body(llvm::formatv(
      R"(  %l = tile.coordinate[] map affine_map<({5}) -> (d{0})> : {6}
  %r:3 = tile.sort %x0, %x1, %l dim {0} {1} {2} : {3}, {4}, {6} -> {3}, {4}, {6})",
      at.dim, descending ? "descending" : "", at.isUnsigned ? "unsigned" : "",
      kernel.tensor(x), kernel.tensor(p), dims, lanes));
  int numbered = kernel.out("%r#2", "i32", at.shape);
  int sorted = kernel.out("%r#0", element, at.shape);
  int moved = kernel.out("%r#1", "i64", at.shape);
  std::vector<T> values = keys<T>(element, kernel.elements(x));
  std::memcpy(kernel[x].data(), values.data(), values.size() * sizeof(T));
  std::vector<std::int64_t> numbers(values.size());
  std::iota(numbers.begin(), numbers.end(), std::int64_t(1) << 40);
  std::memcpy(kernel[p].data(), numbers.data(), numbers.size() * 8);
  ASSERT_NO_THROW(kernel.run());
  std::int64_t inner = 1, extent = at.shape[at.dim];
  for (std::size_t i = at.dim + 1; i < at.shape.size(); ++i)
    inner *= at.shape[i];
  bool same = true;
  for (std::int64_t row = 0; row < kernel.elements(x) / extent; ++row) {
    std::vector<std::int64_t> line;
    for (std::int64_t i = 0; i < extent; ++i)
      line.push_back((row / inner * extent + i) * inner + row % inner);
    std::vector<std::int64_t> order(line);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) {
      auto isBefore = [&](auto first, auto second) {
        return before(element, at.isUnsigned, values[first], values[second]);
      };
      if (descending ? isBefore(b, a) : isBefore(a, b))
        return true;
      return !(descending ? isBefore(a, b) : isBefore(b, a)) && a < b;
    });
    for (std::int64_t i = 0; i < extent; ++i)
      same &= kernel[sorted].as<T>()[line[i]] == values[order[i]] &&
              kernel[moved].as<std::int64_t>()[line[i]] == numbers[order[i]] &&
              line[kernel[numbered].as<std::int32_t>()[line[i]]] == order[i];
  }
  EXPECT_TRUE(same);
}

TEST(EmulatedSort, EveryShape) {
  for (const Where &at : std::vector<Where>{{{1}, 0, 4},
                                            {{2}, 0, 4},
                                            {{13}, 0, 4},
                                            {{64}, 0, 1},
                                            {{65}, 0, 4},
                                            {{1000}, 0, 4},
                                            {{1024}, 0, 3},
                                            {{5, 7}, 0, 4},
                                            {{5, 7}, 1, 4},
                                            {{3, 100}, 1, 4},
                                            {{128, 6}, 0, 2},
                                            {{2, 3, 20}, 1, 4},
                                            {{2, 300}, 1, 6},
                                            {{257}, 0, 1},
                                            {{700}, 0, 12},
                                            {{3, 500}, 1, 2},
                                            {{300, 9}, 0, 4},
                                            {{2048}, 0, 8}})
    for (bool descending : {false, true}) {
      expectSorted<std::uint32_t>(at, "f32", descending);
      expectSorted<std::uint64_t>(at, "i64", descending);
      expectSorted<std::uint16_t>(at, "bf16", descending);
    }
}

TEST(EmulatedSort, EveryType) {
  for (bool descending : {false, true}) {
    Where at{{2, 150}, 1, 4};
    expectSorted<std::uint64_t>(at, "f64", descending);
    expectSorted<std::uint16_t>(at, "f16", descending);
    expectSorted<std::uint8_t>(at, "f8E4M3FN", descending);
    expectSorted<std::uint8_t>(at, "f8E5M2", descending);
    expectSorted<std::uint32_t>(at, "i32", descending);
    expectSorted<std::uint16_t>(at, "i16", descending);
    expectSorted<std::uint8_t>(at, "i8", descending);
    expectSorted<std::uint8_t>(at, "i1", descending);
    at.isUnsigned = true;
    expectSorted<std::uint8_t>(at, "i8", descending);
  }
}

struct Take {
  Shape source, index;
  int dim, warps;
};

template <typename T, typename I>
void expectTaken(const Take &at, const std::string &element,
                 const std::string &indexElement) {
  SCOPED_TRACE(TileCase::tensor(element, at.source) + " at " +
               TileCase::tensor(indexElement, at.index) + " along " +
               std::to_string(at.dim));
  TileCase kernel(at.warps);
  int x = kernel.in(element, at.source);
  int i = kernel.in(indexElement, at.index);
  kernel.body(llvm::formatv("  %r = tile.take %x0[%x1] dim {0} : {1}, {2} -> "
                            "{3}",
                            at.dim, kernel.tensor(x), kernel.tensor(i),
                            TileCase::tensor(element, at.index)));
  int out = kernel.out("%r", element, at.index);
  std::vector<T> values = randomValues<T>(kernel.elements(x), 3);
  if (element == "i1")
    for (T &value : values)
      value &= 1;
  std::memcpy(kernel[x].data(), values.data(), values.size() * sizeof(T));
  std::int64_t extent = at.source[at.dim], taken = at.index[at.dim], inner = 1;
  for (std::size_t d = at.dim + 1; d < at.source.size(); ++d)
    inner *= at.source[d];
  std::mt19937 random(9);
  for (std::int64_t k = 0; k < kernel.elements(i); ++k) {
    std::int64_t index = static_cast<std::int64_t>(random() % (extent + 4)) - 2;
    if (k % 11 == 5)
      index = std::numeric_limits<I>::min();
    if (k % 11 == 7)
      index = std::numeric_limits<I>::max();
    kernel[i].template as<I>()[k] = static_cast<I>(index);
  }
  ASSERT_NO_THROW(kernel.run());
  bool same = true;
  for (std::int64_t k = 0; k < kernel.elements(i); ++k) {
    std::int64_t index = kernel[i].template as<I>()[k];
    std::int64_t outer = k / inner / taken, in = k % inner;
    T expected = index >= 0 && index < extent
                     ? values[(outer * extent + index) * inner + in]
                     : T(0);
    same &= kernel[out].template as<T>()[k] == expected;
  }
  EXPECT_TRUE(same);
}

TEST(EmulatedTake, EveryShapeAndType) {
  for (const Take &at : std::vector<Take>{{{1}, {1}, 0, 4},
                                          {{13}, {40}, 0, 4},
                                          {{1000}, {7}, 0, 4},
                                          {{4, 64}, {4, 16}, 1, 4},
                                          {{64, 4}, {100, 4}, 0, 3},
                                          {{5, 7}, {5, 9}, 1, 1},
                                          {{2, 9, 30}, {2, 50, 30}, 1, 12}}) {
    expectTaken<std::uint32_t, std::int32_t>(at, "f32", "i32");
    expectTaken<std::uint16_t, std::int64_t>(at, "bf16", "i64");
    expectTaken<std::uint64_t, std::int32_t>(at, "f64", "i32");
    expectTaken<std::uint8_t, std::int32_t>(at, "i1", "i32");
  }
  Take small{{3, 100}, {3, 60}, 1, 4};
  expectTaken<std::uint8_t, std::int8_t>(small, "f8E4M3FN", "i8");
  expectTaken<std::uint16_t, std::int16_t>(small, "i16", "i16");
}

} // namespace

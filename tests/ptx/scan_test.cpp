// SPDX-License-Identifier: Apache-2.0
// Scans of every shape and type, against a plain loop.
#include "tile_case.h"

#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <functional>

using namespace girih::testing;

namespace {

using Shape = TileCase::Shape;

/// Calls `line` with the flat numbers of the lanes along `dim`, one row at a
/// time.
void forLines(const Shape &shape, int dim,
              const std::function<void(const std::vector<std::int64_t> &)> &f) {
  std::int64_t inner = 1, outer = 1, extent = shape[dim];
  for (std::size_t i = 0; i < shape.size(); ++i)
    (static_cast<int>(i) < dim ? outer : inner) *= shape[i];
  inner /= extent;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      std::vector<std::int64_t> line;
      for (std::int64_t at = 0; at < extent; ++at)
        line.push_back((o * extent + at) * inner + i);
      f(line);
    }
}

struct Where {
  Shape shape;
  int dim;
  int warps;
};

std::vector<Where> places() {
  return {{{1}, 0, 4},         {{13}, 0, 4},        {{32}, 0, 1},
          {{64}, 0, 1},        {{176}, 0, 4},       {{1000}, 0, 4},
          {{1024}, 0, 8},      {{1024}, 0, 1},      {{96}, 0, 3},
          {{300}, 0, 12},      {{5, 7}, 0, 4},      {{5, 7}, 1, 4},
          {{3, 100}, 1, 4},    {{64, 32}, 1, 4},    {{64, 32}, 0, 4},
          {{128, 33}, 1, 4},   {{33, 128}, 0, 6},   {{2, 512}, 1, 4},
          {{2, 3, 40}, 0, 4},  {{2, 3, 40}, 1, 4},  {{2, 3, 40}, 2, 4},
          {{6, 24, 5}, 1, 12}, {{1, 2048}, 1, 16},  {{4, 512}, 0, 4},
          {{3, 1024}, 0, 4},   {{2, 5, 256}, 1, 4}, {{4, 128}, 0, 6}};
}

template <typename T>
void expectScan(const Where &at, const std::string &element,
                const std::string &combine,
                const std::function<T(T, T)> &reference, bool reverse) {
  SCOPED_TRACE(element + " " + TileCase::tensor(element, at.shape) + " along " +
               std::to_string(at.dim) + " warps " + std::to_string(at.warps) +
               (reverse ? " reverse" : ""));
  TileCase kernel(at.warps);
  int x = kernel.in(element, at.shape);
  std::string type = kernel.tensor(x);
  kernel.body(llvm::formatv(
      R"(  %r = tile.scan %x0 dim {0} {1} : {2} -> {2} {{
  ^bb0(%a: {3}, %b: {3}):
    {4}
    tile.yield %s : {3}
  })",
      at.dim, reverse ? "reverse" : "", type, element, combine));
  int out = kernel.out("%r", element, at.shape);
  std::vector<T> values = randomValues<T>(kernel.elements(x), 5);
  if (element == "i1")
    for (T &value : values)
      value = value & 1;
  if (element[0] == 'f')
    for (T &value : values) // numbers only
      value = static_cast<T>(value & T(~(T(1) << (sizeof(T) * 8 - 2))));
  std::memcpy(kernel[x].data(), values.data(), values.size() * sizeof(T));
  ASSERT_NO_THROW(kernel.run());
  std::vector<T> expected(values);
  forLines(at.shape, at.dim, [&](std::vector<std::int64_t> line) {
    if (reverse)
      std::reverse(line.begin(), line.end());
    for (std::size_t i = 1; i < line.size(); ++i)
      expected[line[i]] = reference(expected[line[i - 1]], expected[line[i]]);
  });
  std::vector<T> got(kernel[out].as<T>(),
                     kernel[out].as<T>() + expected.size());
  EXPECT_TRUE(expected == got);
}

TEST(EmulatedScan, EveryShape) {
  for (const Where &at : places())
    for (bool reverse : {false, true})
      expectScan<std::uint32_t>(
          at, "i32", "%s = arith.addi %a, %b : i32",
          [](std::uint32_t a, std::uint32_t b) { return a + b; }, reverse);
}

/// Bits of the larger of two numbers of the same size.
template <typename T, typename F> T larger(T a, T b) {
  return llvm::bit_cast<F>(a) < llvm::bit_cast<F>(b) ? b : a;
}

TEST(EmulatedScan, EveryType) {
  for (Where at : {Where{{300}, 0, 4}, Where{{3, 70}, 1, 2}})
    for (bool reverse : {false, true}) {
      expectScan<std::uint64_t>(
          at, "i64", "%s = arith.addi %a, %b : i64",
          [](std::uint64_t a, std::uint64_t b) { return a + b; }, reverse);
      expectScan<std::uint16_t>(
          at, "i16", "%s = arith.xori %a, %b : i16",
          [](std::uint16_t a, std::uint16_t b) { return a ^ b; }, reverse);
      expectScan<std::uint8_t>(
          at, "i8", "%s = arith.maxui %a, %b : i8",
          [](std::uint8_t a, std::uint8_t b) { return std::max(a, b); },
          reverse);
      expectScan<std::uint8_t>(
          at, "i1", "%s = arith.xori %a, %b : i1",
          [](std::uint8_t a, std::uint8_t b) { return a ^ b; }, reverse);
      expectScan<std::uint32_t>(at, "f32", "%s = arith.maximumf %a, %b : f32",
                                larger<std::uint32_t, float>, reverse);
      expectScan<std::uint64_t>(at, "f64", "%s = arith.maximumf %a, %b : f64",
                                larger<std::uint64_t, double>, reverse);
      // f16 orders as f32 does: compare what the bits stand for.
      expectScan<std::uint16_t>(
          at, "f16", "%s = arith.maximumf %a, %b : f16",
          [](std::uint16_t a, std::uint16_t b) {
            auto order = [](std::uint16_t x) {
              return x & 0x8000 ? -int(x & 0x7fff) : int(x);
            };
            return order(a) < order(b) || (a == 0x8000 && b == 0) ? b : a;
          },
          reverse);
    }
}

/// x -> a x + b composed: neither commutative nor with a known neutral element.
TEST(EmulatedScan, TwoInputsInOrder) {
  for (const Where &at : places())
    for (bool reverse : {false, true}) {
      SCOPED_TRACE(TileCase::tensor("i32", at.shape));
      TileCase kernel(at.warps);
      int x = kernel.in("i64", at.shape), y = kernel.in("i32", at.shape);
      kernel.body(llvm::formatv(
          R"(  %r:2 = tile.scan %x0, %x1 dim {0} {1} : {2}, {3} -> {2}, {3} {{
  ^bb0(%a: i64, %b: i32, %c: i64, %d: i32):
    %ac = arith.muli %a, %c : i64
    %narrow = arith.trunci %c : i64 to i32
    %bc = arith.muli %b, %narrow : i32
    %s = arith.addi %bc, %d : i32
    tile.yield %ac, %s : i64, i32
  })",
          at.dim, reverse ? "reverse" : "", kernel.tensor(x),
          kernel.tensor(y)));
      int p = kernel.out("%r#0", "i64", at.shape);
      int q = kernel.out("%r#1", "i32", at.shape);
      auto a = randomValues<std::uint64_t>(kernel.elements(x), 1);
      auto b = randomValues<std::uint32_t>(kernel.elements(x), 2);
      std::memcpy(kernel[x].data(), a.data(), a.size() * 8);
      std::memcpy(kernel[y].data(), b.data(), b.size() * 4);
      ASSERT_NO_THROW(kernel.run());
      bool same = true;
      forLines(at.shape, at.dim, [&](std::vector<std::int64_t> line) {
        if (reverse)
          std::reverse(line.begin(), line.end());
        std::uint64_t product = 0;
        std::uint32_t sum = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
          sum = b[line[i]] +
                (i ? sum * static_cast<std::uint32_t>(a[line[i]]) : 0);
          product = i ? product * a[line[i]] : a[line[i]];
          same &= kernel[p].as<std::uint64_t>()[line[i]] == product &&
                  kernel[q].as<std::uint32_t>()[line[i]] == sum;
        }
      });
      EXPECT_TRUE(same);
    }
}

} // namespace

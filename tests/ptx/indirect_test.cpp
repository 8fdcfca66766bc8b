// SPDX-License-Identifier: Apache-2.0
// Gather, scatter and atomics at good and bad indices, against plain loops.
#include "tile_case.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

using namespace girih::testing;

namespace {

using Shape = TileCase::Shape;

struct Where {
  Shape tile;
  int warps;
  int indexBits = 32;
};

/// Tiles that fill the threads and tiles that leave copies, odd warps.
std::vector<Where> places() {
  return {{{1}, 4},        {{5}, 4},        {{64}, 1},       {{100}, 3},
          {{256}, 4},      {{1000}, 4},     {{5, 7}, 4},     {{16, 40}, 6},
          {{5, 7}, 4, 64}, {{1000}, 8, 64}, {{2, 3, 11}, 12}};
}

/// Indices below `extent`, some out of range on either side.
template <typename I>
void fillIndices(I *to, std::int64_t count, std::int64_t extent, int seed) {
  std::mt19937 random(static_cast<unsigned>(seed));
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t index = static_cast<std::int64_t>(random() % (extent + 4)) - 2;
    if (i % 13 == 4)
      index = std::numeric_limits<I>::min();
    if (i % 13 == 9)
      index = std::numeric_limits<I>::max();
    to[i] = static_cast<I>(index);
  }
}

template <typename T, typename I>
void expectGathered(const Where &at, const std::string &element,
                    const std::string &index, const std::string &other,
                    T otherBits) {
  SCOPED_TRACE(TileCase::tensor(element, at.tile) + " by " + index);
  TileCase kernel(at.warps, at.indexBits);
  int i = kernel.in(index, at.tile), j = kernel.in(index, at.tile);
  int table = kernel.view(element, {9, 31});
  kernel.body(llvm::formatv(
      "  %r = tile.gather %a2[%x0, %x1 : {0}, {0}] other {1} : !V2 -> {2}",
      kernel.tensor(i), other, TileCase::tensor(element, at.tile)));
  int out = kernel.out("%r", element, at.tile);
  fillIndices(kernel[i].as<I>(), kernel.elements(i), 9, 1);
  fillIndices(kernel[j].as<I>(), kernel.elements(j), 31, 2);
  auto values = randomValues<T>(kernel.elements(table), 3);
  if (element == "i1")
    for (T &value : values)
      value &= 1;
  std::memcpy(kernel[table].data(), values.data(), values.size() * sizeof(T));
  ASSERT_NO_THROW(kernel.run());
  bool same = true;
  for (std::int64_t k = 0; k < kernel.elements(i); ++k) {
    std::int64_t row = kernel[i].as<I>()[k], column = kernel[j].as<I>()[k];
    bool valid = row >= 0 && row < 9 && column >= 0 && column < 31;
    same &= kernel[out].as<T>()[k] ==
            (valid ? values[row * 31 + column] : otherBits);
  }
  EXPECT_TRUE(same);
}

TEST(EmulatedGather, EveryShapeAndType) {
  for (const Where &at : places()) {
    expectGathered<std::uint32_t, std::int32_t>(at, "f32", "i32", "1.0 : f32",
                                                0x3f800000);
    expectGathered<std::uint16_t, std::int64_t>(at, "bf16", "i64",
                                                "-2.0 : bf16", 0xc000);
    expectGathered<std::uint64_t, std::int32_t>(at, "i64", "i32", "-1 : i64",
                                                ~std::uint64_t(0));
    expectGathered<std::uint8_t, std::int64_t>(at, "i1", "i64", "true", 1);
  }
  Where small{{3, 50}, 4};
  expectGathered<std::uint8_t, std::int8_t>(small, "f8E4M3FN", "i8",
                                            "1.0 : f8E4M3FN", 0x38);
  expectGathered<std::uint8_t, std::int16_t>(small, "i8", "i16", "7 : i8", 7);
}

TEST(EmulatedScatter, EachLaneOnceAndNothingElse) {
  for (const Where &at : places()) {
    SCOPED_TRACE(TileCase::tensor("f32", at.tile));
    TileCase kernel(at.warps, at.indexBits);
    int i = kernel.in("i64", at.tile), x = kernel.in("f32", at.tile);
    std::int64_t count = kernel.elements(i);
    int out = kernel.view("f32", {count});
    kernel.body(llvm::formatv("  tile.scatter %x1, %a2[%x0 : {0}] : {1}, !V2",
                              kernel.tensor(i), kernel.tensor(x)));
    std::vector<std::int64_t> places(count);
    std::iota(places.begin(), places.end(), 0);
    std::shuffle(places.begin(), places.end(), std::mt19937(3));
    for (std::int64_t k = 0; k < count; k += 5)
      places[k] = k % 2 ? count + k : -1 - k;
    std::memcpy(kernel[i].data(), places.data(), count * 8);
    auto values = randomValues<std::uint32_t>(count, 4);
    std::memcpy(kernel[x].data(), values.data(), count * 4);
    std::vector<std::uint32_t> expected(kernel[out].as<std::uint32_t>(),
                                        kernel[out].as<std::uint32_t>() +
                                            count);
    ASSERT_NO_THROW(kernel.run());
    for (std::int64_t k = 0; k < count; ++k)
      if (places[k] >= 0 && places[k] < count)
        expected[places[k]] = values[k];
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(),
                           kernel[out].as<std::uint32_t>()));
  }
}

/// What one thread scatters another gathers, in rounds.
TEST(EmulatedScatter, IsSeenByLaterGathers) {
  TileCase kernel(4);
  int i = kernel.in("i32", {256}), x = kernel.in("i32", {256});
  int middle = kernel.view("i32", {256});
  std::string type = kernel.tensor(i);
  kernel.body(llvm::formatv(
      R"(  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %k = %c0 to %c3 step %c1 iter_args(%v = %x1) -> {0} {{
    tile.scatter %v, %a2[%x0 : {0}] : {0}, !V2
    %g = tile.gather %a2[%v : {0}] other 0 : i32 : !V2 -> {0}
    scf.yield %g : {0}
  })",
      type));
  int out = kernel.out("%r", "i32", {256});
  std::vector<std::int32_t> places(256), values(256), memory(256);
  std::iota(places.begin(), places.end(), 0);
  values = places;
  std::shuffle(places.begin(), places.end(), std::mt19937(3));
  std::shuffle(values.begin(), values.end(), std::mt19937(5));
  std::memcpy(kernel[i].data(), places.data(), 1024);
  std::memcpy(kernel[x].data(), values.data(), 1024);
  ASSERT_NO_THROW(kernel.run());
  for (int round = 0; round < 3; ++round) {
    for (int k = 0; k < 256; ++k)
      memory[places[k]] = values[k];
    for (int k = 0; k < 256; ++k)
      values[k] = memory[values[k]];
  }
  EXPECT_TRUE(
      std::equal(values.begin(), values.end(), kernel[out].as<std::int32_t>()));
  EXPECT_TRUE(std::equal(memory.begin(), memory.end(),
                         kernel[middle].as<std::int32_t>()));
}

/// Every lane is counted once, whatever the threads hold copies of, and the old
/// values are those of some order.
TEST(EmulatedAtomic, CountsEachLaneOnce) {
  for (const Where &at : places()) {
    SCOPED_TRACE(TileCase::tensor("i32", at.tile) + " warps " +
                 std::to_string(at.warps));
    TileCase kernel(at.warps, at.indexBits, 3);
    int i = kernel.in("i32", at.tile), x = kernel.in("i32", at.tile);
    int counts = kernel.view("i32", {7});
    kernel.body(llvm::formatv(
        "  %r = tile.atomic add %x1, %a2[%x0 : {0}] other -5 : i32 : {0}, !V2 "
        "-> {0}",
        kernel.tensor(i)));
    int out = kernel.out("%r", "i32", at.tile);
    fillIndices(kernel[i].as<std::int32_t>(), kernel.elements(i), 7, 6);
    std::fill_n(kernel[x].as<std::int32_t>(), kernel.elements(x), 1);
    std::fill_n(kernel[counts].as<std::int32_t>(), 7, 100);
    ASSERT_NO_THROW(kernel.run());
    std::map<std::int32_t, std::vector<std::int32_t>> olds;
    for (std::int64_t k = 0; k < kernel.elements(i); ++k) {
      std::int32_t index = kernel[i].as<std::int32_t>()[k];
      std::int32_t old = kernel[out].as<std::int32_t>()[k];
      if (index < 0 || index >= 7)
        EXPECT_EQ(old, -5);
      else
        olds[index].push_back(old);
    }
    for (std::int32_t index = 0; index < 7; ++index) {
      std::vector<std::int32_t> &got = olds[index];
      auto count = static_cast<std::int32_t>(got.size());
      EXPECT_EQ(kernel[counts].as<std::int32_t>()[index], 100 + 3 * count);
      // Programs run one after another: the last one's are what is stored.
      std::sort(got.begin(), got.end());
      for (std::int32_t k = 0; k < count; ++k)
        EXPECT_EQ(got[k], 100 + 2 * count + k);
    }
  }
}

/// One atomic on one element; all results are told to every thread.
template <typename T>
void expectAtomic(const std::string &kind, const std::string &element,
                  const std::vector<T> &memory, const std::vector<T> &values,
                  const std::function<bool(T, T, T)> &isRight) {
  SCOPED_TRACE(kind + " of " + element);
  for (int capability : {80, 90}) {
    auto count = static_cast<std::int64_t>(memory.size());
    TileCase kernel(4);
    int i = kernel.in("i32", {count}), x = kernel.in(element, {count});
    int target = kernel.view(element, {count});
    std::string type = kernel.tensor(x);
    bool compares = kind == "compare_exchange";
    if (compares)
      kernel.in(element, {count});
    kernel.body(llvm::formatv(
        "  %r = tile.atomic {0} %x1 {1}, %a2[%x0 : {2}] other {3} : {4} : {5}, "
        "!V2 -> {5}",
        kind, compares ? "expected %x3 : " + type : "", kernel.tensor(i),
        element[0] == 'i' ? "0" : "0.0", element, type));
    int out = kernel.out("%r", element, {count});
    std::iota(kernel[i].as<std::int32_t>(),
              kernel[i].as<std::int32_t>() + count, 0);
    std::copy(values.begin(), values.end(), kernel[x].as<T>());
    std::copy(memory.begin(), memory.end(), kernel[target].as<T>());
    if (compares) // what is there for even lanes only
      for (std::int64_t k = 0; k < count; ++k)
        kernel[3].as<T>()[k] = memory[k] + (k % 2);
    ASSERT_NO_THROW(kernel.run(capability));
    for (std::int64_t k = 0; k < count; ++k) {
      EXPECT_EQ(kernel[out].as<T>()[k], memory[k]) << k;
      bool right =
          compares
              ? kernel[target].as<T>()[k] == (k % 2 ? memory[k] : values[k])
              : isRight(memory[k], values[k], kernel[target].as<T>()[k]);
      EXPECT_TRUE(right) << std::hex << memory[k] << " " << values[k]
                         << " gave " << kernel[target].as<T>()[k];
    }
  }
}

template <typename T> void expectIntegerAtomics(const std::string &element) {
  using S = std::make_signed_t<T>;
  auto memory = randomValues<T>(40, 1), values = randomValues<T>(40, 2);
  auto expect = [&](const std::string &kind, const std::function<T(T, T)> &f) {
    expectAtomic<T>(kind, element, memory, values,
                    [&](T old, T x, T now) { return now == f(old, x); });
  };
  expect("add", [](T a, T b) { return a + b; });
  expect("min", [](T a, T b) { return S(a) < S(b) ? a : b; });
  expect("max", [](T a, T b) { return S(a) > S(b) ? a : b; });
  expect("bit_and", [](T a, T b) { return a & b; });
  expect("bit_or", [](T a, T b) { return a | b; });
  expect("bit_xor", [](T a, T b) { return a ^ b; });
  expect("exchange", [](T, T b) { return b; });
  expect("compare_exchange", [](T, T b) { return b; });
}

// Programs store their tile, arrive, and the last one adds all of them.
TEST(EmulatedArrival, TheLastOneIsToldToAllThreads) {
  for (auto [warps, indexBits, programs] :
       {std::tuple(1, 32, 5), std::tuple(4, 64, 3), std::tuple(3, 32, 1)}) {
    SCOPED_TRACE(warps);
    TileCase kernel(warps, indexBits, programs);
    int x = kernel.in("i32", {70}), counters = kernel.view("i32", {2, 3});
    int total = kernel.view("i32", {70}), outside = kernel.view("i32", {1});
    kernel.body(llvm::formatv(
        R"(  %lanes = tile.coordinate[] map affine_map<(d0) -> (d0)> : {0}
  %one = arith.constant 1 : i32
  %two = arith.constant 2 : i64
  %three = arith.constant 3 : i64
  %n = arith.constant {1} : i32
  %r = tile.atomic add %x0, %a2[%lanes : {0}] other 0 : i32 : {0}, !V2 -> {0}
  %last = tile.arrive %a1[%one, %two : i32, i64] of %n : !V1
  %never = tile.arrive %a1[%one, %three : i32, i64] of %n : !V1
  %ever = arith.ori %last, %never : i1
  scf.if %last {{
    %all = tile.load %a2[] map affine_map<(d0) -> (d0)> other 0 : i32 : !V2 -> {0}
    %twice = arith.addi %all, %all : {0}
    tile.store %twice, %a2[] map affine_map<(d0) -> (d0)> : {0}, !V2
  }
  scf.if %never {{
    tile.store %x0, %a3[] map affine_map<(d0) -> (d0)> : {0}, !V3
  })",
        kernel.tensor(x), programs));
    auto values = randomValues<std::uint32_t>(70, 5);
    std::memcpy(kernel[x].data(), values.data(), 70 * 4);
    std::memset(kernel[counters].data(), 0, 24);
    std::memset(kernel[total].data(), 0, 70 * 4);
    kernel[outside].as<std::int32_t>()[0] = 9;
    ASSERT_NO_THROW(kernel.run());
    for (int i = 0; i < 70; ++i)
      EXPECT_EQ(kernel[total].as<std::uint32_t>()[i], values[i] * 2 * programs);
    for (int i = 0; i < 6; ++i)
      EXPECT_EQ(kernel[counters].as<std::int32_t>()[i], 0);
    EXPECT_EQ(kernel[outside].as<std::int32_t>()[0], 9);
  }
}

TEST(EmulatedAtomic, Integers) {
  expectIntegerAtomics<std::uint32_t>("i32");
  expectIntegerAtomics<std::uint64_t>("i64");
}

template <typename T>
void expectFloatAtomics(const std::string &element,
                        const llvm::fltSemantics &kind) {
  std::vector<T> memory, values;
  std::vector<double> numbers{0.0,  -0.0, 1.5,      -1.5,      2.0, 3.25,
                              -8.0, 0.5,  INFINITY, -INFINITY, NAN, -NAN};
  for (double a : numbers)
    for (double b : numbers)
      for (auto [to, value] : {std::pair(&memory, a), std::pair(&values, b)}) {
        llvm::APFloat number(value);
        bool lost;
        number.convert(kind, llvm::APFloat::rmNearestTiesToEven, &lost);
        to->push_back(static_cast<T>(number.bitcastToAPInt().getZExtValue()));
      }
  auto number = [&](T bits) {
    return llvm::APFloat(kind, llvm::APInt(sizeof(T) * 8, bits));
  };
  auto expect =
      [&](const std::string &name,
          const std::function<llvm::APFloat(llvm::APFloat, llvm::APFloat)> &f) {
        expectAtomic<T>(name, element, memory, values, [&](T old, T x, T now) {
          llvm::APFloat wanted = f(number(old), number(x));
          return wanted.isNaN() ? number(now).isNaN()
                                : wanted.bitwiseIsEqual(number(now));
        });
      };
  expect("add", [](auto a, auto b) { return a + b; });
  if (sizeof(T) == 2)
    return;
  expect("max", [](auto a, auto b) { return llvm::maximum(a, b); });
  expect("min", [](auto a, auto b) { return llvm::minimum(a, b); });
  expectAtomic<T>("exchange", element, memory, values,
                  [](T, T x, T now) { return now == x; });
}

TEST(EmulatedAtomic, Floats) {
  expectFloatAtomics<std::uint32_t>("f32", llvm::APFloat::IEEEsingle());
  expectFloatAtomics<std::uint64_t>("f64", llvm::APFloat::IEEEdouble());
  expectFloatAtomics<std::uint16_t>("f16", llvm::APFloat::IEEEhalf());
  expectFloatAtomics<std::uint16_t>("bf16", llvm::APFloat::BFloat());
}

/// A scalar: done by one thread, known to all, here as a ticket.
TEST(EmulatedAtomic, ScalarsAreUniform) {
  TileCase kernel(4, 32, 5);
  int counter = kernel.view("i32", {1}), out = kernel.view("i32", {8});
  kernel.body(R"(  %one = arith.constant dense<1> : tensor<i32>
  %zero = arith.constant dense<0> : tensor<i32>
  %t = tile.atomic add %one, %a0[%zero : tensor<i32>] other 0 : i32 : tensor<i32>, !V0 -> tensor<i32>
  %s = tensor.extract %t[] : tensor<i32>
  %i = tensor.splat %s : tensor<i32>
  %v = arith.muli %s, %s : i32
  %w = tensor.splat %v : tensor<i32>
  tile.scatter %w, %a1[%i : tensor<i32>] : tensor<i32>, !V1)");
  *kernel[counter].as<std::int32_t>() = 2;
  std::fill_n(kernel[out].as<std::int32_t>(), 8, -1);
  ASSERT_NO_THROW(kernel.run());
  EXPECT_EQ(*kernel[counter].as<std::int32_t>(), 7);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(kernel[out].as<std::int32_t>()[i], i < 2 || i > 6 ? -1 : i * i);
}

} // namespace

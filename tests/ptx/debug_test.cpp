// SPDX-License-Identifier: Apache-2.0
// Loops whose end is data, printing, assertions, PTX of the user's own, fma.
#include "ptx_interpreter.h"
#include "tile_case.h"

#include "girih/compiler/assert_record.h"
#include "girih/dsl/support/float_formats.h"
#include "girih/dsl/support/lane_text.h"

#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <sstream>

using namespace girih::testing;

namespace {

TEST(EmulatedWhile, CarriesScalarsAndTiles) {
  for (int warps : {1, 4}) {
    TileCase kernel(warps, 32, 6);
    kernel.view("i32", {6});
    int x = kernel.in("f32", {100});
    int out = kernel.view("f32", {6, 100}), steps = kernel.view("i32", {6});
    // Doubles the tile p times.
    kernel.body(R"(  %p = tile.program_id 0
  %limit = arith.index_cast %p : index to i32
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %n, %r = scf.while (%i = %zero, %v = %x1) : (i32, tensor<100xf32>) -> (i32, tensor<100xf32>) {
    %more = arith.cmpi slt, %i, %limit : i32
    scf.condition(%more) %i, %v : i32, tensor<100xf32>
  } do {
  ^bb0(%i: i32, %v: tensor<100xf32>):
    %next = arith.addi %i, %one : i32
    %twice = arith.addf %v, %v : tensor<100xf32>
    scf.yield %next, %twice : i32, tensor<100xf32>
  }
  tile.store %r, %a2[%p] map affine_map<(d0)[s0] -> (s0, d0)> : tensor<100xf32>, !V2
  %at = tensor.splat %limit : tensor<i32>
  %count = tensor.splat %n : tensor<i32>
  tile.scatter %count, %a3[%at : tensor<i32>] : tensor<i32>, !V3)");
    for (int i = 0; i < 100; ++i)
      kernel[x].as<float>()[i] = static_cast<float>(i) - 40;
    ASSERT_NO_THROW(kernel.run());
    for (int program = 0; program < 6; ++program) {
      EXPECT_EQ(kernel[steps].as<std::int32_t>()[program], program);
      for (int i = 0; i < 100; ++i)
        EXPECT_EQ(kernel[out].as<float>()[program * 100 + i],
                  std::ldexp(static_cast<float>(i) - 40, program));
    }
  }
}

/// The lines of what was printed; the order of threads is not fixed.
std::multiset<std::string> printed() {
  std::istringstream text(takePrinted());
  std::multiset<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.insert(line);
  return lines;
}

std::string quarters(int count) {
  std::ostringstream number;
  number << count / 4.0;
  return number.str();
}

TEST(EmulatedPrint, EachLaneOnce) {
  for (int warps : {1, 3}) {
    TileCase kernel(warps, 32, 2);
    int x = kernel.in("f32", {3, 5}), y = kernel.in("i8", {7});
    int z = kernel.in("i1", {2});
    kernel.body(R"(  %p = tile.program_id 0
  %half = arith.constant -2.5 : f64
  tile.print "x" %x0 unsigned [false] : tensor<3x5xf32>
  tile.print "100%" %x1, %x1, %half unsigned [true, false, false] : tensor<7xi8>, tensor<7xi8>, f64
  tile.print "" %x2 unsigned [false] : tensor<2xi1>
  tile.print "here" unsigned []
  tile.print "p" %p unsigned [false] : index)");
    for (int i = 0; i < 15; ++i)
      kernel[x].as<float>()[i] = static_cast<float>(i) / 4;
    for (int i = 0; i < 7; ++i)
      kernel[y].as<std::int8_t>()[i] = static_cast<std::int8_t>(i - 3);
    kernel[x].as<float>()[8] = -NAN;
    kernel[z].as<std::uint8_t>()[0] = 1;
    kernel[z].as<std::uint8_t>()[1] = 0;
    printed();
    ASSERT_NO_THROW(kernel.run());
    std::multiset<std::string> expected;
    for (int p = 0; p < 2; ++p) {
      std::string program = "program " + std::to_string(p);
      for (int i = 0; i < 15; ++i)
        expected.insert(program + ", lane [" + std::to_string(i / 5) + ", " +
                        std::to_string(i % 5) +
                        "]: x = " + (i == 8 ? "nan" : quarters(i)));
      for (int i = 0; i < 7; ++i) {
        std::string lane =
            program + ", lane [" + std::to_string(i) + "]: 100% = ";
        expected.insert(lane + std::to_string((i - 3) & 255));
        expected.insert(lane + std::to_string(i - 3));
      }
      expected.insert(program + ": 100% = -2.5");
      expected.insert(program + ", lane [0]: true");
      expected.insert(program + ", lane [1]: false");
      expected.insert(program + ": here");
      expected.insert(program + ": p = " + std::to_string(p));
    }
    EXPECT_EQ(printed(), expected);
  }
}

template <typename T>
void expectDigits(const std::string &element, girih::DType dtype) {
  SCOPED_TRACE(element);
  TileCase kernel(1);
  int x = kernel.in(element, {40});
  kernel.body("  tile.print \"\" %x0 unsigned [false] : " + kernel.tensor(x));
  std::vector<T> values = randomValues<T>(40, 3);
  std::multiset<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    kernel[x].as<T>()[i] = values[i];
    std::int64_t lane[] = {i};
    std::string line =
        girih::print_line(0, lane, "", girih::number_text(dtype, values[i]));
    expected.insert(line.substr(0, line.size() - 1));
  }
  printed();
  ASSERT_NO_THROW(kernel.run());
  EXPECT_EQ(printed(), expected);
}

TEST(EmulatedPrint, AsManyDigitsAsOtherExecutors) {
  expectDigits<std::uint64_t>("f64", girih::f64);
  expectDigits<std::uint32_t>("f32", girih::f32);
  expectDigits<std::uint16_t>("f16", girih::f16);
  expectDigits<std::uint16_t>("bf16", girih::bf16);
  expectDigits<std::uint8_t>("f8E4M3FN", girih::e4m3);
  expectDigits<std::uint8_t>("f8E5M2", girih::e5m2);
}

TEST(EmulatedPrint, DigitsTellNeighboursApart) {
  using girih::number_text;
  EXPECT_EQ(number_text(girih::f64, llvm::bit_cast<std::uint64_t>(0.1)),
            "0.10000000000000001");
  EXPECT_EQ(number_text(girih::f32, llvm::bit_cast<std::uint32_t>(16777215.F)),
            "16777215");
  EXPECT_EQ(number_text(girih::f32, llvm::bit_cast<std::uint32_t>(0.1F)),
            "0.100000001");
  for (girih::DType dtype : {girih::f16, girih::bf16, girih::e4m3, girih::e5m2})
    for (std::uint64_t bits = 0; bits < 100; ++bits) {
      std::string text = number_text(dtype, bits);
      EXPECT_EQ(girih::encode(dtype, std::stod(text)), bits) << text;
    }
}

TileCase asserting(int warps) {
  TileCase kernel(warps, 32, 3);
  kernel.in("i1", {5, 9});
  kernel.body("  tile.assert %x0, \"the lanes hold\" : tensor<5x9xi1> "
              "loc(\"user.cpp\":17:3)");
  std::fill_n(kernel[0].as<std::uint8_t>(), 45, 1);
  return kernel;
}

TEST(EmulatedAssert, HoldsQuietly) {
  EXPECT_NO_THROW(asserting(4).run());
  EXPECT_NO_THROW(asserting(3).run());
}

TEST(EmulatedAssert, NamesTheLine) {
  TileCase kernel = asserting(4);
  kernel[0].as<std::uint8_t>()[13] = 0;
  try {
    kernel.run();
    ADD_FAILURE() << "it ran";
  } catch (const std::runtime_error &error) {
    EXPECT_STREQ(error.what(), "user.cpp:17: kernel: the lanes hold");
  }
}

TEST(EmulatedAssert, LeavesARecord) {
  TileCase kernel = asserting(4);
  kernel[0].as<std::uint8_t>()[13] = 0;
  kernel[0].as<std::uint8_t>()[31] = 0;
  girih::compiler::AssertRecord record;
  kernel.onStart([&](EmulatedKernel &code) {
    auto *where =
        static_cast<void **>(code.variable(girih::compiler::assert_variable));
    ASSERT_NE(where, nullptr);
    *where = &record;
  });
  EXPECT_THROW(kernel.run(), std::runtime_error);
  EXPECT_EQ(record.written, 1U);
  EXPECT_EQ(record.line, 17U);
  EXPECT_EQ(record.program, 0);
  EXPECT_EQ(record.rank, 2);
  std::int64_t lane = record.lane[0] * 9 + record.lane[1];
  EXPECT_TRUE(lane == 13 || lane == 31) << lane;
  std::string file = record.text;
  EXPECT_EQ(file, "user.cpp");
  EXPECT_STREQ(record.text + file.size() + 1, "the lanes hold");
}

template <typename T>
void expectPtx(const std::string &element, const std::string &text,
               const std::function<T(T, T)> &reference) {
  SCOPED_TRACE(element);
  TileCase kernel(4);
  int x = kernel.in(element, {200}), y = kernel.in(element, {200});
  kernel.body(llvm::formatv(
      R"(  %r = tile.inline_ptx "{0}" %x0, %x1 : {1}, {1} -> {1} {{
  ^bb0(%a: {2}, %b: {2}):
    tile.yield %a : {2}
  })",
      text, kernel.tensor(x), element));
  int out = kernel.out("%r", element, {200});
  auto a = randomValues<T>(200, 1), b = randomValues<T>(200, 2);
  if (element == "i1")
    for (int i = 0; i < 200; ++i) {
      a[i] = a[i] & 1;
      b[i] = b[i] & 1;
    }
  std::copy(a.begin(), a.end(), kernel[x].as<T>());
  std::copy(b.begin(), b.end(), kernel[y].as<T>());
  ASSERT_NO_THROW(kernel.run());
  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(kernel[out].as<T>()[i], reference(a[i], b[i])) << i;
}

TEST(EmulatedPtx, EveryRegisterClass) {
  auto sum = [](auto a, auto b) { return static_cast<decltype(a)>(a + b); };
  auto differ = [](auto a, auto b) { return static_cast<decltype(a)>(a ^ b); };
  expectPtx<std::uint64_t>("i64", "add.s64 $0, $1, $2;", sum);
  expectPtx<std::uint32_t>("i32", "add.s32 $0, $1, $2;", sum);
  expectPtx<std::uint16_t>("i16", "add.s16 $0, $1, $2;", sum);
  expectPtx<std::uint8_t>("i8", "add.s16 $0, $1, $2;", sum);
  expectPtx<std::uint16_t>("f16", "xor.b16 $0, $1, $2;", differ);
  expectPtx<std::uint16_t>("bf16", "xor.b16 $0, $1, $2;", differ);
  expectPtx<std::uint8_t>("f8E5M2", "xor.b16 $0, $1, $2;", differ);
  expectPtx<std::uint8_t>("i1", "xor.pred $0, $1, $2;", differ);
  auto fused = [](float a, float b) { return std::fma(a, b, a); };
  expectPtx<std::uint32_t>("f32", "fma.rn.f32 $0, $1, $2, $1;",
                           [&](std::uint32_t a, std::uint32_t b) {
                             float result = fused(llvm::bit_cast<float>(a),
                                                  llvm::bit_cast<float>(b));
                             return llvm::bit_cast<std::uint32_t>(result);
                           });
}

TEST(EmulatedDependence, WaitsBeforeMemory) {
  // The emulator complains of a wait that comes late or twice.
  for (int capability : {80, 90}) {
    TileCase kernel(4, 32, 2);
    int x = kernel.in("f32", {100}), at = kernel.in("i32", {100});
    kernel.body("  %g = tile.gather %a0[%x1 : tensor<100xi32>] other 0.0 : f32 "
                ": !V0 -> tensor<100xf32>\n"
                "  %r = arith.addf %g, %x0 : tensor<100xf32>");
    int out = kernel.configured("pdl=1").out("%r", "f32", {100});
    for (int i = 0; i < 100; ++i) {
      kernel[x].as<float>()[i] = static_cast<float>(i * i);
      kernel[at].as<std::int32_t>()[i] = 99 - i;
    }
    ASSERT_NO_THROW(kernel.run(capability));
    for (int i = 0; i < 100; ++i)
      EXPECT_EQ(kernel[out].as<float>()[i],
                static_cast<float>(i * i + (99 - i) * (99 - i)));
  }
}

TEST(EmulatedFma, RoundsOnce) {
  for (std::string element : {"f32", "f64"}) {
    TileCase kernel(4);
    for (int i = 0; i < 3; ++i)
      kernel.in(element, {64});
    std::string type = kernel.tensor(0);
    kernel.body("  %r = math.fma %x0, %x1, %x2 : " + type);
    int out = kernel.out("%r", element, {64});
    for (int i = 0; i < 64; ++i)
      for (int k = 0; k < 3; ++k) {
        double value = k == 2 ? -1 : 1 + std::ldexp(1 + i, -20 - k);
        if (element == "f64")
          kernel[k].as<double>()[i] = value;
        else
          kernel[k].as<float>()[i] = static_cast<float>(value);
      }
    ASSERT_NO_THROW(kernel.run());
    for (int i = 0; i < 64; ++i)
      if (element == "f64")
        EXPECT_EQ(kernel[out].as<double>()[i],
                  std::fma(kernel[0].as<double>()[i], kernel[1].as<double>()[i],
                           -1.0));
      else
        EXPECT_EQ(kernel[out].as<float>()[i],
                  std::fma(kernel[0].as<float>()[i], kernel[1].as<float>()[i],
                           -1.0F));
  }
}

/// Bits as another type of the same width.
TEST(EmulatedBitcast, KeepsBits) {
  TileCase kernel(4);
  int x = kernel.in("f32", {100});
  kernel.body("  %r = arith.bitcast %x0 : tensor<100xf32> to tensor<100xi32>");
  int out = kernel.out("%r", "i32", {100});
  auto values = randomValues<std::uint32_t>(100, 1);
  std::copy(values.begin(), values.end(), kernel[x].as<std::uint32_t>());
  ASSERT_NO_THROW(kernel.run());
  EXPECT_TRUE(std::equal(values.begin(), values.end(),
                         kernel[out].as<std::uint32_t>()));
}

} // namespace

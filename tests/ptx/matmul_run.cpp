// SPDX-License-Identifier: Apache-2.0
#include "matmul_run.h"

#include "emulator.h"

#include "llvm/ADT/APFloat.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace girih::testing {

std::int64_t bytesOf(const std::string &type) {
  if (type == "f64" || type == "i64")
    return 8;
  if (type == "f32" || type == "i32")
    return 4;
  return type == "i8" || type.starts_with("f8") ? 1 : 2;
}

void write(char *to, const std::string &type, double value) {
  if (type == "f64")
    std::memcpy(to, &value, 8);
  float single = static_cast<float>(value);
  if (type == "f32")
    std::memcpy(to, &single, 4);
  if (type == "i8")
    *to = static_cast<char>(static_cast<int>(value));
  // Little-endian: narrower ones are its first bytes.
  std::int64_t integer = static_cast<std::int64_t>(value);
  if (type == "i64" || type == "i32" || type == "i16")
    std::memcpy(to, &integer, bytesOf(type));
  if (type.starts_with("f8")) {
    llvm::APFloat byte(value);
    bool inexact;
    byte.convert(type == "f8E5M2" ? llvm::APFloat::Float8E5M2()
                                  : llvm::APFloat::Float8E4M3FN(),
                 llvm::APFloat::rmNearestTiesToEven, &inexact);
    *to = static_cast<char>(byte.bitcastToAPInt().getZExtValue());
  }
  if (type != "bf16" && type != "f16")
    return;
  llvm::APFloat half(value);
  bool lost;
  half.convert(type == "f16" ? llvm::APFloat::IEEEhalf()
                             : llvm::APFloat::BFloat(),
               llvm::APFloat::rmNearestTiesToEven, &lost);
  std::uint16_t bits = half.bitcastToAPInt().getZExtValue();
  std::memcpy(to, &bits, 2);
}

Matrix::Matrix(std::int64_t rows, std::int64_t columns, std::string type,
               int unit, std::int64_t divisor, std::int64_t align)
    : rows(rows), columns(columns), bytes(bytesOf(type)), type(type) {
  // Strides as odd as the class allows.
  auto pad = [&](std::int64_t size) { return (size / divisor + 1) * divisor; };
  rowStride = unit == 1 ? pad(columns) : unit == 0 ? 1 : 3 * columns + 2;
  columnStride = unit == 1 ? 1 : unit == 0 ? pad(rows) : 3;
  std::int64_t extent =
      ((rows - 1) * rowStride + (columns - 1) * columnStride + 1) * bytes;
  memory.assign(extent + 256, static_cast<char>(0xff));
  auto start = reinterpret_cast<std::uintptr_t>(memory.data()) + 64;
  offset = 64 + (128 - start % 128) % 128 + (align < 128 ? align : 0);
  memory.resize(memory.size() + 256, static_cast<char>(0xff));
  start = reinterpret_cast<std::uintptr_t>(memory.data());
  offset = 64 + (128 - (start + 64) % 128) % 128 + (align < 128 ? align : 0);
}

/// Whether the copy engine stores the result: parts of 64 bytes at least.
static bool isStoredInBulk(const MatmulCase &c) {
  std::int64_t columns = c.n % c.blocks == 0 ? c.n / c.blocks : c.n;
  return c.specialised && c.other == "0.0" && c.divisor % 16 == 0 &&
         c.unitC == 1 && columns * bytesOf(c.result) % 64 == 0;
}

static void expectProduct(const MatmulCase &c, std::int64_t m, std::int64_t n,
                          std::int64_t k) {
  SCOPED_TRACE(c.name + " " + std::to_string(m) + "x" + std::to_string(n) +
               "x" + std::to_string(k));
  if (!c.loop)
    k = std::min(k, c.k);
  EmulatedKernel kernel(matmulText(c), c.capability);
  EXPECT_EQ(kernel.copies(2), isStoredInBulk(c));
  Matrix a(m, k, c.element, c.unitA, c.divisor, c.align);
  Matrix b(k, n, c.element, c.unitB, c.divisor, c.align);
  Matrix out(m, n, c.result, c.unitC, c.divisor, resultAlign(c));
  std::mt19937 random(static_cast<unsigned>(m * 31 + n * 7 + k));
  std::uniform_int_distribution<int> values(-2, 2);
  std::vector<double> x(m * k), y(k * n);
  for (std::int64_t i = 0; i < m * k; ++i)
    write(a.at(i / k, i % k), c.element, x[i] = values(random));
  for (std::int64_t i = 0; i < k * n; ++i)
    write(b.at(i / n, i % n), c.element, y[i] = values(random));
  std::vector<char> expected = out.memory;
  std::vector<std::int64_t> params;
  a.append(params);
  b.append(params);
  out.append(params);
  std::int64_t programs = (m + c.m - 1) / c.m * ((n + c.n - 1) / c.n);
  ASSERT_NO_THROW(kernel.run(params, programs));
  // What is read outside counts along K, up to the end of its block.
  std::int64_t beyond = c.other == "1.0" ? (k + c.k - 1) / c.k * c.k - k : 0;
  for (std::int64_t row = 0; row < m; ++row)
    for (std::int64_t column = 0; column < n; ++column) {
      double sum = static_cast<double>(beyond);
      for (std::int64_t i = 0; i < k - c.cut; ++i)
        sum += (c.doubled ? 2 : 1) * x[row * k + i] * y[i * n + column] *
               (c.scaled ? x[row * k + i / c.k * c.k] : 1);
      std::int64_t place = out.at(row, column) - out.memory.data();
      write(expected.data() + place, c.result, sum);
    }
  // The whole of memory: nothing outside of the result has changed.
  EXPECT_TRUE(expected == out.memory);
}

void expectExactProducts(const MatmulCase &c) {
  std::int64_t d = c.divisor;
  auto size = [&](std::int64_t value) {
    return std::max<std::int64_t>(d, value / d * d);
  };
  // Enough rounds to come back to the first tile of the ring.
  expectProduct(c, c.m, c.n, (c.capability >= 90 ? c.stages + 2 : 3) * c.k);
  expectProduct(c, size(c.m + 17), size(c.n + 19), size(2 * c.k + 7));
  expectProduct(c, size(1), size(1), size(1));
  if (c.persistent)
    expectProduct(c, size(3 * c.m + 5), size(c.n + 19), size(c.k + 7));
  // Rounds that are done together, twice, and some that are left over.
  if (c.scaled)
    expectProduct(c, c.m, c.n, 11 * c.k);
  // Long enough that blocks share programs: three one, and two each.
  if (c.streamed) {
    expectProduct(c, c.m, c.n, 12 * c.k);
    expectProduct(c, size(3 * c.m + 5), size(c.n + 19), size(20 * c.k + 7));
  }
}

} // namespace girih::testing

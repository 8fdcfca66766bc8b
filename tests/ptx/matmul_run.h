// SPDX-License-Identifier: Apache-2.0
// Matrices in memory, and products of them by the emulator.
#pragma once

#include "matmul_text.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::testing {

std::int64_t bytesOf(const std::string &type);

/// Writes small integers, which every type holds exactly.
void write(char *to, const std::string &type, double value);

/// A matrix in memory with a guard around it.
struct Matrix {
  std::vector<char> memory;
  std::int64_t rows, columns, rowStride, columnStride, bytes;
  std::string type;

  Matrix(std::int64_t rows, std::int64_t columns, std::string type, int unit,
         std::int64_t divisor, std::int64_t align);

  char *data() { return memory.data() + offset; }
  char *at(std::int64_t row, std::int64_t column) {
    return data() + (row * rowStride + column * columnStride) * bytes;
  }
  void append(std::vector<std::int64_t> &params) {
    params.insert(params.end(), {reinterpret_cast<std::int64_t>(data()), rows,
                                 columns, rowStride, columnStride});
  }

private:
  std::int64_t offset = 0;
};

/// Expects that the case's kernel is exact on whole numbers, and writes nothing
/// else: on whole blocks and on parts of some.
void expectExactProducts(const MatmulCase &c);

} // namespace girih::testing

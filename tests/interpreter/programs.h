// SPDX-License-Identifier: Apache-2.0
// Programs and operands for tests below the DSL's recording.
#pragma once

#include "girih/dsl/program.h"
#include "girih/dsl/support/float_formats.h"

#include <cstdint>
#include <string>
#include <vector>

namespace girih::testing {

/// c = a + b, one-dimensional tiles of `block`.
Program vector_add(DType dtype, std::int64_t block, OperandClass known = {});

/// C[M,N] = A[M,K] B[K,N] with an accumulator of the usual type, rounded to
/// `out` when stored.
Program matmul(DType in, DType out, std::int64_t bm, std::int64_t bn,
               std::int64_t bk, OperandClass known = {});

/// y = body of x over tiles of `block`. `body` is Program text that defines
/// %result (of dtype `out`) from %x (of dtype `in`); other values are %10, ….
Program elementwise(DType in, DType out, std::int64_t block,
                    const std::string &body);

/// A host operand with any strides. Every byte that is not an element, and
/// every element until it is set, holds a pattern, so that a stray write or a
/// missing one is seen.
class TestArray {
public:
  TestArray(DType dtype, std::vector<std::int64_t> shape,
            std::vector<std::int64_t> strides = {}, std::int64_t offset = 16);

  std::int64_t numel() const;
  /// Element number `i` in row-major order.
  double get(std::int64_t i) const;
  void set(std::int64_t i, double value);
  /// The element's bits.
  std::uint64_t code(std::int64_t i) const;
  void set_code(std::int64_t i, std::uint64_t bits);
  /// Whether everything outside the elements still holds the pattern.
  bool untouched_outside() const;
  /// Appends pointer, sizes and strides to a parameter block.
  void append_to(std::vector<std::int64_t> &params);

  DType dtype() const { return dtype_; }
  const std::vector<std::int64_t> &shape() const { return shape_; }

private:
  std::size_t position(std::int64_t i) const;

  DType dtype_;
  std::vector<std::int64_t> shape_, strides_;
  std::int64_t offset_;
  std::vector<unsigned char> bytes_;
};

/// Values that every signed dtype holds, whose sums and products of a few stay
/// exact in f32.
void fill_exact(TestArray &array, unsigned seed);

/// The bits of `value`, rounded to `dtype`.
std::uint64_t rounded(DType dtype, double value);

/// The parameter block of these operands, in order.
std::vector<std::int64_t> parameter_block(std::vector<TestArray *> arrays);

} // namespace girih::testing

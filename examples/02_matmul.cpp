// SPDX-License-Identifier: Apache-2.0
// Lesson 2: levels. A tensor can be cut more than once; what is inside a tile
// of tiles is walked by a loop in the application.
//
// For C = A B a program makes one tile of C. It needs the whole row of tiles of
// A and the whole column of tiles of B that meet there:
//
//   c.tile({BM, BN})                 grid of tiles of C
//   a.tile({BM, BK})                 grid of tiles of A
//    .tile({1, whole})               rows of that grid: [rows, 1] of [1, k]
//    .expand({keep, columns of C})   one for each tile of C
//    .at(1, squeeze(0))              [rows, columns] of [k] of [BM, BK]
//
// The outermost levels of all operands agree: that is the grid of programs.
//
// The kernel is in lessons/matmul.h, where ./x inspect finds it too.
#include "lessons/matmul.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace girih;

namespace {

// Elements of c that are not those of the product of a[m, k] and b[k, n].
int count_wrong(const Array &a, const Array &b, const Array &c) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector(),
                            product = c.to_vector();
  const auto rows = static_cast<std::size_t>(a.size(0)),
             inner = static_cast<std::size_t>(a.size(1)),
             columns = static_cast<std::size_t>(b.size(1));
  int wrong = 0;
  for (std::size_t m = 0; m < rows; ++m)
    for (std::size_t n = 0; n < columns; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < inner; ++k)
        sum += x[m * inner + k] * y[k * columns + n];
      wrong += product[m * columns + n] != sum;
    }
  return wrong;
}

std::vector<double> whole_numbers(int count, int modulus) {
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(i % modulus - modulus / 2);
  return values;
}

} // namespace

int main(int, char **) try {
  const Kernel matmul = lessons::matmul();

  // No size is a multiple of a block: the ragged edges are masked.
  const int m = 250, n = 190, k = 130;
  const Array a = Array::from(whole_numbers(m * k, 7), {m, k}, bf16);
  const Array b = Array::from(whole_numbers(k * n, 5), {k, n}, bf16);
  const Array c = Array::empty({m, n}, f32);

  matmul(a, b, c);

  // The same kernel with a Config of our own, and with b as a view of w[n, k].
  const Array w = b.transpose(0, 1).to(b.device()); // contiguous [n, k]
  const Array d = Array::empty({m, n}, f32);
  const Array operands[] = {a, w.transpose(0, 1), d};
  matmul.launch(operands,
                {.config = parse_config("BK=32 BM=64 BN=64"), .stream = {}});

  const int wrong = count_wrong(a, b, c) + count_wrong(a, b, d);
  std::printf("matmul %dx%dx%d on %s: %s\n", m, n, k,
              c.device().to_string().c_str(), wrong ? "FAILED" : "Success");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

// SPDX-License-Identifier: Apache-2.0
// Lesson 1: the two halves of a kernel.
//
// A kernel is an arrangement, which says how each operand is cut into tiles,
// and an application, which says what one program does with its tiles. There
// are as many programs as tiles: program 3 gets tile 3 of a, of b and of c.
//
// The kernel is in lessons/vector_add.h, where ./x inspect finds it too.
#include "lessons/vector_add.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace girih;

namespace {

// Elements of c that are not the sum of those of a and b.
int count_wrong(const Array &a, const Array &b, const Array &c) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector(),
                            sum = c.to_vector();
  int wrong = 0;
  for (std::size_t i = 0; i < sum.size(); ++i)
    wrong += sum[i] != x[i] + y[i];
  return wrong;
}

} // namespace

int main(int, char **) try {
  const Kernel add = lessons::vector_add();

  // Whole numbers, so that the sums are exact. The arrays are on the GPU where
  // there is one, else on the host; so is the kernel.
  const int size = 98432;
  std::vector<double> x, y;
  for (int i = 0; i < size; ++i) {
    x.push_back(i % 1000);
    y.push_back(7 * i % 1000);
  }
  const Array a = Array::from(x, {size}, f32), b = Array::from(y, {size}, f32);
  const Array c = Array::empty({size}, f32);

  add(a, b, c); // records and compiles the kernel, once for these dtypes

  const int wrong = count_wrong(a, b, c);
  std::printf("vector_add of %d elements on %s: %s\n", size,
              c.device().to_string().c_str(), wrong ? "FAILED" : "Success");
  return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

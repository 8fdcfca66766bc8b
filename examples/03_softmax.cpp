// SPDX-License-Identifier: Apache-2.0
// Lesson 3: reductions. What a framework does in five kernels, each reading and
// writing the whole matrix, is one: a row is read once and written once.
//
// The kernels are in lessons/softmax.h, where ./x inspect finds them too.
#include "lessons/check.h"
#include "lessons/softmax.h"

#include <cstdlib>

using namespace girih;

namespace {

lessons::Values softmax_rows(const lessons::Values &x, std::size_t columns) {
  lessons::Values y(x.size());
  for (std::size_t begin = 0; begin < x.size(); begin += columns) {
    double top = -INFINITY, sum = 0;
    for (std::size_t i = begin; i < begin + columns; ++i)
      top = std::max(top, x[i]);
    for (std::size_t i = begin; i < begin + columns; ++i)
      sum += y[i] = std::exp(x[i] - top);
    for (std::size_t i = begin; i < begin + columns; ++i)
      y[i] /= sum;
  }
  return y;
}

} // namespace

int main(int, char **) try {
  // 1000 columns do not fill a tile of 1024: the rest reads as `other`.
  const int rows = 137, columns = 1000;
  const Array x = lessons::random_array({rows, columns}, f32, 1);
  const Array y = lessons::poisoned({rows, columns}, f32);
  lessons::softmax()(x, y);
  bool right =
      lessons::agrees("softmax", y, softmax_rows(x.to_vector(), columns), 1e-6);

  // Rows of any length, 256 elements at a time.
  const Array z = lessons::poisoned({rows, columns}, f32);
  const Array others[] = {x, z};
  lessons::long_softmax().launch(
      others, {.config = parse_config("N=256"), .stream = {}});
  right &= lessons::agrees("long softmax", z,
                           softmax_rows(x.to_vector(), columns), 1e-6);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

// SPDX-License-Identifier: Apache-2.0
// Lesson 4: operands of different shapes, and lanes past an edge.
//
// The kernels are in lessons/layer_norm.h.
#include "lessons/check.h"
#include "lessons/layer_norm.h"

#include <cstdlib>

using namespace girih;

namespace {

lessons::Values layer_norm_rows(const lessons::Values &x,
                                const lessons::Values &weight,
                                const lessons::Values &bias) {
  const std::size_t columns = weight.size();
  lessons::Values y(x.size());
  for (std::size_t begin = 0; begin < x.size(); begin += columns) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < columns; ++i)
      mean += x[begin + i] / static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      variance += (x[begin + i] - mean) * (x[begin + i] - mean) /
                  static_cast<double>(columns);
    for (std::size_t i = 0; i < columns; ++i)
      y[begin + i] =
          (x[begin + i] - mean) / std::sqrt(variance + 1e-5) * weight[i] +
          bias[i];
  }
  return y;
}

} // namespace

int main(int, char **) try {
  const int rows = 150, columns = 770;
  const Array x = lessons::random_array({rows, columns}, f32, 1);
  const Array weight = lessons::random_array({columns}, f32, 2);
  const Array bias = lessons::random_array({columns}, f32, 3);
  const Array y = lessons::poisoned({rows, columns}, f32);
  lessons::layer_norm()(x, weight, bias, y);
  const bool right = lessons::agrees(
      "layer_norm", y,
      layer_norm_rows(x.to_vector(), weight.to_vector(), bias.to_vector()),
      1e-5);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

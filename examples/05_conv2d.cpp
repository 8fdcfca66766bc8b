// SPDX-License-Identifier: Apache-2.0
// Lesson 5: overlapping tiles. A convolution is a matrix product of windows and
// filters (an implicit GEMM), and an arrangement is enough to say so.
//
// The kernel is in lessons/conv2d.h.
#include "lessons/check.h"
#include "lessons/conv2d.h"

#include <cstdlib>

using namespace girih;

namespace {

struct Sizes {
  std::size_t n, h, w, c, k, r, s;
  std::size_t p() const { return h - r + 1; }
  std::size_t q() const { return w - s + 1; }
};

// One output element.
double window_sum(const lessons::Values &x, const lessons::Values &weight,
                  const Sizes &of, std::size_t n, std::size_t p, std::size_t q,
                  std::size_t k) {
  double sum = 0;
  for (std::size_t r = 0; r < of.r; ++r)
    for (std::size_t s = 0; s < of.s; ++s)
      for (std::size_t c = 0; c < of.c; ++c)
        sum += x[((n * of.h + p + r) * of.w + q + s) * of.c + c] *
               weight[((k * of.r + r) * of.s + s) * of.c + c];
  return sum;
}

lessons::Values convolve(const lessons::Values &x,
                         const lessons::Values &weight, const Sizes &of) {
  lessons::Values y;
  for (std::size_t n = 0; n < of.n; ++n)
    for (std::size_t p = 0; p < of.p(); ++p)
      for (std::size_t q = 0; q < of.q(); ++q)
        for (std::size_t k = 0; k < of.k; ++k)
          y.push_back(window_sum(x, weight, of, n, p, q, k));
  return y;
}

} // namespace

int main(int, char **) try {
  const int n = 3, h = 14, w = 13, c = 16, k = 40, r = 3, s = 3;
  const Array x = lessons::random_array({n, h, w, c}, f32, 1);
  const Array weight = lessons::random_array({k, r, s, c}, f32, 2);
  const Array y = lessons::poisoned({n, h - r + 1, w - s + 1, k}, f32);

  lessons::conv2d()(x, weight, y);

  const bool right = lessons::agrees(
      "conv2d", y,
      convolve(x.to_vector(), weight.to_vector(), {n, h, w, c, k, r, s}), 1e-5);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

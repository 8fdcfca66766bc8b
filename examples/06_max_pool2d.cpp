// SPDX-License-Identifier: Apache-2.0
// Lesson 6: tiles of any size. A window of 3 x 3 is a row of 9 lanes; nothing
// has to be a power of two.
//
// The kernel is in lessons/max_pool2d.h.
#include "lessons/check.h"
#include "lessons/max_pool2d.h"

#include <cstdlib>

using namespace girih;

namespace {

lessons::Values pooled(const lessons::Values &x, std::size_t planes,
                       std::size_t h, std::size_t w, std::size_t window,
                       std::size_t stride) {
  lessons::Values y;
  for (std::size_t plane = 0; plane < planes; ++plane)
    for (std::size_t p = 0; p + window <= h; p += stride)
      for (std::size_t q = 0; q + window <= w; q += stride) {
        double top = -INFINITY;
        for (std::size_t r = 0; r < window; ++r)
          for (std::size_t s = 0; s < window; ++s)
            top = std::max(top, x[(plane * h + p + r) * w + q + s]);
        y.push_back(top);
      }
  return y;
}

} // namespace

int main(int, char **) try {
  const int n = 2, c = 5, h = 30, w = 37, window = 3, stride = 2;
  const Array x = lessons::random_array({n, c, h, w}, f32, 1);
  const Array y = lessons::poisoned(
      {n, c, (h - window) / stride + 1, (w - window) / stride + 1}, f32);

  lessons::max_pool2d(window, stride)(x, y);

  const bool right = lessons::agrees(
      "max_pool2d", y, pooled(x.to_vector(), n * c, h, w, window, stride), 0);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

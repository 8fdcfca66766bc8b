// SPDX-License-Identifier: Apache-2.0
// Lesson 8: random numbers. The same seed gives the same numbers, on every
// device and for every Config.
//
// The kernel is in lessons/dropout.h.
#include "lessons/check.h"
#include "lessons/dropout.h"

#include <cstdlib>

using namespace girih;

namespace {

// Share of zeros, and whether all else is x / (1 - p).
bool plausible(const lessons::Values &x, const lessons::Values &y, double p) {
  double zeros = 0;
  bool scaled = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    zeros += y[i] == 0;
    scaled &= y[i] == 0 || std::abs(y[i] - x[i] / (1 - p)) < 1e-5;
  }
  const double share = zeros / static_cast<double>(x.size());
  std::printf("dropout: %.4f of the elements are 0, %.4f asked for\n", share,
              p);
  // Five standard deviations of the binomial distribution.
  return scaled &&
         std::abs(share - p) <
             5 * std::sqrt(p * (1 - p) / static_cast<double>(x.size()));
}

} // namespace

int main(int, char **) try {
  const int size = 100'000;
  const double drop = 0.3;
  const Array x = lessons::random_array({size}, f32, 1);
  const Array seed = Array::scalar(20261125, i64);
  const Array p = Array::scalar(drop, f32);
  const Array y = lessons::poisoned({size}, f32);
  const Array again = lessons::poisoned({size}, f32);
  const Kernel dropout = lessons::dropout();

  dropout(x, seed, p, y);
  const Array operands[] = {x, seed, p, again};
  dropout.launch(operands, {.config = parse_config("BLOCK=320"), .stream = {}});

  const bool right = plausible(x.to_vector(), y.to_vector(), drop) &&
                     lessons::agrees("dropout", again, y.to_vector(), 0);
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

// SPDX-License-Identifier: Apache-2.0
// Lesson 7: all of it together. Two products, a softmax between them, and a
// loop that carries three tiles: no matrix of scores is ever stored.
//
// The kernel is in lessons/flash_attention.h.
#include "lessons/check.h"
#include "lessons/flash_attention.h"

#include <cstdlib>

using namespace girih;

namespace {

struct Sizes {
  std::size_t heads, m, n, d; // heads: of all batches
  bool causal;
};

// One row of the result.
void attend(const lessons::Values &q, const lessons::Values &k,
            const lessons::Values &v, const Sizes &of, std::size_t head,
            std::size_t row, lessons::Values &o) {
  const std::size_t seen = of.causal ? row + of.n - of.m + 1 : of.n;
  lessons::Values score(seen);
  double sum = 0;
  for (std::size_t j = 0; j < seen; ++j) {
    double product = 0;
    for (std::size_t i = 0; i < of.d; ++i)
      product +=
          q[(head * of.m + row) * of.d + i] * k[(head * of.n + j) * of.d + i];
    score[j] = std::exp(product / std::sqrt(static_cast<double>(of.d)));
    sum += score[j];
  }
  for (std::size_t i = 0; i < of.d; ++i) {
    double value = 0;
    for (std::size_t j = 0; j < seen; ++j)
      value += score[j] / sum * v[(head * of.n + j) * of.d + i];
    o.push_back(value);
  }
}

bool run(bool causal) {
  const int batch = 2, heads = 3, m = 150, n = 200, d = 64;
  const Array q = lessons::random_array({batch, heads, m, d}, bf16, 1);
  const Array k = lessons::random_array({batch, heads, n, d}, bf16, 2);
  const Array v = lessons::random_array({batch, heads, n, d}, bf16, 3);
  const Array o = lessons::poisoned({batch, heads, m, d}, f32);
  lessons::flash_attention(causal)(q, k, v, o);
  lessons::Values wanted;
  const Sizes sizes{batch * heads, m, n, d, causal};
  const lessons::Values x = q.to_vector(), y = k.to_vector(), z = v.to_vector();
  for (std::size_t head = 0; head < sizes.heads; ++head)
    for (std::size_t row = 0; row < sizes.m; ++row)
      attend(x, y, z, sizes, head, row, wanted);
  return lessons::agrees(causal ? "causal attention" : "attention", o, wanted,
                         1e-2);
}

} // namespace

int main(int, char **) try {
  const bool plain = run(false), causal = run(true);
  return plain && causal ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return EXIT_FAILURE;
}

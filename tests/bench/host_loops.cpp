// SPDX-License-Identifier: Apache-2.0
#include "host_loops.h"

#include <algorithm>
#include <cmath>

namespace girih::bench::loops {

void softmax(const float *x, float *y, Index n, Range rows) {
  for (Index row = rows.begin; row < rows.end; ++row) {
    const float *from = x + row * n;
    float *to = y + row * n;
    float top = -INFINITY, sum = 0;
    for (Index i = 0; i < n; ++i)
      top = std::max(top, from[i]);
    for (Index i = 0; i < n; ++i)
      sum += to[i] = std::exp(from[i] - top);
    for (Index i = 0; i < n; ++i)
      to[i] /= sum;
  }
}

void layer_norm(const float *x, const float *weight, const float *bias,
                float *y, Index n, Range rows) {
  for (Index row = rows.begin; row < rows.end; ++row) {
    const float *from = x + row * n;
    float mean = 0, variance = 0;
    for (Index i = 0; i < n; ++i)
      mean += from[i];
    mean /= static_cast<float>(n);
    for (Index i = 0; i < n; ++i)
      variance += (from[i] - mean) * (from[i] - mean);
    const float scale = 1 / std::sqrt(variance / static_cast<float>(n) + 1e-5f);
    for (Index i = 0; i < n; ++i)
      y[row * n + i] = (from[i] - mean) * scale * weight[i] + bias[i];
  }
}

void rms_norm(const float *x, const float *weight, float *y, Index n,
              Range rows) {
  for (Index row = rows.begin; row < rows.end; ++row) {
    const float *from = x + row * n;
    float sum = 0;
    for (Index i = 0; i < n; ++i)
      sum += from[i] * from[i];
    const float scale = 1 / std::sqrt(sum / static_cast<float>(n) + 1e-6f);
    for (Index i = 0; i < n; ++i)
      y[row * n + i] = from[i] * scale * weight[i];
  }
}

void max_pool2d(const float *x, float *y, Index h, Index w, Index window,
                Index stride, Range planes) {
  const Index p = (h - window) / stride + 1, q = (w - window) / stride + 1;
  for (Index plane = planes.begin; plane < planes.end; ++plane)
    for (Index i = 0; i < p; ++i)
      for (Index j = 0; j < q; ++j) {
        float top = -INFINITY;
        for (Index r = 0; r < window; ++r)
          for (Index s = 0; s < window; ++s)
            top = std::max(
                top, x[(plane * h + i * stride + r) * w + j * stride + s]);
        y[(plane * p + i) * q + j] = top;
      }
}

void conv2d(const float *x, const float *filters, float *y,
            const Convolution &of, Range images) {
  const Index p = of.h - of.r + 1, q = of.w - of.s + 1;
  for (Index n = images.begin; n < images.end; ++n)
    for (Index i = 0; i < p; ++i)
      for (Index j = 0; j < q; ++j) {
        float *to = y + ((n * p + i) * q + j) * of.k;
        for (Index k = 0; k < of.k; ++k)
          to[k] = 0;
        for (Index r = 0; r < of.r; ++r)
          for (Index s = 0; s < of.s; ++s)
            for (Index c = 0; c < of.c; ++c) {
              const float value =
                  x[((n * of.h + i + r) * of.w + j + s) * of.c + c];
              const float *filter =
                  filters + ((r * of.s + s) * of.c + c) * of.k;
              for (Index k = 0; k < of.k; ++k)
                to[k] += value * filter[k];
            }
      }
}

namespace {

std::uint32_t random_word(std::uint64_t seed, std::uint64_t counter) {
  std::uint32_t c[4] = {static_cast<std::uint32_t>(counter),
                        static_cast<std::uint32_t>(counter >> 32), 0, 0};
  std::uint32_t key[2] = {static_cast<std::uint32_t>(seed),
                          static_cast<std::uint32_t>(seed >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * c[2];
    const std::uint32_t next[4] = {
        static_cast<std::uint32_t>(second >> 32) ^ c[1] ^ key[0],
        static_cast<std::uint32_t>(second),
        static_cast<std::uint32_t>(first >> 32) ^ c[3] ^ key[1],
        static_cast<std::uint32_t>(first)};
    std::copy(next, next + 4, c);
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return c[0];
}

} // namespace

void dropout(const float *x, float *y, std::uint64_t seed, float p,
             Range elements) {
  for (Index i = elements.begin; i < elements.end; ++i) {
    const std::uint32_t word = random_word(seed, static_cast<std::uint64_t>(i));
    const float uniform = static_cast<float>(word >> 8) * 0x1p-24f;
    y[i] = uniform >= p ? x[i] / (1 - p) : 0;
  }
}

void attention(const float *q, const float *k, const float *v, float *o,
               Index n, Index d, float *scores, Range rows) {
  const float scale = 1 / std::sqrt(static_cast<float>(d));
  for (Index row = rows.begin; row < rows.end; ++row) {
    std::fill(scores, scores + n, 0.f);
    for (Index i = 0; i < d; ++i) {
      const float factor = q[row * d + i] * scale;
      for (Index j = 0; j < n; ++j)
        scores[j] += factor * k[i * n + j];
    }
    softmax(scores, scores, n, {0, 1});
    float *to = o + row * d;
    std::fill(to, to + d, 0.f);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < d; ++i)
        to[i] += scores[j] * v[j * d + i];
  }
}

} // namespace girih::bench::loops

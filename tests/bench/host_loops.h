// SPDX-License-Identifier: Apache-2.0
// The lessons as plain loops, for g++ -O3 -march=native: what one would write
// without a library. Each works on a range of rows, planes or elements, so that
// several threads can share the work.
#pragma once

#include <cstdint>

namespace girih::bench::loops {

using Index = std::int64_t;

struct Range {
  Index begin, end;
};

/// y[M, N] = softmax of x's rows.
void softmax(const float *x, float *y, Index n, Range rows);
void layer_norm(const float *x, const float *weight, const float *bias,
                float *y, Index n, Range rows);
void rms_norm(const float *x, const float *weight, float *y, Index n,
              Range rows);
/// y[planes, P, Q] of x[planes, H, W].
void max_pool2d(const float *x, float *y, Index h, Index w, Index window,
                Index stride, Range planes);

struct Convolution {
  Index h, w, c, k, r, s;
};
/// y[N, P, Q, K] of x[N, H, W, C] and filters[R, S, C, K].
void conv2d(const float *x, const float *filters, float *y,
            const Convolution &of, Range images);

/// y = x / (1 - p) or 0, by Philox 4x32-10 of each element's number.
void dropout(const float *x, float *y, std::uint64_t seed, float p,
             Range elements);

/// One head: o[M, D] = softmax(q k^T / sqrt(D)) v, of k transposed, [D, N].
/// `scores` holds a row of N.
void attention(const float *q, const float *k, const float *v, float *o,
               Index n, Index d, float *scores, Range rows);

} // namespace girih::bench::loops

// SPDX-License-Identifier: Apache-2.0
// Products of a few rows with a weight W[N, K], as the decoding of a language
// model makes them: as fast as W can be read.
//
// On a GPU a program reads some rows of W over all of K, 16 bytes an access,
// and multiplies them into one f32 accumulator for each row of x and lane of K
// that a thread holds; these are added up once, at the end. Blocks are chosen
// so that a multiprocessor has tens of kilobytes under way, which makes a split
// of K unnecessary. On the host it is the compiler's matrix-vector product, row
// by row of x while a piece of W is in the caches.
//
// On a GPU a row of x may be normed on its way: its squares are one more sum,
// and 1 / their root is a factor of the result.
#pragma once

#include "girih/ops/matmul/activation.h"

namespace girih::ops {

/// out[M, N] = f(x[M, K] * weight[N, K]^T + bias), bias [N] or [M, N]; with
/// `gate` it is silu(x gate^T) * (x weight^T). With `norm`, on a GPU only, x is
/// rms_norm(x, norm[K], eps) in both.
struct FewRows {
  Array x, weight, out;
  std::optional<Array> bias = {}, gate = {}, norm = {};
  double eps = 0;
  Activation activation = Activation::none;
};

/// Whether launch_few_rows is the better way for so many rows.
bool suits_few_rows(std::int64_t rows, const Array &weight);
/// Whether it can norm them as well.
inline bool norms_few_rows(const Array &x, const Array &weight) {
  return x.device().kind == Device::Kind::cuda && x.size(1) > 0 &&
         suits_few_rows(x.size(0), weight);
}
void launch_few_rows(const Call &call, const FewRows &product);
/// alpha * x weight^T + beta * bias, bias [M, N], on a GPU, of a product
/// without activation, gate and norm; with beta 0 bias is not read.
void launch_scaled_few_rows(const Call &call, const FewRows &product,
                            double alpha, double beta);

std::vector<KernelEntry> few_rows_entries();
std::vector<KernelEntry> gated_few_rows_entries();
std::vector<KernelEntry> normed_few_rows_entries();
std::vector<KernelEntry> normed_gated_few_rows_entries();

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// The kernels that several dsl tests record.
#pragma once

#include "girih/dsl/dsl.h"

namespace girih::testing {

inline Arrangement matmul_arrangement(Tensor a, Tensor b, Tensor c) {
  auto BM = block_size("BM"), BN = block_size("BN"), BK = block_size("BK");
  auto ct = c.tile({BM, BN});
  auto at = a.tile({BM, BK})
                .tile({1, whole})
                .expand({keep, ct.size(1)})
                .at(1, squeeze(0));
  auto bt = b.tile({BK, BN})
                .tile({whole, 1})
                .expand({ct.size(0), keep})
                .at(1, squeeze(1));
  return arranged(at, bt, ct);
}

inline void matmul_application(In a, In b, Out c) {
  Tile acc = zeros(c.shape(), f32);
  for (Index k : range(a.size(0)))
    acc += dot(a[k], b[k]);
  c = acc;
}

inline KernelSource matmul_source() {
  return make_source("matmul", matmul_arrangement, matmul_application);
}

inline Arrangement add_arrangement(Tensor a, Tensor b, Tensor c) {
  auto t = block_size("BLOCK");
  return arranged(a.tile({t}), b.tile({t}), c.tile({t}));
}

inline void add_application(In a, In b, Out c) { c = a + b; }

inline KernelSource add_source() {
  return make_source("add", add_arrangement, add_application);
}

/// Records with one dtype and one rank for all operands.
inline Program record_all(const KernelSource &source, DType dtype, int rank,
                          std::map<std::string, std::int64_t> blocks) {
  auto count = static_cast<std::size_t>(source.arity());
  std::vector<DType> dtypes(count, dtype);
  std::vector<int> ranks(count, rank);
  Config config;
  config.blocks = std::move(blocks);
  return record(source, dtypes, ranks, {}, config);
}

/// The body of a Program's text, without the lines before it.
inline std::string body_text(const Program &program) {
  std::string text = program.to_string();
  return text.substr(text.find("body {"));
}

/// The body that is recorded of an application of a[M, N] and b[M, N], both in
/// tiles [2, 4].
template <class Application>
std::string recorded_body(Application application, DType dtype = DType::f32) {
  auto source = make_source(
      "k",
      [](Tensor a, Tensor b) {
        return arranged(a.tile({2, 4}), b.tile({2, 4}));
      },
      application);
  return body_text(record_all(source, dtype, 2, {}));
}

/// How a body begins that first sums a: the sum is %8.
inline const std::string a_summed = R"(body {
  %0 = load a[] : f32[2, 4]
  %4 = reduce dim 1 [%0] (%1: f32[], %2: f32[]) {
    %3 = binary add %1, %2 : f32[]
    yield %3
  } : f32[2]
  %8 = reduce dim 0 [%4] (%5: f32[], %6: f32[]) {
    %7 = binary add %5, %6 : f32[]
    yield %7
  } : f32[]
)";

} // namespace girih::testing

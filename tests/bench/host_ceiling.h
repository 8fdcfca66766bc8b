// SPDX-License-Identifier: Apache-2.0
// What the host's memory can do, measured by hand-written loops: the ceilings
// of the host benches. Memory should be placed by the threads that use it:
// first touch goes through these functions too.
#pragma once

#include <cstddef>

namespace girih::bench {

/// c[i] = a[i] ^ b[i] over `bytes` with non-temporal stores, split over
/// `threads`: two reads and one write. Pointers 64-byte aligned.
void two_reads_one_write(const void *a, const void *b, void *c,
                         std::size_t bytes, int threads);

/// Reads `bytes`, a multiple of 4 KiB, and returns their xor. Split over
/// `threads`, each reading 1, 2 or 4 `streams` side by side.
unsigned long long read_all(const void *data, std::size_t bytes, int threads,
                            int streams);

/// cblas_sgemm of the system's OpenBLAS, opened at run time.
class OpenBlas {
public:
  OpenBlas();
  /// Empty when it was found.
  const char *missing() const { return missing_; }
  /// Which CPU's kernels it uses.
  const char *core() const { return core_; }
  /// C[M,N] = A[M,K] B[K,N], row major, on `threads` threads.
  void sgemm(int m, int n, int k, const float *a, const float *b, float *c,
             int threads) const;

private:
  void *sgemm_ = nullptr, *set_threads_ = nullptr;
  const char *missing_ = "", *core_ = "";
};

} // namespace girih::bench

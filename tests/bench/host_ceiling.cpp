// SPDX-License-Identifier: Apache-2.0
#include "host_ceiling.h"

#include <dlfcn.h>
#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

namespace girih::bench {

namespace {

using Range = std::function<void(std::size_t begin, std::size_t end)>;

// Equal parts in multiples of 4 KiB. Starting threads takes some 20 us each,
// little beside the milliseconds that these loops run.
void split(std::size_t bytes, int threads, const Range &body) {
  const std::size_t page = 4096;
  const std::size_t pages = (bytes + page - 1) / page;
  const auto count = static_cast<std::size_t>(threads);
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < count; ++i)
    others.emplace_back([&, i] {
      body(std::min(bytes, pages * i / count * page),
           std::min(bytes, pages * (i + 1) / count * page));
    });
  body(0, std::min(bytes, pages / count * page));
  for (std::thread &other : others)
    other.join();
}

__attribute__((target("avx512f"))) void combine_512(const char *a,
                                                    const char *b, char *c,
                                                    std::size_t begin,
                                                    std::size_t end) {
  for (std::size_t i = begin; i + 64 <= end; i += 64)
    _mm512_stream_si512(
        reinterpret_cast<__m512i *>(c + i),
        _mm512_xor_si512(_mm512_load_si512(a + i), _mm512_load_si512(b + i)));
  _mm_sfence();
}

__attribute__((target("avx2"))) void combine_256(const char *a, const char *b,
                                                 char *c, std::size_t begin,
                                                 std::size_t end) {
  const auto load = [](const char *from) __attribute__((target("avx2"))) {
    return _mm256_load_si256(reinterpret_cast<const __m256i *>(from));
  };
  for (std::size_t i = begin; i + 32 <= end; i += 32)
    _mm256_stream_si256(reinterpret_cast<__m256i *>(c + i),
                        _mm256_xor_si256(load(a + i), load(b + i)));
  _mm_sfence();
}

// Reads [0, bytes) as `streams` runs side by side: more of them keep more
// prefetchers busy, up to a point that depends on the machine.
template <std::size_t streams>
__attribute__((target("avx512f"))) unsigned long long
read_512(const char *data, std::size_t bytes) {
  __m512i sums[4 * streams] = {};
  const std::size_t run = bytes / streams;
  for (std::size_t i = 0; i + 256 <= run; i += 256)
    for (std::size_t lane = 0; lane < 4 * streams; ++lane)
      sums[lane] =
          _mm512_xor_si512(sums[lane], _mm512_load_si512(data + lane / 4 * run +
                                                         i + lane % 4 * 64));
  for (std::size_t lane = 1; lane < 4 * streams; ++lane)
    sums[0] = _mm512_xor_si512(sums[0], sums[lane]);
  alignas(64) unsigned long long lanes[8];
  _mm512_store_si512(lanes, sums[0]);
  return std::accumulate(lanes, lanes + 8, 0ULL, std::bit_xor<>());
}

template <std::size_t streams>
__attribute__((target("avx2"))) unsigned long long read_256(const char *data,
                                                            std::size_t bytes) {
  __m256i sums[4 * streams] = {};
  const std::size_t run = bytes / streams;
  for (std::size_t i = 0; i + 128 <= run; i += 128)
    for (std::size_t lane = 0; lane < 4 * streams; ++lane)
      sums[lane] = _mm256_xor_si256(
          sums[lane], _mm256_load_si256(reinterpret_cast<const __m256i *>(
                          data + lane / 4 * run + i + lane % 4 * 32)));
  for (std::size_t lane = 1; lane < 4 * streams; ++lane)
    sums[0] = _mm256_xor_si256(sums[0], sums[lane]);
  alignas(32) unsigned long long lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i *>(lanes), sums[0]);
  return std::accumulate(lanes, lanes + 4, 0ULL, std::bit_xor<>());
}

bool has_avx512() { return __builtin_cpu_supports("avx512f"); }

} // namespace

void two_reads_one_write(const void *a, const void *b, void *c,
                         std::size_t bytes, int threads) {
  const auto combine = has_avx512() ? combine_512 : combine_256;
  split(bytes, threads, [&](std::size_t begin, std::size_t end) {
    combine(static_cast<const char *>(a), static_cast<const char *>(b),
            static_cast<char *>(c), begin, end);
  });
}

unsigned long long read_all(const void *data, std::size_t bytes, int threads,
                            int streams) {
  using Read = unsigned long long (*)(const char *, std::size_t);
  const bool wide = has_avx512();
  const Read read = streams == 1   ? (wide ? read_512<1> : read_256<1>)
                    : streams == 2 ? (wide ? read_512<2> : read_256<2>)
                                   : (wide ? read_512<4> : read_256<4>);
  std::atomic<unsigned long long> total{0};
  split(bytes, threads, [&](std::size_t begin, std::size_t end) {
    total ^= read(static_cast<const char *>(data) + begin, end - begin);
  });
  return total;
}

OpenBlas::OpenBlas() {
  // A CPU newer than the library is taken for a very old one: name the best
  // kernels that this CPU can run, unless the caller has named some.
  setenv("OPENBLAS_CORETYPE", has_avx512() ? "SkylakeX" : "Haswell", 0);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    missing_ = "libopenblas.so.0 not found";
    return;
  }
  sgemm_ = dlsym(library, "cblas_sgemm");
  set_threads_ = dlsym(library, "openblas_set_num_threads");
  const auto core = dlsym(library, "openblas_get_corename");
  if (!sgemm_ || !set_threads_ || !core)
    missing_ = "libopenblas.so.0 has no cblas_sgemm";
  else
    core_ = reinterpret_cast<const char *(*)()>(core)();
}

void OpenBlas::sgemm(int m, int n, int k, const float *a, const float *b,
                     float *c, int threads) const {
  constexpr int row_major = 101, no_transpose = 111; // CBLAS_ORDER, _TRANSPOSE
  using Gemm = void (*)(int, int, int, int, int, int, float, const float *, int,
                        const float *, int, float, float *, int);
  reinterpret_cast<void (*)(int)>(set_threads_)(threads);
  reinterpret_cast<Gemm>(sgemm_)(row_major, no_transpose, no_transpose, m, n, k,
                                 1, a, k, b, n, 0, c, n);
}

} // namespace girih::bench

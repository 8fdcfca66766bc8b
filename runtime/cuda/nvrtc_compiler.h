// SPDX-License-Identifier: Apache-2.0
// NVRTC: CUDA C++ -> machine code at run time. Not installed.
#pragma once

#include "girih/runtime/cache/stored_kernel.h"
#include "girih/runtime/cuda/nvrtc_api.h"

#include <string>
#include <vector>

namespace girih::cuda {

/// What looking for NVRTC gave: a table, or the reason why there is none.
struct NvrtcLookup {
  const NvrtcTable *table = nullptr;
  int version = 0;     // 13000 for 13.0
  std::string include; // folder of CUDA's headers, where that is known
  std::string reason;  // names every place that was looked at
};

/// Opens libnvrtc: GIRIH_NVRTC, or that of CUDA_HOME and CUDA_PATH, of the
/// loader's path, of /usr/local/cuda. Throws nothing; GIRIH_NVRTC=off is a
/// reason too.
NvrtcLookup open_nvrtc();
/// The same, done once in a process. Thread-safe; never closed.
const NvrtcLookup &nvrtc();

/// Replaces it for a scope. Only for tests.
class ScopedNvrtc {
public:
  explicit ScopedNvrtc(NvrtcLookup lookup);
  ~ScopedNvrtc();
  ScopedNvrtc(const ScopedNvrtc &) = delete;
  ScopedNvrtc &operator=(const ScopedNvrtc &) = delete;

private:
  const NvrtcLookup *previous_;
};

/// A kernel's source text.
struct CudaSource {
  std::string source;
  std::string name; // as in the source: `scale`, `ns::scale<float>`
  std::vector<std::string> options;
};

/// What the code of a source depends on, besides the architecture.
std::string key_text(const CudaSource &source, const NvrtcLookup &lookup);

/// Compiles for `arch` ("sm_90a") to a cubin, or with `to_ptx` to PTX, which
/// the driver assembles. Callable from many threads. Throws CompileError
/// [nvrtc] with NVRTC's log, RuntimeError [nvrtc-missing] without a table.
StoredKernel compile_cuda(const CudaSource &source, const std::string &arch,
                          const NvrtcLookup &lookup, bool to_ptx);

/// PTX text from an entry's parameters to the next function; empty where there
/// is no such entry.
std::string_view entry_text(std::string_view ptx, std::string_view entry);
/// Sizes and alignments of the parameters of an entry.
std::vector<StoredKernel::Parameter> parse_parameters(std::string_view ptx,
                                                      std::string_view entry);

} // namespace girih::cuda

// SPDX-License-Identifier: Apache-2.0
// Program -> code loaded on a device, each once. Not installed.
#pragma once

#include "girih/compiler/compiler.h"
#include "girih/runtime/cache/disk_cache.h"
#include "girih/runtime/cache/stored_kernel.h"
#include "girih/runtime/cuda/assembler.h"
#include "girih/runtime/cuda/module.h"
#include "girih/runtime/cuda/nvrtc_compiler.h"
#include "girih/runtime/kernel.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace girih {

/// A kernel ready to run on one device.
struct Executable {
  compiler::Target target;
  KernelReport::Origin origin = KernelReport::Origin::compiled;
  std::int64_t shared_bytes = 0, scratch_bytes = 0, spill_bytes = -1;
  int threads = 1; // of a block
  int blocks = 1;  // of a program
  std::vector<compiler::TensorMap> tensor_maps;
  std::int64_t stream_bytes = 0; // of a block, and its flags: see Artifact
  int stream_flags = 0;
  bool pdl = false; // the code may run before what precedes it has ended
  std::vector<StoredKernel::Parameter> parameters; // of CUDA C++
  double compile_seconds = 0, assemble_seconds = 0, load_seconds = 0;
  // One of the two:
  std::unique_ptr<compiler::HostCode> host;
  const cuda::Gpu *gpu = nullptr;
  cuda::LoadedFunction function;
};

/// What code for this device is made for.
compiler::Target target_of(Device device);

/// What turns PTX into code for a GPU: "ptxas 123456" by its size, which tells
/// versions apart on every machine, or "driver 13000".
std::string assembler_version(Device device);

/// Makes the code of a Program and leaves it in the caches of this process and
/// of the disk, without loading it: no device is needed. Throws what compiling
/// and assembling throw.
void compile_ahead(const Program &program, const compiler::Target &target);

/// "sm_90a" or "host:znver4": the target without its features, for people.
std::string short_name(const compiler::Target &target);

/// The executable of a Program on a device: from memory, else from the disk
/// cache, else compiled. However many threads ask, each is made once. Throws
/// what compiling, assembling and loading throw.
std::shared_ptr<const Executable> executable_for(const Program &program,
                                                 Device device);

/// The same for a kernel in CUDA C++, on a GPU.
std::shared_ptr<const Executable> executable_for(const cuda::CudaSource &source,
                                                 Device device);

/// Text of everything that the code of a Program depends on.
std::string key_text(const Program &program, const compiler::Target &target,
                     const std::string &flags);

/// What executables are made with; tests put their own in place.
struct Toolchain {
  std::function<compiler::Artifact(const Program &, const compiler::Target &,
                                   const compiler::Options &)>
      compile;
  std::function<std::unique_ptr<compiler::HostCode>(const compiler::Artifact &)>
      load_host;
  std::function<cuda::Assembled(std::string_view ptx, const std::string &arch,
                                const std::string &ptxas)>
      assemble;
};

/// Replaces toolchain and disk cache for a scope, and forgets all executables
/// at both ends. Only for tests; nothing else may be compiling.
class ScopedToolchain {
public:
  ScopedToolchain(Toolchain toolchain, DiskCache &disk);
  ~ScopedToolchain();
  ScopedToolchain(const ScopedToolchain &) = delete;
  ScopedToolchain &operator=(const ScopedToolchain &) = delete;

private:
  Toolchain previous_;
  DiskCache *previous_disk_;
};
/// The one in use: to wrap it.
const Toolchain &current_toolchain();

} // namespace girih

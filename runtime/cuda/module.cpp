// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/module.h"

#include "girih/runtime/capture.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstring>

namespace girih::cuda {
namespace {

/// The driver's assembler writes what it has to say here.
struct JitLog {
  std::array<char, 8192> errors{};
  std::array<char, 4096> infos{};
  std::string text() const {
    std::string all(errors.data(), strnlen(errors.data(), errors.size()));
    return all.append(infos.data(), strnlen(infos.data(), infos.size()));
  }
};

Result load_image(const Gpu &gpu, const StoredKernel &kernel, JitLog &log,
                  ModuleHandle &module) {
  // The load is no part of what this thread may be capturing.
  const RelaxedCapture relaxed(gpu);
  // Sizes are passed by value in pointers.
  std::array options{jit_error_log_buffer, jit_error_log_bytes,
                     jit_info_log_buffer, jit_info_log_bytes};
  std::array<void *, 4> values{
      log.errors.data(), reinterpret_cast<void *>(log.errors.size()),
      log.infos.data(), reinterpret_cast<void *>(log.infos.size())};
  return gpu.api().cuModuleLoadDataEx(&module, kernel.code.c_str(),
                                      static_cast<unsigned>(options.size()),
                                      options.data(), values.data());
}

[[noreturn]] void fail_assembler(const Gpu &gpu, Result result,
                                 const std::string &kernel_name,
                                 const JitLog &log) {
  Diagnostic diagnostic(
      ErrorId::assembler, {},
      {fmt::format("the driver of {} refuses kernel {}: {}",
                   gpu.device().to_string(), kernel_name,
                   error_text(gpu.api(), result)),
       "GIRIH_DUMP keeps the PTX; a newer driver or a ptxas (GIRIH_PTXAS) may "
       "take it"});
  if (const std::string text = log.text(); !text.empty())
    diagnostic.note({}, "the driver printed:\n" + text);
  throw CompileError(std::move(diagnostic));
}

/// Drivers before 12.3 load nothing while a stream is captured.
[[noreturn]] void fail_in_capture(const Gpu &gpu, const std::string &name) {
  fail(ErrorId::capture,
       fmt::format("kernel {} is loaded for the first time while work on {} is "
                   "being captured, which driver {} does not allow",
                   name, gpu.device().to_string(),
                   gpu.properties().driver_version),
       {.help =
            "call kernel.prepare(arrays) before the capture, or use a driver "
            "of CUDA 12.3 or newer"});
}

void read_attributes(const Gpu &gpu, LoadedFunction &loaded) {
  auto attribute = [&](FunctionAttribute which) {
    int value = 0;
    gpu.check(gpu.api().cuFuncGetAttribute(&value, which, loaded.function),
              "cuFuncGetAttribute");
    return value;
  };
  loaded.registers = attribute(function_registers);
  loaded.local_bytes = attribute(function_local_bytes);
  loaded.static_shared = attribute(function_shared_bytes);
  loaded.max_threads = attribute(function_max_threads);
}

void check_resources(const Gpu &gpu, const StoredKernel &kernel,
                     const LoadedFunction &loaded,
                     const std::string &kernel_name) {
  const std::int64_t limit = gpu.properties().shared_bytes;
  const std::int64_t shared = kernel.shared_bytes + loaded.static_shared;
  if (shared > limit)
    throw CompileError(ErrorId::shared_memory, {},
                       {kernel_name, shared, gpu.device().to_string(), limit});
  if (kernel.threads > loaded.max_threads)
    throw CompileError(
        ErrorId::registers, {},
        {fmt::format("kernel {} wants {} threads a program, but with {} "
                     "registers a thread {} runs at most {}",
                     kernel_name, kernel.threads, loaded.registers,
                     gpu.device().to_string(), loaded.max_threads),
         "use fewer warps or smaller block sizes"});
  // Above 48 KB the driver must be told beforehand.
  if (kernel.shared_bytes > 0)
    gpu.check(gpu.api().cuFuncSetAttribute(
                  loaded.function, function_max_dynamic_shared,
                  static_cast<int>(kernel.shared_bytes)),
              "cuFuncSetAttribute");
}

int resident_blocks(const Gpu &gpu, const StoredKernel &kernel,
                    const LoadedFunction &loaded) {
  int blocks = 0;
  gpu.check(gpu.api().cuOccupancyMaxActiveBlocksPerMultiprocessor(
                &blocks, loaded.function, kernel.threads,
                static_cast<std::size_t>(kernel.shared_bytes)),
            "cuOccupancyMaxActiveBlocksPerMultiprocessor");
  return std::max(blocks, 1) * gpu.properties().processors;
}

/// Unloads on the way out unless it is kept: a kernel that is refused after
/// loading may be asked for again and again.
struct LoadedModule {
  explicit LoadedModule(const Gpu &gpu) : gpu(gpu) {}
  ~LoadedModule() {
    if (handle)
      gpu.api().cuModuleUnload(handle);
  }
  LoadedModule(const LoadedModule &) = delete;
  LoadedModule &operator=(const LoadedModule &) = delete;
  void keep() { handle = nullptr; }
  const Gpu &gpu;
  ModuleHandle handle = nullptr;
};

} // namespace

bool unreadable_image(Result result) {
  return result == error_invalid_image || result == error_no_binary ||
         result == error_unsupported_ptx || result == 300; // invalid source
}

LoadedFunction load_module(const Gpu &gpu, const StoredKernel &kernel,
                           const std::string &kernel_name) {
  gpu.require_alive();
  const auto start = std::chrono::steady_clock::now();
  ContextScope scope(gpu);
  JitLog log;
  LoadedModule module(gpu);
  // Asked beforehand, as the refused call would end the capture.
  if (capture_on(gpu.device()) && gpu.properties().driver_version < 12030)
    fail_in_capture(gpu, kernel_name);
  const Result result = load_image(gpu, kernel, log, module.handle);
  if (result != success) {
    if (of_capture(result))
      fail_in_capture(gpu, kernel_name);
    if (kernel.form == StoredKernel::Form::cubin && unreadable_image(result))
      throw UnreadableImage{result};
    if (unreadable_image(result) || result == error_invalid_ptx)
      fail_assembler(gpu, result, kernel_name, log);
    gpu.check(result, "cuModuleLoadDataEx");
  }
  LoadedFunction loaded;
  gpu.check(gpu.api().cuModuleGetFunction(&loaded.function, module.handle,
                                          kernel.entry.c_str()),
            "cuModuleGetFunction");
  read_attributes(gpu, loaded);
  check_resources(gpu, kernel, loaded, kernel_name);
  if (kernel.persistent)
    loaded.resident_blocks = resident_blocks(gpu, kernel, loaded);
  gpu.asserts().attach(module.handle, kernel.code, kernel_name);
  module.keep();
  const std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  loaded.load_seconds = spent.count();
  return loaded;
}

} // namespace girih::cuda

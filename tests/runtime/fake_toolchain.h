// SPDX-License-Identifier: Apache-2.0
// A compiler that compiles nothing and counts its calls, for tests of what is
// around it. Its host kernels run a C++ function that the test gives.
#pragma once

#include "temporary_folder.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/executable.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace girih::testing {

class FakeToolchain {
public:
  /// Host code runs `entry`; GPU code has the entry name `kernel`.
  explicit FakeToolchain(compiler::HostEntry entry = nullptr,
                         const std::string &cache = {})
      : entry_(entry), disk_(cache, std::int64_t{1} << 30, files_),
        scope_(make(), disk_) {}

  std::atomic<int> compiles{0}, loads{0}, assemblies{0};
  std::atomic<int> compile_milliseconds{0};
  std::int64_t shared_bytes = 0;
  int threads = 128;
  std::vector<compiler::TensorMap> tensor_maps; // where warps are specialised
  bool persistent = false;
  int stream_flags = 0; // of a block, which leaves 256 bytes
  // What the assembler makes of PTX without a limit of registers, and with one.
  cuda::Assembled unlimited{.spill_bytes = 8}, limited;
  std::string code = ".version 8.0\n.visible .entry kernel() {}\n";
  Program last_program;
  std::string last_arch;

private:
  struct Code : compiler::HostCode {
    explicit Code(compiler::HostEntry function) : function(function) {}
    compiler::HostEntry entry() const override { return function; }
    compiler::HostEntry function;
  };

  Toolchain make() {
    Toolchain made;
    made.compile = [this](const Program &program,
                          const compiler::Target &target,
                          const compiler::Options &options) {
      ++compiles;
      std::this_thread::sleep_for(
          std::chrono::milliseconds(compile_milliseconds));
      {
        const std::lock_guard lock(mutex_);
        last_program = program;
      }
      compiler::Artifact artifact;
      artifact.target = target;
      artifact.entry = "kernel";
      artifact.code = code;
      artifact.shared_bytes = shared_bytes;
      artifact.threads = threads;
      if (program.config.warp_specialize)
        artifact.tensor_maps = tensor_maps;
      artifact.persistent = persistent;
      artifact.stream_flags = stream_flags;
      artifact.stream_bytes = stream_flags > 0 ? 256 : 0;
      if (options.on_stage)
        options.on_stage(compiler::Stage::ptx, code);
      if (options.override_stage)
        if (auto edited = options.override_stage(compiler::Stage::ptx, code))
          artifact.code = *edited;
      return artifact;
    };
    made.load_host = [this](const compiler::Artifact &) {
      ++loads;
      return std::make_unique<Code>(entry_);
    };
    made.assemble = [this](std::string_view ptx, const std::string &arch,
                           const std::string &) {
      ++assemblies;
      {
        const std::lock_guard lock(mutex_);
        last_arch = arch;
      }
      const bool has_limit = ptx.find(".maxnreg") != std::string_view::npos;
      cuda::Assembled assembled = has_limit ? limited : unlimited;
      assembled.cubin = "CUBIN of " + std::string(ptx);
      return assembled;
    };
    return made;
  }

  std::mutex mutex_; // guards last_program and last_arch
  compiler::HostEntry entry_;
  FileSystem files_;
  DiskCache disk_;
  ScopedToolchain scope_;
};

/// Sets an environment variable for a scope.
class ScopedEnv {
public:
  ScopedEnv(const char *name, const std::string &value)
      : name_(name), before_(env(name)) {
    setenv(name, value.c_str(), 1);
  }
  ~ScopedEnv() {
    if (before_)
      setenv(name_, before_->c_str(), 1);
    else
      unsetenv(name_);
  }
  ScopedEnv(const ScopedEnv &) = delete;
  ScopedEnv &operator=(const ScopedEnv &) = delete;

private:
  const char *name_;
  std::optional<std::string> before_;
};

} // namespace girih::testing

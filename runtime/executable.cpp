// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/executable.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/cache/single_flight.h"
#include "girih/runtime/dump.h"
#include "girih/runtime/exit_gate.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace girih {
namespace {

using Clock = std::chrono::steady_clock;
using Form = StoredKernel::Form;
using Origin = KernelReport::Origin;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A stored kernel, and what it took to get it.
struct Fetched {
  StoredKernel kernel;
  Origin origin = Origin::compiled;
  double compile_seconds = 0, assemble_seconds = 0;
};

/// Everything there is one of in a process. Never destroyed.
struct Service {
  Toolchain toolchain{compiler::compile, compiler::load_host, cuda::assemble};
  FileSystem files;
  DiskCache disk{cache_path(), cache_capacity(), files};
  DiskCache *used_disk = &disk;
  SingleFlight<Fetched> kernels;
  SingleFlight<Executable> executables;
  // Set once the driver has turned out not to read our ptxas's cubins.
  std::atomic<bool> driver_assembles{false};
};

Service &service() {
  static Service *const made = new Service;
  return *made;
}

/// What else the code depends on. Another ptxas is another assembler.
std::string flags_of(const compiler::Target &target, const std::string &ptxas) {
  std::string flags;
  if (env_has("GIRIH_DEBUG", "lineinfo"))
    flags += "lineinfo ";
  if (target.kind == compiler::Target::Kind::host)
    return flags;
  struct stat status{};
  if (ptxas.empty() || ::stat(ptxas.c_str(), &status) != 0)
    return flags + "assembler=driver";
  return flags + fmt::format("assembler={}:{}:{}", ptxas, status.st_size,
                             status.st_mtime);
}

/// Of all operations, or of those whose line is in the code in any case.
void append_lines(std::string &text, const Block &block, bool all) {
  for (const Node &node : block.nodes) {
    if (all || node.op == Op::assertion)
      text += fmt::format("{}:{}\n", node.line.file, node.line.line);
    append_lines(text, node.body, all);
    append_lines(text, node.other, all);
  }
}

void log_remarks(const Program &program, const StoredKernel &kernel) {
  if (!env_has("GIRIH_LOG", "remarks"))
    return;
  for (const compiler::Remark &remark : kernel.remarks)
    log_line("remarks", fmt::format("{}: {}{}{}: {}", program.name,
                                    remark.line.to_string(),
                                    remark.line.known() ? ": " : "",
                                    remark.pass, remark.text));
}

/// What a Config asks for and the code does. Without the wait in the code an
/// overlapping launch would read what its predecessor has yet to write.
bool waits_for_predecessor(const Program &program, StoredKernel &kernel) {
  if (!program.config.pdl.value_or(false))
    return false;
  if (kernel.code.find("griddepcontrol.wait") != std::string::npos)
    return true;
  kernel.remarks.push_back({"pdl",
                            "the code has no griddepcontrol.wait: it is "
                            "launched without pdl",
                            {}});
  return false;
}

bool has_dot(const Block &block) {
  return std::any_of(
      block.nodes.begin(), block.nodes.end(), [](const Node &node) {
        bool found = node.op == Op::dot;
        for_each_block(node,
                       [&](const Block &each) { found |= has_dot(each); });
        return found;
      });
}

/// What a thread of a kernel on memory may spill for the sake of more threads.
constexpr std::int64_t little_spill = 32;

/// Memory is kept busy by threads: a kernel without dots that takes a little
/// more registers than an SM with 1024 threads has is held to as many.
cuda::Assembled assemble_now(const Program &program, const std::string &ptx,
                             const std::string &arch,
                             const std::string &ptxas) {
  const auto &assemble = service().toolchain.assemble;
  cuda::Assembled assembled = assemble(ptx, arch, ptxas);
  if (!cuda::nearly_of_1024_threads(assembled) || has_dot(program.body))
    return assembled;
  const std::string limited_ptx =
      cuda::with_register_limit(ptx, cuda::registers_of_1024_threads);
  if (limited_ptx == ptx)
    return assembled;
  cuda::Assembled limited = assemble(limited_ptx, arch, ptxas);
  const bool taken = limited.spill_bytes <= little_spill;
  const double seconds = assembled.seconds + limited.seconds;
  cuda::Assembled &result = taken ? limited : assembled;
  result.seconds = seconds;
  return std::move(result);
}

Fetched compile_now(const Program &program, const compiler::Target &target,
                    const std::string &ptxas) {
  Dump dump(program, target);
  Fetched result;
  const auto start = Clock::now();
  compiler::Artifact artifact = [&] {
    try {
      return service().toolchain.compile(program, target, dump.options());
    } catch (const CompileError &error) {
      dump.rethrow(error);
    }
  }();
  result.compile_seconds = seconds_since(start);
  StoredKernel &kernel = result.kernel;
  kernel.target = target.to_string();
  kernel.entry = std::move(artifact.entry);
  kernel.code = std::move(artifact.code);
  kernel.shared_bytes = artifact.shared_bytes;
  kernel.scratch_bytes = artifact.scratch_bytes;
  kernel.threads = artifact.threads;
  kernel.blocks = artifact.blocks;
  kernel.persistent = artifact.persistent;
  kernel.stream_bytes = artifact.stream_bytes;
  kernel.stream_flags = artifact.stream_flags;
  kernel.tensor_maps = std::move(artifact.tensor_maps);
  kernel.remarks = std::move(artifact.remarks);
  if (target.kind == compiler::Target::Kind::host)
    return result;
  kernel.form = Form::ptx;
  kernel.pdl = waits_for_predecessor(program, kernel);
  if (ptxas.empty())
    return result;
  cuda::Assembled assembled =
      assemble_now(program, kernel.code, target.arch, ptxas);
  dump.write("kernel.cubin", assembled.cubin);
  dump.write("ptxas.log", assembled.log);
  result.assemble_seconds = assembled.seconds;
  kernel.form = Form::cubin;
  kernel.code = std::move(assembled.cubin);
  kernel.spill_bytes = static_cast<std::int32_t>(assembled.spill_bytes);
  if (assembled.spill_bytes > 0)
    kernel.remarks.push_back(
        {"ptxas", fmt::format("spills {} bytes", assembled.spill_bytes), {}});
  if (assembled.serialized_wgmma)
    kernel.remarks.push_back({"ptxas", "wgmma is serialised", {}});
  return result;
}

/// From the disk cache, unless not `cached`, else made.
std::shared_ptr<const Fetched> fetch(const std::string &key,
                                     const compiler::Target &target,
                                     bool cached,
                                     const std::function<Fetched()> &make) {
  auto result = std::make_shared<Fetched>();
  DiskCache &disk = *service().used_disk;
  const std::string name = entry_name(key);
  if (cached) {
    if (const auto bytes = disk.load(name)) {
      if (auto kernel = read_entry(*bytes, key, target.to_string())) {
        result->kernel = std::move(*kernel);
        result->origin = Origin::disk;
        return result;
      }
      // Broken, foreign or of a colliding key: made anew and overwritten.
      if (env_has("GIRIH_LOG", "cache"))
        log_line("cache", fmt::format("entry {} of {} is broken; made anew",
                                      name, disk.path()));
      disk.remove(name);
    }
  }
  *result = make();
  if (cached)
    disk.store(name, write_entry(result->kernel, key));
  return result;
}

std::shared_ptr<const Fetched> fetch_once(const Program &program,
                                          const compiler::Target &target,
                                          const std::string &ptxas) {
  const std::string key = key_text(program, target, flags_of(target, ptxas));
  const auto make = [&] {
    Fetched made = compile_now(program, target, ptxas);
    log_remarks(program, made.kernel);
    return made;
  };
  return service().kernels.get(
      key, [&] { return fetch(key, target, !Dump::wanted(), make); });
}

/// CUDA C++, compiled by NVRTC: to a cubin, or where the driver cannot read its
/// cubins to PTX.
std::shared_ptr<const Fetched> fetch_once(const cuda::CudaSource &source,
                                          const compiler::Target &target,
                                          bool to_ptx) {
  const cuda::NvrtcLookup &nvrtc = cuda::nvrtc();
  const std::string key =
      fmt::format("entry {}\ntarget {}\nform {}\n", entry_version,
                  target.to_string(), to_ptx ? "ptx" : "cubin") +
      key_text(source, nvrtc);
  const auto make = [&] {
    const auto start = Clock::now();
    Fetched made;
    made.kernel = compile_cuda(source, target.arch, nvrtc, to_ptx);
    made.kernel.target = target.to_string();
    made.compile_seconds = seconds_since(start);
    return made;
  };
  return service().kernels.get(key,
                               [&] { return fetch(key, target, true, make); });
}

std::shared_ptr<Executable> describe(const compiler::Target &target,
                                     const Fetched &fetched) {
  auto made = std::make_shared<Executable>();
  made->target = target;
  made->origin = fetched.origin;
  made->shared_bytes = fetched.kernel.shared_bytes;
  made->scratch_bytes = fetched.kernel.scratch_bytes;
  made->spill_bytes = fetched.kernel.spill_bytes;
  made->threads = fetched.kernel.threads;
  made->blocks = fetched.kernel.blocks;
  made->tensor_maps = fetched.kernel.tensor_maps;
  made->stream_bytes = fetched.kernel.stream_bytes;
  made->stream_flags = fetched.kernel.stream_flags;
  made->pdl = fetched.kernel.pdl;
  made->parameters = fetched.kernel.parameters;
  made->compile_seconds = fetched.compile_seconds;
  made->assemble_seconds = fetched.assemble_seconds;
  return made;
}

std::shared_ptr<const Executable> load_on_host(const Program &program,
                                               const compiler::Target &target) {
  const auto fetched = fetch_once(program, target, {});
  auto made = describe(target, *fetched);
  compiler::Artifact artifact;
  artifact.target = target;
  artifact.entry = fetched->kernel.entry;
  artifact.code = fetched->kernel.code;
  artifact.scratch_bytes = fetched->kernel.scratch_bytes;
  const auto start = Clock::now();
  made->host = service().toolchain.load_host(artifact);
  made->load_seconds = seconds_since(start);
  return made;
}

/// What ptxas and the driver say is of the kernel as a whole.
[[noreturn]] void rethrow_in(const Program &program,
                             const CompileError &error) {
  Diagnostic diagnostic = error.diagnostic();
  if (!diagnostic.where.known())
    diagnostic.where = first_line(program);
  throw CompileError(std::move(diagnostic));
}

/// `fetch` gives code: the driver's to assemble or not.
std::shared_ptr<const Executable>
load_on_gpu(const std::string &name, const compiler::Target &target,
            const cuda::Gpu &gpu,
            const std::function<std::shared_ptr<const Fetched>(bool)> &fetch) {
  const bool driver_assembles = service().driver_assembles.load();
  const auto fetched = fetch(driver_assembles);
  auto made = describe(target, *fetched);
  made->gpu = &gpu;
  try {
    made->function = cuda::load_module(gpu, fetched->kernel, name);
  } catch (const cuda::UnreadableImage &) {
    // An assembler newer than the driver: let the driver assemble from now on.
    service().driver_assembles.store(true);
    if (env_has("GIRIH_LOG", "compile"))
      log_line("compile", "the assembler makes code that the driver cannot "
                          "load; the driver assembles instead");
    return load_on_gpu(name, target, gpu, fetch);
  }
  made->load_seconds = made->function.load_seconds;
  return made;
}

} // namespace

compiler::Target target_of(Device device) {
  if (device.kind == Device::Kind::cuda)
    return compiler::nvptx_target(
        cuda::gpu(device.index).properties().compute_capability);
  static const compiler::Target *const host =
      new compiler::Target(compiler::host_target());
  return *host;
}

std::string assembler_version(Device device) {
  const std::string ptxas = cuda::find_ptxas();
  struct stat status{};
  if (ptxas.empty() || ::stat(ptxas.c_str(), &status) != 0)
    return fmt::format("driver {}", properties(device).driver_version);
  return fmt::format("ptxas {}", status.st_size);
}

void compile_ahead(const Program &program, const compiler::Target &target) {
  const ExitGate gate;
  const bool on_host = target.kind == compiler::Target::Kind::host;
  fetch_once(program, target, on_host ? "" : cuda::find_ptxas());
}

std::string short_name(const compiler::Target &target) {
  return target.kind == compiler::Target::Kind::host ? "host:" + target.arch
                                                     : target.arch;
}

std::string key_text(const Program &program, const compiler::Target &target,
                     const std::string &flags) {
  std::string text =
      fmt::format("entry {}\nbuild {}\ntarget {}\nflags {}\n", entry_version,
                  compiler::build_id(), target.to_string(), flags);
  text += program.to_string();
  // Lines reach the code only when asked for, save those of assertions.
  append_lines(text, program.body, env_has("GIRIH_DEBUG", "lineinfo"));
  return text;
}

std::shared_ptr<const Executable> executable_for(const Program &program,
                                                 Device device) {
  // Before a slot of the single flight is taken: who waits at the closed gate
  // must not hold what the exiting thread may ask for.
  const ExitGate gate;
  const compiler::Target target = target_of(device);
  const bool on_gpu = device.kind == Device::Kind::cuda;
  const cuda::Gpu *gpu = on_gpu ? &cuda::gpu(device.index) : nullptr;
  // Contexts differ by device, and in tests by driver.
  const std::string key =
      fmt::format("{}\n", fmt::ptr(gpu)) + key_text(program, target, {});
  return service().executables.get(key, [&] {
    if (!on_gpu)
      return load_on_host(program, target);
    const auto fetch = [&](bool driver_assembles) {
      return fetch_once(program, target,
                        driver_assembles ? "" : cuda::find_ptxas());
    };
    try {
      return load_on_gpu(program.name, target, *gpu, fetch);
    } catch (const CompileError &error) {
      rethrow_in(program, error);
    }
  });
}

std::shared_ptr<const Executable> executable_for(const cuda::CudaSource &source,
                                                 Device device) {
  const ExitGate gate;
  const cuda::Gpu &gpu = cuda::gpu(device.index);
  const compiler::Target target = target_of(device);
  const std::string key =
      fmt::format("{}\n{}", fmt::ptr(&gpu), key_text(source, cuda::nvrtc()));
  return service().executables.get(key, [&] {
    return load_on_gpu(source.name, target, gpu, [&](bool driver_assembles) {
      return fetch_once(source, target, driver_assembles);
    });
  });
}

ScopedToolchain::ScopedToolchain(Toolchain toolchain, DiskCache &disk)
    : previous_(service().toolchain), previous_disk_(service().used_disk) {
  service().toolchain = std::move(toolchain);
  service().used_disk = &disk;
  service().kernels.clear();
  service().executables.clear();
  service().driver_assembles = false;
}

ScopedToolchain::~ScopedToolchain() {
  service().toolchain = std::move(previous_);
  service().used_disk = previous_disk_;
  service().kernels.clear();
  service().executables.clear();
  service().driver_assembles = false;
}

const Toolchain &current_toolchain() { return service().toolchain; }

} // namespace girih

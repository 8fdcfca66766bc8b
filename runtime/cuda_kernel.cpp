// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda_kernel.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/executable.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/fork_mutex.h"
#include "girih/runtime/launch/gpu_launch.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

namespace girih {

struct CudaKernel::State {
  cuda::CudaSource source;
  SourceLine made_at;
  ForkMutex mutex; // guards what follows
  std::map<const cuda::Gpu *, std::shared_ptr<const Executable>> loaded;

  std::shared_ptr<const Executable> code_on(Device device);
};

namespace {

[[noreturn]] void refuse(const std::string &kernel, const std::string &what,
                         std::string help = {}) {
  fail(ErrorId::argument, fmt::format("kernel {}: {}", kernel, what),
       {.help = std::move(help)});
}

Device device_of(const std::string &kernel, const CudaGrid &grid,
                 std::span<const CudaArgument> arguments) {
  const Array *first = nullptr;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const Array *array = arguments[at].array();
    if (!array)
      continue;
    if (!array->data() && array->numel() > 0)
      fail(ErrorId::null_pointer,
           fmt::format("kernel {}: argument {} is an Array without memory",
                       kernel, at));
    first = first ? first : array;
    if (array->device() != first->device())
      fail(ErrorId::device,
           fmt::format("kernel {}: argument {} is on {}, another is on {}",
                       kernel, at, array->device().to_string(),
                       first->device().to_string()),
           {.help = "copy with array.to(device)"});
  }
  const Device device = first                 ? first->device()
                        : grid.stream.bound() ? grid.stream.device()
                                              : default_device();
  if (device.kind != Device::Kind::cuda)
    fail(ErrorId::device,
         fmt::format("kernel {} is CUDA C++ and runs on a GPU, not on {}",
                     kernel, device.to_string()),
         {.help = "copy with array.to(girih::cuda_device())"});
  if (grid.stream.bound() && grid.stream.device() != device)
    fail(ErrorId::device,
         fmt::format("kernel {}: the stream is of {}, the arrays are on {}",
                     kernel, grid.stream.device().to_string(),
                     device.to_string()),
         {.help = "take a stream of the arrays' device"});
  return device;
}

void check_grid(const std::string &kernel, const CudaGrid &grid,
                const Executable &code) {
  const auto &[blocks_x, blocks_y, blocks_z] = grid.blocks;
  const auto &[x, y, z] = grid.threads;
  const std::int64_t threads = std::int64_t{x} * y * z;
  if (threads == 0 || blocks_x == 0 || blocks_y == 0 || blocks_z == 0)
    refuse(kernel, "a grid has at least one block of one thread");
  if (threads > code.function.max_threads)
    refuse(kernel,
           fmt::format("{} threads a block; with {} registers a thread {} runs "
                       "at most {}",
                       threads, code.function.registers,
                       code.gpu->device().to_string(),
                       code.function.max_threads));
  const std::int64_t limit =
      code.gpu->properties().shared_bytes - code.function.static_shared;
  if (grid.shared_bytes < 0 || grid.shared_bytes > limit)
    refuse(kernel,
           fmt::format("{} bytes of dynamic shared memory; {} has {} besides "
                       "the kernel's own",
                       grid.shared_bytes, code.gpu->device().to_string(),
                       limit));
  if (grid.pdl && !code.pdl)
    refuse(kernel, "pdl, but its code has no griddepcontrol.wait",
           "call cudaGridDependencySynchronize() before reading results of the "
           "kernel before");
}

/// The block that the driver takes: each argument at its alignment.
std::vector<std::byte> pack(const std::string &kernel, const Executable &code,
                            std::span<const CudaArgument> arguments) {
  if (arguments.size() != code.parameters.size())
    refuse(kernel, fmt::format("it has {} parameters but got {} arguments",
                               code.parameters.size(), arguments.size()));
  std::vector<std::byte> block;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const auto bytes = arguments[at].bytes();
    const auto &parameter = code.parameters[at];
    if (bytes.size() != parameter.bytes)
      refuse(
          kernel,
          fmt::format("argument {} has {} bytes{}, the parameter {}", at,
                      bytes.size(),
                      arguments[at].array() ? " (the pointer of an Array)" : "",
                      parameter.bytes),
          "numbers are passed in their own type: 2.0f is a float, "
          "std::int64_t{n} a long long");
    const std::size_t step = std::max<std::size_t>(parameter.alignment, 1);
    block.resize((block.size() + step - 1) / step * step);
    block.insert(block.end(), bytes.begin(), bytes.end());
  }
  return block;
}

/// The same error at the line of the call, where it named no line itself.
[[noreturn]] void rethrow_at(const RuntimeError &error,
                             std::source_location where) {
  Diagnostic diagnostic = error.diagnostic();
  if (!diagnostic.where.known())
    diagnostic.where = where;
  throw RuntimeError(std::move(diagnostic));
}

} // namespace

std::shared_ptr<const Executable> CudaKernel::State::code_on(Device device) {
  const cuda::Gpu *gpu = &cuda::gpu(device.index);
  {
    const std::lock_guard lock(mutex);
    if (const auto known = loaded.find(gpu); known != loaded.end())
      return known->second;
  }
  std::shared_ptr<const Executable> made;
  try {
    made = executable_for(source, device);
  } catch (const CompileError &error) {
    Diagnostic diagnostic = error.diagnostic();
    diagnostic.where = made_at;
    throw CompileError(std::move(diagnostic));
  }
  // Above 48 KB the driver must be told beforehand.
  const cuda::ContextScope scope(*gpu);
  gpu->check(gpu->api().cuFuncSetAttribute(
                 made->function.function, cuda::function_max_dynamic_shared,
                 static_cast<int>(gpu->properties().shared_bytes -
                                  made->function.static_shared)),
             "cuFuncSetAttribute");
  const std::lock_guard lock(mutex);
  return loaded.try_emplace(gpu, std::move(made)).first->second;
}

const std::string &CudaKernel::name() const { return state_->source.name; }

void CudaKernel::launch(const CudaGrid &grid,
                        std::span<const CudaArgument> arguments,
                        std::source_location where) const try {
  const Device device = device_of(name(), grid, arguments);
  const auto code = state_->code_on(device);
  check_grid(name(), grid, *code);
  const std::vector<std::byte> block = pack(name(), *code, arguments);
  std::vector<const Array *> arrays;
  for (const CudaArgument &argument : arguments)
    if (argument.array())
      arrays.push_back(argument.array());
  launch_on_gpu({.gpu = *code->gpu,
                 .function = code->function.function,
                 .grid = {grid.blocks.x, grid.blocks.y, grid.blocks.z},
                 .block = {grid.threads.x, grid.threads.y, grid.threads.z},
                 .shared_bytes = static_cast<unsigned>(grid.shared_bytes),
                 .parameters = block.data(),
                 .parameter_bytes = block.size(),
                 .pdl = grid.pdl,
                 .sync = env_has("GIRIH_DEBUG", "sync")},
                arrays, grid.stream,
                cuda::intern_site(name(), where.file_name(), where.line()));
} catch (const RuntimeError &error) {
  rethrow_at(error, where);
} catch (const CompileError &error) {
  Diagnostic diagnostic = error.diagnostic();
  diagnostic.note(where, "in this call of kernel " + name());
  throw CompileError(std::move(diagnostic));
}

KernelReport CudaKernel::prepare(Device device,
                                 std::source_location where) const try {
  CudaGrid grid;
  grid.stream = Stream::wrap(nullptr, device);
  const auto code = state_->code_on(device_of(name(), grid, {}));
  KernelReport report;
  report.target = short_name(code->target);
  report.origin = code->origin;
  report.registers = code->function.registers;
  report.local_bytes = code->function.local_bytes;
  report.shared_bytes = code->function.static_shared;
  report.compile_seconds = code->compile_seconds;
  report.load_seconds = code->load_seconds;
  return report;
} catch (const RuntimeError &error) {
  rethrow_at(error, where);
}

CudaKernel cuda_kernel(std::string source, std::string name,
                       std::vector<std::string> options,
                       std::source_location where) {
  CudaKernel made;
  made.state_ = std::make_shared<CudaKernel::State>();
  made.state_->source = {std::move(source), std::move(name),
                         std::move(options)};
  made.state_->made_at = where;
  return made;
}

} // namespace girih

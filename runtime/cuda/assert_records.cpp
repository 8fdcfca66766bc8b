// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/assert_records.h"

#include "girih/dsl/support/lane_text.h"
#include "girih/runtime/cuda/gpu.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace girih::cuda {
namespace {

using compiler::AssertRecord;

/// Frees pinned memory that did not come into use.
struct FreeHost {
  const Gpu &gpu;
  void operator()(void *memory) const { gpu.api().cuMemFreeHost(memory); }
};

void store(const Gpu &gpu, DevicePointer to, const DevicePointer &value) {
  const PrivateStream stream(gpu);
  gpu.check(
      gpu.api().cuMemcpyHtoDAsync(to, &value, sizeof(value), stream.handle()),
      "cuMemcpyHtoDAsync");
  gpu.check(gpu.api().cuStreamSynchronize(stream.handle()),
            "cuStreamSynchronize");
}

/// The text that starts at `from`, which ends with a zero unless it was cut.
std::string text_at(const AssertRecord &record, std::size_t from) {
  const char *start = record.text + from;
  return {start, strnlen(start, sizeof(record.text) - from)};
}

Diagnostic diagnostic_of(const AssertRecord &record,
                         const std::string &kernel) {
  const std::string file = text_at(record, 0);
  const std::string message =
      text_at(record, std::min(file.size() + 1, sizeof(record.text) - 1));
  const auto rank = static_cast<std::size_t>(std::clamp<std::int64_t>(
      record.rank, 0, static_cast<std::int64_t>(std::size(record.lane))));
  SourceLine where;
  if (record.line != 0)
    where = {file, record.line};
  return {ErrorId::device_assert,
          where,
          {kernel, message,
           lane_place(record.program, std::span(record.lane, rank))}};
}

} // namespace

void AssertRecords::attach(ModuleHandle module, std::string_view code,
                           const std::string &kernel) {
  // PTX or a cubin: both hold the variable's name as it is.
  if (code.find(compiler::assert_variable) == std::string_view::npos)
    return;
  // The calls below are no part of what this thread may be capturing.
  const RelaxedCapture relaxed(gpu_);
  DevicePointer variable = 0;
  std::size_t bytes = 0;
  const Result found = gpu_.api().cuModuleGetGlobal(&variable, &bytes, module,
                                                    compiler::assert_variable);
  if (found == error_not_found ||
      (found == success && bytes != sizeof(variable)))
    return; // the name stands for something else
  gpu_.check(found, "cuModuleGetGlobal");
  void *memory = nullptr;
  gpu_.check(
      gpu_.api().cuMemHostAlloc(&memory, sizeof(AssertRecord),
                                host_alloc_portable | host_alloc_device_map),
      "cuMemHostAlloc");
  std::unique_ptr<AssertRecord, FreeHost> record(new (memory) AssertRecord,
                                                 FreeHost{gpu_});
  DevicePointer address = 0;
  gpu_.check(gpu_.api().cuMemHostGetDevicePointer(&address, memory, 0),
             "cuMemHostGetDevicePointer");
  store(gpu_, variable, address);
  // Not locked before: a call that fails above asks for failed assertions.
  const std::lock_guard lock(mutex_);
  attached_.push_back({kernel, record.get()});
  record.release();
}

std::optional<Diagnostic> AssertRecords::failed() const {
  const std::lock_guard lock(mutex_);
  for (const Attached &each : attached_)
    if (std::atomic_ref(each.record->written).load(std::memory_order_acquire))
      return diagnostic_of(*each.record, each.kernel);
  return std::nullopt;
}

} // namespace girih::cuda

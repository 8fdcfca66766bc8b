// SPDX-License-Identifier: Apache-2.0
#include "fake_driver.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace girih::testing {

using cuda::DevicePointer;

struct FakeModule {
  std::string image;
};

struct FakeFunction {
  std::string entry;
  int device = 0;
  int dynamic_shared = 48 << 10;
};

struct FakeEvent {
  std::chrono::steady_clock::time_point time;
};

struct FakeDriver::State {
  struct Failure {
    std::string function;
    int remaining;
    int result;
    bool forever;
  };
  mutable std::mutex mutex;
  std::vector<FakeDevice> devices;
  std::vector<std::string> calls;
  std::vector<Failure> failures;
  std::vector<FakeLaunch> launches;
  std::map<std::string, Kernel> kernels;
  std::set<void *> allocations;
  std::vector<std::unique_ptr<FakeModule>> modules;
  std::vector<std::unique_ptr<FakeFunction>> functions;
  std::vector<std::unique_ptr<FakeEvent>> events;
};

namespace {

FakeDriver *active = nullptr;
// Contexts are device number + 1.
thread_local std::vector<void *> contexts;

void *context_of(int device) {
  return reinterpret_cast<void *>(static_cast<std::intptr_t>(device + 1));
}

int current_device() {
  return contexts.empty() ? -1
                          : static_cast<int>(reinterpret_cast<std::intptr_t>(
                                contexts.back())) -
                                1;
}

FakeDriver::State &state() { return active->state(); }

int copy(void *to, const void *from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
  return 0;
}

void *pointer(DevicePointer address) {
  return reinterpret_cast<void *>(address);
}

int allocate(DevicePointer *result, std::size_t bytes) {
  void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  // Poison: nothing may rely on fresh memory being zero.
  std::memset(memory, 0xa5, bytes);
  std::lock_guard lock(state().mutex);
  state().allocations.insert(memory);
  *result = reinterpret_cast<DevicePointer>(memory);
  return 0;
}

int release(DevicePointer address) {
  std::lock_guard lock(state().mutex);
  if (state().allocations.erase(pointer(address)) == 0)
    return 1;
  std::free(pointer(address));
  return 0;
}

int load_module(cuda::ModuleHandle *module, const void *image) {
  const std::string text(static_cast<const char *>(image));
  if (text.find(".entry") == std::string::npos && !text.starts_with("CUBIN"))
    return 200;
  std::lock_guard lock(state().mutex);
  state().modules.push_back(std::make_unique<FakeModule>(FakeModule{text}));
  *module = state().modules.back().get();
  return 0;
}

int find_function(cuda::FunctionHandle *function, cuda::ModuleHandle module,
                  const char *name) {
  if (static_cast<FakeModule *>(module)->image.find(name) == std::string::npos)
    return 500;
  std::lock_guard lock(state().mutex);
  state().functions.push_back(std::make_unique<FakeFunction>(
      FakeFunction{name, current_device(), 48 << 10}));
  *function = state().functions.back().get();
  return 0;
}

int launch(FakeFunction &function, unsigned programs, unsigned threads,
           unsigned shared, void *stream, void **extra) {
  if (static_cast<int>(shared) > function.dynamic_shared)
    return 1;
  FakeLaunch launch{function.entry, programs, threads, shared, stream, {}};
  const auto *words = static_cast<const std::int64_t *>(extra[1]);
  const std::size_t bytes = *static_cast<std::size_t *>(extra[3]);
  launch.parameters.assign(words, words + bytes / sizeof *words);
  FakeDriver::Kernel kernel;
  {
    std::lock_guard lock(state().mutex);
    const auto known = state().kernels.find(function.entry);
    if (known != state().kernels.end())
      kernel = known->second;
    state().launches.push_back(launch);
  }
  if (kernel)
    kernel(launch.parameters.data(), programs);
  return 0;
}

/// Counts the call, then fails if told to, then does the work.
#define ENTER(needs_context)                                                   \
  if (int failure = active->enter(__func__ + 5, needs_context); failure != 0)  \
  return failure

#define FAKE(name, ...) int fake_##name(__VA_ARGS__)

FAKE(cuInit, unsigned) {
  ENTER(false);
  return 0;
}
FAKE(cuDriverGetVersion, int *version) {
  ENTER(false);
  *version = 12040;
  return 0;
}
FAKE(cuGetErrorName, int, const char **name) {
  *name = "FAKE_ERROR";
  return 0;
}
FAKE(cuGetErrorString, int, const char **text) {
  *text = "as the test wanted";
  return 0;
}
FAKE(cuDeviceGetCount, int *count) {
  ENTER(false);
  *count = static_cast<int>(state().devices.size());
  return 0;
}
FAKE(cuDeviceGet, int *device, int index) {
  ENTER(false);
  *device = index;
  return 0;
}
FAKE(cuDeviceGetName, char *name, int length, int) {
  ENTER(false);
  std::strncpy(name, "Fake GPU", static_cast<std::size_t>(length));
  return 0;
}
FAKE(cuDeviceTotalMem, std::size_t *bytes, int) {
  ENTER(false);
  *bytes = std::size_t{1} << 30;
  return 0;
}
FAKE(cuDeviceGetAttribute, int *value, cuda::DeviceAttribute which, int index) {
  ENTER(false);
  const FakeDevice &device = state().devices[static_cast<std::size_t>(index)];
  *value = which == cuda::attribute_major      ? device.compute_capability / 10
           : which == cuda::attribute_minor    ? device.compute_capability % 10
           : which == cuda::attribute_l2_bytes ? 1 << 20
           : which == cuda::attribute_shared_optin ? device.shared_bytes
                                                   : 132;
  return 0;
}
FAKE(cuDevicePrimaryCtxRetain, void **context, int device) {
  ENTER(false);
  *context = context_of(device);
  return 0;
}
FAKE(cuCtxGetCurrent, void **context) {
  ENTER(false);
  *context = contexts.empty() ? nullptr : contexts.back();
  return 0;
}
FAKE(cuCtxPushCurrent, void *context) {
  ENTER(false);
  contexts.push_back(context);
  return 0;
}
FAKE(cuCtxPopCurrent, void **context) {
  ENTER(true);
  *context = contexts.back();
  contexts.pop_back();
  return 0;
}
FAKE(cuCtxSynchronize) {
  ENTER(true);
  return 0;
}
FAKE(cuMemAlloc, DevicePointer *result, std::size_t bytes) {
  ENTER(true);
  return allocate(result, bytes);
}
FAKE(cuMemFree, DevicePointer address) {
  ENTER(true);
  return release(address);
}
FAKE(cuMemAllocAsync, DevicePointer *result, std::size_t bytes, void *) {
  ENTER(true);
  return allocate(result, bytes);
}
FAKE(cuMemFreeAsync, DevicePointer address, void *) {
  ENTER(true);
  return release(address);
}
FAKE(cuDeviceGetDefaultMemPool, void **, int) {
  ENTER(false);
  return 0;
}
FAKE(cuMemPoolSetAttribute, void *, cuda::PoolAttribute, void *) {
  ENTER(false);
  return 0;
}
FAKE(cuMemcpyHtoDAsync, DevicePointer to, const void *from, std::size_t bytes,
     void *) {
  ENTER(true);
  return copy(pointer(to), from, bytes);
}
FAKE(cuMemcpyDtoHAsync, void *to, DevicePointer from, std::size_t bytes,
     void *) {
  ENTER(true);
  return copy(to, pointer(from), bytes);
}
FAKE(cuMemcpyDtoDAsync, DevicePointer to, DevicePointer from, std::size_t bytes,
     void *) {
  ENTER(true);
  return copy(pointer(to), pointer(from), bytes);
}
FAKE(cuMemcpyPeerAsync, DevicePointer to, void *, DevicePointer from, void *,
     std::size_t bytes, void *) {
  ENTER(true);
  return copy(pointer(to), pointer(from), bytes);
}
FAKE(cuMemsetD8Async, DevicePointer to, unsigned char byte, std::size_t count,
     void *) {
  ENTER(true);
  std::memset(pointer(to), byte, count);
  return 0;
}
FAKE(cuStreamCreate, void **stream, unsigned) {
  ENTER(true);
  *stream = std::malloc(1);
  return 0;
}
FAKE(cuStreamDestroy, void *stream) {
  ENTER(false);
  std::free(stream);
  return 0;
}
FAKE(cuStreamSynchronize, void *) {
  ENTER(true);
  return 0;
}
FAKE(cuStreamWaitEvent, void *, void *, unsigned) {
  ENTER(true);
  return 0;
}
FAKE(cuStreamIsCapturing, void *, int *status) {
  ENTER(true);
  *status = 0;
  return 0;
}
FAKE(cuEventCreate, void **event, unsigned) {
  ENTER(true);
  std::lock_guard lock(state().mutex);
  state().events.push_back(std::make_unique<FakeEvent>());
  *event = state().events.back().get();
  return 0;
}
FAKE(cuEventDestroy, void *) {
  ENTER(false);
  return 0;
}
FAKE(cuEventRecord, void *event, void *) {
  ENTER(true);
  static_cast<FakeEvent *>(event)->time = std::chrono::steady_clock::now();
  return 0;
}
FAKE(cuEventQuery, void *) {
  ENTER(false);
  return 0;
}
FAKE(cuEventSynchronize, void *) {
  ENTER(false);
  return 0;
}
FAKE(cuEventElapsedTime, float *milliseconds, void *begin, void *end) {
  ENTER(false);
  *milliseconds = std::chrono::duration<float, std::milli>(
                      static_cast<FakeEvent *>(end)->time -
                      static_cast<FakeEvent *>(begin)->time)
                      .count();
  return 0;
}
FAKE(cuModuleLoadDataEx, void **module, const void *image, unsigned count,
     cuda::JitOption *options, void **values) {
  const int failure = active->enter(__func__ + 5, true);
  for (unsigned at = 0; failure != 0 && at < count; ++at)
    if (options[at] == cuda::jit_error_log_buffer)
      std::strcpy(static_cast<char *>(values[at]), "line 3: bad instruction");
  return failure != 0 ? failure : load_module(module, image);
}
FAKE(cuModuleUnload, void *) {
  ENTER(true);
  return 0;
}
FAKE(cuModuleGetFunction, void **function, void *module, const char *name) {
  ENTER(true);
  return find_function(function, module, name);
}
FAKE(cuFuncGetAttribute, int *value, cuda::FunctionAttribute which, void *of) {
  ENTER(true);
  const auto device =
      static_cast<std::size_t>(static_cast<FakeFunction *>(of)->device);
  *value = which == cuda::function_registers ? state().devices[device].registers
           : which == cuda::function_max_threads
               ? state().devices[device].max_threads
               : 0;
  return 0;
}
FAKE(cuFuncSetAttribute, void *of, cuda::FunctionAttribute which, int value) {
  ENTER(true);
  if (which == cuda::function_max_dynamic_shared)
    static_cast<FakeFunction *>(of)->dynamic_shared = value;
  return 0;
}
FAKE(cuLaunchKernel, void *function, unsigned programs, unsigned, unsigned,
     unsigned threads, unsigned, unsigned, unsigned shared, void *stream,
     void **, void **extra) {
  ENTER(true);
  return launch(*static_cast<FakeFunction *>(function), programs, threads,
                shared, stream, extra);
}

} // namespace

FakeDriver::FakeDriver(std::vector<FakeDevice> devices)
    : state_(std::make_unique<State>()) {
  state_->devices = std::move(devices);
#define GIRIH_SET(name, version, arguments) table_.name = fake_##name;
  GIRIH_DRIVER_FUNCTIONS(GIRIH_SET)
#undef GIRIH_SET
  active = this;
  cuda::DriverLookup lookup;
  lookup.table = &table_;
  lookup.version = 12040;
  scope_ = std::make_unique<cuda::ScopedDriver>(std::move(lookup));
}

FakeDriver::~FakeDriver() {
  scope_.reset();
  active = nullptr;
}

int FakeDriver::enter(const char *function, bool needs_context) {
  std::lock_guard lock(state_->mutex);
  state_->calls.emplace_back(function);
  for (auto &failure : state_->failures)
    if (failure.function == function && failure.remaining > 0 &&
        (--failure.remaining == 0 || failure.forever)) {
      if (failure.forever)
        failure.remaining = 1;
      return failure.result;
    }
  return needs_context && contexts.empty() ? 201 : 0; // invalid context
}

void FakeDriver::on_kernel(const std::string &entry, Kernel kernel) {
  std::lock_guard lock(state_->mutex);
  state_->kernels[entry] = std::move(kernel);
}

void FakeDriver::fail(const std::string &function, int nth, int result,
                      bool forever) {
  std::lock_guard lock(state_->mutex);
  state_->failures.push_back({function, nth, result, forever});
}

std::vector<std::string> FakeDriver::calls() const {
  std::lock_guard lock(state_->mutex);
  return state_->calls;
}

int FakeDriver::count(const std::string &function) const {
  std::lock_guard lock(state_->mutex);
  return static_cast<int>(
      std::count(state_->calls.begin(), state_->calls.end(), function));
}

std::vector<FakeLaunch> FakeDriver::launches() const {
  std::lock_guard lock(state_->mutex);
  return state_->launches;
}

std::size_t FakeDriver::live_allocations() const {
  std::lock_guard lock(state_->mutex);
  return state_->allocations.size();
}

} // namespace girih::testing

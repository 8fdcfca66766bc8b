// SPDX-License-Identifier: Apache-2.0
#include "fake_driver.h"
#include "fake_driver_state.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace girih::testing {

using cuda::DevicePointer;

namespace {

FakeDriver *active = nullptr;
// Contexts are device number + 1.
thread_local ContextStack contexts;

void *context_of(int device) {
  return reinterpret_cast<void *>(static_cast<std::intptr_t>(device + 1));
}

int current_device() {
  return contexts.empty() ? -1
                          : static_cast<int>(reinterpret_cast<std::intptr_t>(
                                contexts.back())) -
                                1;
}

// CUDA keeps a mode for each thread; a capture forbids what is unsafe to the
// thread that began it, unless relaxed.
thread_local cuda::CaptureMode capture_mode = cuda::capture_global;
thread_local int captures_of_thread = 0;

FakeDriver::State &state() { return active->state(); }

/// Runs `work`, or makes it a node when the stream is captured.
int submit(void *stream, const std::string &kind, std::function<void()> work) {
  {
    std::lock_guard lock(state().mutex);
    const auto at = state().captures.find(stream);
    if (at != state().captures.end()) {
      at->second.nodes.push_back(std::move(work));
      at->second.kinds.push_back(kind);
      return 0;
    }
  }
  work();
  return 0;
}

/// What a capture forbids ends it.
int unsafe() {
  if (captures_of_thread == 0 || capture_mode == cuda::capture_relaxed)
    return 0;
  std::lock_guard lock(state().mutex);
  for (auto &[stream, graph] : state().captures)
    graph.broken = true;
  return 900;
}

int wait_for(void *stream) {
  std::lock_guard lock(state().mutex);
  const auto at = state().captures.find(stream);
  if (at == state().captures.end())
    return 0;
  at->second.broken = true;
  return 900;
}

int copy(void *stream, void *to, const void *from, std::size_t bytes) {
  return submit(stream, "copy", [=] { std::memcpy(to, from, bytes); });
}

void note_order(const char *what, void *event, void *stream) {
  char text[64];
  std::snprintf(text, sizeof text, "%s %p in %p", what, event, stream);
  std::lock_guard lock(state().mutex);
  state().orders.emplace_back(text);
}

void *pointer(DevicePointer address) {
  return reinterpret_cast<void *>(address);
}

/// Memory of the device, or of the host that is pinned.
void *allocate(std::set<void *> &among, std::size_t bytes) {
  void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  // Poison: nothing may rely on fresh memory being zero.
  std::memset(memory, 0xa5, bytes);
  std::lock_guard lock(state().mutex);
  among.insert(memory);
  return memory;
}

int release(std::set<void *> &among, void *memory) {
  std::lock_guard lock(state().mutex);
  if (among.erase(memory) == 0)
    return 1;
  std::free(memory);
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

int find_variable(DevicePointer *address, std::size_t *bytes,
                  FakeModule &module, const std::string &name) {
  if (module.image.find(".u64 " + name) == std::string::npos)
    return cuda::error_not_found;
  std::lock_guard lock(state().mutex);
  *address = reinterpret_cast<DevicePointer>(&module.variables[name]);
  *bytes = sizeof(std::uint64_t);
  return 0;
}

int find_function(cuda::FunctionHandle *function, cuda::ModuleHandle module,
                  const char *name) {
  if (static_cast<FakeModule *>(module)->image.find(name) == std::string::npos)
    return 500;
  std::lock_guard lock(state().mutex);
  state().functions.push_back(std::make_unique<FakeFunction>());
  state().functions.back()->entry = name;
  state().functions.back()->device = current_device();
  *function = state().functions.back().get();
  return 0;
}

/// The parameters one behind the other: a block, or a list of which tests have
/// said the sizes.
std::string bytes_of(void **list, void **extra) {
  if (extra)
    return {static_cast<const char *>(extra[1]),
            *static_cast<std::size_t *>(extra[3])};
  std::string bytes;
  const std::lock_guard lock(state().mutex);
  for (const std::size_t size : state().parameter_sizes)
    bytes.append(static_cast<const char *>(*list++), size);
  return bytes;
}

int launch(FakeFunction &function, FakeLaunch launch, void **list,
           void **extra) {
  if (static_cast<int>(launch.shared_bytes) > function.dynamic_shared)
    return 1;
  launch.entry = function.entry;
  launch.bytes = bytes_of(list, extra);
  launch.parameters.resize(launch.bytes.size() / sizeof(std::int64_t));
  std::memcpy(launch.parameters.data(), launch.bytes.data(),
              launch.parameters.size() * sizeof(std::int64_t));
  return submit(launch.stream, launch.entry, [launch] {
    FakeDriver::Kernel kernel;
    {
      std::lock_guard lock(state().mutex);
      const auto known = state().kernels.find(launch.entry);
      if (known != state().kernels.end())
        kernel = known->second;
      state().launches.push_back(launch);
    }
    if (kernel)
      kernel(reinterpret_cast<const std::int64_t *>(launch.bytes.data()),
             launch.programs);
  });
}

/// Counts the call, then fails if told to, then does the work.
#define ENTER(needs_context)                                                   \
  if (int failure = active->enter(__func__ + 5, needs_context); failure != 0)  \
  return failure

#define UNSAFE                                                                 \
  if (int failure = unsafe(); failure != 0)                                    \
  return failure

#define FAKE(name, ...) int fake_##name(__VA_ARGS__)
constexpr auto fake_cuTensorMapEncodeTiled = &fake_tensor_map;

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
  for (const auto &capture : state().captures)
    if (const int failure = wait_for(capture.first); failure != 0)
      return failure;
  return 0;
}
FAKE(cuMemAlloc, DevicePointer *result, std::size_t bytes) {
  ENTER(true);
  UNSAFE;
  *result =
      reinterpret_cast<DevicePointer>(allocate(state().allocations, bytes));
  return 0;
}
FAKE(cuMemFree, DevicePointer address) {
  ENTER(true);
  UNSAFE;
  return release(state().allocations, pointer(address));
}
FAKE(cuMemHostAlloc, void **memory, std::size_t bytes, unsigned flags) {
  ENTER(true);
  UNSAFE;
  if (flags != (cuda::host_alloc_portable | cuda::host_alloc_device_map))
    return 1;
  *memory = allocate(state().pinned, bytes);
  return 0;
}
FAKE(cuMemHostGetDevicePointer, DevicePointer *result, void *memory, unsigned) {
  ENTER(true);
  *result = reinterpret_cast<DevicePointer>(memory);
  return 0;
}
FAKE(cuMemFreeHost, void *memory) {
  ENTER(true);
  UNSAFE;
  return release(state().pinned, memory);
}
FAKE(cuMemcpyHtoDAsync, DevicePointer to, const void *from, std::size_t bytes,
     void *stream) {
  ENTER(true);
  return copy(stream, pointer(to), from, bytes);
}
FAKE(cuMemcpyDtoHAsync, void *to, DevicePointer from, std::size_t bytes,
     void *stream) {
  ENTER(true);
  return copy(stream, to, pointer(from), bytes);
}
FAKE(cuMemcpyDtoDAsync, DevicePointer to, DevicePointer from, std::size_t bytes,
     void *stream) {
  ENTER(true);
  return copy(stream, pointer(to), pointer(from), bytes);
}
FAKE(cuMemcpyPeerAsync, DevicePointer to, void *, DevicePointer from, void *,
     std::size_t bytes, void *stream) {
  ENTER(true);
  return copy(stream, pointer(to), pointer(from), bytes);
}
FAKE(cuMemsetD8Async, DevicePointer to, unsigned char byte, std::size_t count,
     void *stream) {
  ENTER(true);
  return submit(stream, "set", [=] { std::memset(pointer(to), byte, count); });
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
FAKE(cuStreamSynchronize, void *stream) {
  ENTER(true);
  return wait_for(stream);
}
FAKE(cuStreamWaitEvent, void *stream, void *event, unsigned) {
  ENTER(true);
  note_order("wait", event, stream);
  return 0;
}
FAKE(cuStreamIsCapturing, void *stream, int *status) {
  ENTER(true);
  std::lock_guard lock(state().mutex);
  const auto at = state().captures.find(stream);
  *status = at == state().captures.end() ? 0 : at->second.broken ? 2 : 1;
  return 0;
}
FAKE(cuStreamGetCaptureInfo, void *stream, int *status, unsigned long long *,
     void **, void *const **ahead, const void **, std::size_t *count) {
  ENTER(true);
  static thread_local void *last; // any address that is a node's own
  std::lock_guard lock(state().mutex);
  const auto at = state().captures.find(stream);
  *status = at == state().captures.end() ? 0 : at->second.broken ? 2 : 1;
  const std::size_t nodes = *status == 1 ? at->second.nodes.size() : 0;
  last = reinterpret_cast<void *>(nodes);
  *ahead = &last;
  *count = nodes == 0 ? 0 : 1;
  return 0;
}
FAKE(cuStreamBeginCapture, void *stream, cuda::CaptureMode mode) {
  ENTER(true);
  std::lock_guard lock(state().mutex);
  if (!stream || state().captures.contains(stream))
    return stream ? 1 : 900;
  state().captures[stream] = {};
  captures_of_thread += mode == cuda::capture_relaxed ? 0 : 1;
  return 0;
}
FAKE(cuStreamEndCapture, void *stream, void **graph) {
  ENTER(true);
  std::lock_guard lock(state().mutex);
  const auto at = state().captures.find(stream);
  if (at == state().captures.end())
    return 1;
  captures_of_thread = 0;
  const bool broken = at->second.broken;
  auto *made = new FakeGraph(std::move(at->second));
  state().captures.erase(at);
  state().graphs.insert(made);
  *graph = broken ? nullptr : made;
  return broken ? 901 : 0;
}
FAKE(cuThreadExchangeStreamCaptureMode, cuda::CaptureMode *mode) {
  ENTER(false);
  std::swap(*mode, capture_mode);
  return 0;
}
FAKE(cuGraphGetNodes, void *graph, void **, std::size_t *count) {
  ENTER(false);
  *count = static_cast<FakeGraph *>(graph)->nodes.size();
  return 0;
}
FAKE(cuGraphInstantiateWithFlags, void **exec, void *graph,
     unsigned long long) {
  ENTER(true);
  auto *made = new FakeGraph(*static_cast<FakeGraph *>(graph));
  std::lock_guard lock(state().mutex);
  state().graphs.insert(made);
  *exec = made;
  return 0;
}
FAKE(cuGraphExecUpdate, void *exec, void *graph, void **, int *result) {
  ENTER(true);
  auto &to = *static_cast<FakeGraph *>(exec);
  const auto &from = *static_cast<FakeGraph *>(graph);
  *result = to.kinds == from.kinds ? 0 : 2; // the topology changed
  if (to.kinds != from.kinds)
    return 910;
  to = from;
  return 0;
}
FAKE(cuGraphLaunch, void *exec, void *stream) {
  ENTER(true);
  const FakeGraph graph = *static_cast<FakeGraph *>(exec);
  for (std::size_t at = 0; at < graph.nodes.size(); ++at)
    submit(stream, graph.kinds[at], graph.nodes[at]);
  return 0;
}
int drop_graph(void *graph) {
  std::lock_guard lock(state().mutex);
  if (state().graphs.erase(static_cast<FakeGraph *>(graph)) == 0)
    return 1;
  delete static_cast<FakeGraph *>(graph);
  return 0;
}
FAKE(cuGraphExecDestroy, void *exec) {
  ENTER(false);
  return drop_graph(exec);
}
FAKE(cuGraphDestroy, void *graph) {
  ENTER(false);
  return drop_graph(graph);
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
FAKE(cuEventRecord, void *event, void *stream) {
  ENTER(true);
  note_order("record", event, stream);
  static_cast<FakeEvent *>(event)->time = std::chrono::steady_clock::now();
  return 0;
}
FAKE(cuEventQuery, void *) {
  ENTER(false);
  UNSAFE;
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
  if (failure != 0)
    return failure;
  UNSAFE;
  return load_module(module, image);
}
FAKE(cuModuleUnload, void *) {
  ENTER(true);
  return 0;
}
FAKE(cuModuleGetFunction, void **function, void *module, const char *name) {
  ENTER(true);
  return find_function(function, module, name);
}
FAKE(cuModuleGetGlobal, DevicePointer *address, std::size_t *bytes,
     void *module, const char *name) {
  ENTER(true);
  return find_variable(address, bytes, *static_cast<FakeModule *>(module),
                       name);
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
FAKE(cuOccupancyMaxActiveBlocksPerMultiprocessor, int *blocks, void *of, int,
     std::size_t) {
  ENTER(true);
  const auto device =
      static_cast<std::size_t>(static_cast<FakeFunction *>(of)->device);
  *blocks = state().devices[device].resident;
  return 0;
}
FAKE(cuLaunchKernel, void *function, unsigned programs, unsigned grid_y,
     unsigned, unsigned threads, unsigned block_y, unsigned, unsigned shared,
     void *stream, void **list, void **extra) {
  ENTER(true);
  FakeLaunch made;
  made.programs = programs;
  made.threads = threads;
  made.shared_bytes = shared;
  made.stream = stream;
  made.grid_y = grid_y;
  made.block_y = block_y;
  return launch(*static_cast<FakeFunction *>(function), made, list, extra);
}
FAKE(cuLaunchKernelEx, const cuda::LaunchConfig *config, void *function,
     void **list, void **extra) {
  ENTER(true);
  FakeLaunch made;
  made.programs = config->grid_x;
  made.threads = config->block_x;
  made.shared_bytes = config->shared_bytes;
  made.stream = config->stream;
  made.grid_y = config->grid_y;
  made.block_y = config->block_y;
  for (unsigned at = 0; at < config->attribute_count; ++at)
    made.programmatic |=
        config->attributes[at].id == cuda::launch_programmatic_serialization &&
        config->attributes[at].programmatic_serialization == 1;
  return launch(*static_cast<FakeFunction *>(function), made, list, extra);
}

} // namespace

FakeDriver *active_driver() { return active; }

FakeDriver::FakeDriver(std::vector<FakeDevice> devices)
    : state_(std::make_unique<State>()) {
  state_->devices = std::move(devices);
#define GIRIH_SET(name, version, arguments) table_.name = fake_##name;
  GIRIH_DRIVER_FUNCTIONS(GIRIH_SET)
  GIRIH_OPTIONAL_DRIVER_FUNCTIONS(GIRIH_SET)
#undef GIRIH_SET
  active = this;
  set_version(12040);
}

void FakeDriver::set_version(int version) {
  if (version < 11060)
    table_.cuLaunchKernelEx = nullptr;
  table_.cuTensorMapEncodeTiled = nullptr; // see set_parameters()
  state_->version = version;
  cuda::DriverLookup lookup;
  lookup.table = &table_;
  lookup.version = version;
  scope_.reset();
  scope_ = std::make_unique<cuda::ScopedDriver>(std::move(lookup));
}

FakeDriver::~FakeDriver() {
  scope_.reset();
  active = nullptr;
  for (const auto &memories : {state_->allocations, state_->pinned})
    for (void *memory : memories)
      std::free(memory);
  for (FakeGraph *graph : state_->graphs)
    delete graph;
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

void FakeDriver::submit_foreign(void *stream) {
  submit(stream, "foreign", [] {});
}

} // namespace girih::testing

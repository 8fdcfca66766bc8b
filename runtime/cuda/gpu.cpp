// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/gpu.h"

#include "girih/runtime/cuda/device_pool.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/fork_mutex.h"

#include <fmt/format.h>

#include <pthread.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace girih::cuda {
namespace {

constexpr int max_devices = 64;

/// A driver and the devices started with it. Never freed: Arrays and events of
/// static storage may outlive everything else.
struct Platform {
  DriverLookup lookup;
  std::array<std::atomic<const Gpu *>, max_devices> gpus{};
  std::mutex starting;
};

std::atomic<bool> forked{false};
std::atomic<Platform *> current{nullptr};

void note_fork() {
  const Platform *here = current.load(std::memory_order_relaxed);
  if (here && here->lookup.table)
    forked.store(true, std::memory_order_relaxed);
}

Platform &platform() {
  if (Platform *known = current.load(std::memory_order_acquire))
    return *known;
  static Platform *const real = [] {
    pthread_atfork(nullptr, nullptr, note_fork);
    return new Platform{driver(), {}, {}};
  }();
  Platform *expected = nullptr;
  current.compare_exchange_strong(expected, real);
  return expected ? *expected : *real;
}

/// Platforms of past ScopedDrivers: something may still point to their devices,
/// and leak checkers find them here.
void retire(Platform *old) {
  static std::mutex *const mutex = new std::mutex;
  static auto *const retired = new std::vector<Platform *>;
  std::lock_guard lock(*mutex);
  retired->push_back(old);
}

/// Errors after which the context can only be abandoned.
bool fatal(Result result) {
  switch (result) {
  case 214: // ECC uncorrectable
  case 220: // NVLink uncorrectable
  case 226: // contained: an error of memory that ended the work
  case 700: // illegal address
  case 702: // launch timeout
  case 709: // context destroyed
  case 710: // assert
  case 714: // hardware stack error
  case 715: // illegal instruction
  case 716: // misaligned address
  case 717: // invalid address space
  case 718: // invalid program counter
  case 719: // launch failed
  case 721: // tensor memory leak
    return true;
  default:
    return false;
  }
}

} // namespace

std::string LaunchSite::to_string() const {
  return fmt::format("{} ({}:{})", kernel, file, line);
}

const LaunchSite *intern_site(const std::string &kernel, const char *file,
                              unsigned line) {
  using Key = std::tuple<std::string, std::string, unsigned>;
  struct Table {
    ForkMutex mutex; // the host's launches take it too, in a child as well
    std::map<Key, const LaunchSite *> sites;
  };
  static Table *const table = new Table;
  std::lock_guard lock(table->mutex);
  const LaunchSite *&site = table->sites[{kernel, file, line}];
  if (!site)
    site = new LaunchSite{kernel, file, line};
  return site;
}

Gpu::Gpu(const DriverLookup &lookup, int index)
    : api_(*lookup.table), index_(index) {
  DeviceHandle handle = 0;
  check(api_.cuDeviceGet(&handle, index), "cuDeviceGet");
  check(api_.cuDevicePrimaryCtxRetain(&context_, handle),
        "cuDevicePrimaryCtxRetain");
  read_properties(handle, lookup.version);
  pool_ = std::make_unique<DevicePool>(*this);
}

Gpu::~Gpu() = default;

void Gpu::read_properties(DeviceHandle handle, int driver_version) {
  char name[256] = "";
  check(api_.cuDeviceGetName(name, sizeof name, handle), "cuDeviceGetName");
  auto attribute = [&](DeviceAttribute which) {
    int value = 0;
    check(api_.cuDeviceGetAttribute(&value, which, handle),
          "cuDeviceGetAttribute");
    return value;
  };
  std::size_t bytes = 0;
  check(api_.cuDeviceTotalMem(&bytes, handle), "cuDeviceTotalMem");
  properties_.name = name;
  properties_.compute_capability =
      10 * attribute(attribute_major) + attribute(attribute_minor);
  properties_.processors = attribute(attribute_multiprocessors);
  properties_.memory_bytes = static_cast<std::int64_t>(bytes);
  properties_.l2_bytes = attribute(attribute_l2_bytes);
  properties_.shared_bytes = attribute(attribute_shared_optin);
  properties_.driver_version = driver_version;
}

void Gpu::check(Result result, const char *call, const LaunchSite *site) const {
  if (result == success)
    return;
  FailureContext context;
  if (site)
    context.where = {site->file, site->line};
  std::string message = fmt::format("{} on {}: {}", call, device().to_string(),
                                    error_text(api_, result));
  if (of_capture(result)) {
    context.help = "what is captured runs when the graph is launched: no wait, "
                   "no copy from or to the host until then";
    fail(ErrorId::capture, std::move(message), std::move(context));
  }
  if (!fatal(result))
    fail(ErrorId::cuda, std::move(message), std::move(context));
  fail_for_good(std::move(message), site);
}

void Gpu::fail_for_good(std::string message, const LaunchSite *site) const {
  std::optional<Diagnostic> assertion = asserts_.failed();
  // What finds a failed assertion need not be the launch that it comes from.
  const std::string about = site && !assertion
                                ? "the kernel was " + site->to_string()
                                : recent_launches();
  const char *restart =
      "the process must be restarted before it can use the device again";
  {
    const std::lock_guard lock(mutex_);
    if (lost_text_.empty())
      lost_text_ =
          (assertion ? assertion->where.to_string() + ": " + assertion->message
                     : message) +
          "; " + about;
  }
  lost_.store(true);
  if (assertion) {
    assertion->note({}, std::move(message)).note({}, about).helped(restart);
    throw RuntimeError(std::move(*assertion));
  }
  FailureContext context;
  if (site)
    context.where = {site->file, site->line};
  context.note = about;
  context.help =
      std::string("set GIRIH_DEBUG=sync to check after each launch; ") +
      restart;
  fail(ErrorId::cuda, std::move(message), std::move(context));
}

void Gpu::throw_lost() const {
  std::string text;
  {
    std::lock_guard lock(mutex_);
    text = lost_text_;
  }
  FailureContext context;
  context.note = text;
  context.help = "restart the process";
  fail(ErrorId::cuda,
       fmt::format("{} cannot be used since an earlier error",
                   device().to_string()),
       std::move(context));
}

std::string Gpu::recent_launches() const {
  std::set<std::string> names;
  for (const auto &slot : recent_)
    if (const LaunchSite *site = slot.load(std::memory_order_relaxed))
      names.insert(site->to_string());
  if (names.empty())
    return "no kernel of this library was running";
  return fmt::format("launched since the device was last known to be well: {}",
                     fmt::join(names, ", "));
}

void Gpu::forget_launches() const {
  for (auto &slot : recent_)
    slot.store(nullptr, std::memory_order_relaxed);
}

void Gpu::wait_for_launch(StreamHandle stream, const LaunchSite *site) const {
  int capturing = 0;
  if (api_.cuStreamIsCapturing(stream, &capturing) == success && capturing == 0)
    check(api_.cuStreamSynchronize(stream), "cuStreamSynchronize", site);
}

void Gpu::synchronize() const {
  require_alive();
  if (is_captured())
    fail(ErrorId::capture,
         fmt::format("synchronize() while another thread captures work on {}, "
                     "which it would break",
                     device().to_string()),
         {.help = "wait for a stream, or when the capture has ended"});
  ContextScope scope(*this);
  const std::uint64_t mark = pool_->begin_wait();
  check(api_.cuCtxSynchronize(), "cuCtxSynchronize");
  pool_->end_wait(mark);
  forget_launches();
}

const Gpu &gpu(int index) {
  Platform &here = platform();
  if (forked_from_cuda())
    fail(
        ErrorId::driver,
        "this process was forked from one that had started CUDA, which a "
        "child cannot use",
        {.help = "fork before the first use of a GPU, or start a new process"});
  if (index >= 0 && index < max_devices)
    if (const Gpu *known = here.gpus[static_cast<std::size_t>(index)].load(
            std::memory_order_acquire))
      return *known;
  if (!here.lookup.table)
    fail(ErrorId::driver, here.lookup.reason,
         {.help = "arrays on girih::host_device need no GPU"});
  const int count = cuda_device_count();
  if (index < 0 || index >= std::min(count, max_devices))
    fail(ErrorId::device,
         fmt::format("there is no cuda:{}; this machine has {}", index,
                     count == 1 ? "cuda:0"
                                : fmt::format("cuda:0 to cuda:{}", count - 1)));
  auto &slot = here.gpus[static_cast<std::size_t>(index)];
  std::lock_guard lock(here.starting);
  if (const Gpu *known = slot.load(std::memory_order_acquire))
    return *known;
  const Gpu *made = new Gpu(here.lookup, index);
  slot.store(made, std::memory_order_release);
  return *made;
}

bool forked_from_cuda() { return forked.load(std::memory_order_relaxed); }

const DriverLookup &current_driver() { return platform().lookup; }

ScopedDriver::ScopedDriver(DriverLookup lookup) : previous_(&platform()) {
  current.store(new Platform{std::move(lookup), {}, {}});
}

ScopedDriver::~ScopedDriver() {
  retire(current.exchange(static_cast<Platform *>(previous_)));
}

} // namespace girih::cuda

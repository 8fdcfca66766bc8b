// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/device_pool.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/cuda/gpu.h"
#include "girih/runtime/failure.h"
#include "girih/runtime/pool/size_class.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace girih::cuda {

/// A point in another stream that a freed block waits for: an event, or where
/// that stream may be gone the next wait for the whole device.
struct Fence {
  explicit Fence(const DriverTable &api) : api(api) {}
  ~Fence() {
    if (event && !forked_from_cuda())
      api.cuEventDestroy(event);
  }
  Fence(const Fence &) = delete;
  Fence &operator=(const Fence &) = delete;

  const DriverTable &api;
  EventHandle event = nullptr;
  std::uint64_t mark = 0;
  bool passed = false;
};

struct PoolBlock {
  DevicePool *pool = nullptr;
  DevicePointer address = 0;
  std::size_t size = 0;
  bool zeros = false;
  Stream home;                        // keeps a stream of ours alive
  StreamHandle home_handle = nullptr; // the bin that it goes to
  std::vector<Stream> users;          // other streams
  std::atomic<StreamHandle> last_user{nullptr};
  std::vector<std::shared_ptr<Fence>> fences;
};

/// What shared_ptrs to pooled memory end with; also how a pointer is known to
/// be of a pool.
struct DevicePool::GiveBack {
  PoolBlock *block;
  void operator()(void *) const {
    if (!forked_from_cuda())
      block->pool->give_back(block);
  }
};

namespace {

bool is_captured(const Gpu &gpu, StreamHandle stream) {
  int status = 0;
  return gpu.api().cuStreamIsCapturing(stream, &status) != success ||
         status != 0;
}

} // namespace

DevicePool::DevicePool(const Gpu &gpu)
    : gpu_(gpu), limit_(env_size("GIRIH_POOL_KEEP").value_or(INT64_MAX)) {}

std::shared_ptr<void> DevicePool::allocate(std::size_t bytes,
                                           const Stream &stream) {
  return allocate({stream.native(), Content::any, block_size_for(bytes)},
                  stream);
}

std::shared_ptr<void> DevicePool::allocate_zeros(std::size_t bytes,
                                                 const Stream &stream) {
  // What others capture, they replay when and where they like.
  if (!stream.owned() && stream.native() &&
      is_captured(gpu_, stream.native())) {
    std::shared_ptr<void> memory = allocate_fresh_zeros(bytes, stream);
    const std::lock_guard lock(mutex_);
    return captured_zeros_.emplace_back(std::move(memory));
  }
  return allocate({stream.native(), Content::zeros, block_size_for(bytes)},
                  stream);
}

std::shared_ptr<void> DevicePool::allocate_fresh(std::size_t bytes,
                                                 const Stream &stream) {
  return hand_out(make(block_size_for(bytes), Content::any), stream);
}

std::shared_ptr<void> DevicePool::allocate_fresh_zeros(std::size_t bytes,
                                                       const Stream &stream) {
  return hand_out(make(block_size_for(bytes), Content::zeros), stream);
}

std::shared_ptr<void> DevicePool::allocate(const Bin &bin,
                                           const Stream &stream) {
  gpu_.require_alive();
  PoolBlock *block = take(bin);
  if (!block)
    block = take_after_waiting(bin);
  if (block) {
    const std::lock_guard lock(mutex_);
    ++statistics_.reused;
  } else {
    block = make(bin.size, bin.content);
  }
  return hand_out(block, stream);
}

std::shared_ptr<void> DevicePool::hand_out(PoolBlock *block,
                                           const Stream &stream) {
  block->home = stream;
  block->home_handle = stream.native();
  block->last_user.store(stream.native(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    ++statistics_.requests;
    statistics_.used_bytes += static_cast<std::int64_t>(block->size);
    statistics_.peak_used_bytes =
        std::max(statistics_.peak_used_bytes, statistics_.used_bytes);
  }
  return {reinterpret_cast<void *>(block->address), GiveBack{block}};
}

DevicePool::Bin DevicePool::bin_of(const PoolBlock &block) {
  return {block.home_handle, block.zeros ? Content::zeros : Content::any,
          block.size};
}

PoolBlock *DevicePool::take(const Bin &bin) {
  const std::lock_guard lock(mutex_);
  // The smallest that is large enough, unless a quarter of it would be wasted.
  const Bin largest{bin.home, bin.content, bin.size + bin.size / 4};
  for (auto at = bins_.lower_bound(bin);
       at != bins_.end() && at->first <= largest; ++at)
    if (!at->second.empty()) {
      PoolBlock *block = at->second.back();
      at->second.pop_back();
      statistics_.kept_bytes -= static_cast<std::int64_t>(block->size);
      return block;
    }
  return nullptr;
}

PoolBlock *DevicePool::take_after_waiting(const Bin &bin) {
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty())
      return nullptr;
  }
  poll();
  if (PoolBlock *block = take(bin))
    return block;
  {
    // A stream of others used it: only a wait for the device tells when that is
    // over, as it would if the memory were given back to the driver.
    const std::lock_guard lock(mutex_);
    waiting = std::ranges::any_of(waiting_, [&](const PoolBlock *block) {
      return bin_of(*block) == bin &&
             std::ranges::any_of(block->fences, [](const auto &fence) {
               return !fence->event;
             });
    });
  }
  if (!waiting || !wait_for_device())
    return nullptr;
  poll();
  return take(bin);
}

DevicePointer DevicePool::from_driver(std::size_t size, Result &result) {
  DevicePointer address = 0;
  const RelaxedCapture relaxed(gpu_);
  result = gpu_.api().cuMemAlloc(&address, size);
  return address;
}

PoolBlock *DevicePool::make(std::size_t size, Content content) {
  gpu_.require_alive();
  const ContextScope scope(gpu_);
  auto block = std::make_unique<PoolBlock>();
  Result result = success;
  block->address = from_driver(size, result);
  if (result == error_out_of_memory) {
    trim(0);
    block->address = from_driver(size, result);
  }
  if (result == error_out_of_memory) {
    const PoolStatistics now = statistics();
    fail(ErrorId::out_of_memory,
         fmt::format("{} has no {} bytes left; Arrays hold {}",
                     gpu_.device().to_string(), size, now.used_bytes));
  }
  gpu_.check(result, "cuMemAlloc");
  block->pool = this;
  block->size = size;
  if (content == Content::zeros) {
    block->zeros = true;
    set_zeros(*block);
  }
  return block.release();
}

/// At once, whatever the streams wait for, and not as part of a capture.
void DevicePool::set_zeros(const PoolBlock &block) const {
  const RelaxedCapture relaxed(gpu_);
  const PrivateStream stream(gpu_);
  Result result =
      gpu_.api().cuMemsetD8Async(block.address, 0, block.size, stream.handle());
  if (result == success)
    result = gpu_.api().cuStreamSynchronize(stream.handle());
  if (result != success)
    gpu_.api().cuMemFree(block.address);
  gpu_.check(result, "cuMemsetD8Async");
}

void DevicePool::note_use(const std::shared_ptr<void> &owner,
                          const Stream &stream) {
  const auto *of_pool = std::get_deleter<GiveBack>(owner);
  if (!of_pool)
    return;
  PoolBlock &block = *of_pool->block;
  if (block.home_handle != stream.native() &&
      block.last_user.load(std::memory_order_relaxed) != stream.native())
    block.pool->order_after_home(block, stream);
}

void DevicePool::order_after_home(PoolBlock &block, const Stream &stream) {
  const std::lock_guard lock(mutex_);
  block.last_user.store(stream.native(), std::memory_order_relaxed);
  if (std::ranges::any_of(block.users, [&](const Stream &user) {
        return user.native() == stream.native();
      }))
    return;
  block.users.push_back(stream);
  // What used the block before it was handed out may still run. A stream that
  // others capture runs only later, and must not wait for one outside.
  const ContextScope scope(gpu_);
  if (is_captured(gpu_, stream.native()) ||
      is_captured(gpu_, block.home_handle))
    return;
  EventHandle event = nullptr;
  const DriverTable &api = gpu_.api();
  gpu_.check(api.cuEventCreate(&event, event_disable_timing), "cuEventCreate");
  Result result = api.cuEventRecord(event, block.home_handle);
  if (result == success)
    result = api.cuStreamWaitEvent(stream.native(), event, 0);
  api.cuEventDestroy(event);
  gpu_.check(result, "cuStreamWaitEvent");
}

/// With the context current. Streams of ours are alive as long as `user` is.
std::shared_ptr<Fence> DevicePool::fence_of(const Stream &user) {
  auto fence = std::make_shared<Fence>(gpu_.api());
  const bool ours = user.owned() || !user.native();
  if (ours && !is_captured(gpu_, user.native()) &&
      gpu_.api().cuEventCreate(&fence->event, event_disable_timing) ==
          success) {
    if (gpu_.api().cuEventRecord(fence->event, user.native()) == success)
      return fence;
    gpu_.api().cuEventDestroy(std::exchange(fence->event, nullptr));
  }
  fence->mark = frees_;
  return fence;
}

void DevicePool::give_back(PoolBlock *block) {
  // Destroyed last: it may end a stream, which comes back to the pool.
  const Stream home = std::exchange(block->home, Stream());
  const std::vector<Stream> users = std::exchange(block->users, {});
  std::vector<PoolBlock *> freed;
  {
    const std::lock_guard lock(mutex_);
    ++frees_;
    statistics_.used_bytes -= static_cast<std::int64_t>(block->size);
    if (!users.empty()) {
      const QuietScope scope(gpu_);
      for (const Stream &user : users)
        block->fences.push_back(fence_of(user));
    }
    keep(block);
    // The driver waits for the device to free: not while something is captured.
    if (statistics_.kept_bytes > limit_ && !gpu_.is_captured())
      freed = surplus(limit_);
  }
  release(freed);
}

void DevicePool::keep(PoolBlock *block) {
  statistics_.kept_bytes += static_cast<std::int64_t>(block->size);
  if (block->fences.empty())
    bins_[bin_of(*block)].push_back(block);
  else
    waiting_.push_back(block);
}

bool DevicePool::done(Fence &fence) const {
  if (!fence.passed)
    fence.passed = fence.event ? gpu_.api().cuEventQuery(fence.event) == success
                               : waited_ >= fence.mark;
  return fence.passed;
}

void DevicePool::poll() {
  const ContextScope scope(gpu_);
  const RelaxedCapture relaxed(gpu_);
  const std::lock_guard lock(mutex_);
  std::vector<PoolBlock *> still;
  for (PoolBlock *block : std::exchange(waiting_, {})) {
    std::erase_if(block->fences,
                  [&](const auto &fence) { return done(*fence); });
    if (!block->fences.empty())
      still.push_back(block);
    else
      bins_[bin_of(*block)].push_back(block);
  }
  waiting_ = std::move(still);
}

bool DevicePool::wait_for_device() {
  if (gpu_.is_captured())
    return false;
  const ContextScope scope(gpu_);
  const std::uint64_t mark = begin_wait();
  const Result result = gpu_.api().cuCtxSynchronize();
  if (of_capture(result))
    return false;
  gpu_.check(result, "cuCtxSynchronize");
  end_wait(mark);
  return true;
}

std::uint64_t DevicePool::begin_wait() {
  const std::lock_guard lock(mutex_);
  return frees_;
}

void DevicePool::end_wait(std::uint64_t mark) {
  const std::lock_guard lock(mutex_);
  waited_ = std::max(waited_, mark);
}

void DevicePool::end_stream(StreamHandle stream) {
  // A new stream may get the same handle: it must not take them for its own.
  const std::lock_guard lock(mutex_);
  std::vector<PoolBlock *> orphans;
  for (auto at = bins_.lower_bound({stream, Content::any, 0});
       at != bins_.end() && at->first.home == stream; at = bins_.erase(at))
    orphans.insert(orphans.end(), at->second.begin(), at->second.end());
  const bool homeless =
      std::ranges::any_of(waiting_, [&](const PoolBlock *block) {
        return block->home_handle == stream;
      });
  if (orphans.empty() && !homeless)
    return;
  const QuietScope scope(gpu_);
  auto fence = std::make_shared<Fence>(gpu_.api());
  fence->mark = frees_;
  if (gpu_.api().cuEventCreate(&fence->event, event_disable_timing) !=
          success ||
      gpu_.api().cuEventRecord(fence->event, stream) != success)
    fence->event = nullptr;
  for (PoolBlock *block : waiting_)
    if (block->home_handle == stream) {
      block->home_handle = nullptr;
      block->fences.push_back(fence);
    }
  for (PoolBlock *block : orphans) {
    block->home_handle = nullptr;
    block->fences.push_back(fence);
    waiting_.push_back(block);
  }
}

std::vector<PoolBlock *> DevicePool::surplus(std::int64_t keep_bytes) {
  std::vector<PoolBlock *> ready;
  for (auto &[bin, blocks] : bins_)
    ready.insert(ready.end(), blocks.begin(), blocks.end());
  std::ranges::sort(ready, std::greater(), &PoolBlock::size);
  std::vector<PoolBlock *> out;
  for (PoolBlock *block : ready) {
    if (statistics_.kept_bytes <= keep_bytes)
      break;
    out.push_back(block);
    statistics_.kept_bytes -= static_cast<std::int64_t>(block->size);
    std::erase(bins_[bin_of(*block)], block);
  }
  return out;
}

/// The driver waits for the device before it takes memory back.
void DevicePool::release(const std::vector<PoolBlock *> &blocks) {
  if (blocks.empty())
    return;
  const QuietScope scope(gpu_);
  const RelaxedCapture relaxed(gpu_);
  for (PoolBlock *block : blocks) {
    gpu_.api().cuMemFree(block->address);
    delete block;
  }
}

void DevicePool::trim(std::int64_t keep_bytes) {
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    waiting = !waiting_.empty() && statistics_.kept_bytes > keep_bytes;
  }
  if (waiting && wait_for_device())
    poll();
  std::vector<PoolBlock *> freed;
  {
    const std::lock_guard lock(mutex_);
    freed = surplus(keep_bytes);
  }
  release(freed);
}

void DevicePool::set_limit(std::int64_t keep_bytes) {
  {
    const std::lock_guard lock(mutex_);
    limit_ = keep_bytes;
  }
  trim(keep_bytes);
}

PoolStatistics DevicePool::statistics() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

} // namespace girih::cuda

// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/pool/host_pool.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/memory.h"
#include "girih/runtime/pool/size_class.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#ifdef __has_feature
#define GIRIH_HAS_FEATURE(feature) __has_feature(feature)
#else
#define GIRIH_HAS_FEATURE(feature) 0
#endif

namespace girih {
namespace {

/// Below this malloc's own caches are as good.
constexpr std::size_t smallest_kept = std::size_t{64} << 10;

// AddressSanitizer finds uses after free only in memory that is really freed.
#if defined(__SANITIZE_ADDRESS__) || GIRIH_HAS_FEATURE(address_sanitizer)
constexpr std::int64_t usual_limit = 0;
#else
constexpr std::int64_t usual_limit = std::int64_t{256} << 20;
#endif

} // namespace

HostPool::HostPool()
    : limit_(env_size("GIRIH_POOL_KEEP").value_or(usual_limit)) {}

HostPool &HostPool::instance() {
  static auto *const made = new HostPool;
  return *made;
}

void *HostPool::take(std::size_t size) {
  const std::lock_guard lock(mutex_);
  ++statistics_.requests;
  statistics_.used_bytes += static_cast<std::int64_t>(size);
  statistics_.peak_used_bytes =
      std::max(statistics_.peak_used_bytes, statistics_.used_bytes);
  const auto at = kept_.find(size);
  if (at == kept_.end() || at->second.empty())
    return nullptr;
  void *block = at->second.back();
  at->second.pop_back();
  ++statistics_.reused;
  statistics_.kept_bytes -= static_cast<std::int64_t>(size);
  return block;
}

std::shared_ptr<void> HostPool::allocate(std::size_t bytes) {
  const std::size_t size = block_size_for(bytes);
  void *block = take(size);
  if (!block)
    block = std::aligned_alloc(memory_alignment, size);
  if (!block) {
    trim(0);
    block = std::aligned_alloc(memory_alignment, size);
  }
  if (!block) {
    const std::lock_guard lock(mutex_);
    statistics_.used_bytes -= static_cast<std::int64_t>(size);
    return {};
  }
  return {block, [this, size](void *old) { give_back(old, size); }};
}

void HostPool::give_back(void *block, std::size_t size) {
  std::vector<void *> freed;
  {
    const std::lock_guard lock(mutex_);
    statistics_.used_bytes -= static_cast<std::int64_t>(size);
    if (size < smallest_kept || static_cast<std::int64_t>(size) > limit_) {
      freed.push_back(block);
    } else {
      kept_[size].push_back(block);
      statistics_.kept_bytes += static_cast<std::int64_t>(size);
      if (statistics_.kept_bytes > limit_)
        freed = surplus(limit_);
    }
  }
  for (void *each : freed)
    std::free(each);
}

std::vector<void *> HostPool::surplus(std::int64_t keep_bytes) {
  std::vector<void *> out;
  while (statistics_.kept_bytes > keep_bytes && !kept_.empty()) {
    const auto largest = std::prev(kept_.end());
    if (!largest->second.empty()) {
      out.push_back(largest->second.back());
      largest->second.pop_back();
      statistics_.kept_bytes -= static_cast<std::int64_t>(largest->first);
    }
    if (largest->second.empty())
      kept_.erase(largest);
  }
  return out;
}

void HostPool::trim(std::int64_t keep_bytes) {
  std::vector<void *> freed;
  {
    const std::lock_guard lock(mutex_);
    freed = surplus(keep_bytes);
  }
  for (void *each : freed)
    std::free(each);
}

void HostPool::set_limit(std::int64_t keep_bytes) {
  {
    const std::lock_guard lock(mutex_);
    limit_ = keep_bytes;
  }
  trim(keep_bytes);
}

PoolStatistics HostPool::statistics() {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

} // namespace girih

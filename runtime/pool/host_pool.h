// SPDX-License-Identifier: Apache-2.0
// Memory of the host, kept between uses. Not installed.
#pragma once

#include "girih/runtime/fork_mutex.h"
#include "girih/runtime/pool.h"

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

namespace girih {

/// Large blocks that were freed, by size: fresh ones would have to be mapped
/// and zeroed by the system page by page, at each use. Thread-safe; a forked
/// child has its own copy. Never destroyed.
class HostPool {
public:
  static HostPool &instance();

  /// Aligned to memory_alignment; null when there is none left.
  std::shared_ptr<void> allocate(std::size_t bytes);
  PoolStatistics statistics();
  void trim(std::int64_t keep_bytes);
  void set_limit(std::int64_t keep_bytes);

private:
  HostPool();
  void *take(std::size_t size);
  void give_back(void *block, std::size_t size);
  /// Takes blocks out of the lists until at most `keep_bytes` are kept.
  std::vector<void *> surplus(std::int64_t keep_bytes);

  ForkMutex mutex_; // guards what follows
  std::map<std::size_t, std::vector<void *>> kept_;
  PoolStatistics statistics_;
  std::int64_t limit_;
};

} // namespace girih

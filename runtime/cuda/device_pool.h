// SPDX-License-Identifier: Apache-2.0
// The stream-ordered memory pool of one CUDA device. Not installed.
#pragma once

#include "girih/runtime/cuda/driver_api.h"
#include "girih/runtime/pool.h"
#include "girih/runtime/stream.h"

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace girih::cuda {

class Gpu;
struct PoolBlock;
struct Fence;

/// Free lists of our own rather than the driver's pool: a request that they
/// serve makes no call of the driver, so that it is quick and legal while a
/// stream is captured. A block has a home stream and is handed out again in the
/// order of that stream. Use on another stream is noticed at launch (note_use):
/// that stream waits for the home stream once, and the freed block is not
/// handed out before the other stream is done with it. Thread-safe.
class DevicePool {
public:
  explicit DevicePool(const Gpu &gpu);

  /// Memory in the order of `stream`. Throws RuntimeError [out-of-memory].
  std::shared_ptr<void> allocate(std::size_t bytes, const Stream &stream);
  /// The same, straight from the driver: nothing that was submitted, to any
  /// stream, touches it.
  std::shared_ptr<void> allocate_fresh(std::size_t bytes, const Stream &stream);
  /// As those two, of zeros, which all that uses the memory leaves as zeros: it
  /// is set once, when it comes from the driver.
  std::shared_ptr<void> allocate_zeros(std::size_t bytes, const Stream &stream);
  std::shared_ptr<void> allocate_fresh_zeros(std::size_t bytes,
                                             const Stream &stream);

  /// `stream` is about to work on memory that `owner` keeps alive, which may or
  /// may not be of a pool.
  static void note_use(const std::shared_ptr<void> &owner,
                       const Stream &stream);

  /// Blocks whose home is `stream`, which is about to be destroyed, get
  /// another.
  void end_stream(StreamHandle stream);
  /// Marks around a wait for the whole device: what was freed before the first
  /// is safe after the second.
  std::uint64_t begin_wait();
  void end_wait(std::uint64_t mark);

  PoolStatistics statistics() const;
  void trim(std::int64_t keep_bytes);
  void set_limit(std::int64_t keep_bytes);

private:
  struct GiveBack;
  /// What blocks hold: anything, or zeros.
  enum class Content : std::uint8_t { any, zeros };
  struct Bin {
    StreamHandle home;
    Content content;
    std::size_t size;
    auto operator<=>(const Bin &) const = default;
  };

  std::shared_ptr<void> allocate(const Bin &bin, const Stream &stream);
  std::shared_ptr<void> hand_out(PoolBlock *block, const Stream &stream);
  PoolBlock *take(const Bin &bin);
  PoolBlock *take_after_waiting(const Bin &bin);
  PoolBlock *make(std::size_t size, Content content);
  void set_zeros(const PoolBlock &block) const;
  static Bin bin_of(const PoolBlock &block);
  DevicePointer from_driver(std::size_t size, Result &result);
  void give_back(PoolBlock *block);
  void order_after_home(PoolBlock &block, const Stream &stream);
  std::shared_ptr<Fence> fence_of(const Stream &user);
  bool done(Fence &fence) const;
  void keep(PoolBlock *block);
  void poll();
  bool wait_for_device();
  std::vector<PoolBlock *> surplus(std::int64_t keep_bytes);
  void release(const std::vector<PoolBlock *> &blocks);

  const Gpu &gpu_;
  mutable std::mutex mutex_; // guards what follows; a child never takes it
  std::map<Bin, std::vector<PoolBlock *>> bins_; // ready for their home stream
  std::vector<PoolBlock *> waiting_;             // other streams may use them
  std::vector<std::shared_ptr<void>> captured_zeros_; // of others, for good
  PoolStatistics statistics_;
  std::int64_t limit_;
  std::uint64_t frees_ = 0;  // waits for the device are marked by it
  std::uint64_t waited_ = 0; // all freed up to this mark is safe
};

} // namespace girih::cuda

// SPDX-License-Identifier: Apache-2.0
// What a call with given shapes runs, worked out once. Not installed.
#pragma once

#include "girih/runtime/executable.h"
#include "girih/runtime/launch/overlap.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace girih {

/// The most operands that a kernel can have.
inline constexpr std::size_t max_operands = 64;

/// Everything of a call that its plan depends on: a word of facts for each
/// operand, then its sizes and strides. That is the layout of the parameter
/// block, pointers where the facts are, so that one becomes the other in place.
/// Lives on the stack and is not initialised: calls are frequent.
class CallWords {
public:
  /// `arrays` are at most max_operands. `epoch` is 0 where the Config is
  /// demanded, else config_generation().
  CallWords(std::span<const Array *const> arrays, const Config *config,
            std::uint32_t epoch = 0);

  std::uint64_t hash() const { return hash_; }
  std::uint32_t epoch() const { return epoch_; }
  std::span<const std::int64_t> words() const {
    return {words_.data(), count_};
  }
  /// Puts the data pointers where the facts were, and strides of 4-bit elements
  /// in bytes: words() are parameters then.
  void become_parameters(std::span<const Array *const> arrays);

private:
  std::array<std::int64_t, max_operands * (1 + 2 * max_rank)> words_;
  std::size_t count_ = 0;
  std::uint64_t hash_ = 0;
  std::uint32_t epoch_ = 0;
};

/// All that was found out about calls with the same words. Immutable.
struct Plan {
  std::uint64_t hash = 0;
  std::uint32_t epoch = 0; // as in CallWords
  std::vector<std::int64_t> words;
  std::optional<Config> requested; // what the caller asked for
  Config config;                   // what it runs with
  Device device;
  std::int64_t programs = 0;
  std::shared_ptr<const Executable> code; // null when there are no programs
  std::vector<ByteRange> ranges;          // of each operand
  std::vector<int> writes;                // operands that are Out or InOut
  double record_seconds = 0;
  bool sync = false; // GIRIH_DEBUG=sync
  // On the host, GIRIH_DEBUG=bounds,race,nan: the Program instead of code.
  compiler::Checks checks;
  std::shared_ptr<const Program> checked;

  bool matches(const CallWords &call, const Config *config) const;
};

/// Throws RuntimeError [overlap] where an operand that is written shares memory
/// with another.
void check_overlap(const Plan &plan, const KernelSource &source,
                   std::span<const Array *const> arrays);

/// The plans that this thread used last; no other thread touches them.
class RecentPlans {
public:
  struct Slot {
    std::uint64_t kernel = 0; // number of the kernel; 0: free
    std::shared_ptr<const Plan> plan;
    const cuda::LaunchSite *site = nullptr; // line of the last call
    const char *file = nullptr;
    unsigned line = 0;
  };
  /// The slot that a call from that line belongs in; null once the thread is
  /// ending.
  static Slot *slot(std::uint64_t kernel, std::uint64_t hash, unsigned line);
};

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/launch/plan.h"

#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace girih {
namespace {

/// One step of the hash: a full multiplication, its halves folded together.
std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  const auto product =
      static_cast<unsigned __int128>(hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return static_cast<std::uint64_t>(product) ^
         static_cast<std::uint64_t>(product >> 64) ^ (word << 32);
}

std::uint64_t hash_of(const Config &config) {
  std::uint64_t hash = 1;
  for (const auto &[name, value] : config.blocks)
    hash = mix(mix(hash, std::hash<std::string>()(name)),
               static_cast<std::uint64_t>(value));
  for (int field :
       {config.num_warps, config.num_stages, config.num_ctas,
        static_cast<int>(config.warp_specialize),
        static_cast<int>(config.persistent), static_cast<int>(config.ping_pong),
        static_cast<int>(config.stream_k), static_cast<int>(config.order.kind),
        config.order.group, config.split_k,
        config.pdl ? 1 + static_cast<int>(*config.pdl) : 0})
    hash = mix(hash, static_cast<std::uint64_t>(field));
  return hash;
}

/// What of an operand matters besides its sizes and strides.
std::int64_t facts_of(const Array &array) {
  if (array.by_value()) [[unlikely]]
    return static_cast<std::int64_t>(array.dtype()) | 1 << 20;
  const auto address = reinterpret_cast<std::uintptr_t>(array.data());
  const auto device = static_cast<unsigned>(array.device().index);
  return static_cast<std::int64_t>(array.dtype()) | array.rank() << 8 |
         (address % 16 == 0 ? 1 << 16 : 0) | (address == 0 ? 1 << 17 : 0) |
         (array.read_only() ? 1 << 18 : 0) |
         (is_settled(array.access()) ? 1 << 21 : 0) |
         (array.device().kind == Device::Kind::cuda ? 1 << 19 : 0) |
         static_cast<std::int64_t>(device) << 32;
}

} // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): see the class
CallWords::CallWords(std::span<const Array *const> arrays, const Config *config,
                     std::uint32_t epoch)
    : epoch_(epoch) {
  std::int64_t *next = words_.data();
  for (const Array *array : arrays) {
    const auto rank = static_cast<std::size_t>(array->rank());
    *next++ = facts_of(*array);
    const std::int64_t *sizes = array->shape().data();
    const std::int64_t *strides = array->strides().data();
    for (std::size_t dim = 0; dim < rank; ++dim) {
      next[dim] = sizes[dim];
      next[dim + rank] = strides[dim];
    }
    next += 2 * rank;
  }
  count_ = static_cast<std::size_t>(next - words_.data());
  // Two chains, as a multiplication takes its time.
  std::uint64_t even = config ? hash_of(*config) : 0,
                odd = count_ | std::uint64_t{epoch} << 32;
  std::size_t at = 0;
  for (; at + 1 < count_; at += 2) {
    even = mix(even, static_cast<std::uint64_t>(words_[at]));
    odd = mix(odd, static_cast<std::uint64_t>(words_[at + 1]));
  }
  if (at < count_)
    even = mix(even, static_cast<std::uint64_t>(words_[at]));
  hash_ = mix(even, odd);
}

void CallWords::become_parameters(std::span<const Array *const> arrays) {
  std::int64_t *next = words_.data();
  for (const Array *array : arrays) {
    const int rank = array->rank();
    *next = array->by_value()
                ? *static_cast<const std::int64_t *>(array->data())
                : reinterpret_cast<std::int64_t>(array->data());
    // Code for a GPU takes it that the stride of one place divides everything
    // (classify()), and asks for nothing of lanes beyond it at such addresses.
    if (array->device().kind == Device::Kind::cuda)
      for (int dim = 0; dim + 1 < rank; ++dim)
        if (next[1 + dim] == 1)
          next[1 + rank + dim] = 0;
    // Kernels move bytes of 4-bit elements: strides but the last are in bytes.
    if (bits(array->dtype()) == 4)
      for (int dim = 0; dim + 1 < rank; ++dim)
        next[1 + rank + dim] /= 2;
    next += 1 + 2 * rank;
  }
}

bool Plan::matches(const CallWords &call, const Config *config) const {
  const auto theirs = call.words();
  return hash == call.hash() && epoch == call.epoch() &&
         words.size() == theirs.size() &&
         std::memcmp(words.data(), theirs.data(), theirs.size_bytes()) == 0 &&
         (config ? requested.has_value() && *requested == *config
                 : !requested.has_value());
}

void check_overlap(const Plan &plan, const KernelSource &source,
                   std::span<const Array *const> arrays) {
  for (int index : plan.writes) {
    const auto write = static_cast<std::size_t>(index);
    const auto *out = static_cast<const char *>(arrays[write]->data());
    const char *begin = out + plan.ranges[write].begin;
    const char *end = out + plan.ranges[write].end;
    for (std::size_t at = 0; at < arrays.size(); ++at) {
      const auto *other = static_cast<const char *>(arrays[at]->data());
      if (at == write || begin >= other + plan.ranges[at].end ||
          other + plan.ranges[at].begin >= end ||
          !overlap(*arrays[write], *arrays[at]))
        continue;
      fail(ErrorId::overlap,
           fmt::format("kernel {}: {} {} shares memory with operand {}",
                       source.name,
                       source.directions[write] == Direction::out ? "output"
                                                                  : "operand",
                       source.operand_names[write], source.operand_names[at]),
           {.help = "write to other memory, or make it one InOut operand"});
    }
  }
}

namespace {

constexpr std::size_t slot_count = 256;

// Calls may come from static destructors, after thread_local objects are gone:
// so the pointer is plain, and the object that frees leaves a mark.
thread_local RecentPlans::Slot *slots = nullptr;
thread_local bool ending = false;

struct FreeSlots {
  ~FreeSlots() {
    ending = true;
    delete[] std::exchange(slots, nullptr);
  }
};

RecentPlans::Slot *make_slots() {
  thread_local FreeSlots at_exit;
  slots = new RecentPlans::Slot[slot_count];
  return slots;
}

} // namespace

RecentPlans::Slot *RecentPlans::slot(std::uint64_t kernel, std::uint64_t hash,
                                     unsigned line) {
  Slot *all = slots;
  if (!all) [[unlikely]] {
    if (ending)
      return nullptr;
    all = make_slots();
  }
  return &all[mix(kernel << 32 | line, hash) % slot_count];
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cache/page_allocator.h"

#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

namespace girih::llm {

namespace {

constexpr std::int64_t word_bits = 64;
constexpr std::uint64_t full = ~std::uint64_t{0};

std::uint64_t bit_of(std::int32_t page) {
  return std::uint64_t{1} << (page % word_bits);
}
std::size_t word_of(std::int32_t page) {
  return static_cast<std::size_t>(page / word_bits);
}

} // namespace

PageAllocator::PageAllocator(std::int64_t pages)
    : pages_(pages),
      words_(static_cast<std::size_t>((pages + word_bits - 1) / word_bits)),
      free_(pages) {
  if (pages < 0 || pages > std::numeric_limits<std::int32_t>::max())
    throw std::invalid_argument("a cache has 0 to 2^31 - 1 pages, not " +
                                std::to_string(pages));
  taken_ = std::make_unique<std::atomic<std::uint64_t>[]>(words_);
  references_ = std::make_unique<std::atomic<std::int32_t>[]>(
      static_cast<std::size_t>(pages));
  // What the last word has too many is taken for ever.
  if (pages % word_bits != 0)
    taken_[words_ - 1].store(full << (pages % word_bits));
}

bool PageAllocator::reserve(std::int64_t count) {
  std::int64_t left = free_.load(std::memory_order_relaxed);
  while (left >= count)
    // Acquires what release() has done before it counted the page.
    if (free_.compare_exchange_weak(left, left - count,
                                    std::memory_order_acquire,
                                    std::memory_order_relaxed))
      return true;
  return false;
}

std::int32_t PageAllocator::take() {
  for (std::size_t at = next_.load(std::memory_order_relaxed);; ++at) {
    at %= words_;
    std::uint64_t word = taken_[at].load(std::memory_order_relaxed);
    while (word != full) {
      const int bit = std::countr_one(word);
      const std::uint64_t mask = std::uint64_t{1} << bit;
      word = taken_[at].fetch_or(mask, std::memory_order_acquire);
      if (!(word & mask)) {
        next_.store(at, std::memory_order_relaxed);
        return static_cast<std::int32_t>(
            static_cast<std::int64_t>(at) * word_bits + bit);
      }
      // Another thread was first: the next clear bit.
    }
  }
}

std::optional<std::vector<std::int32_t>>
PageAllocator::allocate(std::int64_t count) {
  if (count < 0)
    throw std::invalid_argument("a negative number of pages");
  std::vector<std::int32_t> made;
  made.reserve(static_cast<std::size_t>(count)); // before anything is taken
  if (!reserve(count))
    return std::nullopt;
  for (std::int64_t i = 0; i < count; ++i) {
    made.push_back(take());
    references_[static_cast<std::size_t>(made.back())].store(
        1, std::memory_order_relaxed);
  }
  return made;
}

void PageAllocator::check(std::int32_t page) const {
  if (page < 0 || page >= pages_)
    throw std::out_of_range("page " + std::to_string(page) + " of " +
                            std::to_string(pages_));
}

void PageAllocator::retain(std::int32_t page) {
  check(page);
  auto &count = references_[static_cast<std::size_t>(page)];
  if (count.fetch_add(1, std::memory_order_relaxed) > 0)
    return;
  count.fetch_sub(1, std::memory_order_relaxed);
  throw std::logic_error("page " + std::to_string(page) +
                         " is retained, but it is free");
}

bool PageAllocator::release(std::int32_t page) {
  check(page);
  auto &count = references_[static_cast<std::size_t>(page)];
  const std::int32_t before = count.fetch_sub(1, std::memory_order_acq_rel);
  if (before > 1)
    return false;
  if (before < 1) {
    count.fetch_add(1, std::memory_order_relaxed);
    throw std::logic_error("page " + std::to_string(page) +
                           " is released, but it is free");
  }
  taken_[word_of(page)].fetch_and(~bit_of(page), std::memory_order_release);
  free_.fetch_add(1, std::memory_order_release);
  return true;
}

std::int32_t PageAllocator::references(std::int32_t page) const {
  check(page);
  return references_[static_cast<std::size_t>(page)].load();
}

} // namespace girih::llm

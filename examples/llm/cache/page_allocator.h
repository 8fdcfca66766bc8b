// SPDX-License-Identifier: Apache-2.0
// Which pages of the cache are in use: a bitmap without locks, and how many
// sequences share each page.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace girih::llm {

/// Gives out numbers from 0 to pages - 1. Any thread may call anything at any
/// time. A taken page is a set bit of a 64-bit word: fetch_or takes, fetch_and
/// gives back. How many are free is counted beside: who wants pages first takes
/// that many off the count, and so is sure to find as many clear bits.
class PageAllocator {
public:
  explicit PageAllocator(std::int64_t pages);

  /// So many pages with one reference each, or none at all.
  std::optional<std::vector<std::int32_t>> allocate(std::int64_t count);
  /// One more reference to a page that the caller has one of.
  void retain(std::int32_t page);
  /// One less; true where that was the last, and the page is free. Throws
  /// std::logic_error for a page that is free already.
  bool release(std::int32_t page);

  std::int64_t pages() const { return pages_; }
  std::int64_t available() const { return free_.load(); }
  std::int32_t references(std::int32_t page) const;

private:
  bool reserve(std::int64_t count);
  std::int32_t take();
  void check(std::int32_t page) const;

  std::int64_t pages_;
  std::size_t words_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> taken_;
  std::unique_ptr<std::atomic<std::int32_t>[]> references_;
  std::atomic<std::int64_t> free_;
  std::atomic<std::size_t> next_{0}; // the word where a search begins: a hint
};

} // namespace girih::llm

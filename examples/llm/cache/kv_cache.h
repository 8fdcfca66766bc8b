// SPDX-License-Identifier: Apache-2.0
// Keys and values of all layers, in pages that sequences share among them.
#pragma once

#include "girih/examples/llm/cache/page_allocator.h"
#include "girih/examples/llm/cache/pages.h"
#include "girih/examples/llm/config/model_config.h"
#include "girih/runtime/array.h"

#include <cstdint>
#include <vector>

namespace girih::llm {

/// The memory: page p of a sequence has the same number in every layer.
class KvCache {
public:
  /// Takes the memory; nothing is written to it.
  KvCache(const ModelConfig &config, std::int64_t pages, DType dtype,
          Device device);

  /// [pages, 16, Hk, D], and of values the same; of latent attention a row is a
  /// latent and a rotated key, [pages, 16, 1, L] and [pages, 16, 1, R].
  const Array &keys(std::size_t layer) const { return keys_[layer]; }
  const Array &values(std::size_t layer) const { return values_[layer]; }
  /// Latent attention: both together, [pages, 16, L + R].
  const Array &latents(std::size_t layer) const { return latents_[layer]; }

  PageAllocator &allocator() const { return *allocator_; }
  std::int64_t bytes() const;

private:
  std::vector<Array> keys_, values_, latents_;
  std::unique_ptr<PageAllocator> allocator_;
};

/// The pages of one sequence, given back with it. Page i has tokens 16 i up to
/// 16 i + 15.
class PageList {
public:
  PageList() = default;
  /// Pages for so many tokens; not valid() where there are not as many.
  PageList(PageAllocator &allocator, std::int64_t tokens);
  PageList(PageList &&other) noexcept { swap(other); }
  PageList &operator=(PageList &&other) noexcept {
    PageList(std::move(other)).swap(*this);
    return *this;
  }
  ~PageList();

  /// Pages for so many tokens: the first ones stay, some come or go behind
  /// them. False, and nothing has changed, where there are not as many.
  bool resize(std::int64_t tokens);

  bool valid() const { return allocator_ != nullptr; }
  const std::vector<std::int32_t> &pages() const { return pages_; }
  /// Where the token at a position is in the cache.
  std::int64_t slot(std::int64_t position) const {
    return pages_[static_cast<std::size_t>(position / page_size)] * page_size +
           position % page_size;
  }

private:
  void swap(PageList &other) noexcept {
    std::swap(allocator_, other.allocator_);
    pages_.swap(other.pages_);
  }
  PageAllocator *allocator_ = nullptr;
  std::vector<std::int32_t> pages_;
};

} // namespace girih::llm

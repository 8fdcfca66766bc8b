// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/cache/kv_cache.h"

namespace girih::llm {

KvCache::KvCache(const ModelConfig &config, std::int64_t pages, DType dtype,
                 Device device)
    : allocator_(std::make_unique<PageAllocator>(pages)) {
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    if (config.latent.kv_rank == 0) {
      const auto make = [&] {
        return Array::empty(
            {pages, page_size, config.kv_heads, config.head_dim}, dtype,
            device);
      };
      keys_.push_back(make());
      values_.push_back(make());
      continue;
    }
    const std::int64_t rank = config.latent.kv_rank,
                       width = rank + config.latent.rope_dim;
    latents_.push_back(Array::empty({pages, page_size, width}, dtype, device));
    const Array rows =
        latents_.back().reshape({pages, page_size, 1, width}); // [.., L + R]
    values_.push_back(rows.slice(3, 0, rank));
    keys_.push_back(rows.slice(3, rank, width));
  }
}

std::int64_t KvCache::bytes() const {
  std::int64_t all = 0;
  if (latents_.empty())
    for (std::size_t layer = 0; layer < keys_.size(); ++layer)
      all += keys_[layer].nbytes() + values_[layer].nbytes();
  for (const Array &each : latents_)
    all += each.nbytes();
  return all;
}

PageList::PageList(PageAllocator &allocator, std::int64_t tokens) {
  if (auto made = allocator.allocate(pages_of(tokens))) {
    allocator_ = &allocator;
    pages_ = std::move(*made);
  }
}

bool PageList::resize(std::int64_t tokens) {
  const std::int64_t wanted = pages_of(tokens),
                     have = static_cast<std::int64_t>(pages_.size());
  if (wanted > have) {
    const auto more = allocator_->allocate(wanted - have);
    if (!more)
      return false;
    pages_.insert(pages_.end(), more->begin(), more->end());
  }
  for (; static_cast<std::int64_t>(pages_.size()) > wanted; pages_.pop_back())
    allocator_->release(pages_.back());
  return true;
}

PageList::~PageList() {
  for (const std::int32_t page : pages_)
    allocator_->release(page);
}

} // namespace girih::llm

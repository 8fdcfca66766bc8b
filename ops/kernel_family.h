// SPDX-License-Identifier: Apache-2.0
// Kernels by the numbers that they are made with.
#pragma once

#include "girih/runtime/kernel.h"

#include <functional>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace girih::ops {

/// Kernels that differ in fixed numbers, each made once. Tile sizes are among
/// those numbers, as they depend on sizes and devices in ways that a Config
/// does not know, and so there are no blocks for it to choose.
template <class Shape> class KernelFamily {
public:
  explicit KernelFamily(std::function<Kernel(const Shape &)> make)
      : make_(std::move(make)) {}

  const Kernel &operator[](const Shape &shape) {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = kernels_.find(shape); found != kernels_.end())
        return found->second;
    }
    const std::unique_lock lock(mutex_);
    if (const auto found = kernels_.find(shape); found != kernels_.end())
      return found->second;
    return kernels_.emplace(shape, make_(shape)).first->second;
  }

private:
  std::function<Kernel(const Shape &)> make_;
  std::shared_mutex mutex_;
  std::map<Shape, Kernel> kernels_; // does not move its elements
};

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// What operators of attention share: kernels by the numbers that they are made
// with, and views.
#pragma once

#include "girih/ops/arguments.h"
#include "girih/ops/kernel_family.h"
#include "girih/ops/sizes.h"

namespace girih::ops {

inline constexpr DType attention_floats[] = {bf16, f32, f16, f64};

/// The type that scores and sums are computed in.
inline DType accumulated(DType dtype) { return dtype == f64 ? f64 : f32; }

/// What attention's kernels run with on a GPU.
struct LaunchShape {
  int warps = 4, stages = 1;
  ProgramOrder order{};
  bool persistent = true; // where programs take times that are known
};

/// Runs a kernel so.
void run_with(const Call &call, const Kernel &kernel, const LaunchShape &shape,
              std::initializer_list<const Array *> operands);

/// How many stages of so many bytes fit a program's memory beside `fixed` ones,
/// at most three.
int stages_that_fit(Device device, std::int64_t stage, std::int64_t fixed);

/// The memory of `array` with other sizes and strides, from `offset` elements
/// on.
Array strided_view(const Array &array,
                   std::initializer_list<std::int64_t> shape,
                   std::initializer_list<std::int64_t> strides,
                   std::int64_t offset = 0);
inline bool on_gpu(const Array &array) {
  return array.device().kind == Device::Kind::cuda;
}
/// The next multiple.
inline std::int64_t multiple(std::int64_t size, std::int64_t of) {
  return pieces_of(size, of) * of;
}
/// A tile's width that covers heads of `size`: what matrix instructions divide.
inline std::int64_t head_width(const Array &array, std::int64_t size) {
  return on_gpu(array) ? multiple(size, 16) : size;
}
/// One that is 1, as tiles have no dimension of size 0.
inline std::int64_t at_least_one(std::int64_t size) {
  return size < 1 ? 1 : size;
}

/// Checks that `of` is a multiple of `part`: query heads and heads of keys.
void check_groups(const Call &call, const Argument &q, std::int64_t heads,
                  const Argument &k, std::int64_t kv_heads);

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// Random kernels on a GPU against the interpreter. Whole blocks of memory are
// copied, so that a stray write between elements is seen.
#include "random_run.h"

#include "girih/runtime/array.h"
#include "girih/runtime/device.h"
#include "girih/runtime/kernel.h"

#include <gtest/gtest.h>

#include <cstring>

namespace girih::testing {
namespace {

/// An operand of a parameter block and its copy on the GPU.
class OnGpu {
public:
  OnGpu(const ArrangedOperand &operand, const std::int64_t *params) {
    const auto rank = static_cast<std::size_t>(operand.rank);
    sizes_.assign(params + 1, params + 1 + rank);
    const std::vector<std::int64_t> strides(params + 1 + rank,
                                            params + 1 + 2 * rank);
    auto *pointer = reinterpret_cast<char *>(params[0]);
    std::int64_t low = 0, high = 0;
    bool empty = false;
    for (std::size_t d = 0; d < rank; ++d) {
      const std::int64_t reach = (sizes_[d] - 1) * strides[d];
      (reach < 0 ? low : high) += reach;
      empty |= sizes_[d] == 0;
    }
    const std::int64_t size = bytes(operand.dtype);
    host_ = pointer + low * size;
    count_ = empty ? 0 : (high - low + 1) * size;
    // The copy lies in memory as the original does, modulo 256.
    const auto shift =
        static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(host_)) &
        255;
    memory_ = Array::empty({count_ + 512}, u8, cuda_device(0));
    bytes_ = memory_.slice(0, shift, shift + count_);
    to_device();
    array_ = Array(static_cast<char *>(bytes_.data()) - low * size,
                   std::span<const std::int64_t>(sizes_), operand.dtype,
                   cuda_device(0), std::span<const std::int64_t>(strides),
                   memory_.owner());
  }

  const Array &array() const { return array_; }

  void to_host() {
    if (count_ > 0)
      Array(host_, {count_}, u8).copy_from(bytes_);
  }

private:
  void to_device() {
    if (count_ > 0)
      bytes_.copy_from(Array(host_, {count_}, u8));
  }

  std::vector<std::int64_t> sizes_;
  char *host_ = nullptr;
  std::int64_t count_ = 0;
  Array memory_, bytes_, array_;
};

void run_on_gpu(Dice &, const Program &program,
                const std::vector<std::int64_t> &params, std::int64_t) {
  std::vector<OnGpu> operands;
  std::size_t at = 0;
  for (const ArrangedOperand &each : program.operands) {
    operands.emplace_back(each, params.data() + at);
    at += 1 + 2 * static_cast<std::size_t>(each.rank);
  }
  std::vector<Array> arrays;
  for (const OnGpu &each : operands)
    arrays.push_back(each.array());
  Kernel(program).launch(arrays);
  operands.back().to_host();
}

TEST(FuzzPrograms, GpuAgreesWithInterpreter) {
  if (cuda_device_count() == 0)
    GTEST_SKIP() << cuda_unavailable_reason();
  const std::uint64_t first = first_seed(), end = first + seed_count(100);
  for (std::uint64_t seed = first; seed < end; ++seed)
    EXPECT_EQ(run_seed(seed, run_on_gpu), "");
}

} // namespace
} // namespace girih::testing

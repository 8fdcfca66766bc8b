// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/attention/kernels.h"

#include "girih/ops/warp_groups.h"

#include <fmt/format.h>

#include <algorithm>

namespace girih::ops {

void run_with(const Call &call, const Kernel &kernel, const LaunchShape &shape,
              std::initializer_list<const Array *> operands) {
  Config config;
  config.num_warps = shape.warps;
  config.num_stages = shape.stages;
  config.order = shape.order;
  config.warp_specialize = has_warp_groups((*operands.begin())->device()) &&
                           shape.warps % 4 == 0 && shape.stages > 1;
  config.persistent = config.warp_specialize && shape.persistent;
  const LaunchOptions options{
      .config = config, .stream = call.stream, .tunable = true};
  kernel.run(std::span(operands.begin(), operands.size()), options, call.where);
}

int stages_that_fit(Device device, std::int64_t stage, std::int64_t fixed) {
  if (device.kind == Device::Kind::host)
    return 1;
  // A reserve for what reductions exchange.
  const std::int64_t room = properties(device).shared_bytes - fixed - 2048;
  return static_cast<int>(
      std::clamp<std::int64_t>(room / at_least_one(stage), 1, 3));
}

Array strided_view(const Array &array,
                   std::initializer_list<std::int64_t> shape,
                   std::initializer_list<std::int64_t> strides,
                   std::int64_t offset) {
  return view_of(array, std::span(shape.begin(), shape.size()),
                 std::span(strides.begin(), strides.size()), offset);
}

void check_groups(const Call &call, const Argument &q, std::int64_t heads,
                  const Argument &k, std::int64_t kv_heads) {
  if (kv_heads == 0 ? heads != 0 : heads % kv_heads != 0)
    call.fail(ErrorId::shape,
              fmt::format("the heads of {} must be a multiple of those of {}",
                          q.name, k.name),
              {q, k});
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// The C interface to plans: calls over packed numbers.
#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/capi/callee.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

using namespace girih;
using capi::guarded;
using capi::require;

struct girih_plan {
  capi::Callee callee;
  std::vector<girih_operand_type> operands;
  Device device;
  std::optional<Config> config;
};

namespace {

girih_plan *make_plan(capi::Callee callee, const girih_operand_type *operands,
                      int32_t count, girih_device device) {
  if (count > 0)
    require(operands, "the operands of a plan");
  callee.check_count(static_cast<std::size_t>(std::max(count, 0)));
  auto plan = std::make_unique<girih_plan>();
  plan->callee = std::move(callee);
  plan->device = capi::device_of(device);
  for (int32_t i = 0; i < count; ++i) {
    capi::dtype_of(operands[i].dtype);
    if (operands[i].rank < 0 || operands[i].rank > max_rank)
      throw RuntimeError(
          ErrorId::shape,
          {fmt::format("operand {} of rank {}: ranks are 0 to {}", i,
                       operands[i].rank, max_rank)});
    plan->operands.push_back(operands[i]);
  }
  return plan.release();
}

void launch(const girih_plan &plan, const int64_t *packed, void *stream) {
  capi::ArrayList arrays(plan.operands.size());
  for (std::size_t i = 0; i < plan.operands.size(); ++i) {
    const girih_operand_type &type = plan.operands[i];
    const auto rank = static_cast<std::size_t>(type.rank);
    if (type.flags & GIRIH_ARRAY_BY_VALUE) {
      arrays[i] = capi::number_at(
          reinterpret_cast<const void *>(static_cast<std::uintptr_t>(*packed)),
          type.dtype, type.rank);
      packed += 1 + 2 * rank;
      continue;
    }
    arrays[i] =
        Array(reinterpret_cast<void *>(static_cast<std::uintptr_t>(packed[0])),
              std::span(packed + 1, rank), static_cast<DType>(type.dtype),
              plan.device, std::span(packed + 1 + rank, rank));
    arrays[i] = arrays[i].with_access(capi::access_of(type.flags));
    packed += 1 + 2 * rank;
  }
  LaunchOptions options;
  options.config = plan.config;
  options.stream = capi::stream_of(stream, plan.device);
  plan.callee.run(arrays.all(), options);
}

} // namespace

extern "C" {

girih_status girih_plan_create(const girih_kernel *kernel,
                               const girih_operand_type *operands,
                               int32_t count, girih_device device,
                               const girih_launch_options *options,
                               girih_plan **out) {
  return guarded([&] {
    require(kernel, "girih_plan_create: kernel");
    require(out, "girih_plan_create: out");
    auto config = capi::options_of(options, host_device).config;
    *out = make_plan({.kernel = kernel->kernel, .op = {}}, operands, count,
                     device);
    (*out)->config = std::move(config);
  });
}

girih_status girih_plan_create_op(const char *op,
                                  const girih_operand_type *operands,
                                  int32_t count, girih_device device,
                                  girih_plan **out) {
  return guarded([&] {
    require(out, "girih_plan_create_op: out");
    *out = make_plan(capi::callee_of_op(op), operands, count, device);
  });
}

girih_status girih_plan_launch(const girih_plan *plan, const int64_t *packed,
                               void *stream) {
  return guarded([&] {
    require(plan, "girih_plan_launch: plan");
    require(packed, "girih_plan_launch: packed");
    launch(*plan, packed, stream);
  });
}

void girih_plan_free(girih_plan *plan) { delete plan; }

} // extern "C"

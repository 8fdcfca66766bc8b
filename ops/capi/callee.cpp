// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/capi/callee.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/ops.h"

#include <fmt/format.h>

namespace girih::capi {
namespace {

constexpr BinaryOp operators[] = {
    {"add", ops::add_out},
    {"matmul", ops::matmul_out},
};

} // namespace

void Callee::check_count(std::size_t count) const {
  if (count != arity())
    throw RuntimeError(
        ErrorId::count,
        {kernel ? std::string_view(kernel->name()) : op->name, arity(), count});
}

void Callee::run(std::span<const Array *const> arrays,
                 const LaunchOptions &options) const {
  if (kernel)
    kernel->run(arrays, options, no_line);
  else
    op->run(*arrays[0], *arrays[1], *arrays[2], options.stream, no_line);
}

Callee callee_of_op(const char *name) {
  require(name, "the operator's name");
  for (const BinaryOp &op : operators)
    if (op.name == name)
      return {.kernel = {}, .op = &op};
  bad_argument(fmt::format("there is no operator named '{}'", name));
}

} // namespace girih::capi

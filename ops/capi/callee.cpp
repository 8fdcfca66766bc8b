// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/capi/callee.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/ops/arguments.h"
#include "girih/ops/capi/failures.h"

#include <fmt/format.h>

namespace girih::capi {

void Callee::check_count(std::size_t count) const {
  if (count != arity())
    throw RuntimeError(
        ErrorId::count,
        {kernel ? std::string_view(kernel->name()) : op->entry->name(), arity(),
         count});
}

void Callee::run(std::span<const Array *const> arrays,
                 const LaunchOptions &options) const {
  if (kernel)
    return kernel->run(arrays, options, no_line);
  // Values on the stack where they are few, as calls are frequent.
  const std::size_t inputs = op->entry->inputs, outputs = op->entry->outputs;
  std::array<ops::Value, 4> few;
  std::vector<ops::Value> many(inputs > few.size() ? inputs : 0);
  const std::span values{many.empty() ? few.data() : many.data(), inputs};
  for (std::size_t i = 0; i < inputs; ++i)
    if (i < op->required)
      values[i] = *arrays[i];
    else
      values[i] = op->defaults[i - op->required];
  std::array<Array, 4> outs;
  for (std::size_t i = 0; i < outputs; ++i)
    outs[i] = *arrays[op->required + i];
  op->entry->run({op->entry->name(), no_line, options.stream}, values,
                 {outs.data(), outputs});
}

Callee callee_of_op(const char *name) {
  require(name, "the operator's name");
  ArrayOp op{.entry = &ops::find_op(name), .required = 0, .defaults = {}};
  for (const ops::Parameter &each :
       ops::parse_signature(op.entry->signature_text).parameters)
    if (!each.default_text.empty()) {
      op.defaults.push_back(ops::parse_default(each.default_text));
    } else if (each.type != "array" && each.type != "number") {
      bad_argument(fmt::format("operator {} takes more than arrays: {} is of "
                               "type {}",
                               name, each.name, each.type),
                   "call it by girih_op_run");
    } else {
      ++op.required;
    }
  if (op.entry->outputs > 4)
    bad_argument(fmt::format("operator {} has too many results", name));
  return {.kernel = {}, .op = std::make_shared<const ArrayOp>(std::move(op))};
}

} // namespace girih::capi

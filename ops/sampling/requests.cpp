// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/sampling/requests.h"

#include "girih/ops/elementwise/elementwise.h"

#include <fmt/format.h>

namespace girih::ops::sampling {

void check_logits(const Call &call, const Array &logits) {
  const Argument argument{"logits", logits};
  call.check_same_device({argument});
  call.check_dtype(argument, logit_types);
  call.check_rank(argument, 1, 2);
  const std::int64_t tokens = logits.size(-1);
  if (tokens < 1 || tokens > std::int64_t{1} << 23)
    call.fail(ErrorId::shape, "logits must have 1 to 8388608 tokens",
              {argument});
}

void Requests::check_float(std::string_view name, const ArrayOrNumber &value,
                           double least, double most) const {
  const Argument argument{name, value};
  if (value.is_array())
    return check_array(argument, floats);
  const double number = value.number();
  call_.require(number >= least && number <= most,
                fmt::format("{} must be from {} to {}, not {}", name, least,
                            most, number),
                {{"logits", logits_}});
}

void Requests::check_integer(std::string_view name,
                             const ArrayOrNumber &value) const {
  const Argument argument{name, value};
  if (value.is_array())
    return check_array(argument, integers);
  call_.require(value.is_integer(), fmt::format("{} must be an integer", name),
                {{"logits", logits_}});
}

void Requests::check_array(const Argument &argument,
                           std::span<const DType> types) const {
  const Argument logits{"logits", logits_};
  call_.check_same_device({logits, argument});
  call_.check_dtype(argument, types);
  if (argument.array->rank() == 0)
    return;
  if (logits_.rank() == 1)
    call_.check_rank(argument, 0);
  call_.check_shape(argument, {logits_.size(0)}, {logits});
}

} // namespace girih::ops::sampling

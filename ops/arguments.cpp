// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace girih::ops {

namespace {

std::string describe(Arguments arguments) {
  std::string text;
  for (const Argument &argument : arguments)
    if (argument.array)
      text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", argument.name,
                          argument.array->to_string());
  return text;
}

} // namespace

void Call::fail(ErrorId id, std::string_view rule, Arguments arguments,
                std::string_view help) const {
  const std::string shown = describe(arguments);
  throw RuntimeError(
      id,
      {fmt::format("{}: {}{}{}", op, rule, shown.empty() ? "" : ": ", shown),
       help},
      where);
}

void Call::require(bool holds, std::string_view rule,
                   std::initializer_list<Argument> arguments) const {
  if (!holds)
    fail(ErrorId::argument, rule, arguments);
}

void Call::check_same_device(Arguments arguments) const {
  const Argument *first = nullptr;
  for (const Argument &argument : arguments) {
    if (!argument.array || argument.array->by_value())
      continue;
    if (!first)
      first = &argument;
    if (argument.array->device() != first->array->device())
      fail(ErrorId::device,
           fmt::format("{} and {} must be on one device", first->name,
                       argument.name),
           arguments, "copy one with Array::to(device)");
  }
  if (!first)
    return;
  const Device device = first->array->device();
  if (stream.bound() && device.kind == Device::Kind::cuda &&
      stream.device() != device)
    fail(ErrorId::device,
         fmt::format("stream is on {}, the arrays are not",
                     stream.device().to_string()),
         arguments);
}

void Call::check_dtype(const Argument &argument,
                       std::span<const DType> accepted) const {
  if (!argument.array)
    return;
  const DType dtype = argument.array->dtype();
  if (std::ranges::find(accepted, dtype) != accepted.end())
    return;
  std::vector<std::string_view> names;
  for (DType type : accepted)
    names.push_back(name(type));
  fail(ErrorId::dtype,
       fmt::format("{} cannot be {}, only {}", argument.name, name(dtype),
                   fmt::join(names, " ")),
       {argument});
}

void Call::check_same_dtype(const Argument &first,
                            const Argument &second) const {
  if (first.array && second.array &&
      first.array->dtype() != second.array->dtype())
    fail(ErrorId::dtype,
         fmt::format("{} and {} must have the same dtype", first.name,
                     second.name),
         {first, second}, "convert one with Array::to(dtype)");
}

void Call::check_rank(const Argument &argument, int least, int most) const {
  if (!argument.array ||
      (argument.array->rank() >= least && argument.array->rank() <= most))
    return;
  fail(ErrorId::shape,
       least == most
           ? fmt::format("{} must have {} dimensions", argument.name, least)
           : fmt::format("{} must have {} to {} dimensions", argument.name,
                         least, most),
       {argument});
}

void Call::check_shape(const Argument &argument,
                       std::initializer_list<std::int64_t> shape,
                       std::initializer_list<Argument> others) const {
  if (!argument.array)
    return;
  const auto fits = [](std::int64_t size, std::int64_t wanted) {
    return wanted == -1 || size == wanted;
  };
  if (std::ranges::equal(argument.array->shape(), shape, fits))
    return;
  std::vector<std::string> sizes;
  for (std::int64_t size : shape)
    sizes.push_back(size == -1 ? "*" : std::to_string(size));
  std::vector<Argument> shown(others);
  shown.insert(shown.begin(), argument);
  fail(ErrorId::shape,
       fmt::format("{} must have shape [{}]", argument.name,
                   fmt::join(sizes, ", ")),
       shown);
}

int Call::check_dim(const Argument &argument, std::int64_t dim,
                    std::string_view dim_name) const {
  const int rank = std::max(argument.array->rank(), 1);
  if (dim < -rank || dim >= rank)
    fail(ErrorId::index,
         fmt::format("{} {} is not a dimension of {}", dim_name, dim,
                     argument.name),
         {argument});
  return static_cast<int>(dim < 0 ? dim + rank : dim);
}

std::vector<int> Call::check_dims(const Argument &argument,
                                  std::span<const std::int64_t> dims,
                                  std::string_view dim_name) const {
  std::vector<int> out;
  for (std::int64_t dim : dims)
    out.push_back(check_dim(argument, dim, dim_name));
  if (dims.empty())
    for (int dim = 0; dim < argument.array->rank(); ++dim)
      out.push_back(dim);
  std::ranges::sort(out);
  if (std::ranges::adjacent_find(out) != out.end())
    fail(ErrorId::argument,
         fmt::format("{} names a dimension of {} twice", dim_name,
                     argument.name),
         {argument});
  // A scalar's one dimension is none to go over.
  if (argument.array->rank() == 0)
    out.clear();
  return out;
}

void Call::check_outputs(std::span<const Array> outs,
                         std::span<const Shaped> results, Device device) const {
  const auto refuse = [&](ErrorId id, std::size_t at, const std::string &rule,
                          std::string_view help = {}) {
    const std::string label =
        outs.size() == 1 ? std::string("out") : fmt::format("output {}", at);
    fail(id, fmt::format("{} must {}", label, rule), {{label, outs[at]}}, help);
  };
  for (std::size_t i = 0; i < outs.size(); ++i) {
    const std::span<const std::int64_t> shape = results[i].shape;
    if (!std::ranges::equal(outs[i].shape(), shape))
      refuse(ErrorId::shape, i,
             fmt::format("have shape [{}]", fmt::join(shape, ", ")));
    if (outs[i].dtype() != results[i].dtype)
      refuse(ErrorId::dtype, i, fmt::format("be {}", name(results[i].dtype)));
    if (outs[i].read_only())
      refuse(ErrorId::argument, i, "be writable, and is read-only");
    if (outs[i].device() != device)
      refuse(ErrorId::device, i, fmt::format("be on {}", device.to_string()),
             "copy one with Array::to(device)");
  }
}

void Call::run(const Kernel &kernel,
               std::initializer_list<const Array *> operands) const {
  run(kernel, std::span(operands.begin(), operands.size()));
}

void Call::run(const Kernel &kernel,
               std::span<const Array *const> operands) const {
  kernel.run(operands, {.config = {}, .stream = stream}, where);
}

Array allocate_result(std::span<const std::int64_t> shape, DType dtype,
                      Device device, const Stream &stream) {
  if (stream.bound() && device.kind == Device::Kind::cuda)
    return Array::empty_on(stream, shape, dtype);
  return Array::empty(shape, dtype, device);
}

} // namespace girih::ops

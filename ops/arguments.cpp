// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace girih::ops {

namespace {

std::string describe(std::initializer_list<Argument> arguments) {
  std::string text;
  for (const Argument &argument : arguments)
    text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", argument.name,
                        argument.array.to_string());
  return text;
}

} // namespace

void Call::fail(ErrorId id, std::string_view rule,
                std::initializer_list<Argument> arguments,
                std::string_view help) const {
  throw RuntimeError(
      id, {fmt::format("{}: {}: {}", op, rule, describe(arguments)), help},
      where);
}

void Call::check_same_device(std::initializer_list<Argument> arguments,
                             const Stream &stream) const {
  const Argument &first = *arguments.begin();
  for (const Argument &argument : arguments)
    if (argument.array.device() != first.array.device())
      fail(ErrorId::device,
           fmt::format("{} and {} must be on one device", first.name,
                       argument.name),
           arguments, "copy one with Array::to(device)");
  const Device device = first.array.device();
  if (stream.bound() && device.kind == Device::Kind::cuda &&
      stream.device() != device)
    fail(ErrorId::device,
         fmt::format("stream is on {}, the arrays are not",
                     stream.device().to_string()),
         arguments);
}

void Call::check_dtype(const Argument &argument,
                       std::span<const DType> accepted) const {
  const DType dtype = argument.array.dtype();
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
  if (first.array.dtype() != second.array.dtype())
    fail(ErrorId::dtype,
         fmt::format("{} and {} must have the same dtype", first.name,
                     second.name),
         {first, second}, "convert one with Array::to(dtype)");
}

void Call::check_output(const Argument &out,
                        std::span<const std::int64_t> shape, DType dtype,
                        std::initializer_list<Argument> inputs) const {
  const auto fail_with_all = [&](ErrorId id, const std::string &rule) {
    throw RuntimeError(id,
                       {fmt::format("{}: {}: {}, {}", op, rule,
                                    describe(inputs), describe({out}))},
                       where);
  };
  if (!std::ranges::equal(out.array.shape(), shape))
    fail_with_all(ErrorId::shape,
                  fmt::format("{} must have shape [{}]", out.name,
                              fmt::join(shape, ", ")));
  if (out.array.dtype() != dtype)
    fail_with_all(ErrorId::dtype,
                  fmt::format("{} must be {}", out.name, name(dtype)));
}

Array allocate_result(std::span<const std::int64_t> shape, DType dtype,
                      Device device, const Stream &stream) {
  if (stream.bound() && device.kind == Device::Kind::cuda)
    return Array::empty_on(stream, shape, dtype);
  return Array::empty(shape, dtype, device);
}

} // namespace girih::ops

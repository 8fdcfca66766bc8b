// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/unbox.h"

#include <fmt/format.h>

namespace girih::ops {

void UnboxContext::fail(std::size_t parameter, std::string_view wanted) const {
  const Signature parsed = parse_signature(signature_);
  throw RuntimeError(ErrorId::argument,
                     {fmt::format("{}: {} must be {}", parsed.name,
                                  parsed.parameters.at(parameter).name, wanted),
                      ""},
                     call_.where);
}

namespace {

template <class T>
const T &held(const UnboxContext &context, std::size_t at, const Value &value,
              std::string_view wanted) {
  const T *found = std::get_if<T>(&value);
  if (!found)
    context.fail(at, wanted);
  return *found;
}

} // namespace

Array Unbox<Array>::from(const UnboxContext &context, std::size_t at,
                         const Value &value) {
  return held<Array>(context, at, value, "an array");
}

std::vector<Array> Unbox<std::vector<Array>>::from(const UnboxContext &context,
                                                   std::size_t at,
                                                   const Value &value) {
  return held<std::vector<Array>>(context, at, value, "a list of arrays");
}

ArrayOrNumber Unbox<ArrayOrNumber>::from(const UnboxContext &context,
                                         std::size_t at, const Value &value) {
  if (const auto *array = std::get_if<Array>(&value))
    return *array;
  if (const auto *integer = std::get_if<std::int64_t>(&value))
    return *integer;
  if (const auto *flag = std::get_if<bool>(&value))
    return *flag;
  return held<double>(context, at, value, "an array or a number");
}

std::int64_t Unbox<std::int64_t>::from(const UnboxContext &context,
                                       std::size_t at, const Value &value) {
  if (const auto *flag = std::get_if<bool>(&value))
    return *flag;
  return held<std::int64_t>(context, at, value, "an integer");
}

int Unbox<int>::from(const UnboxContext &context, std::size_t at,
                     const Value &value) {
  const std::int64_t number = unbox<std::int64_t>(context, at, value);
  if (number != static_cast<int>(number))
    context.fail(at, "an integer of 32 bits");
  return static_cast<int>(number);
}

double Unbox<double>::from(const UnboxContext &context, std::size_t at,
                           const Value &value) {
  if (const auto *integer = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*integer);
  return held<double>(context, at, value, "a number");
}

bool Unbox<bool>::from(const UnboxContext &context, std::size_t at,
                       const Value &value) {
  return held<bool>(context, at, value, "a bool");
}

std::string_view Unbox<std::string_view>::from(const UnboxContext &context,
                                               std::size_t at,
                                               const Value &value) {
  return held<std::string>(context, at, value, "a string");
}

std::vector<std::int64_t>
Unbox<std::vector<std::int64_t>>::from(const UnboxContext &context,
                                       std::size_t at, const Value &value) {
  if (const auto *one = std::get_if<std::int64_t>(&value))
    return {*one};
  return held<std::vector<std::int64_t>>(context, at, value,
                                         "a list of integers");
}

DType Unbox<DType>::from(const UnboxContext &context, std::size_t at,
                         const Value &value) {
  return held<DType>(context, at, value, "a dtype");
}

Device Unbox<Device>::from(const UnboxContext &context, std::size_t at,
                           const Value &value) {
  return held<Device>(context, at, value, "a device");
}

} // namespace girih::ops

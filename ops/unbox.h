// SPDX-License-Identifier: Apache-2.0
// Values of a call by name as the types that an op's launch() takes:
//   Array, std::optional<Array>, std::vector<Array>, ArrayOrNumber,
//   std::optional<ArrayOrNumber>, int, std::int64_t, double, bool,
//   std::string_view, std::vector<std::int64_t>, DType, Device, and
//   std::optional of these; a struct of options is read from one value for each
//   of its fields by a specialisation of Unbox.
#pragma once

#include "girih/ops/arguments.h"
#include "girih/ops/signature.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace girih::ops {

/// The call that values belong to, for the text of errors.
class UnboxContext {
public:
  UnboxContext(const Call &call, std::string_view signature)
      : call_(call), signature_(signature) {}
  /// Throws RuntimeError [argument] `softmax: dim must be an integer`.
  [[noreturn]] void fail(std::size_t parameter, std::string_view wanted) const;

private:
  const Call &call_;
  std::string_view signature_;
};

template <class T> struct Unbox;

template <class T>
T unbox(const UnboxContext &context, std::size_t at, const Value &value) {
  return Unbox<T>::from(context, at, value);
}

template <> struct Unbox<Array> {
  static Array from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<std::vector<Array>> {
  static std::vector<Array> from(const UnboxContext &, std::size_t,
                                 const Value &);
};
template <> struct Unbox<ArrayOrNumber> {
  static ArrayOrNumber from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<std::int64_t> {
  static std::int64_t from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<int> {
  static int from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<double> {
  static double from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<bool> {
  static bool from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<std::string_view> {
  static std::string_view from(const UnboxContext &, std::size_t,
                               const Value &);
};
template <> struct Unbox<std::vector<std::int64_t>> {
  /// One integer stands for a list of it.
  static std::vector<std::int64_t> from(const UnboxContext &, std::size_t,
                                        const Value &);
};
template <> struct Unbox<DType> {
  static DType from(const UnboxContext &, std::size_t, const Value &);
};
template <> struct Unbox<Device> {
  static Device from(const UnboxContext &, std::size_t, const Value &);
};
template <class T> struct Unbox<std::optional<T>> {
  static std::optional<T> from(const UnboxContext &context, std::size_t at,
                               const Value &value) {
    if (std::holds_alternative<std::monostate>(value))
      return std::nullopt;
    return Unbox<T>::from(context, at, value);
  }
};

/// The Array in an argument, or null.
inline const Array *array_in(const Array &argument) { return &argument; }
inline const Array *array_in(const std::optional<Array> &argument) {
  return argument ? &*argument : nullptr;
}
inline const Array *array_in(const ArrayOrNumber &argument) {
  return argument.is_array() ? &argument.array() : nullptr;
}
inline const Array *array_in(const std::optional<ArrayOrNumber> &argument) {
  return argument ? array_in(*argument) : nullptr;
}
inline const Array *array_in(const std::vector<Array> &argument) {
  return argument.empty() ? nullptr : argument.data();
}
template <class T> const Array *array_in(const T &) { return nullptr; }

} // namespace girih::ops

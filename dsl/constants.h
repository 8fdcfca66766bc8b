// SPDX-License-Identifier: Apache-2.0
// Named constants of a kernel: numbers that a call chooses and that both of its
// functions can branch on in plain C++.
#pragma once

#include "girih/dsl/support/source_line.h"

#include <concepts>
#include <cstdint>
#include <map>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>

namespace girih {

/// The value of a constant: an integer, a float or a bool.
class ConstantValue {
public:
  enum class Kind : std::uint8_t { integer, floating, boolean };
  template <class T>
    requires std::is_arithmetic_v<T>
  ConstantValue(T value) // NOLINT: implicit by design
      : kind_(std::is_same_v<T, bool>       ? Kind::boolean
              : std::is_floating_point_v<T> ? Kind::floating
                                            : Kind::integer),
        floating_(static_cast<double>(value)) {
    if constexpr (!std::is_floating_point_v<T>)
      integer_ = static_cast<std::int64_t>(value);
  }

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; } // integer, boolean
  double floating() const { return floating_; }
  /// `int 8`, `float 0.5`, `bool true`
  std::string to_string() const;
  bool operator==(const ConstantValue &other) const;

private:
  Kind kind_;
  std::int64_t integer_ = 0;
  double floating_ = 0;
};

/// Constants by name.
using Constants = std::map<std::string, ConstantValue>;

/// For the library: the constant as T's kind, `fallback` (may be null) where
/// the kernel was given none. Throws CompileError [constexpr-name],
/// [constexpr-missing], [constexpr-kind].
ConstantValue constant_of(std::string_view name, ConstantValue::Kind kind,
                          const ConstantValue *fallback, std::int64_t least,
                          std::int64_t most, const SourceLine &where);

/// The constant `name` of the kernel that is being recorded: a plain number, to
/// be used in `if` and in arithmetic, by arrangement and application alike. It
/// is part of the Program, so that each value is recorded and compiled anew:
/// for numbers that change from call to call, take an operand of rank 0. Names
/// start with a capital letter; the same name is the same constant. Without a
/// fallback, calls must give it: `kernel.with("CAUSAL", true)(q, k, v, o)`.
template <class T = std::int64_t>
  requires std::is_arithmetic_v<T>
T constexpr_value(std::string_view name,
                  std::source_location where = std::source_location::current());
template <class T = std::int64_t>
  requires std::is_arithmetic_v<T>
T constexpr_value(std::string_view name, std::type_identity_t<T> fallback,
                  std::source_location where = std::source_location::current());

namespace detail {

template <class T>
T constant_as(std::string_view name, const ConstantValue *fallback,
              const SourceLine &where) {
  using Kind = ConstantValue::Kind;
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(
        constant_of(name, Kind::floating, fallback, 0, 0, where).floating());
  } else {
    constexpr bool is_bool = std::is_same_v<T, bool>;
    // What T holds, as far as 64 bits with a sign go.
    constexpr std::int64_t most =
        is_bool               ? 1
        : sizeof(T) == 8      ? INT64_MAX
        : std::is_signed_v<T> ? (std::int64_t{1} << (8 * sizeof(T) - 1)) - 1
                              : (std::int64_t{1} << (8 * sizeof(T) % 64)) - 1;
    constexpr std::int64_t least = std::is_signed_v<T> ? -most - 1 : 0;
    return static_cast<T>(constant_of(name,
                                      is_bool ? Kind::boolean : Kind::integer,
                                      fallback, least, most, where)
                              .integer());
  }
}

} // namespace detail

template <class T>
  requires std::is_arithmetic_v<T>
T constexpr_value(std::string_view name, std::source_location where) {
  return detail::constant_as<T>(name, nullptr, where);
}

template <class T>
  requires std::is_arithmetic_v<T>
T constexpr_value(std::string_view name, std::type_identity_t<T> fallback,
                  std::source_location where) {
  ConstantValue value(fallback);
  return detail::constant_as<T>(name, &value, where);
}

/// While it lives, constexpr_value() reads `given` and notes in `used` what it
/// gave. For the library.
class ConstantScope {
public:
  ConstantScope(const Constants &given, Constants &used);
  ~ConstantScope();
  ConstantScope(const ConstantScope &) = delete;
  ConstantScope &operator=(const ConstantScope &) = delete;

  /// The innermost scope of this thread, or null.
  static ConstantScope *current();
  /// The value of a constant, or null.
  const ConstantValue *find(const std::string &name) const;
  void use(const std::string &name, const ConstantValue &value);

private:
  const Constants &given_;
  Constants &used_;
  ConstantScope *outer_;
};

/// Throws CompileError [constexpr-name] unless a constant can be called that.
void check_constant_name(std::string_view name, const SourceLine &where);

} // namespace girih

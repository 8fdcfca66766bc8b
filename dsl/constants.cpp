// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/constants.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/text_scanner.h"

#include <cmath>

namespace girih {
namespace {

using Kind = ConstantValue::Kind;

thread_local ConstantScope *scope = nullptr;

constexpr const char *kind_names[] = {"an integer", "a float", "a bool"};

// `value` as another kind, where nothing of it is lost.
std::optional<ConstantValue> converted(const ConstantValue &value, Kind kind) {
  double number = value.floating();
  if (kind == Kind::floating) {
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    bool same = value.kind() == Kind::floating ||
                (value.kind() == Kind::integer && -exact <= value.integer() &&
                 value.integer() <= exact);
    return same ? std::optional(ConstantValue(number)) : std::nullopt;
  }
  bool whole = value.kind() != Kind::floating ||
               (std::trunc(number) == number && std::abs(number) <= 0x1p53);
  if (!whole)
    return std::nullopt;
  std::int64_t integer = value.kind() == Kind::floating
                             ? static_cast<std::int64_t>(number)
                             : value.integer();
  if (kind == Kind::integer)
    return ConstantValue(integer);
  if (integer != 0 && integer != 1)
    return std::nullopt;
  return ConstantValue(integer == 1);
}

} // namespace

std::string ConstantValue::to_string() const {
  switch (kind_) {
  case Kind::integer:
    return "int " + std::to_string(integer_);
  case Kind::floating:
    return "float " + number_text(floating_);
  case Kind::boolean:
    return integer_ ? "bool true" : "bool false";
  }
  return "?";
}

bool ConstantValue::operator==(const ConstantValue &other) const {
  return to_string() == other.to_string(); // a NaN is equal to itself
}

ConstantScope::ConstantScope(const Constants &given, Constants &used)
    : given_(given), used_(used), outer_(scope) {
  scope = this;
}

ConstantScope::~ConstantScope() { scope = outer_; }

ConstantScope *ConstantScope::current() { return scope; }

const ConstantValue *ConstantScope::find(const std::string &name) const {
  for (const Constants *each :
       {&given_, static_cast<const Constants *>(&used_)})
    if (auto found = each->find(name); found != each->end())
      return &found->second;
  return nullptr;
}

void ConstantScope::use(const std::string &name, const ConstantValue &value) {
  used_.insert_or_assign(name, value);
}

void check_constant_name(std::string_view name, const SourceLine &where) {
  if (!is_identifier(name) || (name[0] >= 'a' && name[0] <= 'z'))
    throw CompileError(ErrorId::constexpr_name, where, {name});
}

ConstantValue constant_of(std::string_view text, Kind kind,
                          const ConstantValue *fallback, std::int64_t least,
                          std::int64_t most, const SourceLine &where) {
  check_constant_name(text, where);
  std::string name(text);
  const ConstantValue *value = scope ? scope->find(name) : nullptr;
  if (!value)
    value = fallback;
  if (!value)
    throw CompileError(ErrorId::constexpr_missing, where, {name});
  auto out = converted(*value, kind);
  bool fits = out && (kind != Kind::integer ||
                      (out->integer() >= least && out->integer() <= most));
  if (!fits)
    throw CompileError(
        ErrorId::constexpr_kind, where,
        {name, value->to_string(), kind_names[static_cast<std::size_t>(kind)]});
  if (scope)
    scope->use(name, *value);
  return *out;
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// KernelSource: the two functions of a kernel, kept until they are recorded.
#pragma once

#include "girih/dsl/constants.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/tensor.h"

#include <functional>
#include <span>
#include <tuple>
#include <utility>

namespace girih {

/// A kernel before recording: names, directions and the two functions, their
/// types erased.
struct KernelSource {
  std::string name;
  std::vector<std::string> operand_names;
  std::vector<Direction> directions;
  std::function<Arrangement(std::span<const Tensor>)> arrangement; // or null
  std::function<void(Recorder &)> application;                     // or null
  Constants constants; // as Kernel::with() gave them
  SourceLine where;

  int arity() const { return static_cast<int>(directions.size()); }
};

/// Names of operands where the user gives none: a, b, c, ...
std::vector<std::string> default_operand_names(int count);

namespace signature {

/// The parameters of a function, a function pointer or a lambda.
template <class... Parameters> struct List {
  static constexpr std::size_t size = sizeof...(Parameters);
  using Tuple = std::tuple<std::remove_cvref_t<Parameters>...>;
};
template <class F> struct Of : Of<decltype(&F::operator())> {};
template <class R, class... P> struct Of<R(P...)> : List<P...> {};
template <class R, class... P> struct Of<R (*)(P...)> : List<P...> {};
template <class R, class... P> struct Of<R (*)(P...) noexcept> : List<P...> {};
template <class C, class R, class... P>
struct Of<R (C::*)(P...)> : List<P...> {};
template <class C, class R, class... P>
struct Of<R (C::*)(P...) const> : List<P...> {};
template <class C, class R, class... P>
struct Of<R (C::*)(P...) const noexcept> : List<P...> {};

template <class F>
concept Plain = requires { Of<std::decay_t<F>>::size; };

/// Whether a pointer or a std::function has no function to call.
template <class F> bool is_null(const F &f) {
  if constexpr (std::is_pointer_v<F>)
    return f == nullptr;
  else if constexpr (requires { typename F::result_type; } &&
                     std::is_constructible_v<bool, const F &>)
    return !static_cast<bool>(f);
  else
    return false;
}

template <class T>
inline constexpr bool is_operand =
    std::is_same_v<T, In> || std::is_same_v<T, Out> || std::is_same_v<T, InOut>;

template <class Tuple,
          class = std::make_index_sequence<std::tuple_size_v<Tuple>>>
struct Check;
template <class Tuple, std::size_t... I>
struct Check<Tuple, std::index_sequence<I...>> {
  static constexpr bool operands =
      (is_operand<std::tuple_element_t<I, Tuple>> && ...);
  static constexpr bool tensors =
      (std::is_same_v<std::tuple_element_t<I, Tuple>, Tensor> && ...);

  static std::vector<Direction> directions() {
    return {std::tuple_element_t<I, Tuple>::direction...};
  }
  template <class F>
  static Arrangement arrange(const F &f, std::span<const Tensor> tensors) {
    return f(tensors[I]...);
  }
  template <class F> static void apply(const F &f, Recorder &recorder) {
    f(std::tuple_element_t<I, Tuple>(recorder, static_cast<int>(I))...);
  }
};

} // namespace signature

/// Keeps the two functions of a kernel. `arrangement` takes one Tensor per
/// operand and returns arranged(...); `application` takes as many In, Out and
/// InOut. Nothing is called and nothing throws until recording.
template <class Arrange, class Apply>
KernelSource
make_source(std::string name, Arrange arrangement, Apply application,
            std::vector<std::string> operand_names = {},
            std::source_location where = std::source_location::current()) {
  static_assert(signature::Plain<Arrange> && signature::Plain<Apply>,
                "girih: make() takes plain functions or lambdas; parameters "
                "cannot be `auto` and functions cannot be overloaded");
  using Tensors = typename signature::Of<std::decay_t<Arrange>>::Tuple;
  using Operands = typename signature::Of<std::decay_t<Apply>>::Tuple;
  static_assert(std::tuple_size_v<Tensors> == std::tuple_size_v<Operands>,
                "girih: the arrangement and the application of a kernel must "
                "take the same number of operands");
  static_assert(signature::Check<Tensors>::tensors,
                "girih: the parameters of an arrangement are Tensors");
  static_assert(signature::Check<Operands>::operands,
                "girih: the parameters of an application are In, Out or "
                "InOut, by value");
  KernelSource out;
  out.name = std::move(name);
  out.directions = signature::Check<Operands>::directions();
  out.operand_names = operand_names.empty() ? default_operand_names(out.arity())
                                            : std::move(operand_names);
  if (!signature::is_null(arrangement))
    out.arrangement = [arrangement](std::span<const Tensor> tensors) {
      return signature::Check<Tensors>::arrange(arrangement, tensors);
    };
  if (!signature::is_null(application))
    out.application = [application](Recorder &recorder) {
      signature::Check<Operands>::apply(application, recorder);
    };
  out.where = where;
  return out;
}

} // namespace girih

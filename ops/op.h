// SPDX-License-Identifier: Apache-2.0
// How an operator is written. Its file has, after the comment, the kernel's
// arrangement and application, and then a struct that says the rest:
//
//   struct Softmax {
//     static constexpr std::string_view signature =
//         "softmax(x, dim: int) -> out";
//     // Checks every argument; what comes out.
//     static Shaped result(const Call &, const Array &x, std::int64_t dim);
//     // Runs; the results come last, and none of them is empty.
//     static void launch(const Call &, const Array &x, std::int64_t dim,
//                        const Array &out);
//   };
//
// result() gives a Shaped, an array of several, or for an op that updates an
// argument Updates, which names the arguments that it writes. Where the dtypes
// of the registry are not those of the first array, `typed_by` is the place of
// the argument whose they are. The public
// functions are then one line each: `compute<Softmax>(stream, where, x, dim)`
// and `compute_into<Softmax>(stream, where, std::tie(out), x, dim)`; and so is
// the entry of the registry, from which calls by name are made. What launch()
// takes decides how the values of such a call are read: see unbox.h.
#pragma once

#include "girih/ops/arguments.h"
#include "girih/ops/observer.h"
#include "girih/ops/registry.h"
#include "girih/ops/signature.h"
#include "girih/ops/unbox.h"

#include <array>
#include <tuple>
#include <utility>

namespace girih::ops {

/// What result() gives for an op without results of its own.
using Updates = std::array<Shaped, 0>;

namespace detail {

template <class R, class... P> R result_type_of(R (*)(P...));

inline std::array<Shaped, 1> as_list(const Shaped &one) { return {one}; }
template <std::size_t N>
const std::array<Shaped, N> &as_list(const std::array<Shaped, N> &all) {
  return all;
}

/// Parameters of `launch` between the Call and the results.
template <class F> struct Launch;
template <class... P> struct Launch<void (*)(const Call &, P...)> {
  static constexpr std::size_t count = sizeof...(P);
  template <std::size_t I>
  using At = std::remove_cvref_t<std::tuple_element_t<I, std::tuple<P...>>>;
};

template <class Op, std::size_t Results>
inline constexpr std::size_t inputs_of =
    Launch<decltype(&Op::launch)>::count - Results;

/// The device that arguments name: that of the first Array among them which is
/// in memory, or else one that is an argument itself.
template <class... Args>
std::optional<Device> named_device(const Args &...args) {
  const Array *first = nullptr;
  std::optional<Device> named;
  auto look = [&](const auto &argument) {
    const Array *found = array_in(argument);
    if (!first && found && !found->by_value())
      first = found;
    using Argument = std::remove_cvref_t<decltype(argument)>;
    if constexpr (std::is_convertible_v<Argument, std::optional<Device>>)
      named = argument;
  };
  (look(args), ...);
  return first ? first->device() : named;
}

/// Where work on arguments runs, for ops that make their results.
template <class... Args>
Device device_of(const Call &call, const Args &...args) {
  if (const auto named = named_device(args...))
    return *named;
  return call.stream.bound() ? call.stream.device() : default_device();
}

template <std::size_t N> bool all_empty(const std::array<Shaped, N> &results) {
  for (const Shaped &each : results)
    if (each.numel() > 0)
      return false;
  return N > 0;
}

/// The dtype that a call goes by in the registry.
template <class Op, class... Args>
DType dtype_of_call(std::span<const Array> outs, const Args &...args) {
  std::size_t first = 0;
  if constexpr (requires { Op::typed_by; })
    first = Op::typed_by;
  const std::array<const Array *, sizeof...(Args)> arrays{array_in(args)...};
  for (std::size_t i = first; i < arrays.size(); ++i)
    if (arrays[i] && !arrays[i]->by_value())
      return arrays[i]->dtype();
  return outs.front().dtype();
}

template <class Op, class... Args>
[[gnu::cold, gnu::noinline]] void
tell(CallObserver observer, const Call &call, Device device,
     std::span<const Array> outs, const Args &...args) {
  observer({call.op, dtype_of_call<Op>(outs, args...), device});
}

template <class Op, std::size_t N, class... Args>
void launch_into(const Call &call, Device device,
                 const std::array<Array, N> &outs, const Args &...args) {
  if (CallObserver observer = call_observer.load(std::memory_order_relaxed))
    tell<Op>(observer, call, device, outs, args...);
  std::apply([&](const auto &...out) { Op::launch(call, args..., out...); },
             outs);
}

} // namespace detail

/// Calls an op; gives its result, a std::array of them, or nothing.
template <class Op, class... Args>
auto compute(const Stream &stream, std::source_location where,
             const Args &...args) {
  const Call call{name_of(Op::signature), where, stream};
  const auto results = detail::as_list(Op::result(call, args...));
  constexpr std::size_t count =
      std::tuple_size_v<std::remove_cvref_t<decltype(results)>>;
  const Device device = detail::device_of(call, args...);
  std::array<Array, count> outs;
  for (std::size_t i = 0; i < count; ++i)
    outs[i] =
        allocate_result(results[i].shape, results[i].dtype, device, stream);
  if (!detail::all_empty(results))
    detail::launch_into<Op>(call, device, outs, args...);
  if constexpr (count == 1)
    return outs[0];
  else if constexpr (count > 1)
    return outs;
}

/// The same into arrays of the caller, `outs`: a tuple or an array of them.
template <class Op, class Outs, class... Args>
void compute_into(const Stream &stream, std::source_location where,
                  const Outs &outs, const Args &...args) {
  const Call call{name_of(Op::signature), where, stream};
  const auto results = detail::as_list(Op::result(call, args...));
  constexpr std::size_t count =
      std::tuple_size_v<std::remove_cvref_t<decltype(results)>>;
  static_assert(count == std::tuple_size_v<std::remove_cvref_t<Outs>>);
  std::array<Array, count> given;
  std::apply(
      [&](const auto &...out) {
        std::size_t at = 0;
        ((given[at++] = out), ...);
      },
      outs);
  // Without arguments on a device the outputs say where.
  Device device = detail::named_device(args...).value_or(
      count > 0 ? given.front().device() : host_device);
  call.check_outputs(given, results, device);
  if (!detail::all_empty(results))
    detail::launch_into<Op>(call, device, given, args...);
}

namespace detail {

template <class Op, std::size_t... I>
std::vector<Shaped> boxed_results(const Call &call,
                                  std::span<const Value> values,
                                  std::index_sequence<I...>) {
  using L = Launch<decltype(&Op::launch)>;
  const UnboxContext context(call, Op::signature);
  const auto list = as_list(Op::result(
      call, unbox<typename L::template At<I>>(context, I, values[I])...));
  return {list.begin(), list.end()};
}

template <class Op, std::size_t Results, std::size_t... I, std::size_t... O>
void boxed_run(const Call &call, std::span<const Value> values,
               std::span<const Array> outs, std::index_sequence<I...>,
               std::index_sequence<O...>) {
  using L = Launch<decltype(&Op::launch)>;
  const UnboxContext context(call, Op::signature);
  const std::array<Array, Results> given{outs[O]...};
  compute_into<Op>(call.stream, call.where, given,
                   unbox<typename L::template At<I>>(context, I, values[I])...);
}

} // namespace detail

/// What the registry needs of an op besides the struct.
struct OpText {
  std::string_view category; // the folder: "elementwise"
  std::string_view formula;  // one line: "e^x"
  std::vector<DType> dtypes; // of the first array; the first is the default
  std::vector<KernelEntry> kernels;
  bool reads_data = false; // the shape of the result depends on values
};

template <class Op> OpEntry op_entry(OpText text) {
  using Results = std::remove_cvref_t<decltype(detail::as_list(
      std::declval<decltype(detail::result_type_of(&Op::result))>()))>;
  constexpr std::size_t results = std::tuple_size_v<Results>;
  constexpr std::size_t inputs = detail::inputs_of<Op, results>;
  using In = std::make_index_sequence<inputs>;
  using Out = std::make_index_sequence<results>;
  OpEntry entry;
  entry.signature_text = Op::signature;
  entry.category = text.category;
  entry.formula = text.formula;
  entry.dtypes = std::move(text.dtypes);
  entry.kernels = std::move(text.kernels);
  entry.reads_data = text.reads_data;
  entry.inputs = inputs;
  entry.outputs = results;
  entry.results = [](const Call &call, std::span<const Value> values) {
    return detail::boxed_results<Op>(call, values, In());
  };
  entry.run = [](const Call &call, std::span<const Value> values,
                 std::span<const Array> outs) {
    detail::boxed_run<Op, results>(call, values, outs, In(), Out());
  };
  return entry;
}

} // namespace girih::ops

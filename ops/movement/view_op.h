// SPDX-License-Identifier: Apache-2.0
// How an operator that gives a view is written: a struct with a signature and
//
//   static Array view(const Call &, const Array &x, std::int64_t dim);
//
// which checks every argument. Called by name with an output it copies.
#pragma once

#include "girih/ops/movement/copy.h"
#include "girih/ops/observer.h"

#include <algorithm>

namespace girih::ops {

namespace detail {

/// Parameters of `view` after the Call.
template <class F> struct ViewOf;
template <class... P> struct ViewOf<Array (*)(const Call &, P...)> {
  static constexpr std::size_t count = sizeof...(P);
  using Indices = std::index_sequence_for<P...>;
  template <std::size_t I>
  using At = std::remove_cvref_t<std::tuple_element_t<I, std::tuple<P...>>>;
};

template <class Op, std::size_t... I>
Array boxed_view(const Call &call, std::span<const Value> values,
                 std::index_sequence<I...>) {
  using V = ViewOf<decltype(&Op::view)>;
  const UnboxContext context(call, Op::signature);
  return Op::view(call,
                  unbox<typename V::template At<I>>(context, I, values[I])...);
}

template <class Op>
Array boxed_view(const Call &call, std::span<const Value> values) {
  return boxed_view<Op>(call, values,
                        typename ViewOf<decltype(&Op::view)>::Indices());
}

} // namespace detail

/// The view that an op gives.
template <class Op, class... Args>
Array view_by(std::source_location where, const Args &...args) {
  const Stream stream;
  const Call call{name_of(Op::signature), where, stream};
  const Array view = Op::view(call, args...);
  if (CallObserver observer = call_observer.load(std::memory_order_relaxed))
    observer({call.op, view.dtype(), view.device()});
  return view;
}

template <class Op> OpEntry view_entry(std::string_view formula) {
  OpEntry entry;
  entry.signature_text = Op::signature;
  entry.category = "movement";
  entry.formula = formula;
  entry.dtypes = {std::begin(moved), std::end(moved)};
  entry.inputs = detail::ViewOf<decltype(&Op::view)>::count;
  entry.outputs = 1;
  entry.view = &detail::boxed_view<Op>;
  entry.results = [](const Call &call, std::span<const Value> values) {
    const Array view = detail::boxed_view<Op>(call, values);
    return std::vector<Shaped>{{dims_of(view.shape()), view.dtype()}};
  };
  entry.run = [](const Call &call, std::span<const Value> values,
                 std::span<const Array> outs) {
    const Array view = detail::boxed_view<Op>(call, values);
    const Shaped shaped{dims_of(view.shape()), view.dtype()};
    call.check_same_device({{"x", view}});
    call.check_outputs(outs, {&shaped, 1}, view.device());
    if (view.numel() > 0)
      launch_copy(call, view, outs[0]);
  };
  return entry;
}

/// An index from 0 of a dimension's; below 0 they count from its end. [index]
std::int64_t checked_index(const Call &call, const Array &x, int dim,
                           std::int64_t index);

/// The diagonal of two dimensions as the last one, empty outside of x.
Array diagonal_of(const Array &x, std::int64_t offset, int dim1, int dim2);

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// What elementwise operators share: dtypes, checks, launches. An op of one
// array is then
//
//   struct Exp : Unary<Exp> {
//     static constexpr std::string_view signature = "exp(x) -> out";
//     static constexpr std::span<const DType> dtypes = numbers;
//     static DType result_dtype(DType x) { return floating(x); }
//     static Tile apply(const Tile &x) { return exp(x); }
//   };
//
// apply() sees x in the type that it is computed in: f32 for f16 and bf16, and
// for integers where the result is a float.
#pragma once

#include "girih/ops/arrange/elementwise.h"
#include "girih/ops/op.h"

#include <algorithm>

namespace girih::ops {

inline constexpr DType floats[] = {bf16, f32, f16, f64};
inline constexpr DType integers[] = {i32, i64, i16, i8, u8};
inline constexpr DType numbers[] = {bf16, f32, f16, f64, i64, i32, i16, i8, u8};
inline constexpr DType numbers_and_bool[] = {bf16, f32, f16, f64, i64,
                                             i32,  i16, i8,  u8,  b1};
inline constexpr DType integers_and_bool[] = {i32, i64, i16, i8, u8, b1};

/// A float stays, everything else becomes f32, as in PyTorch.
inline DType floating(DType dtype) { return is_float(dtype) ? dtype : f32; }
/// The type that arithmetic is done in.
inline DType computed(DType dtype) {
  return dtype == f16 || dtype == bf16 ? f32 : dtype;
}
inline Tile widened(const Located &x, DType dtype) {
  return cast(x, computed(dtype));
}

/// A tile of which a GPU's thread makes such accesses of 16 bytes, or half as
/// many and so on where multiprocessors would have less than several programs
/// each; none where that leaves one.
std::optional<Config> block_of(const Array &out, int accesses);

/// Launches a kernel whose operands are the inputs, each spread to the shape of
/// `out`, and then the outputs, all of one shape. A number by value and an
/// array of one come to the kernel as operands of rank 0, and arrays whose rows
/// repeat an element without columns (arrange::shared_columns). A thread of a
/// GPU makes up to `accesses` accesses of 16 bytes to an array: more of them
/// hide the work of functions that take as long as the memory does.
void launch_elementwise(const Call &call, const Kernel &kernel,
                        std::span<const Array> inputs,
                        std::span<const Array> outs, int accesses = 1);
inline void launch_elementwise(const Call &call, const Kernel &kernel,
                               std::initializer_list<Array> inputs,
                               const Array &out, int accesses = 1) {
  launch_elementwise(call, kernel, std::span(inputs.begin(), inputs.size()),
                     {&out, 1}, accesses);
}

/// The shape that all broadcast to. [shape]
Dims broadcast_all(const Call &call, std::initializer_list<Argument> arguments);

/// A kernel's entry with operands of one size N; `result` gives the dtype of
/// the last one, of which there is one. Between arrays and output stand
/// `numbers` operands of rank 0, by value.
KernelEntry elementwise_entry(const Kernel &kernel,
                              std::span<const DType> types, int inputs,
                              DType (*result)(DType), int numbers = 0);

/// x * y; of masks, which have no product, both.
inline Tile times(const Tile &x, const Tile &y) {
  return x.dtype() == b1 ? x & y : x * y;
}

template <class Op> struct Unary {
  static constexpr std::span<const DType> dtypes = numbers;
  /// Of launch_elementwise, for results of 16 bits.
  static constexpr int accesses = 1;
  static DType result_dtype(DType x) { return x; }

  static Shaped result(const Call &call, const Array &x) {
    call.check_same_device({{"x", x}});
    call.check_dtype({"x", x}, Op::dtypes);
    return {dims_of(x.shape()), Op::result_dtype(x.dtype())};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        std::string(name_of(Op::signature)),
        [](Tensor x, Tensor out) { return arrange::elementwise(x, out); },
        [](In x, Out out) {
          const DType result = Op::result_dtype(x.dtype());
          const bool widens = is_float(result) && !is_float(x.dtype());
          out = Op::apply(widened(x, widens ? result : x.dtype()));
        },
        {"x", "out"})};
    return made;
  }
  static void launch(const Call &call, const Array &x, const Array &out) {
    launch_elementwise(call, kernel(), {x}, out,
                       bits(out.dtype()) == 16 ? Op::accesses : 1);
  }
};

/// A function of real numbers: what is no float becomes f32.
template <class Op> struct FloatFunction : Unary<Op> {
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType x) { return floating(x); }
};

/// A question that each element answers.
template <class Op> struct Predicate : Unary<Op> {
  static constexpr std::span<const DType> dtypes = numbers_and_bool;
  static DType result_dtype(DType) { return b1; }
};

template <class Op>
OpEntry unary_entry(std::string_view formula,
                    std::string_view category = "elementwise") {
  return op_entry<Op>(
      {category,
       formula,
       {Op::dtypes.begin(), Op::dtypes.end()},
       {elementwise_entry(Op::kernel(), Op::dtypes, 1, &Op::result_dtype)}});
}

/// Two operands that broadcast and are promoted, as in PyTorch; the second, or
/// the first, may be a number. apply() sees both in the computed type of their
/// promoted dtype.
template <class Op> struct Binary {
  static constexpr std::span<const DType> dtypes = numbers;
  /// Of launch_elementwise, for results of 16 bits.
  static constexpr int accesses = 1;
  /// Of the promoted dtype.
  static DType result_dtype(DType promoted) { return promoted; }
  /// What a number is rounded to before it takes part: as in PyTorch its
  /// arithmetic keeps all digits, everything else has the dtype of the arrays.
  static DType number_dtype(DType promoted) { return promoted; }
  static DType promoted(const ArrayOrNumber &a, const ArrayOrNumber &b) {
    return a.is_array() ? b.promoted(a.array().dtype())
                        : a.promoted(b.array().dtype());
  }

  static Shaped result(const Call &call, const ArrayOrNumber &a,
                       const ArrayOrNumber &b) {
    call.require(a.is_array() || b.is_array(), "a or b must be an array");
    call.check_same_device({{"a", a}, {"b", b}});
    call.check_dtype({"a", a}, Op::dtypes);
    call.check_dtype({"b", b}, Op::dtypes);
    const DType both = promoted(a, b);
    call.require(std::ranges::find(Op::dtypes, both) != Op::dtypes.end(),
                 "a number with a fraction cannot stand beside integers",
                 {{"a", a}, {"b", b}});
    return {broadcast_all(call, {{"a", a}, {"b", b}}), Op::result_dtype(both)};
  }
  static const Kernel &kernel() {
    static const Kernel made{make_source(
        std::string(name_of(Op::signature)),
        [](Tensor a, Tensor b, Tensor out) {
          return arrange::elementwise(a, b, out);
        },
        [](In a, In b, Out out) {
          const DType type = computed(promote(a.dtype(), b.dtype()));
          out = Op::apply(cast(a, type), cast(b, type));
        },
        {"a", "b", "out"})};
    return made;
  }
  static void launch(const Call &call, const ArrayOrNumber &a,
                     const ArrayOrNumber &b, const Array &out) {
    const DType type = Op::number_dtype(promoted(a, b));
    launch_elementwise(call, kernel(), {a.as(type), b.as(type)}, out,
                       bits(out.dtype()) == 16 ? Op::accesses : 1);
  }
};

template <class Op>
OpEntry binary_entry(std::string_view formula,
                     std::string_view category = "elementwise") {
  return op_entry<Op>(
      {category,
       formula,
       {Op::dtypes.begin(), Op::dtypes.end()},
       {elementwise_entry(Op::kernel(), Op::dtypes, 2, &Op::result_dtype)}});
}

} // namespace girih::ops

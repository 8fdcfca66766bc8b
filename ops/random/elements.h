// SPDX-License-Identifier: Apache-2.0
// What operators share in which each element has random bits of its own, by its
// place in row-major order: results depend on neither strides nor blocks.
#pragma once

#include "girih/ops/elementwise/elementwise.h"
#include "girih/ops/random.h"
#include "girih/ops/random/draws.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::ops {

/// A kernel of such an operator: arrays, numbers, seed, offset -> out.
struct Drawing {
  std::string name;
  int arrays = 0;  // of the shape of the result: 0 or 1
  int numbers = 0; // by value
  Tile (*apply)(const Bits &bits, const Tiles &arrays, const Tiles &numbers,
                DType out) = nullptr;
};

/// One kernel for each rank, as an element's place is then a sum over the
/// dimensions.
class DrawingKernels {
public:
  explicit DrawingKernels(const Drawing &drawing);
  /// Of rank 1 places are offsets; else one stride for each dimension, by
  /// value, stands before the output.
  const Kernel &of_rank(int rank) const {
    return kernels_[static_cast<std::size_t>(rank)];
  }
  const Drawing &drawing() const { return drawing_; }

private:
  Drawing drawing_;
  std::vector<Kernel> kernels_;
};

/// Runs it. `numbers` are passed by value, in f32, or f64 where out is that.
void launch_drawing(const Call &call, const DrawingKernels &kernels,
                    const std::optional<Array> &array,
                    std::initializer_list<double> numbers,
                    const ArrayOrNumber &seed, const ArrayOrNumber &offset,
                    const Array &out);

/// Checks seed and offset: integers, or arrays of rank 0. [dtype] [shape]
/// [device] [argument]
void check_seed(const Call &call, const ArrayOrNumber &seed,
                const ArrayOrNumber &offset,
                const std::optional<Array> &beside = {});

/// Shape and dtype of a result that arguments name. [shape] [dtype] [argument]
Shaped named_result(const Call &call, const std::vector<std::int64_t> &shape,
                    DType dtype);

/// Entries of the registry: for contiguous arrays, and for strided ones where
/// `strided`.
std::vector<KernelEntry> drawing_entries(const DrawingKernels &kernels,
                                         bool strided = false);

/// A drawing of no array: (shape, numbers..., seed, offset, dtype, device).
/// apply() gets bits and numbers; check() sees the numbers first.
template <class Op, class... Numbers> struct Fill {
  static Shaped result(const Call &call, const std::vector<std::int64_t> &shape,
                       Numbers... numbers, const ArrayOrNumber &seed,
                       const ArrayOrNumber &offset,
                       const std::optional<DType> &dtype,
                       const std::optional<Device> &) {
    Op::check(call, numbers...);
    check_seed(call, seed, offset);
    return named_result(call, shape, dtype.value_or(f32));
  }
  static const DrawingKernels &kernels() {
    static const DrawingKernels made(
        {.name = std::string(name_of(Op::signature)),
         .numbers = sizeof...(Numbers),
         .apply = draw});
    return made;
  }
  static void launch(const Call &call, const std::vector<std::int64_t> &,
                     Numbers... numbers, const ArrayOrNumber &seed,
                     const ArrayOrNumber &offset, const std::optional<DType> &,
                     const std::optional<Device> &, const Array &out) {
    launch_drawing(call, kernels(), {}, {numbers...}, seed, offset, out);
  }
  static void check(const Call &, Numbers...) {}

private:
  static Tile draw(const Bits &bits, const Tiles &, const Tiles &numbers,
                   DType out) {
    return Op::apply(bits, numbers, out);
  }
};

template <class Op> OpEntry fill_entry(std::string_view formula) {
  return op_entry<Op>({"random",
                       formula,
                       {std::begin(floats), std::end(floats)},
                       drawing_entries(Op::kernels())});
}

/// The arguments of an op into `out`: its own shape, dtype and device.
inline std::vector<std::int64_t> shape_of(const Array &out) {
  return {out.shape().begin(), out.shape().end()};
}

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// Copies from any strides to any strides, which most operators of this folder
// are made of. What is moved is bits, so kernels see integers of the width.
#pragma once

#include "girih/ops/op.h"

#include <span>

namespace girih::ops {

/// What can be moved: whole bytes.
inline constexpr DType moved[] = {bf16, f32, f16, f64, i64,  i32,
                                  i16,  i8,  u8,  b1,  e4m3, e5m2};
/// The integers that stand for them.
inline constexpr DType widths[] = {i16, i32, i64, i8};

/// The integer of the same width.
DType bits_dtype(DType dtype);
/// The same memory as such integers.
Array as_bits(const Array &array);
/// The bits of a number as an element of `dtype`, by value; those of an array.
Array as_bits(const ArrayOrNumber &value, DType dtype);

/// Elements of one array that become those of another, of the same shape.
struct Copy {
  Array from, to;
};

/// Copies, casting where dtypes differ: 16 bytes an access where memory allows
/// it, through tiles where the two are contiguous along different dimensions.
void launch_copy(const Call &call, const Array &from, const Array &to);
/// Several of one dtype, in few launches.
void launch_copies(const Call &call, std::span<const Copy> copies);

/// The Config of a kernel whose tiles are BM x BN elements of the last two
/// dimensions: long along what is contiguous in both, square where that differs
/// or `turned` says that the kernel reads across.
Config tile_config(const Array &from, const Array &to);
/// The same with up to `most` times as many rows, where there are many programs
/// all the same: what a program works out first is then for more accesses.
Config taller(Config config, const Array &to, int most);

/// Rewrites the first `count` dimensions of all arrays as collapse() does, by
/// themselves; the others stay. Gives how many the first ones became, at
/// least 1.
int collapse_leading(std::span<Array> arrays, int count);

/// Runs a kernel of the op with that Config.
void run_with(const Call &call, const Kernel &kernel, const Config &config,
              std::initializer_list<const Array *> operands);

/// A new array of the shape, on the device of `like`.
Array scratch(const Call &call, std::span<const std::int64_t> shape,
              DType dtype, const Array &like);
/// All elements in row-major order as one dimension: a view where they lie like
/// that, else a copy in the pool.
Array flattened(const Call &call, const Array &x);

std::vector<KernelEntry> copy_entries();

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// Quantisation to 8 bits: what its forms share. What shares a scale has the
// scale max(largest |x|, least) / the largest number of the dtype, and an
// element becomes x / scale, rounded to nearest even. All of it in f32, to
// which f64 is rounded first, and as written, so that results are those of the
// same lines in PyTorch.
#pragma once

#include "girih/ops/elementwise/elementwise.h"

#include <string>

namespace girih::ops {

/// What is quantised, what comes of products and of what was, and to what.
inline constexpr DType quantised_dtypes[] = {bf16, f32, f16, f64};
inline constexpr DType wide_dtypes[] = {bf16, f32, f16};
inline constexpr DType narrow_dtypes[] = {i8, e4m3, e5m2};

/// 127, 448 or 57344.
double largest_of(DType narrow);

/// Checks the device, that x is of such a dtype and `dtype` a narrow one.
/// [device] [dtype]
void check_quantised(const Call &call, const Array &x, DType dtype);
/// Checks that an op that gives floats is asked for one of `wide_dtypes`.
/// [dtype]
void check_widened(const Call &call, const Argument &x, DType dtype);

/// Checks that a scale is f32 and broadcasts to x, or is a number. [device]
/// [dtype] [shape]
void check_scale(const Call &call, const Array &x, const ArrayOrNumber &scale);

/// The elements of `x`, f32, by a scale that all of a row share and that is not
/// smaller than that of any of them: by the reciprocal and what is left, which
/// is the quotient, correctly rounded.
Tile quantised_rows(const Tile &x, const Tile &scale, DType narrow);
/// By any scale.
Tile quantised(const Tile &x, const Tile &scale, DType narrow);

/// Tiles [rows, columns] of the last two dimensions; those before are the
/// grid's alone.
Tensor cut_rows(const Tensor &operand, const Extent &rows,
                const Extent &columns);

/// One scale for all that `dims`, sorted, go along: scales has the other
/// dimensions. A row that fits a tile is read once; else it is a reduction and
/// an elementwise launch.
void launch_quantise(const Call &call, const Array &x,
                     std::span<const int> dims, const Array &out,
                     const Array &scales);

/// out = x by `scale`, which broadcasts to it or is a number by value.
void launch_quantise_static(const Call &call, const Array &x,
                            const Array &scale, const Array &out);

KernelEntry quantise_rows_entry();
KernelEntry quantise_scales_entry();
KernelEntry quantise_static_entry();

} // namespace girih::ops

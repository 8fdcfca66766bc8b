// SPDX-License-Identifier: Apache-2.0
// Views and arrangements of operators that reach elements along one dimension
// by an index, with which they go over the others.
#pragma once

#include "girih/ops/movement/copy.h"

#include <span>

namespace girih::ops {

inline constexpr DType index_dtypes[] = {i64, i32};

/// Rewrites arrays as [kept..., along], `dim` last and the others collapsed in
/// the order of the last array. All have that array's shape, but for the first,
/// which is reached by the index: its own size along `dim` remains. Gives the
/// number of kept dimensions, at least 1.
int indexed_views(std::span<Array> arrays, int dim);

/// A vector of indices as an index of that shape.
Array spread_index(const Array &index, std::span<const std::int64_t> shape,
                   int dim);

/// Checks x, dim and an index of x's rank that is not larger than x along other
/// dimensions. Gives dim from 0. [device] [dtype] [shape] [index]
int check_indexed(const Call &call, const Array &x, std::int64_t dim,
                  const Array &index);
/// Checks x, dim and an index of rank 1 or 0. Gives dim from 0.
int check_slices(const Call &call, const Array &x, std::int64_t dim,
                 const Array &index);
/// Checks that `source` has x's shape with as many slices along `dim` as the
/// index. [shape]
void check_source(const Call &call, const Array &x, int dim, const Array &index,
                  const Array &source);

/// A scalar as a vector of one element; others as they are.
Array at_least_vector(const Array &array);
/// A vector of indices of what may be a scalar.
Array index_vector(const Array &index);

/// Tiles along what is contiguous in `walked`, [kept..., along].
Config indexed_config(const Array &walked);

/// Copies x into out where they are not the very same array.
void start_from(const Call &call, const Array &x, const Array &out);
/// Whether both are the same view of the same memory.
bool same_view(const Array &x, const Array &y);

/// Whether an index out of range must be found, which the interpreter does in
/// gather and scatter.
bool checks_bounds(const Array &array);

/// out = x[index] and out[index] = src along the last dimension of [kept...,
/// along], the index with the size of the one that is walked. src is an array
/// or a number.
void launch_gather(const Call &call, const Array &x, int dim,
                   const Array &index, const Array &out);
void launch_scatter(const Call &call, const Array &out, int dim,
                    const Array &index, const Array &src);
std::vector<KernelEntry> gather_entries();
std::vector<KernelEntry> scatter_entries();

/// The same for a vector of indices: rows are moved 16 bytes an access where
/// slices are contiguous.
void launch_index_select(const Call &call, const Array &x, int dim,
                         const Array &index, const Array &out);
/// The former where slices are rows of contiguous memory; false elsewhere.
bool launch_row_select(const Call &call, const Array &x, int dim,
                       const Array &index, const Array &out);
void launch_index_copy(const Call &call, const Array &out, int dim,
                       const Array &index, const Array &source);
/// The same for sums in the order of the index, where slices are such rows and
/// a CPU adds them; false elsewhere. The index has source's shape.
bool launch_index_add(const Call &call, const Array &out, int dim,
                      const Array &index, const Array &source,
                      const Array &alpha);
std::vector<KernelEntry> slice_entries();

/// Rewrites both as [O, size along dim, C] where their slices are rows of at
/// least 64 contiguous bytes; false elsewhere.
bool as_rows(Array &reached, Array &walked, int dim);
/// The piece BD of such rows that a program takes.
Config config_of_rows(const Array &rows);

/// out = x, and out[.., index[k], ..] += alpha * source[.., k, ..], each sum in
/// the order of the index, where all are such rows; false elsewhere. The index
/// is a vector.
bool launch_row_sums(const Call &call, const Array &x, int dim,
                     const Array &index, const Array &source,
                     const ArrayOrNumber &alpha, const Array &out);
std::vector<KernelEntry> row_sum_entries();

/// Representative operands of kernels over [K, L]: `list` gives them.
KernelEntry indexed_entry(const Kernel &kernel, std::span<const DType> dtypes,
                          std::function<std::vector<OperandShape>(
                              DType, std::span<const std::int64_t>)>
                              list);

} // namespace girih::ops

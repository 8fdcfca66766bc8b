// SPDX-License-Identifier: Apache-2.0
// Operators that move elements: gathers, copies, joins. See ops.h for what
// holds for all operators. Bits are moved as they are; where a dtype is not
// spoken of, all of at least 8 bits are taken.
#pragma once

#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <optional>
#include <source_location>
#include <string_view>
#include <vector>

namespace girih::ops {

/// Rows of a table, `out[i..., d] = weight[ids[i...], d]`, for weight[V, D] and
/// ids (i32 or i64) of any shape. An id out of range, below 0 too, gives zeros;
/// with GIRIH_DEBUG=bounds it is an error. Any dtype of at least 8 bits.
Array embedding(const Array &ids, const Array &weight,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());
void embedding_out(
    const Array &ids, const Array &weight, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// A contiguous copy of x, whatever its strides; with `out` a copy into any
/// strides.
Array rearrange(const Array &x, const Stream &stream = {},
                std::source_location where = std::source_location::current());
void rearrange_out(
    const Array &x, const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// A copy of x at one index of a dimension, which goes. Negative indices count
/// from the end; one out of range is an error.
Array select_copy(const Array &x, std::int64_t dim, std::int64_t index,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
void select_copy_out(
    const Array &x, std::int64_t dim, std::int64_t index, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// x backwards along each of `dims`.
Array flip(const Array &x, const std::vector<std::int64_t> &dims,
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
void flip_out(const Array &x, const std::vector<std::int64_t> &dims,
              const Array &out, const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// x turned by k times 90 degrees in the plane of two dimensions, from the
/// first towards the second.
Array rot90(const Array &x, std::int64_t k = 1,
            const std::vector<std::int64_t> &dims = {0, 1},
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
void rot90_out(const Array &x, const Array &out, std::int64_t k = 1,
               const std::vector<std::int64_t> &dims = {0, 1},
               const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// x moved by shifts[i] along dims[i]; what leaves at one end comes in at the
/// other. Without dims by one shift along all elements in row-major order.
Array roll(const Array &x, const std::vector<std::int64_t> &shifts,
           const std::vector<std::int64_t> &dims = {},
           const Stream &stream = {},
           std::source_location where = std::source_location::current());
void roll_out(const Array &x, const std::vector<std::int64_t> &shifts,
              const Array &out, const std::vector<std::int64_t> &dims = {},
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The arrays one after the other along a dimension in which alone their sizes
/// may differ; those of shape [0] count for nothing. dtypes are promoted.
Array cat(const std::vector<Array> &arrays, std::int64_t dim = 0,
          const Stream &stream = {},
          std::source_location where = std::source_location::current());
void cat_out(const std::vector<Array> &arrays, const Array &out,
             std::int64_t dim = 0, const Stream &stream = {},
             std::source_location where = std::source_location::current());

/// Arrays of one shape side by side along a new dimension. dtypes are promoted.
Array stack(const std::vector<Array> &arrays, std::int64_t dim = 0,
            const Stream &stream = {},
            std::source_location where = std::source_location::current());
void stack_out(const std::vector<Array> &arrays, const Array &out,
               std::int64_t dim = 0, const Stream &stream = {},
               std::source_location where = std::source_location::current());

/// Each element of x along `dim` repeated: as often as a number says, or an
/// array (i32 or i64) of one number or one for each element. Without `dim` x
/// counts as one dimension. Of an array the sum is read, for which the call
/// waits, unless `output_size` gives it; it must be that sum, and none of the
/// numbers negative.
Array repeat_interleave(
    const Array &x, const ArrayOrNumber &repeats,
    std::optional<std::int64_t> dim = {},
    std::optional<std::int64_t> output_size = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());
void repeat_interleave_out(
    const Array &x, const ArrayOrNumber &repeats, const Array &out,
    std::optional<std::int64_t> dim = {},
    std::optional<std::int64_t> output_size = {}, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// Of a vector the matrix with it on a diagonal and zeros elsewhere; of a
/// matrix a copy of that diagonal. Diagonals above the main one count up from
/// 0. For a view of a diagonal see diagonal() in shaping.h.
Array diag(const Array &x, std::int64_t diagonal = 0, const Stream &stream = {},
           std::source_location where = std::source_location::current());
void diag_out(const Array &x, const Array &out, std::int64_t diagonal = 0,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The last two dimensions of x on and below a diagonal, zeros above it.
Array tril(const Array &x, std::int64_t diagonal = 0, const Stream &stream = {},
           std::source_location where = std::source_location::current());
void tril_out(const Array &x, const Array &out, std::int64_t diagonal = 0,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// The last two dimensions of x on and above a diagonal, zeros below it.
Array triu(const Array &x, std::int64_t diagonal = 0, const Stream &stream = {},
           std::source_location where = std::source_location::current());
void triu_out(const Array &x, const Array &out, std::int64_t diagonal = 0,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());

/// `out[i..., c] = x[i...] == c` in i64, for c below num_classes; -1 takes one
/// more than the largest of x, which is read: the call waits. What is out of
/// range gives zeros.
Array one_hot(const Array &x, std::int64_t num_classes = -1,
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
void one_hot_out(const Array &x, const Array &out,
                 std::int64_t num_classes = -1, const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// `value`, a number or an array of shape [] and x's dtype, where the bool mask
/// holds, else x; both broadcast.
Array masked_fill(const Array &x, const Array &mask, const ArrayOrNumber &value,
                  const Stream &stream = {},
                  std::source_location where = std::source_location::current());
void masked_fill_out(
    const Array &x, const Array &mask, const ArrayOrNumber &value,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

// Below an index is i32 or i64 and counts from 0. One out of range, below 0
// too, reads as 0 and writes nothing; with GIRIH_DEBUG=bounds it is an error on
// the host. What updates x leaves it as it is, unless `out` is the very same
// array: then that is updated in place.

/// `out[i][j][k] = x[index[i][j][k]][j][k]` along dim 0, and so for others. The
/// index has x's rank and is not larger than x along other dimensions.
Array gather(const Array &x, std::int64_t dim, const Array &index,
             const Stream &stream = {},
             std::source_location where = std::source_location::current());
void gather_out(const Array &x, std::int64_t dim, const Array &index,
                const Array &out, const Stream &stream = {},
                std::source_location where = std::source_location::current());

/// Whole slices of x: `out[i][j][k] = x[index[i]][j][k]` along dim 0, for an
/// index of rank 1 or 0.
Array index_select(
    const Array &x, std::int64_t dim, const Array &index,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void index_select_out(
    const Array &x, std::int64_t dim, const Array &index, const Array &out,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// x with `out[index[i][j][k]][j][k] = src[i][j][k]` along dim 0. src, an array
/// of x's dtype that is at least as large as the index, or a number; of several
/// writes to one element one wins. `reduce` is scatter_reduce()'s.
Array scatter(const Array &x, std::int64_t dim, const Array &index,
              const ArrayOrNumber &src,
              std::optional<std::string_view> reduce = {},
              const Stream &stream = {},
              std::source_location where = std::source_location::current());
void scatter_out(const Array &x, std::int64_t dim, const Array &index,
                 const ArrayOrNumber &src, const Array &out,
                 std::optional<std::string_view> reduce = {},
                 const Stream &stream = {},
                 std::source_location where = std::source_location::current());

/// The same with sums instead of writes: of floats in f32 (f64 of f64), in the
/// order of the index on the host, in none on a GPU. Dtypes: f64 f32 f16 bf16
/// i64 i32 i16 i8 u8.
Array scatter_add(const Array &x, std::int64_t dim, const Array &index,
                  const Array &src, const Stream &stream = {},
                  std::source_location where = std::source_location::current());
void scatter_add_out(
    const Array &x, std::int64_t dim, const Array &index, const Array &src,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// The same with `reduce`: sum, prod, mean, amax or amin. Without include_self
/// what is in x does not take part where something is scattered to.
Array scatter_reduce(
    const Array &x, std::int64_t dim, const Array &index, const Array &src,
    std::string_view reduce, bool include_self = true,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());
void scatter_reduce_out(
    const Array &x, std::int64_t dim, const Array &index, const Array &src,
    std::string_view reduce, const Array &out, bool include_self = true,
    const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// x with slices of source at places along dim: `out[index[i]][j][k] =
/// source[i][j][k]`, for an index of rank 1 or 0.
Array index_copy(const Array &x, std::int64_t dim, const Array &index,
                 const Array &source, const Stream &stream = {},
                 std::source_location where = std::source_location::current());
void index_copy_out(
    const Array &x, std::int64_t dim, const Array &index, const Array &source,
    const Array &out, const Stream &stream = {},
    std::source_location where = std::source_location::current());

/// x with alpha times slices of source added at places along dim; see
/// scatter_add().
Array index_add(const Array &x, std::int64_t dim, const Array &index,
                const Array &source, const ArrayOrNumber &alpha = 1,
                const Stream &stream = {},
                std::source_location where = std::source_location::current());
void index_add_out(
    const Array &x, std::int64_t dim, const Array &index, const Array &source,
    const Array &out, const ArrayOrNumber &alpha = 1, const Stream &stream = {},
    std::source_location where = std::source_location::current());

} // namespace girih::ops

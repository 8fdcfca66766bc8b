// SPDX-License-Identifier: Apache-2.0
// Operators that give views: other shapes and strides of the same memory, no
// copies. What cannot be a view is an error; rearrange() makes a copy that can.
// Negative dimensions count from the last one.
#pragma once

#include "girih/runtime/array.h"

#include <cstdint>
#include <source_location>
#include <vector>

namespace girih::ops {

/// Two dimensions exchanged.
Array transpose(const Array &x, std::int64_t dim0, std::int64_t dim1,
                std::source_location where = std::source_location::current());

/// Dimension d of the view is dimension dims[d] of x.
Array permute(const Array &x, const std::vector<std::int64_t> &dims,
              std::source_location where = std::source_location::current());

/// The elements in row-major order as another shape; one size may be -1. Where
/// strides do not allow it, an error: this never copies, as torch.Tensor.view.
Array reshape(const Array &x, const std::vector<std::int64_t> &shape,
              std::source_location where = std::source_location::current());

/// Dimensions of size 1 repeated, and new ones before them; -1 leaves one.
Array expand(const Array &x, const std::vector<std::int64_t> &sizes,
             std::source_location where = std::source_location::current());

/// Without those of `dims` whose size is 1; without all of size 1 where none
/// is given.
Array squeeze(const Array &x, const std::vector<std::int64_t> &dims = {},
              std::source_location where = std::source_location::current());

/// With a dimension of size 1 put in before dimension `dim`.
Array unsqueeze(const Array &x, std::int64_t dim,
                std::source_location where = std::source_location::current());

/// `length` elements of a dimension from `start` on.
Array narrow(const Array &x, std::int64_t dim, std::int64_t start,
             std::int64_t length,
             std::source_location where = std::source_location::current());

/// One index of a dimension, which goes.
Array select(const Array &x, std::int64_t dim, std::int64_t index,
             std::source_location where = std::source_location::current());

/// The diagonal of two dimensions as the last one: elements whose index along
/// dim2 is by `offset` above that along dim1.
Array diagonal(const Array &x, std::int64_t offset = 0, std::int64_t dim1 = 0,
               std::int64_t dim2 = 1,
               std::source_location where = std::source_location::current());

} // namespace girih::ops

// SPDX-License-Identifier: Apache-2.0
// What operators, assignments and stores share: promotion, shapes, numbers.
// Not public.
#pragma once

#include "girih/dsl/functions.h"

namespace girih {

/// The recorder of the thread, for a function that is given `value`.
Recorder &recorder_of(const Located &value);
/// Shape of a tile; numbers and Indices are scalars.
Shape shape_of(const Located &value);
/// dtype of a tile; f32 and i64 for numbers, i64 for an Index.
DType dtype_of(const Located &value);
/// The dtype that the two are promoted to; numbers adopt the tile's.
DType common_dtype(const Located &lhs, const Located &rhs);
/// `of`, where it is the recording in progress: operands do not leave theirs.
Recorder &recording(Recorder *of, const SourceLine &where);
/// Throws [dtype-unsupported] unless `dtype` is an enumerator. `what` was given
/// it.
void check_dtype(const std::string &what, DType dtype, const SourceLine &where);
/// Whether it is a number of C++.
bool is_literal(const Located &value);
/// A number as a tile, as a cast makes it: fp8 saturates. Throws
/// [literal-range] for an integer that an integer dtype does not hold and for a
/// number that becomes infinite.
ValueId literal(const Located &value, DType dtype, Shape shape);
/// The value as a tile of `dtype`; numbers and Indices become scalars.
ValueId convert(const Located &value, DType dtype);
/// The shape that two shapes broadcast to. Throws [shape-mismatch].
Shape common_shape(const char *what, const Shape &lhs, const Shape &rhs,
                   const SourceLine &where);
/// A tile repeated to `shape`, which it broadcasts to; scalars stay scalars.
ValueId broadcast(Recorder &recorder, ValueId tile, const Shape &shape,
                  const SourceLine &where);
/// A tile of exactly `shape`, scalars repeated as well.
ValueId spread(Recorder &recorder, ValueId tile, const Shape &shape,
               const SourceLine &where);
/// Throws [dtype-unsupported] with the way out for `dtype`.
[[noreturn]] void unsupported_dtype(const char *what, DType dtype,
                                    const SourceLine &where);
/// Throws [tile-size] where a result of this shape has too many lanes, or none.
void check_size(const char *what, const Shape &shape, const SourceLine &where);
/// `dim` counted from 0. Throws [dim-range].
int checked_dim(const char *what, int dim, const Located &x,
                const SourceLine &where);
/// One node with one result.
Tile emit(Op op, Function function, std::vector<ValueId> inputs, ValueType type,
          const Located &at);

/// The Tile of a tile, a number or an Index.
Tile tile_of(const Located &value);
/// `function` of two sides; `what` names it in messages.
Tile binary(Function function, const char *what, const Located &lhs,
            const Located &rhs);
/// `function` of `tile` and `rhs` in the dtype and shape of `tile`.
Tile updated(Function function, const char *what, const Tile &tile,
             const Located &rhs);
/// Casts to the operand's dtype, repeats scalars, and stores.
void store_tile(Recorder *of, int operand, const std::vector<ValueId> &indices,
                const Located &value);
/// Loads, applies `function`, stores.
void update_tile(Recorder *of, Function function, int operand,
                 const std::vector<ValueId> &indices, const Located &rhs);

} // namespace girih

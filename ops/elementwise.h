// SPDX-License-Identifier: Apache-2.0
// Operators element by element. See ops.h for what holds for all.
#pragma once

#include "girih/ops/binary.h"
#include "girih/ops/unary.h"
#include "girih/ops/value.h"
#include "girih/runtime/stream.h"

#include <source_location>

namespace girih::ops {

/// `out = a + alpha * b`. Shapes broadcast as in PyTorch; the result's dtype is
/// promote(a, b). Integers wrap; of bools either is enough. Dtypes: f64 f32 f16
/// bf16 i64 i32 i16 i8 u8 bool.
Array add(const ArrayOrNumber &a, const ArrayOrNumber &b,
          const ArrayOrNumber &alpha = 1, const Stream &stream = {},
          std::source_location where = std::source_location::current());
/// The same into `out`.
void add_out(const ArrayOrNumber &a, const ArrayOrNumber &b, const Array &out,
             const ArrayOrNumber &alpha = 1, const Stream &stream = {},
             std::source_location where = std::source_location::current());

} // namespace girih::ops

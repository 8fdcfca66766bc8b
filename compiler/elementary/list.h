// SPDX-License-Identifier: Apache-2.0
// The elementary functions, one row each: the tables of the back ends and of
// the tests are made from this list.
#pragma once

#include "girih/compiler/elementary/angles.h"
#include "girih/compiler/elementary/exponentials.h"
#include "girih/compiler/elementary/logarithms.h"
#include "girih/compiler/elementary/power.h"
#include "girih/compiler/elementary/trigonometry.h"

/// X(name, operation, short) for each function of one number: its name in C and
/// in elementary::, the operation of the math dialect, and whether its code in
/// f32 is so short, and free of branches, that it is repeated at each use.
#define GIRIH_UNARY_FUNCTIONS(X)                                               \
  X(exp, ExpOp, true)                                                          \
  X(exp2, Exp2Op, true)                                                        \
  X(expm1, ExpM1Op, true)                                                      \
  X(log, LogOp, true)                                                          \
  X(log2, Log2Op, true)                                                        \
  X(log1p, Log1pOp, false)                                                     \
  X(sin, SinOp, false)                                                         \
  X(cos, CosOp, false)                                                         \
  X(tan, TanOp, false)                                                         \
  X(asin, AsinOp, false)                                                       \
  X(acos, AcosOp, false)                                                       \
  X(atan, AtanOp, false)                                                       \
  X(sinh, SinhOp, false)                                                       \
  X(cosh, CoshOp, true)                                                        \
  X(tanh, TanhOp, true)                                                        \
  X(asinh, AsinhOp, false)                                                     \
  X(acosh, AcoshOp, false)                                                     \
  X(atanh, AtanhOp, false)                                                     \
  X(erf, ErfOp, true)

/// The same for functions of two numbers.
#define GIRIH_BINARY_FUNCTIONS(X)                                              \
  X(pow, PowFOp, false)                                                        \
  X(atan2, Atan2Op, false)

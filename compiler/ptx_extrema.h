// SPDX-License-Identifier: Apache-2.0
// A way around ptxas 13.0, which loses the sign of a number.
#pragma once

#include <string>

namespace girih::compiler {

/// The text with a comparison and a selection for each `min` and `max` of
/// signed numbers that reads or is read by another one and of which an operand
/// may be a negated number. For sm_90 and later ptxas 13.0 makes one
/// instruction of two of them, min(min(a, -b), c), and takes b for -b where
/// that is its second operand; 13.5 does not. As ptxas folds constants, unrolls
/// and cancels before that, whatever comes of a difference or a product may be
/// one. min.s16x2 and max.s16x2, which only inline PTX has, stay.
std::string withoutNegatedExtrema(std::string ptx);

} // namespace girih::compiler

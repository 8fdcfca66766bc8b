// SPDX-License-Identifier: Apache-2.0
// Names and texts of a Program's parts, shared by printer, parser and messages.
#pragma once

#include "girih/dsl/program.h"

#include <optional>

namespace girih {

/// The inverses of name(Op) and name(Function).
std::optional<Op> parse_op(std::string_view text);
std::optional<Function> parse_function(std::string_view text);

/// Whether the text of an operation other than `loop` has blocks.
bool has_blocks(Op op);

/// The operands' names, as Expr::to_string wants them.
std::vector<std::string> operand_names(const Program &program);

/// The shortest text that reads back as the same double.
std::string number_text(double value);
/// `[128, 64]`
std::string to_string(const std::vector<std::int64_t> &shape);
/// `f32[128, 64]`, `index`
std::string to_string(const ValueType &type);
/// `[(a.n0 + 127) / 128, 1]`
std::string to_string(const std::vector<Expr> &list,
                      const std::vector<std::string> &names);

/// Largest rank of an operand, a grid and a tile; the Program's text has the
/// same limits as recording.
inline constexpr int max_tensor_rank = 16;
/// Most levels of an operand, its grid and tile included.
inline constexpr int max_levels = max_tensor_rank + 2;
/// Most constraints of an access.
inline constexpr int max_bounds = 64;
/// Most elements of a tile.
inline constexpr std::int64_t max_tile_elements = 1 << 20;
/// Number of elements of a static shape, or -1 above max_tile_elements or with
/// a size below 1.
std::int64_t tile_elements(const std::vector<std::int64_t> &shape);

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// Arrangements with actual sizes: grids, and which elements each tile holds.
#pragma once

#include "girih/dsl/make.h"
#include "girih/dsl/program.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace girih {

/// The shape of each operand's source.
using Shapes = std::vector<std::vector<std::int64_t>>;

/// The grid of programs for operands of these shapes: that of the first
/// operand. Sizes are at least 0. Throws RuntimeError [shape] as check_grids.
std::vector<std::int64_t> grid_of(const Program &program, const Shapes &shapes);

/// Throws RuntimeError [shape] naming two operands and their shapes where
/// size_matches() do not hold or the grids of operands differ.
void check_grids(const Program &program, const Shapes &shapes);

/// Two dimensions of sources that the programs, or a loop, walk together with
/// tiles of the same size. Equal numbers of tiles would not do: the last ones
/// could be cut differently. A call needs both sizes equal.
struct SizeMatch {
  int operand, dim;
  int other_operand, other_dim;
  bool operator==(const SizeMatch &) const = default;
};

/// All of them, without those that follow from others. They depend on the
/// Program only: to be found once, then checked at each call.
std::vector<SizeMatch> size_matches(const Program &program);

/// The contents of operands that jagged dimensions read, by operand number.
using Offsets = std::map<int, std::vector<std::int64_t>>;

/// Which elements of the source an arranged operand holds: nested arrays, one
/// level for the grid, one for each middle level, one for the tile. Elements
/// are row-major offsets into the source, -1 outside it.
struct IndexTable {
  std::vector<std::vector<std::int64_t>> levels; // shape of each level
  std::vector<std::int64_t> elements;            // row-major over all levels
  /// Nested brackets, one line for each program.
  std::string to_string() const;
};

/// The table of operand `operand` of `program`. Where programs have levels of
/// differing sizes, the table has the largest. Throws RuntimeError [shape] as
/// check_grids, [argument] where there is no such operand.
IndexTable evaluate(const Program &program, int operand, const Shapes &shapes,
                    const Offsets &offsets = {});

/// The tables of all operands of a kernel's arrangement; the application is not
/// run. Block sizes come from `config`. Throws what a call would of names, the
/// Config and the shapes.
std::vector<IndexTable> evaluate(const KernelSource &source,
                                 const Config &config, const Shapes &shapes,
                                 const Offsets &offsets = {});

/// The table of one Tensor, as meta-operations left it, its innermost level
/// included whatever its sizes. `blocks` gives the block sizes.
IndexTable evaluate(const Tensor &tensor,
                    const std::vector<std::int64_t> &shape,
                    const std::map<std::string, std::int64_t> &blocks = {},
                    const Offsets &offsets = {});

} // namespace girih

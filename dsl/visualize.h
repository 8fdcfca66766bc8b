// SPDX-License-Identifier: Apache-2.0
// Arrangements as pictures.
#pragma once

#include "girih/dsl/evaluate.h"

#include <string>

namespace girih {

/// An arrangement drawn for small shapes. For each operand, the elements of its
/// source in the colours of the programs that hold them (several colours: it is
/// held by several), tiles within heavy lines; then what each program sees,
/// level by level, hatched where a lane is outside the source (-1).
struct Picture {
  std::string svg; // a file of its own
  /// The same as data: names, shapes and the tables of evaluate().
  std::string json;
};

/// All operands of a kernel. Throws RuntimeError [size] where there is too much
/// to draw, and what evaluate() does.
Picture visualize(const KernelSource &source, const Config &config,
                  const Shapes &shapes, const Offsets &offsets = {});

/// All operands of a Program.
Picture visualize(const Program &program, const Shapes &shapes,
                  const Offsets &offsets = {});

/// One Tensor, as meta-operations left it.
Picture visualize(const Tensor &tensor, const std::vector<std::int64_t> &shape,
                  const std::map<std::string, std::int64_t> &blocks = {},
                  const Offsets &offsets = {});

} // namespace girih

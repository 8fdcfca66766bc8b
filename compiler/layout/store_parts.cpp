// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/layout/store_parts.h"

namespace girih::compiler {

std::optional<StoreParts> StoreParts::of(const Layout &layout, int64_t width) {
  std::optional<AccumulatorShare> share = accumulatorShare(layout);
  if (!share || width % 8 != 0)
    return std::nullopt;
  Coords shape = layout.shape();
  int64_t own = shape[0] / share->groups, columns = shape[1] / share->along;
  if (own % rows != 0 || columns % width != 0)
    return std::nullopt;
  return StoreParts(*share, own / rows, columns / width, width);
}

} // namespace girih::compiler

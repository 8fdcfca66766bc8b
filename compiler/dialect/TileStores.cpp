// SPDX-License-Identifier: Apache-2.0
// Stores by the copy engine.
#include "girih/compiler/dialect/Tile.h"

#include "girih/compiler/layout/store_parts.h"

using namespace mlir;

namespace girih::tile {

using compiler::StoreParts;

LogicalResult StoreBulkOp::verify() {
  RankedTensorType type = getValue().getType();
  auto layout = dyn_cast_or_null<LayoutAttr>(type.getEncoding());
  SharedType staging = getStaging().getType();
  if (type.getRank() != 2 || getDims().size() != 2 ||
      staging.getElement() != type.getElementType() ||
      staging.getShape().size() != 2 ||
      staging.getShape()[0] != StoreParts::rows)
    return emitOpError("a tile ") << type << " does not go through " << staging;
  std::optional<StoreParts> parts;
  if (layout)
    parts = StoreParts::of(layout.getLayout(), staging.getShape()[1]);
  if (!parts)
    return emitOpError("warp groups have no such parts of ") << type;
  compiler::Layout memory = staging.getLayout().getLayout();
  int64_t stages = static_cast<int64_t>(getStages()) * parts->groups();
  if (memory.size(compiler::Axis::stage) != stages)
    return emitOpError("takes ")
           << stages << " stages, not those of " << staging;
  return success();
}

} // namespace girih::tile

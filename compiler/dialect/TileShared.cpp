// SPDX-License-Identifier: Apache-2.0
// #tile.layout, !tile.shared and the operations on shared memory.
#include "girih/compiler/dialect/Tile.h"

using namespace mlir;

namespace girih::tile {

using compiler::Layout;

Attribute LayoutAttr::parse(AsmParser &parser, Type) {
  SMLoc where = parser.getCurrentLocation();
  std::string text;
  if (parser.parseLess() || parser.parseString(&text) || parser.parseGreater())
    return {};
  std::optional<Layout> layout = Layout::parse(text);
  if (!layout) {
    parser.emitError(where, "not a layout: '") << text << "'";
    return {};
  }
  return LayoutAttr::get(parser.getContext(), *layout);
}

void LayoutAttr::print(AsmPrinter &printer) const {
  printer << "<\"" << getLayout().toString() << "\">";
}

LogicalResult SharedType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<int64_t> shape, Type element,
                                 LayoutAttr layout) {
  if (!element.isIntOrFloat())
    return emitError() << "shared memory cannot hold elements of type "
                       << element;
  if (!layout.getLayout().covers(shape))
    return emitError() << "the layout does not cover the tile";
  if (!compiler::OffsetMap::of(layout.getLayout()))
    return emitError() << "the layout gives several elements one place";
  return success();
}

/// The layout of a tensor, if it has one, must cover it.
static LogicalResult verifyEncoding(Operation *op, RankedTensorType type) {
  auto layout = dyn_cast_or_null<LayoutAttr>(type.getEncoding());
  if (layout && !layout.getLayout().covers(type.getShape()))
    return op->emitOpError("a layout does not cover its tile ") << type;
  return success();
}

LogicalResult ConvertLayoutOp::verify() {
  RankedTensorType from = getSource().getType(), to = getResult().getType();
  if (from.getShape() != to.getShape() ||
      from.getElementType() != to.getElementType())
    return emitOpError("changes more than the layout: ")
           << from << " to " << to;
  return failure(failed(verifyEncoding(*this, from)) ||
                 failed(verifyEncoding(*this, to)));
}

LogicalResult SharedLoadOp::verify() {
  SharedType from = getSource().getType();
  RankedTensorType to = getResult().getType();
  SmallVector<int64_t> shape(from.getShape());
  if (getTransposed())
    std::reverse(shape.begin(), shape.end());
  if (ArrayRef<int64_t>(shape) != to.getShape() ||
      from.getElement() != to.getElementType())
    return emitOpError("a tile ") << to << " cannot be read from " << from;
  return verifyEncoding(*this, to);
}

static LogicalResult verifyKept(Operation *op, SharedType memory,
                                RankedTensorType tile) {
  if (memory.getShape() != tile.getShape() ||
      memory.getElement() != tile.getElementType())
    return op->emitOpError("a tile ")
           << tile << " cannot be kept in " << memory;
  return verifyEncoding(op, tile);
}

LogicalResult KeepOp::verify() {
  return verifyKept(*this, getTarget().getType(), getSource().getType());
}

LogicalResult KeptOp::verify() {
  return verifyKept(*this, getSource().getType(), getResult().getType());
}

} // namespace girih::tile

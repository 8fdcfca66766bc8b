// SPDX-License-Identifier: Apache-2.0
// !tile.view: parser, printer, verifier.
#include "girih/compiler/dialect/Tile.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

#define GET_TYPEDEF_CLASSES
#include "compiler/dialect/TileTypes.cpp.inc"

namespace girih::tile {

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "compiler/dialect/TileTypes.cpp.inc"
      >();
}

int64_t ViewType::getElementBytes() const {
  return llvm::divideCeil(getElement().getIntOrFloatBitWidth(), 8);
}

static ParseResult parseField(AsmParser &parser, StringRef name) {
  return failure(parser.parseKeyword(name) || parser.parseEqual());
}

static ParseResult parseDivisors(AsmParser &parser, StringRef name,
                                 SmallVectorImpl<int64_t> &values) {
  return failure(
      parser.parseComma() || parseField(parser, name) ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(values.emplace_back());
      }));
}

Type ViewType::parse(AsmParser &parser) {
  SMLoc where = parser.getCurrentLocation();
  Type element;
  SmallVector<int64_t> sizes, strides;
  int64_t unit = -1, align = 1;
  if (parser.parseLess() || parseField(parser, "element") ||
      parser.parseType(element) || parseDivisors(parser, "sizes", sizes) ||
      parseDivisors(parser, "strides", strides) || parser.parseComma() ||
      parseField(parser, "unit") || parser.parseInteger(unit) ||
      parser.parseComma() || parseField(parser, "align") ||
      parser.parseInteger(align) || parser.parseGreater())
    return {};
  return getChecked([&] { return parser.emitError(where); },
                    parser.getContext(), element, ArrayRef<int64_t>(sizes),
                    ArrayRef<int64_t>(strides), unit, align);
}

void ViewType::print(AsmPrinter &printer) const {
  auto list = [&](StringRef name, ArrayRef<int64_t> values) {
    printer << ", " << name << " = [";
    llvm::interleaveComma(values, printer);
    printer << "]";
  };
  printer << "<element = " << getElement();
  list("sizes", getSizes());
  list("strides", getStrides());
  printer << ", unit = " << getUnit() << ", align = " << getAlign() << ">";
}

static bool isElement(Type type) {
  if (isa<Float64Type, Float32Type, Float16Type, BFloat16Type, Float8E4M3FNType,
          Float8E5M2Type>(type))
    return true;
  return type.isSignlessInteger(1) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(16) || type.isSignlessInteger(32) ||
         type.isSignlessInteger(64);
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> emitError,
                               Type element, ArrayRef<int64_t> sizes,
                               ArrayRef<int64_t> strides, int64_t unit,
                               int64_t align) {
  if (!isElement(element))
    return emitError() << "a view cannot have elements of type " << element;
  if (sizes.size() != strides.size())
    return emitError() << "a view has as many sizes as strides, got "
                       << sizes.size() << " and " << strides.size();
  auto positive = [](int64_t value) { return value > 0; };
  if (!llvm::all_of(sizes, positive) || !llvm::all_of(strides, positive))
    return emitError() << "divisors of sizes and strides must be positive";
  if (unit < -1 || unit >= static_cast<int64_t>(sizes.size()))
    return emitError() << "unit is a dimension of the view or -1, got " << unit;
  if (align <= 0 || !llvm::isPowerOf2_64(align))
    return emitError() << "align must be a power of two, got " << align;
  return success();
}

} // namespace girih::tile

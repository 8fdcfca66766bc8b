// SPDX-License-Identifier: Apache-2.0
#ifndef GIRIH_TILE_TYPES_TD
#define GIRIH_TILE_TYPES_TD

include "girih/compiler/dialect/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"

class Tile_Type<string cppName, string typeMnemonic> : TypeDef<TileDialect, cppName> {
  let mnemonic = typeMnemonic;
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "an operand in global memory: pointer, sizes, strides";
  let description = [{
    What is known of each size and stride is part of the type: `sizes[d]`
    divides size d, `strides[d]` divides stride d (in elements), and dimension
    `unit`, when not -1, has stride exactly 1. The pointer is divisible by
    `align` bytes.

    Example: `!tile.view<element = bf16, sizes = [16, 1], strides = [16, 1],
    unit = 1, align = 16>`.
  }];
  let parameters = (ins "::mlir::Type":$element,
                        ArrayRefParameter<"int64_t">:$sizes,
                        ArrayRefParameter<"int64_t">:$strides,
                        "int64_t":$unit, "int64_t":$align);
  // `[...]` around the two arrays needs a custom parser: the struct directive
  // alone would read past the first comma.
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getSizes().size(); }
    /// Bytes of one element in memory; a bool takes one.
    int64_t getElementBytes() const;
    /// What stride `dim` is known to be divisible by; 1 for the unit one.
    int64_t getStrideDivisor(int64_t dim) const {
      return dim == getUnit() ? 1 : getStrides()[dim];
    }
  }];
}

#endif

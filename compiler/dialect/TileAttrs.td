// SPDX-License-Identifier: Apache-2.0
#ifndef GIRIH_TILE_ATTRS_TD
#define GIRIH_TILE_ATTRS_TD

include "girih/compiler/dialect/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Tile_OrderKind : I32EnumAttr<"OrderKind", "order of programs over the grid", [
  I32EnumAttrCase<"row_major", 0>, I32EnumAttrCase<"grouped", 1>,
  I32EnumAttrCase<"descending", 2>, I32EnumAttrCase<"hilbert", 3>
]> {
  let cppNamespace = "::girih::tile";
  let genSpecializedAttr = 0;
}

def Tile_OrderAttr : AttrDef<TileDialect, "Order"> {
  let mnemonic = "order";
  let summary = "how a flat program number walks the grid";
  let description = [{
    `#tile.order<row_major, 1>`: last grid dimension fastest.
    `#tile.order<grouped, 8>`: on a 2-D grid, 8 rows of dimension 0 at a time,
    column by column within the group.
    `#tile.order<descending, 0>`: last grid dimension slowest and from its end,
    the others as in row_major; `#tile.order<descending, 4>`: for 4 places of
    the others at a time, in turns from its end and from its beginning, the last
    of them from its end.
    `#tile.order<hilbert, 1>`: on a 2-D grid, along a Hilbert curve.
  }];
  let parameters = (ins EnumParameter<Tile_OrderKind>:$kind, "int64_t":$group);
  let assemblyFormat = "`<` $kind `,` $group `>`";
  let genVerifyDecl = 1;
}

def Tile_Precision : I32EnumAttr<"Precision", "precision of a dot", [
  I32EnumAttrCase<"ieee", 0>, I32EnumAttrCase<"tf32", 1>,
  I32EnumAttrCase<"fast", 2>
]> {
  let cppNamespace = "::girih::tile";
}

def Tile_AtomicKind : I32EnumAttr<"AtomicKind", "what an atomic does", [
  I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"min", 1>,
  I32EnumAttrCase<"max", 2>, I32EnumAttrCase<"bit_and", 3>,
  I32EnumAttrCase<"bit_or", 4>, I32EnumAttrCase<"bit_xor", 5>,
  I32EnumAttrCase<"exchange", 6>, I32EnumAttrCase<"compare_exchange", 7>
]> {
  let cppNamespace = "::girih::tile";
}

#endif

// SPDX-License-Identifier: Apache-2.0
#ifndef GIRIH_TILE_OP_BASE_TD
#define GIRIH_TILE_OP_BASE_TD

include "girih/compiler/dialect/TileAttrs.td"
include "girih/compiler/dialect/TileTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<TileDialect, mnemonic, traits>;

def Tile_Tensor : StaticShapeTensorOf<[AnyFloat, AnySignlessInteger]>;
def Tile_Integers : StaticShapeTensorOf<[AnySignlessInteger]>;
def Tile_Scalar : AnyTypeOf<[AnyFloat, AnySignlessInteger]>;
def Tile_Value : AnyTypeOf<[Tile_Tensor, Tile_Scalar, Index]>;

#endif

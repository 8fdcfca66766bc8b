// SPDX-License-Identifier: Apache-2.0
// Layouts, shared memory and asynchronous copies: what GPU kernels are lowered
// to before instructions are chosen.
#ifndef GIRIH_TILE_SHARED_OPS_TD
#define GIRIH_TILE_SHARED_OPS_TD

include "girih/compiler/dialect/TileOpBase.td"

def Tile_LayoutAttr : AttrDef<TileDialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "where each element of a tile is";
  let description = [{
    A compiler::Layout: an atom linear over F2 times integer repeats. As the
    encoding of a tensor it says which thread holds what; as part of
    `!tile.shared`, which byte does. It may cover more than the tile: what is
    past the tile's shape is undefined and never stored.

    Example: `#tile.layout<"rank = 1, reg = [[1]], lane = [[2]],
    repeat = [warp 3 along 0]">`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$code);
  let builders = [
    AttrBuilder<(ins "const ::girih::compiler::Layout &":$layout), [{
      return $_get($_ctxt, layout.encode());
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    ::girih::compiler::Layout getLayout() const {
      return ::girih::compiler::Layout::decode(getCode());
    }
  }];
}

def Tile_SharedType : TypeDef<TileDialect, "Shared"> {
  let mnemonic = "shared";
  let summary = "a tile in shared memory, in one or more stages";
  let description = [{
    The layout is a memory layout: offset and stage to coordinates.

    Example: `!tile.shared<[32], f32, <"rank = 1, offset = [[1], [2], [4], [8],
    [16]], repeat = [stage 3]">>`.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape,
                        "::mlir::Type":$element, "LayoutAttr":$layout);
  let assemblyFormat = "`<` `[` $shape `]` `,` $element `,` $layout `>`";
  let genVerifyDecl = 1;
}

def Tile_ConvertLayoutOp : Tile_Op<"convert_layout", [Pure]> {
  let summary = "the same tile in another layout";
  let description = [{
    Example:
    ```mlir
    %b = tile.convert_layout %a : tensor<64xf32, #a> -> tensor<64xf32, #b>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_AllocSharedOp : Tile_Op<"alloc_shared",
    [MemoryEffects<[MemAlloc<DefaultResource>]>]> {
  let summary = "shared memory for a tile, until its last use";
  let description = [{
    Example:
    ```mlir
    %ring = tile.alloc_shared : !tile.shared<[128, 32], bf16, #ring>
    ```
  }];
  let results = (outs Tile_SharedType:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def Tile_CopyAsyncOp : Tile_Op<"copy_async",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "start reading a tile of an operand into shared memory";
  let description = [{
    As tile.load, into stage number `stage` of `target`; readable after the
    tile.async_wait that covers it. Threads share the work as `layout` says,
    `vector` elements at a time along dimension `contiguous`. With `blocking`
    the elements pass through registers and are written at once. With
    `part` [d, begin, size] the lanes are `size` lanes of the target's along
    dimension d, from `begin` on, which is a multiple of the swizzle's rows.

    Example:
    ```mlir
    tile.copy_async %a[%m, %k] map #map other 0.0 : bf16 into %ring[%stage]
      layout #threads vector 8 along 1 : !view, !tile.shared<...>
    ```
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$scalars,
                       AffineMapAttr:$map, OptionalAttr<IntegerSetAttr>:$bounds,
                       TypedAttrInterface:$other, Tile_SharedType:$target,
                       Index:$stage, Tile_LayoutAttr:$layout, I64Attr:$vector,
                       I64Attr:$contiguous, UnitAttr:$blocking,
                       OptionalAttr<DenseI64ArrayAttr>:$part);
  let assemblyFormat = [{
    $view `[` $scalars `]` `map` $map (`bounds` $bounds^)? `other` $other
    `into` $target `[` $stage `]` (`part` $part^)? `layout` $layout `vector` $vector
    `along` $contiguous (`blocking` $blocking^)? attr-dict
    `:` type($view) `,` type($target)
  }];
}

def Tile_AsyncCommitOp : Tile_Op<"async_commit",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "close a group of asynchronous copies";
  let description = [{
    Example:
    ```mlir
    tile.async_commit
    ```
  }];
  let assemblyFormat = "attr-dict";
}

def Tile_AsyncWaitOp : Tile_Op<"async_wait",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "wait for copies, then for all threads of the program";
  let description = [{
    All groups but the last `pending` ones have arrived afterwards, for every
    thread, and every thread has finished what it read before. Without copies
    in flight it is a barrier.

    Example:
    ```mlir
    tile.async_wait 1
    ```
  }];
  let arguments = (ins I64Attr:$pending);
  let assemblyFormat = "$pending attr-dict";
}

def Tile_SharedLoadOp : Tile_Op<"shared_load", [MemoryEffects<[MemRead]>]> {
  let summary = "read a tile from shared memory";
  let description = [{
    With `transposed` the rows of the result are the columns in memory.

    Example:
    ```mlir
    %a = tile.shared_load %ring[%stage]
           : !tile.shared<...> -> tensor<128x32xbf16, #fragment>
    ```
  }];
  let arguments = (ins Tile_SharedType:$source, Index:$stage,
                       UnitAttr:$transposed);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `[` $stage `]` (`transposed` $transposed^)? attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Tile_KeepOp : Tile_Op<"keep", [MemoryEffects<[MemWrite]>]> {
  let summary = "keep a tile in shared memory for who holds it";
  let description = [{
    Into slot number `slot`. Each thread reads its own elements again by a
    tile.kept of the same type; others may not.

    Example:
    ```mlir
    tile.keep %x in %memory[%k] : tensor<1x32xf16, #row> in !tile.shared<...>
    ```
  }];
  let arguments = (ins Tile_Tensor:$source, Tile_SharedType:$target,
                       Index:$slot);
  let assemblyFormat = [{
    $source `in` $target `[` $slot `]` attr-dict `:` type($source) `in` type($target)
  }];
  let hasVerifier = 1;
}

def Tile_KeptOp : Tile_Op<"kept", [MemoryEffects<[MemRead]>]> {
  let summary = "a tile that tile.keep has put into shared memory";
  let description = [{
    Example:
    ```mlir
    %x = tile.kept %memory[%k] : !tile.shared<...> -> tensor<1x32xf16, #row>
    ```
  }];
  let arguments = (ins Tile_SharedType:$source, Index:$slot);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = [{
    $source `[` $slot `]` attr-dict `:` type($source) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif

// SPDX-License-Identifier: Apache-2.0
#ifndef GIRIH_TILE_DIALECT_TD
#define GIRIH_TILE_DIALECT_TD

include "mlir/IR/OpBase.td"

def TileDialect : Dialect {
  let name = "tile";
  let cppNamespace = "::girih::tile";
  let summary = "Kernels written tile by tile";
  let description = [{
    A kernel is a `func.func` with the unit attribute `tile.kernel`, one
    `!tile.view` argument per operand, no results, and these attributes:
    `tile.config` (the Config's text), `tile.grid` (an AffineMap without dims
    whose symbols are all sizes of all operands in order, giving the grid),
    `tile.grids` (optional: for each operand its own such map; the caller has
    checked that all are equal in this run), `tile.minima` (optional: further
    symbols of those maps, after the sizes, each the smallest result of its own
    map, which may use the minima before it), `tile.order`
    (`#tile.order<row_major, 1>` or `#tile.order<grouped, 8>`),
    `tile.index_bits` (32 or 64) and `tile.directions` (array of `in`, `out`,
    `inout`, `settled in` and `settled inout` strings; nothing that may still
    run when the kernel begins writes what is settled). Its body is what one
    program does.

    Element types are f64, f32, f16, bf16, f8E4M3FN, f8E5M2, i64, i32, i16, i8
    and i1. Integers are signless: u8 is i8, and each operation that cares says
    so (`arith.divui`, `unsigned_a` of `tile.dot`). i1 is a bool: one byte in
    memory, true unless 0, stored as 0 or 1.

    Tile values are builtin ranked tensors of static shape, of rank 1 and more;
    a tile of rank 0 is a plain scalar (its load is followed by
    `tensor.extract`, its store preceded by `tensor.splat`). Elementwise work is
    `arith` and `math` on them, constants are `arith.constant` splats, scalars
    spread by `tensor.splat`, loops are `scf.for` over `index`.
  }];
  let extraClassDeclaration = [{
    void registerTypes();

    /// Names of the attributes of a kernel function.
    static constexpr ::llvm::StringLiteral kernelAttr = "tile.kernel";
    static constexpr ::llvm::StringLiteral configAttr = "tile.config";
    static constexpr ::llvm::StringLiteral gridAttr = "tile.grid";
    static constexpr ::llvm::StringLiteral gridsAttr = "tile.grids";
    static constexpr ::llvm::StringLiteral minimaAttr = "tile.minima";
    static constexpr ::llvm::StringLiteral orderAttr = "tile.order";
    static constexpr ::llvm::StringLiteral indexBitsAttr = "tile.index_bits";
    static constexpr ::llvm::StringLiteral blocksAttr = "tile.blocks";
    static constexpr ::llvm::StringLiteral directionsAttr = "tile.directions";

    /// Whether `view` is a settled operand.
    static bool isSettled(::mlir::Value view);
  }];
  let hasOperationAttrVerify = 1;
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

#endif

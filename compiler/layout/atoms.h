// SPDX-License-Identifier: Apache-2.0
// The layouts that kernels are made of.
#pragma once

#include "girih/compiler/layout/layout.h"

namespace girih::compiler {

/// Neighbours that a thread holds along a second dimension; -1: none.
struct Patch {
  int dim = -1;
  int64_t count = 1; // a power of two
};

/// For coalesced access: each thread holds `vector` neighbours along
/// `contiguous` (of each of the rows of a patch), lanes and then warps go on
/// along it and over the other dimensions, last first; what is left is register
/// repeats. Covers at least `shape`; elements past it belong to no tile.
/// `elementBytes` tells whether splitting an odd extent exactly still fills
/// memory sectors.
Layout blockedLayout(llvm::ArrayRef<int64_t> shape, int contiguous,
                     int64_t vector, int64_t elementBytes, int warps,
                     Patch patch = {});

/// For scanning along `dim`: each thread holds a run of neighbours, a power of
/// two of them; lanes and then warps go on along it, as far as the rows leave
/// them free: the lowest bits of a lane or warp number are along `dim`. Where
/// the last dimension has several elements for each thread they are neighbours,
/// as they are when they are accessed.
Layout scanLayout(llvm::ArrayRef<int64_t> shape, int dim, int warps);

/// How warps share a matrix: `m` x `n` of them, the rest hold copies.
struct WarpGrid {
  int64_t m = 1, n = 1, copies = 1;
};
/// The grid of `warps` warps that reads least: whole multiples of the
/// `unitM` x `unitN` instruction for each, as square as can be.
WarpGrid chooseWarpGrid(int64_t m, int64_t n, int64_t unitM, int64_t unitN,
                        int warps);

/// Accumulator of mma.m16n8kX over an m x n tile.
Layout mmaAccumulator(int64_t m, int64_t n, const WarpGrid &grid);
/// Operand A (m x k) of mma.m16n8kX whose k is 32 bytes of elements of `bits`
/// bits, and operand B (k x n).
Layout mmaOperandA(int64_t m, int64_t k, const WarpGrid &grid, int bits);
Layout mmaOperandB(int64_t k, int64_t n, const WarpGrid &grid, int bits);

/// Rows, and columns, of a tile that a thread takes next to each other: as many
/// as one access reads of an operand that lies along them in memory.
struct FmaRuns {
  int64_t rows = 1, columns = 1; // powers of two
};
/// Accumulator for fused multiply-adds: a thread holds a block of the m x n
/// tile. Operands: the same rows or columns, every k.
Layout fmaAccumulator(int64_t m, int64_t n, int warps, FmaRuns runs = {});
Layout fmaOperand(const Layout &accumulator, int dim, int64_t k);

/// Accumulator of wgmma m64nNk: `groups` warpgroups below each other, and
/// `along` further ones next to each other.
Layout wgmmaAccumulator(int64_t m, int64_t n, int64_t groups, int64_t along);

/// How many warpgroups below and next to each other a layout is the accumulator
/// of; none where it is not one.
struct AccumulatorShare {
  int64_t groups = 1, along = 1;
};
std::optional<AccumulatorShare> accumulatorShare(const Layout &layout);

/// Operand A (m x k) of wgmma in registers; warpgroups that share rows hold
/// copies. `bits` is the width of an element.
Layout wgmmaOperandA(int64_t m, int64_t k, int64_t groups, int64_t along,
                     int bits);
/// An operand that instructions read from shared memory themselves: no thread
/// holds any of it, so each is said to have all.
Layout wholeOperand(int64_t rows, int64_t columns);

/// Shared memory, `contiguous` dimension innermost, in atoms of 8 rows by up
/// to 128 bytes whose 16-byte chunks are exclusive-ored with the row: the
/// pattern of TMA and wgmma. Rows and columns are rounded up to atoms.
Layout swizzledShared(llvm::ArrayRef<int64_t> shape, int contiguous,
                      int64_t elementBytes, int64_t stages);

/// The dimension along which memory is contiguous.
int contiguousDim(const Layout &memory);

/// Shared memory that a tile passes through: the same with atoms as tall as the
/// tile has rows, at most 64, and no taller. A row's number is folded into the
/// three bits: then lanes that are 8 rows apart meet in no bank either. More
/// than 8 rows an atom has as far as they divide the tile's.
Layout exchangeShared(llvm::ArrayRef<int64_t> shape, int contiguous,
                      int64_t elementBytes);

/// How ldmatrix fills a distributed layout from a memory layout.
struct MatrixLoad {
  bool transposed = false;
  int64_t matrices = 4; // 1, 2 or 4: .x1, .x2, .x4
  /// Lane -> coordinates of the row that the lane points at, in the atom.
  llvm::SmallVector<Coords, 5> rows;
};
/// None where 16-byte rows of `memory` do not fall on the registers and lanes
/// of `distributed` as ldmatrix deals them.
std::optional<MatrixLoad> matchMatrixLoad(const Layout &distributed,
                                          int contiguous, int64_t elementBytes);

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/layout/atoms.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace girih::compiler {

static Coords unit(int rank, int dim, int64_t value) {
  Coords coords(rank, 0);
  coords[dim] = value;
  return coords;
}

/// Dimensions, fastest first: `contiguous`, then the others from the last.
static llvm::SmallVector<int> fastestFirst(int rank, int contiguous) {
  llvm::SmallVector<int> order{contiguous};
  for (int dim = rank - 1; dim >= 0; --dim)
    if (dim != contiguous)
      order.push_back(dim);
  return order;
}

Layout blockedLayout(llvm::ArrayRef<int64_t> shape, int contiguous,
                     int64_t vector, int64_t elementBytes, int warps,
                     Patch patch) {
  int rank = shape.size();
  Layout layout(rank);
  Coords covered(rank, 1);
  if (rank > 0) {
    for (int64_t step = 1; step < vector; step *= 2)
      layout.basis(Axis::reg, unit(rank, contiguous, step));
    covered[contiguous] = vector;
  }
  for (int64_t step = 1; step < patch.count; step *= 2) {
    layout.basis(Axis::reg, unit(rank, patch.dim, step));
    covered[patch.dim] = 2 * step;
  }
  // Bits of an axis go to the first dimension that still has room. An extent
  // that is no power of two is split exactly where that touches whole memory
  // sectors, and rounded up where not, or when nothing else has room.
  llvm::SmallVector<int> order;
  if (rank > 0)
    order = fastestFirst(rank, contiguous);
  auto hasRoom = [&](int dim, bool exact) {
    if (covered[dim] >= shape[dim])
      return false;
    bool sectors = dim != contiguous || covered[dim] * elementBytes >= 32;
    return !exact || !sectors || shape[dim] % (covered[dim] * 2) == 0;
  };
  auto place = [&](Axis axis) {
    for (bool exact : {true, false})
      for (int dim : order)
        if (hasRoom(dim, exact)) {
          layout.basis(axis, unit(rank, dim, covered[dim]));
          covered[dim] *= 2;
          return;
        }
    layout.basis(axis, Coords(rank, 0));
  };
  for (int bit = 0; bit < 5; ++bit)
    place(Axis::lane);
  int64_t left = warps;
  for (; left % 2 == 0; left /= 2)
    place(Axis::warp);
  for (int dim : order) {
    int64_t count = llvm::divideCeil(shape[dim], covered[dim]);
    // An odd number of warps is one digit, where it divides what is left.
    if (left > 1 && count % left == 0) {
      layout.repeat(Axis::warp, dim, left);
      count /= left;
      left = 1;
    }
    layout.repeat(Axis::reg, dim, count);
  }
  return layout.repeat(Axis::warp, -1, left);
}

WarpGrid chooseWarpGrid(int64_t m, int64_t n, int64_t unitM, int64_t unitN,
                        int warps) {
  WarpGrid best;
  best.copies = warps;
  auto cost = [&](const WarpGrid &grid) {
    // Fewer copies first, then the smaller perimeter of a warp's tile.
    return std::make_pair(grid.copies, m / grid.m + n / grid.n);
  };
  for (int64_t wm = 1; wm <= warps; ++wm)
    for (int64_t wn = 1; wm * wn <= warps; ++wn) {
      if (warps % (wm * wn) || m % (wm * unitM) || n % (wn * unitN))
        continue;
      WarpGrid grid{wm, wn, warps / (wm * wn)};
      if (cost(grid) < cost(best))
        best = grid;
    }
  return best;
}

/// Rows in lane bits 2 to 4, `pair` columns in lane bits 0 and 1.
static void addQuadLanes(Layout &layout, int rowDim, int64_t columns) {
  int rank = layout.rank(), columnDim = 1 - rowDim;
  layout.basis(Axis::lane, unit(rank, columnDim, columns));
  layout.basis(Axis::lane, unit(rank, columnDim, columns * 2));
  for (int64_t row = 1; row < 8; row *= 2)
    layout.basis(Axis::lane, unit(rank, rowDim, row));
}

Layout mmaAccumulator(int64_t m, int64_t n, const WarpGrid &grid) {
  Layout layout(2);
  layout.basis(Axis::reg, {0, 1}).basis(Axis::reg, {8, 0});
  addQuadLanes(layout, 0, 2);
  return layout.repeat(Axis::reg, 1, n / (8 * grid.n))
      .repeat(Axis::reg, 0, m / (16 * grid.m))
      .repeat(Axis::warp, 1, grid.n)
      .repeat(Axis::warp, 0, grid.m)
      .repeat(Axis::warp, -1, grid.copies);
}

/// 16 rows of operand A by 32 bytes along K, as a warp holds them.
static Layout fragmentA(int bits) {
  int64_t perWord = 32 / bits;
  Layout layout(2);
  for (int64_t step = 1; step < perWord; step *= 2)
    layout.basis(Axis::reg, {0, step});
  layout.basis(Axis::reg, {8, 0}).basis(Axis::reg, {0, 4 * perWord});
  addQuadLanes(layout, 0, perWord);
  return layout;
}

Layout mmaOperandA(int64_t m, int64_t k, const WarpGrid &grid, int bits) {
  Layout layout = fragmentA(bits);
  return layout.repeat(Axis::reg, 0, m / (16 * grid.m))
      .repeat(Axis::reg, 1, k * bits / 256)
      .repeat(Axis::warp, -1, grid.n)
      .repeat(Axis::warp, 0, grid.m)
      .repeat(Axis::warp, -1, grid.copies);
}

Layout mmaOperandB(int64_t k, int64_t n, const WarpGrid &grid, int bits) {
  int64_t perWord = 32 / bits;
  Layout layout(2);
  for (int64_t step = 1; step < perWord; step *= 2)
    layout.basis(Axis::reg, {step, 0});
  layout.basis(Axis::reg, {4 * perWord, 0});
  int64_t columns = n / (8 * grid.n);
  // Two neighbouring instructions share one four-matrix load.
  if (columns % 2 == 0) {
    layout.basis(Axis::reg, {0, 8});
    columns /= 2;
  }
  addQuadLanes(layout, 1, perWord);
  return layout.repeat(Axis::reg, 1, columns)
      .repeat(Axis::reg, 0, k / (8 * perWord))
      .repeat(Axis::warp, 1, grid.n)
      .repeat(Axis::warp, -1, grid.m)
      .repeat(Axis::warp, -1, grid.copies);
}

Layout fmaAccumulator(int64_t m, int64_t n, int warps, FmaRuns runs) {
  Layout layout(2);
  Coords covered{1, 1};
  int64_t shape[2] = {m, n};
  auto place = [&](Axis axis, int dim) {
    bool room = covered[dim] < shape[dim];
    if (!room) {
      dim = 1 - dim;
      room = covered[dim] < shape[dim];
    }
    layout.basis(axis, room ? unit(2, dim, covered[dim]) : Coords{0, 0});
    if (room)
      covered[dim] *= 2;
  };
  // Runs as far as they leave each thread an element of its own.
  int64_t run[2] = {runs.rows, runs.columns};
  for (int dim : {1, 0})
    while (covered[dim] < run[dim] && shape[dim] % (2 * covered[dim]) == 0 &&
           m * n >= 64 * warps * covered[0] * covered[1]) {
      layout.basis(Axis::reg, unit(2, dim, covered[dim]));
      covered[dim] *= 2;
    }
  // Lanes 8 across and 4 down as far as the tile goes: reads are broadcasts
  // along one dimension and neighbours along the other. For long runs the
  // lowest bit goes across and the next one down: shared memory serves half a
  // warp's accesses of 16 bytes at once only where each lane's neighbour by one
  // of those bits asks for the same.
  bool wide = std::max(runs.rows, runs.columns) >= 4;
  using Dims = std::array<int, 5>;
  for (int dim : wide ? Dims{1, 0, 1, 1, 0} : Dims{1, 1, 1, 0, 0})
    place(Axis::lane, dim);
  // Warps where a thread has most to read: by accesses, or by elements, which
  // make blocks of long runs square.
  auto toRead = [&](int dim) {
    return shape[dim] / covered[dim] * (wide ? run[dim] : 1);
  };
  int64_t left = warps;
  for (; left % 2 == 0; left /= 2)
    place(Axis::warp, toRead(0) >= toRead(1) ? 0 : 1);
  return layout.repeat(Axis::reg, 1, llvm::divideCeil(n, covered[1]))
      .repeat(Axis::reg, 0, llvm::divideCeil(m, covered[0]))
      .repeat(Axis::warp, -1, left);
}

Layout fmaOperand(const Layout &accumulator, int dim, int64_t k) {
  // Drop what the other dimension varied: registers go, threads hold copies.
  Layout layout(2);
  for (Axis axis : {Axis::reg, Axis::lane, Axis::warp})
    for (Coords basis : accumulator.bases(axis)) {
      basis[1 - dim] = 0;
      if (axis != Axis::reg || basis[dim] != 0)
        layout.basis(axis, basis);
    }
  for (Repeat repeat : accumulator.repeats()) {
    if (repeat.dim == 1 - dim && repeat.axis == Axis::reg)
      continue;
    if (repeat.dim == 1 - dim)
      repeat.dim = -1;
    layout.repeat(repeat.axis, repeat.dim, repeat.count);
  }
  return layout.repeat(Axis::reg, 1 - dim, k);
}

Layout wgmmaAccumulator(int64_t m, int64_t n, int64_t groups, int64_t along) {
  Layout layout(2);
  layout.basis(Axis::reg, {0, 1}).basis(Axis::reg, {8, 0});
  addQuadLanes(layout, 0, 2);
  layout.basis(Axis::warp, {16, 0}).basis(Axis::warp, {32, 0});
  return layout.repeat(Axis::reg, 1, n / (8 * along))
      .repeat(Axis::reg, 0, m / (64 * groups))
      .repeat(Axis::warp, 0, groups)
      .repeat(Axis::warp, 1, along);
}

std::optional<AccumulatorShare> accumulatorShare(const Layout &layout) {
  constexpr int64_t groupWarps = 4;
  if (layout.rank() != 2 || layout.size(Axis::warp) % groupWarps != 0)
    return std::nullopt;
  int64_t all = layout.size(Axis::warp) / groupWarps;
  Coords shape = layout.shape();
  for (int64_t along = 1; along <= all; ++along) {
    int64_t groups = all / along;
    if (all % along == 0 && shape[0] % (64 * groups) == 0 &&
        shape[1] % (8 * along) == 0 &&
        layout == wgmmaAccumulator(shape[0], shape[1], groups, along))
      return AccumulatorShare{groups, along};
  }
  return std::nullopt;
}

Layout wgmmaOperandA(int64_t m, int64_t k, int64_t groups, int64_t along,
                     int bits) {
  Layout layout = fragmentA(bits);
  layout.basis(Axis::warp, {16, 0}).basis(Axis::warp, {32, 0});
  return layout.repeat(Axis::reg, 1, k * bits / 256)
      .repeat(Axis::reg, 0, m / (64 * groups))
      .repeat(Axis::warp, 0, groups)
      .repeat(Axis::warp, -1, along);
}

Layout wholeOperand(int64_t rows, int64_t columns) {
  return Layout(2).repeat(Axis::reg, 0, rows).repeat(Axis::reg, 1, columns);
}

/// Atoms of `rows` rows, along the second dimension of `order`, by up to 128
/// bytes along the first.
static Layout swizzledAtoms(llvm::ArrayRef<int64_t> shape,
                            llvm::ArrayRef<int> order, int64_t elementBytes,
                            int64_t stages, int64_t rows) {
  int rank = shape.size(), contiguous = order.front();
  Layout layout(rank);
  int64_t chunk = 16 / elementBytes;
  int64_t columns = llvm::alignTo(shape[contiguous], chunk);
  int64_t width = 128 / elementBytes; // elements of an atom's row
  while (width > chunk && columns % width != 0)
    width /= 2;
  for (int64_t step = 1; step < width; step *= 2)
    layout.basis(Axis::offset, unit(rank, contiguous, step));
  Coords covered(rank, 1);
  covered[contiguous] = width;
  if (rank > 1) {
    // Rows that share a 128-byte line differ in no chunk bit.
    int64_t line = 128 / (width * elementBytes), shift = 1;
    for (int64_t row = 1; row < rows; row *= 2) {
      Coords basis = unit(rank, order[1], row);
      if (row >= line && width > chunk) {
        basis[contiguous] = shift * chunk;
        shift = 2 * shift == width / chunk ? 1 : 2 * shift;
      }
      layout.basis(Axis::offset, basis);
    }
    covered[order[1]] = rows;
  }
  for (int dim : llvm::drop_begin(order))
    layout.repeat(Axis::offset, dim,
                  llvm::divideCeil(shape[dim], covered[dim]));
  return layout.repeat(Axis::offset, contiguous, columns / width)
      .repeat(Axis::stage, -1, stages);
}

Layout swizzledShared(llvm::ArrayRef<int64_t> shape, int contiguous,
                      int64_t elementBytes, int64_t stages) {
  int rank = shape.size();
  if (rank == 0)
    return Layout(0).repeat(Axis::stage, -1, stages);
  return swizzledAtoms(shape, fastestFirst(rank, contiguous), elementBytes,
                       stages, 8);
}

int contiguousDim(const Layout &memory) {
  for (int dim = 0; dim < memory.rank(); ++dim)
    if (!memory.bases(Axis::offset).empty() &&
        memory.bases(Axis::offset).front()[dim] != 0)
      return dim;
  return 0;
}

Layout exchangeShared(llvm::ArrayRef<int64_t> shape, int contiguous,
                      int64_t elementBytes) {
  int rank = shape.size();
  if (rank == 0)
    return Layout(0);
  llvm::SmallVector<int> order = fastestFirst(rank, contiguous);
  // A dimension of one row would leave the others without a swizzle.
  for (int i = 1; i < rank; ++i)
    if (shape[order[i]] > 1) {
      std::rotate(order.begin() + 1, order.begin() + i, order.begin() + i + 1);
      break;
    }
  int64_t rows = 1;
  if (rank > 1) {
    int64_t extent = shape[order[1]];
    rows = std::min<int64_t>(64, llvm::PowerOf2Ceil(extent));
    while (rows > 8 && extent % rows != 0)
      rows /= 2;
  }
  return swizzledAtoms(shape, order, elementBytes, 1, rows);
}

/// The bases of `layout` that make 16 consecutive bytes along `contiguous`.
static bool isRow(llvm::ArrayRef<Coords> bases, int contiguous) {
  for (auto [bit, basis] : llvm::enumerate(bases))
    if (basis != unit(basis.size(), contiguous, int64_t(1) << bit))
      return false;
  return true;
}

std::optional<MatrixLoad> matchMatrixLoad(const Layout &distributed,
                                          int contiguous,
                                          int64_t elementBytes) {
  llvm::ArrayRef<Coords> regs = distributed.bases(Axis::reg);
  llvm::ArrayRef<Coords> lanes = distributed.bases(Axis::lane);
  size_t inWord = elementBytes == 4 ? 0 : elementBytes == 2 ? 1 : 2;
  if (elementBytes > 4 || regs.size() < inWord || lanes.size() != 5)
    return std::nullopt;
  MatrixLoad load;
  // As stored: a word's elements and lane bits 0, 1 make up a row of 16 bytes,
  // lane bits 2 to 4 number the rows.
  llvm::SmallVector<Coords> word(regs.take_front(inWord));
  llvm::SmallVector<Coords> row(word);
  llvm::append_range(row, lanes.take_front(2));
  if (isRow(row, contiguous)) {
    llvm::append_range(load.rows, lanes.drop_front(2));
  } else if (elementBytes == 2 && isRow(lanes.drop_front(2), contiguous)) {
    // Transposed, 16-bit elements only: the two swap their parts.
    load.transposed = true;
    llvm::append_range(load.rows, row);
  } else {
    return std::nullopt;
  }
  size_t matrixBits = std::min<size_t>(2, regs.size() - inWord);
  load.matrices = int64_t(1) << matrixBits;
  llvm::append_range(load.rows, regs.slice(inWord, matrixBits));
  load.rows.resize(5, Coords(distributed.rank(), 0));
  return load;
}

} // namespace girih::compiler

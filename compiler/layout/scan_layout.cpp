// SPDX-License-Identifier: Apache-2.0
// The layout of scans.
#include "girih/compiler/layout/atoms.h"

#include "llvm/Support/MathExtras.h"

namespace girih::compiler {

namespace {

int64_t bitsFor(int64_t extent) {
  return llvm::Log2_64_Ceil(static_cast<uint64_t>(extent));
}

/// Deals out the bits of threads: first those along the scan, then rows.
class Dealer {
public:
  Dealer(Layout &layout, llvm::ArrayRef<int64_t> shape, int dim, int64_t run,
         int64_t neighbours, int64_t alongBits)
      : layout(layout), shape(shape), covered(shape.size(), 1), dim(dim),
        along(alongBits) {
    covered.back() = neighbours;
    covered[dim] = run;
  }

  void place(Axis axis) {
    Coords basis(shape.size(), 0);
    int to = next();
    if (to >= 0) {
      basis[to] = covered[to];
      covered[to] *= 2;
    }
    layout.basis(axis, basis);
  }

  int64_t coveredAlong(int other) const { return covered[other]; }

private:
  int next() {
    if (along-- > 0)
      return dim;
    for (int other = static_cast<int>(shape.size()) - 1; other >= 0; --other)
      if (other != dim && covered[other] < shape[other])
        return other;
    return -1;
  }

  Layout &layout;
  llvm::ArrayRef<int64_t> shape;
  Coords covered;
  int dim;
  int64_t along;
};

/// Registers for neighbours along a dimension.
void hold(Layout &layout, int rank, int dim, int64_t count) {
  for (int64_t step = 1; step < count; step *= 2) {
    Coords basis(rank, 0);
    basis[dim] = step;
    layout.basis(Axis::reg, basis);
  }
}

/// How many neighbours of the last dimension a thread scans side by side: as
/// many as are accessed at once, where all threads have that many.
int64_t neighboursOf(llvm::ArrayRef<int64_t> shape, int dim,
                     int64_t threadBits) {
  int last = static_cast<int>(shape.size()) - 1;
  int64_t each = shape[last] >> threadBits;
  bool even = each << threadBits == shape[last];
  return dim != last && even && (each == 2 || each == 4 || each == 8) ? each
                                                                      : 1;
}

} // namespace

Layout scanLayout(llvm::ArrayRef<int64_t> shape, int dim, int warps) {
  int rank = shape.size();
  int64_t warpBits = llvm::countr_zero(static_cast<unsigned>(warps));
  int64_t threadBits = 5 + warpBits, rowBits = 0;
  for (int other = 0; other < rank; ++other)
    rowBits += other == dim ? 0 : bitsFor(shape[other]);
  // Rows need no exchange: they come first. What they leave shares a row.
  rowBits = std::min(rowBits, threadBits);
  int64_t alongBits = std::min(threadBits - rowBits, bitsFor(shape[dim]));
  auto run = static_cast<int64_t>(llvm::PowerOf2Ceil(
      llvm::divideCeil(shape[dim], int64_t(1) << alongBits)));
  Layout layout(rank);
  int64_t neighbours = neighboursOf(shape, dim, threadBits);
  hold(layout, rank, dim, run);
  hold(layout, rank, rank - 1, neighbours);
  Dealer dealer(layout, shape, dim, run, neighbours, alongBits);
  for (int bit = 0; bit < 5; ++bit)
    dealer.place(Axis::lane);
  for (int64_t bit = 0; bit < warpBits; ++bit)
    dealer.place(Axis::warp);
  int64_t left = warps >> warpBits;
  for (int other = rank - 1; other >= 0; --other) {
    if (other == dim)
      continue;
    int64_t count = llvm::divideCeil(shape[other], dealer.coveredAlong(other));
    if (left > 1 && count % left == 0) {
      layout.repeat(Axis::warp, other, left);
      count /= left;
      left = 1;
    }
    layout.repeat(Axis::reg, other, count);
  }
  return layout.repeat(Axis::warp, -1, left);
}

} // namespace girih::compiler

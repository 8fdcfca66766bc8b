// SPDX-License-Identifier: Apache-2.0
// Windows: a thread reads what its runs of lanes cover once, in vectors, and
// finds each place of each lane in its registers.
#include "girih/compiler/analysis/window.h"
#include "girih/compiler/conversion/nvptx/global_access.h"

#include <map>

using namespace mlir;

namespace girih::compiler {

/// The layout of a tile with one more dimension, all of which threads have.
static Layout withDim(const Layout &layout, int64_t count) {
  Layout result(layout.rank() + 1);
  for (Axis axis : {Axis::reg, Axis::lane, Axis::warp})
    for (Coords basis : layout.bases(axis)) {
      basis.push_back(0);
      result.basis(axis, basis);
    }
  for (const Repeat &repeat : layout.repeats())
    result.repeat(repeat.axis, repeat.dim, repeat.count);
  return result.repeat(Axis::reg, layout.rank(), count);
}

void Emitter::emitAccess(tile::LoadWindowOp load) {
  WindowRead read = WindowRead::of(load);
  Layout layout = layoutOf(load.getTiles().front());
  SmallVector<WindowPiece> pieces = windowPieces(read);
  int64_t first = pieces.front().begin,
          count = pieces.back().begin + pieces.back().width - first;
  Layout whole = withDim(layout, count);
  SmallVector<int64_t> shape = read.shape;
  shape.push_back(count);
  Type element = cast<tile::ViewType>(read.view.getType()).getElement();
  SmallVector<Registers> tilesOfPlaces(read.places.size());
  SmallVector<Access, 0> accesses;
  for (WindowPiece piece : pieces)
    accesses.push_back(pieceAccess(read, piece));
  SmallVector<GlobalAccess, 0> memory;
  for (const Access &access : accesses)
    memory.emplace_back(*this, access, whole, shape);
  for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end;
       reg += read.run) {
    Coords constant = layout.coordinates(reg, 0, 0);
    constant.push_back(0);
    std::map<int64_t, Value> elements;
    for (auto [piece, access] : llvm::zip_equal(pieces, memory)) {
      constant.back() = piece.begin;
      Registers values =
          loadVector(access.address(constant), access.mask(constant),
                     piece.width, element, load.getOther());
      for (auto [at, value] : llvm::enumerate(values))
        elements[piece.begin + static_cast<int64_t>(at)] = value;
    }
    for (auto [place, tile] : llvm::zip_equal(read.places, tilesOfPlaces))
      for (int64_t lane = 0; lane < read.run; ++lane)
        tile.push_back(elements[place + lane * read.step()]);
  }
  for (auto [value, tile] : llvm::zip_equal(load.getTiles(), tilesOfPlaces))
    tiles[value] = std::move(tile);
}

} // namespace girih::compiler

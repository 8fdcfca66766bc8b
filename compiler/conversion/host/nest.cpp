// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/nest.h"

#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/indirect.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// Chunks of one row of a walk. What is uniform in them is computed where this
/// begins.
class Row {
public:
  Row(Builder &ir, const Walk &walk, const SmallVector<Reg, 4> &lane,
      bool masked, llvm::function_ref<void(const Chunk &)> body)
      : ir(ir), body(body), width(walk.width),
        whole(walk.shape[walk.unit] / width * width),
        rest(walk.shape[walk.unit] - whole),
        evenFirst(walk.evenFirst && !masked) {
    chunk.unit = walk.unit;
    chunk.width = walk.width;
    chunk.outside = ir.seam();
    chunk.lane.assign(lane.begin(), lane.end());
  }

  /// Those from lane `begin` to lane `end`, several a trip.
  void emit(Reg begin, Reg end, int64_t together = 1) {
    ir.loop(begin, end, width * together, [&](Reg position) {
      for (int64_t number = 0; number < together; ++number)
        emitOne(ir.add(position, ir.index(number * width)), chunk.width);
    });
  }
  /// All from lane `begin` on, and what is left behind them.
  void emitRest(Reg begin, int64_t together = 1) {
    if (whole > 0)
      emit(begin, ir.index(whole), together);
    if (rest > 0)
      emitOne(ir.index(whole), static_cast<unsigned>(rest));
  }

private:
  void emitOne(Reg position, unsigned valid) {
    chunk.lane[chunk.unit] = position;
    chunk.valid = valid;
    chunk.evenFirst = evenFirst && valid == chunk.width;
    body(chunk);
  }

  Builder &ir;
  llvm::function_ref<void(const Chunk &)> body;
  int64_t width, whole, rest;
  bool evenFirst;
  Chunk chunk;
};

} // namespace

void emitLoops(Builder &ir, ArrayRef<int64_t> shape, ArrayRef<unsigned> dims,
               SmallVector<Reg, 4> &lane, llvm::function_ref<void()> body) {
  if (dims.empty())
    return body();
  ir.loop(ir.index(0), ir.index(shape[dims.front()]), 1, [&](Reg position) {
    lane[dims.front()] = position;
    emitLoops(ir, shape, dims.drop_front(), lane, body);
  });
}

SmallVector<unsigned> otherDims(size_t rank, ArrayRef<unsigned> without) {
  SmallVector<unsigned> dims;
  for (unsigned dim = 0; dim < rank; ++dim)
    if (!llvm::is_contained(without, dim))
      dims.push_back(dim);
  return dims;
}

void emitWalk(Emission &emission, const Walk &walk,
              llvm::function_ref<void(const Chunk &)> body) {
  Builder &ir = emission.ir;
  SmallVector<Reg, 4> lane(walk.shape.size(), ir.index(0));
  bool even = walk.shape[walk.unit] / walk.width % walk.together == 0;
  emitLoops(ir, walk.shape, otherDims(walk.shape.size(), walk.unit), lane, [&] {
    Row(ir, walk, lane, /*masked=*/false, body)
        .emitRest(ir.index(0), even ? walk.together : 1);
  });
}

void emitMaskedWalk(Emission &emission, const Walk &walk, Reg inside,
                    BoundedBody body) {
  Builder &ir = emission.ir;
  SmallVector<Reg, 4> lane(walk.shape.size(), ir.index(0));
  auto free = [&](const Chunk &chunk) { body(chunk, false); };
  auto masked = [&](const Chunk &chunk) { body(chunk, true); };
  emitLoops(ir, walk.shape, otherDims(walk.shape.size(), walk.unit), lane, [&] {
    if (!inside)
      return Row(ir, walk, lane, true, masked).emitRest(ir.index(0));
    // What a row without masks computes first may be accesses itself.
    ir.either(
        ir.CreateICmpSGT(inside, ir.index(0)),
        [&] { Row(ir, walk, lane, false, free).emit(ir.index(0), inside); },
        [] {});
    Row(ir, walk, lane, true, masked).emitRest(inside);
  });
}

void emitBounded(Emission &emission, Fusion &fusion, const Walk &walk,
                 BoundedBody body) {
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    if (masked)
      emitMaskedWalk(emission, walk, fusion.insideUntil(walk), body);
    else
      emitWalk(emission, walk, [&](const Chunk &chunk) { body(chunk, false); });
  });
}

void emitVersions(Emission &emission, Reg allInBounds,
                  llvm::function_ref<void(bool)> body) {
  if (!allInBounds)
    return body(false);
  emission.ir.either(allInBounds, [&] { body(false); }, [&] { body(true); });
}

void emitInto(Emission &emission, mlir::Value value, const Buffer &buffer) {
  Fusion fusion(emission, /*keepsPending=*/true);
  fusion.addValue(value);
  Walk walk = fusion.choose(tileType(value).getShape());
  walk.evenFirst = buffer.element.isBF16() && !buffer.asRegisters &&
                   fusion.maySortLanes(walk);
  fusion.prepare(walk);
  emitBounded(emission, fusion, walk, [&](const Chunk &chunk, bool masked) {
    storeBuffer(emission, buffer, chunk, fusion.value(value, chunk, masked));
  });
}

void emitPending(Emission &emission, mlir::Value value) {
  emission.pending.remove(value);
  Fusion fusion(emission);
  fusion.addValue(value);
  unsigned unit = fusion.chooseUnit(tileType(value).getShape());
  Buffer buffer = emission.allocateBuffer(tileType(value), unit, false);
  emitInto(emission, value, buffer);
  emission.buffers[value] = buffer;
}

void emitAllPending(Emission &emission) {
  while (!emission.pending.empty())
    emitPending(emission, emission.pending.front());
}

void emitStore(Emission &emission, tile::StoreOp store) {
  Fusion fusion(emission, /*keepsPending=*/true);
  if (!isTile(store.getValue())) {
    MemoryAccess access(emission, Access(store));
    access.prepare();
    access.store({}, emission.scalar(store.getValue()), true, false);
    return;
  }
  fusion.addStore(store);
  Walk walk = fusion.choose(tileType(store.getValue()).getShape());
  walk.evenFirst = fusion.maySortLanes(walk);
  fusion.prepare(walk);
  Reg inBounds = fusion.allInBounds();
  Reg streaming = fusion.mayStream(walk);
  auto nest = [&](bool stream) {
    // Streams gain from many accesses in flight.
    walk.together = stream ? 4 : 2;
    if (fusion.isExpensive())
      walk.together /= 2;
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      if (stream)
        fusion.prefetch(chunk);
      fusion.stores(chunk, false, stream);
    });
  };
  emitVersions(emission, inBounds, [&](bool masked) {
    if (masked)
      return emitMaskedWalk(emission, walk, fusion.insideUntil(walk),
                            [&](const Chunk &chunk, bool isMasked) {
                              fusion.stores(chunk, isMasked, false);
                            });
    if (!streaming)
      return nest(false);
    emission.ir.either(streaming, [&] { nest(true); }, [&] { nest(false); });
  });
}

Reg emitScalar(Emission &emission, mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  if (auto load = llvm::dyn_cast<tile::LoadOp>(op)) {
    MemoryAccess access(emission, Access(load));
    access.prepare();
    return access.load({}, true);
  }
  SmallVector<Reg> operands;
  for (mlir::Value operand : op->getOperands())
    if (!llvm::isa<tile::ViewType>(operand.getType()))
      operands.push_back(emission.scalar(operand));
  if (llvm::is_contained(operands, nullptr))
    return nullptr;
  if (auto gather = llvm::dyn_cast<tile::GatherOp>(op))
    return emitGather(emission, gather, operands, {});
  if (auto coordinate = llvm::dyn_cast<tile::CoordinateOp>(op))
    return emitCoordinate(emission.ir, coordinate, operands, {});
  return emitElementwise(emission.ir, op, operands, 0);
}

} // namespace girih::compiler::host

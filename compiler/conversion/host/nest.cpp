// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/nest.h"

#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/indirect.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

/// One row of a walk: whole chunks, several a trip, then what is left.
static void emitRow(Emission &emission, const Walk &walk,
                    SmallVector<Reg, 4> lane,
                    llvm::function_ref<void(const Chunk &)> body) {
  Builder &ir = emission.ir;
  int64_t width = walk.width, extent = walk.shape[walk.unit];
  int64_t chunks = extent / width;
  int64_t together = chunks % walk.together == 0 ? walk.together : 1;
  Chunk chunk;
  chunk.unit = walk.unit;
  chunk.width = walk.width;
  chunk.outside = ir.seam();
  auto emit = [&](Reg position, unsigned valid) {
    lane[walk.unit] = position;
    chunk.lane.assign(lane.begin(), lane.end());
    chunk.valid = valid;
    body(chunk);
  };
  if (chunks > 0)
    ir.loop(ir.index(0), ir.index(chunks * width), width * together,
            [&](Reg position) {
              for (int64_t number = 0; number < together; ++number)
                emit(ir.add(position, ir.index(number * width)), walk.width);
            });
  if (extent % width)
    emit(ir.index(chunks * width), static_cast<unsigned>(extent % width));
}

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
  SmallVector<Reg, 4> lane(walk.shape.size(), emission.ir.index(0));
  emitLoops(emission.ir, walk.shape, otherDims(walk.shape.size(), walk.unit),
            lane, [&] { emitRow(emission, walk, lane, body); });
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
  fusion.prepare(walk);
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      storeBuffer(emission, buffer, chunk, fusion.value(value, chunk, masked));
    });
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
  fusion.prepare(walk);
  Reg inBounds = fusion.allInBounds();
  Reg streaming = fusion.mayStream(walk);
  auto nest = [&](bool masked, bool stream) {
    // Streams gain from many accesses in flight; few programs are at the edge.
    walk.together = stream ? 4 : masked ? 1 : 2;
    if (fusion.isExpensive())
      walk.together = std::max(1u, walk.together / 2);
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      if (stream)
        fusion.prefetch(chunk);
      fusion.stores(chunk, masked, stream);
    });
  };
  emitVersions(emission, inBounds, [&](bool masked) {
    if (masked || !streaming)
      return nest(masked, false);
    emission.ir.either(
        streaming, [&] { nest(false, true); }, [&] { nest(false, false); });
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
  if (auto ptx = llvm::dyn_cast<tile::InlinePtxOp>(op))
    return emitLanes(emission.ir, ptx.getBody(), operands, 0).front();
  return emitElementwise(emission.ir, op, operands, 0);
}

} // namespace girih::compiler::host

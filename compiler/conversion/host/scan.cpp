// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/reduce.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

class ScanNest {
public:
  ScanNest(Emission &emission, tile::ScanOp op)
      : emission(emission), ir(emission.ir), op(op), dim(op.getDim()),
        shape(tileType(op.getInputs()[0]).getShape()),
        fusion(emission, /*keepsPending=*/true) {}

  void emit() {
    for (mlir::Value input : op.getInputs())
      fusion.addValue(input);
    walk = fusion.choose(shape);
    fusion.prepare(walk);
    lane.assign(shape.size(), ir.index(0));
    for (mlir::Value result : op.getResults())
      buffers.push_back(
          emission.allocateBuffer(tileType(result), walk.unit, false));
    emitVersions(emission, fusion.allInBounds(), [&](bool isMasked) {
      masked = isMasked;
      emitLoops(ir, shape, otherDims(shape.size(), {walk.unit, dim}), lane,
                [&] { walk.unit == dim ? alongUnit() : acrossUnit(); });
    });
    for (auto [result, buffer] : llvm::zip(op.getResults(), buffers))
      emission.buffers[result] = buffer;
  }

private:
  using State = SmallVector<Reg>;

  State values(const Chunk &chunk) {
    State state;
    for (mlir::Value input : op.getInputs())
      state.push_back(fusion.value(input, chunk, masked));
    return state;
  }
  State combine(ArrayRef<Reg> before, ArrayRef<Reg> lanes) {
    SmallVector<Reg> arguments(before);
    llvm::append_range(arguments, lanes);
    return emitLanes(ir, op.getBody(), arguments, walk.width);
  }
  State select(Reg condition, ArrayRef<Reg> yes, ArrayRef<Reg> no) {
    State state;
    for (auto [a, b] : llvm::zip(yes, no))
      state.push_back(ir.CreateSelect(condition, a, b));
    return state;
  }
  State shuffled(ArrayRef<Reg> state, ArrayRef<int> order) {
    State result;
    for (Reg each : state)
      result.push_back(ir.CreateShuffleVector(each, order));
    return result;
  }
  State initial() {
    State state;
    for (mlir::Value input : op.getInputs())
      state.push_back(llvm::Constant::getNullValue(
          registerType(ir, tileType(input).getElementType(), walk.width)));
    return state;
  }
  Chunk chunkAt(Reg position, unsigned valid, llvm::Instruction *outside) {
    lane[walk.unit] = position;
    Chunk chunk;
    chunk.lane = lane;
    chunk.unit = walk.unit;
    chunk.width = walk.width;
    chunk.valid = valid;
    chunk.outside = outside;
    return chunk;
  }
  /// What the scan gives on a chunk; `first`: nothing comes before.
  State advance(ArrayRef<Reg> before, ArrayRef<Reg> lanes, Reg first,
                const Chunk &chunk) {
    State result = select(first, lanes, combine(before, lanes));
    for (auto [buffer, value] : llvm::zip(buffers, result))
      storeBuffer(emission, buffer, chunk, value);
    return result;
  }

  State prefixes(State lanes, unsigned valid);
  State chunkAlong(ArrayRef<Reg> before, Reg position, unsigned valid,
                   Reg first, llvm::Instruction *outside);
  void alongUnit();
  void acrossUnit();

  Emission &emission;
  Builder &ir;
  tile::ScanOp op;
  unsigned dim;
  ArrayRef<int64_t> shape;
  Fusion fusion;
  Walk walk;
  SmallVector<Reg, 4> lane;
  SmallVector<Buffer> buffers;
  bool masked = false;
};

/// Scans one vector, in as many steps as its width has bits.
ScanNest::State ScanNest::prefixes(State lanes, unsigned valid) {
  for (unsigned distance = 1; distance < walk.width; distance *= 2) {
    SmallVector<int> order;
    SmallVector<llvm::Constant *> moves;
    for (unsigned at = 0; at < walk.width; ++at) {
      bool has = op.getReverse() ? at + distance < valid : at >= distance;
      unsigned from = op.getReverse() ? at + distance : at - distance;
      order.push_back(static_cast<int>(has ? from : at));
      moves.push_back(ir.getInt1(has));
    }
    lanes = select(llvm::ConstantVector::get(moves),
                   combine(shuffled(lanes, order), lanes), lanes);
  }
  return lanes;
}

/// Gives the lane that comes last along the scan, in every lane.
ScanNest::State ScanNest::chunkAlong(ArrayRef<Reg> before, Reg position,
                                     unsigned valid, Reg first,
                                     llvm::Instruction *outside) {
  Chunk chunk = chunkAt(position, valid, outside);
  State lanes = prefixes(values(chunk), valid);
  State result = advance(before, lanes, first, chunk);
  int last = op.getReverse() ? 0 : static_cast<int>(walk.width) - 1;
  return shuffled(result, SmallVector<int>(walk.width, last));
}

void ScanNest::alongUnit() {
  int64_t width = walk.width, chunks = shape[dim] / width;
  auto tail = static_cast<unsigned>(shape[dim] % width);
  llvm::Instruction *outside = ir.seam();
  State state = initial();
  bool reverse = op.getReverse(), tailFirst = reverse && tail;
  if (tailFirst)
    state = chunkAlong(state, ir.index(chunks * width), tail, ir.getTrue(),
                       outside);
  if (chunks)
    state = ir.loop(
        ir.index(0), ir.index(chunks * width), width, state,
        [&](Reg count, ArrayRef<Reg> before) {
          Reg position =
              reverse ? ir.CreateSub(ir.index((chunks - 1) * width), count)
                      : count;
          Reg first = tailFirst ? Reg(ir.getFalse())
                                : ir.CreateICmpEQ(count, ir.index(0));
          return chunkAlong(before, position, walk.width, first, outside);
        });
  if (tail && !reverse)
    chunkAlong(state, ir.index(chunks * width), tail, ir.getInt1(chunks == 0),
               outside);
}

void ScanNest::acrossUnit() {
  int64_t width = walk.width, chunks = shape[walk.unit] / width;
  auto tail = static_cast<unsigned>(shape[walk.unit] % width);
  auto column = [&](Reg position, unsigned valid) {
    ir.loop(ir.index(0), ir.index(shape[dim]), 1, initial(),
            [&](Reg count, ArrayRef<Reg> before) {
              lane[dim] = op.getReverse()
                              ? ir.CreateSub(ir.index(shape[dim] - 1), count)
                              : count;
              Chunk chunk = chunkAt(position, valid, ir.seam());
              return advance(before, values(chunk),
                             ir.CreateICmpEQ(count, ir.index(0)), chunk);
            });
  };
  ir.loop(ir.index(0), ir.index(chunks * width), width,
          [&](Reg position) { column(position, walk.width); });
  if (tail)
    column(ir.index(chunks * width), tail);
}

} // namespace

void emitScan(Emission &emission, tile::ScanOp op) {
  ScanNest(emission, op).emit();
}

} // namespace girih::compiler::host

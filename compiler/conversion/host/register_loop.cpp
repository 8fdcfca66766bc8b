// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/register_loop.h"

#include "girih/compiler/conversion/host/nest.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

/// Operations of the body that run between its nests, or in them.
bool RegisterLoop::isSimple(mlir::Operation *op) const {
  if (op->hasTrait<mlir::OpTrait::IsTerminator>() ||
      llvm::isa<tile::SizeOp, tile::ProgramIdOp, tile::ValueOp>(op))
    return true;
  return isFusable(op) && op->getNumResults() == 1 &&
         !plan.kept.contains(op->getResult(0)) &&
         !llvm::isa<tile::GatherOp, tile::TakeOp>(op);
}

/// Whether no lane needs a carried tile at another lane.
bool RegisterLoop::staysInPlace(mlir::Value value, bool moved) {
  if (!isTile(value) || !seen.insert({value, unsigned{moved}}).second)
    return true;
  if (llvm::is_contained(arguments, value))
    return !moved;
  mlir::Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != loop.getBody())
    return true;
  moved |= llvm::isa<tile::RemapOp>(op);
  return llvm::all_of(op->getOperands(), [&](mlir::Value operand) {
    return staysInPlace(operand, moved);
  });
}

bool RegisterLoop::fits() {
  auto ends = loop.getBody()->getTerminator()->getOperands();
  for (auto [number, argument] : llvm::enumerate(loop.getRegionIterArgs())) {
    if (!isTile(argument))
      continue;
    arguments.push_back(argument);
    initials.push_back(loop.getInitArgs()[number]);
    yields.push_back(ends[number]);
    results.push_back(loop.getResult(number));
  }
  if (arguments.empty())
    return false;
  auto shape = tileType(arguments[0]).getShape();
  bool alike = llvm::all_of(arguments, [&](mlir::Value argument) {
    return tileType(argument).getShape() == shape;
  });
  // No walk has more lanes than four registers of 8-byte elements hold.
  int64_t most =
      int64_t{emission.machine.registers} * emission.machine.vectorBytes;
  if (!alike || tileType(arguments[0]).getNumElements() > most ||
      !llvm::all_of(*loop.getBody(),
                    [&](mlir::Operation &op) { return isSimple(&op); }) ||
      !llvm::all_of(
          yields, [&](mlir::Value each) { return staysInPlace(each, false); }))
    return false;
  Fusion fusion(emission);
  for (mlir::Value each : yields)
    fusion.addValue(each);
  walk = fusion.choose(shape);
  chunks = 1;
  for (auto [dim, extent] : llvm::enumerate(shape))
    chunks *= dim == walk.unit ? llvm::divideCeil(extent, walk.width) : extent;
  size_t registers = 0;
  for (mlir::Value argument : arguments) {
    unsigned bits =
        registerType(emission.ir, tileType(argument).getElementType())
            ->getScalarSizeInBits();
    registers += chunks * llvm::divideCeil(walk.width * bits,
                                           8 * emission.machine.vectorBytes);
  }
  return registers <= emission.machine.registers / 2;
}

void RegisterLoop::forEachChunk(EachChunk body) const {
  Builder &ir = emission.ir;
  SmallVector<int64_t> lane(walk.shape.size(), 0);
  for (size_t number = 0; number < chunks; ++number) {
    Chunk chunk;
    int64_t rest = static_cast<int64_t>(number);
    for (size_t dim = lane.size(); dim-- > 0;) {
      bool isUnit = dim == walk.unit;
      int64_t count = isUnit ? llvm::divideCeil(walk.shape[dim], walk.width)
                             : walk.shape[dim];
      lane[dim] = rest % count * (isUnit ? walk.width : 1);
      rest /= count;
    }
    for (int64_t at : lane)
      chunk.lane.push_back(ir.index(at));
    chunk.unit = walk.unit;
    chunk.width = walk.width;
    chunk.valid = static_cast<unsigned>(
        std::min<int64_t>(walk.width, walk.shape[walk.unit] - lane[walk.unit]));
    body(chunk);
  }
}

SmallVector<Reg> RegisterLoop::initial() {
  Fusion fusion(emission);
  for (mlir::Value each : initials)
    fusion.addValue(each);
  fusion.prepare();
  bool masked = fusion.allInBounds() != nullptr;
  SmallVector<Reg> all;
  for (mlir::Value each : initials)
    forEachChunk([&](const Chunk &chunk) {
      all.push_back(fusion.value(each, chunk, masked));
    });
  for (mlir::Value argument : arguments)
    buffers.push_back(
        emission.allocateBuffer(tileType(argument), walk.unit, false));
  return all;
}

void RegisterLoop::bind(ArrayRef<Reg> values) {
  for (mlir::Value argument : arguments) {
    Carried &carried = emission.carried[argument];
    carried.shape = walk.shape;
    carried.unit = walk.unit;
    carried.width = walk.width;
    carried.chunks.assign(values.begin(), values.begin() + chunks);
    values = values.drop_front(chunks);
  }
}

SmallVector<Reg> RegisterLoop::unrolled(Fusion &fusion, bool masked) {
  SmallVector<SmallVector<Reg>> values(yields.size());
  forEachChunk([&](const Chunk &chunk) {
    for (auto [each, into] : llvm::zip(yields, values))
      into.push_back(fusion.value(each, chunk, masked));
  });
  SmallVector<Reg> all;
  for (const SmallVector<Reg> &each : values)
    llvm::append_range(all, each);
  return all;
}

/// Few rounds are at the edge: there the body is emitted once, and the tiles
/// lie in memory while it runs.
SmallVector<Reg> RegisterLoop::throughMemory(Fusion &fusion) {
  llvm::DenseMap<mlir::Value, Carried> bound = std::move(emission.carried);
  emission.carried.clear();
  for (auto [argument, buffer] : llvm::zip(arguments, buffers)) {
    ArrayRef<Reg> values = bound.find(argument)->second.chunks;
    forEachChunk([&](const Chunk &chunk) {
      storeBuffer(emission, buffer, chunk, values.front());
      values = values.drop_front();
    });
    emission.buffers[argument] = buffer;
  }
  Walk simple = walk;
  simple.together = 1;
  emitWalk(emission, simple, [&](const Chunk &chunk) {
    SmallVector<Reg> values;
    for (mlir::Value each : yields)
      values.push_back(fusion.value(each, chunk, /*masked=*/true));
    for (auto [buffer, value] : llvm::zip(buffers, values))
      storeBuffer(emission, buffer, chunk, value);
  });
  SmallVector<Reg> all;
  for (auto [argument, buffer] : llvm::zip(arguments, buffers)) {
    forEachChunk([&](const Chunk &chunk) {
      all.push_back(loadBuffer(emission, buffer, chunk));
    });
    emission.buffers.erase(argument);
  }
  emission.carried = std::move(bound);
  return all;
}

SmallVector<Reg> RegisterLoop::next() {
  constexpr size_t fewChunks = 2;
  Fusion fusion(emission);
  for (mlir::Value each : yields)
    fusion.addValue(each);
  fusion.prepare();
  Reg inBounds = fusion.allInBounds();
  SmallVector<Reg> all =
      inBounds ? emission.ir.choose(
                     inBounds, [&] { return unrolled(fusion, false); },
                     [&] {
                       return chunks <= fewChunks ? unrolled(fusion, true)
                                                  : throughMemory(fusion);
                     })
               : unrolled(fusion, false);
  for (mlir::Value argument : arguments)
    emission.carried.erase(argument);
  return all;
}

void RegisterLoop::keep(ArrayRef<Reg> values) {
  for (auto [result, buffer] : llvm::zip(results, buffers)) {
    forEachChunk([&](const Chunk &chunk) {
      storeBuffer(emission, buffer, chunk, values.front());
      values = values.drop_front();
    });
    emission.buffers[result] = buffer;
  }
}

} // namespace girih::compiler::host

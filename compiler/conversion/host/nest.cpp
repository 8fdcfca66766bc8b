// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/nest.h"

#include "girih/compiler/conversion/host/elementwise.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

void Fusion::addValue(mlir::Value value) {
  if (!isTile(value) || !visited.insert(value).second)
    return;
  widestBytes = std::max<unsigned>(
      widestBytes, registerType(ir, tileType(value).getElementType())
                           ->getScalarSizeInBits() /
                       8);
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end()) {
    reads.push_back(&found->second);
    return;
  }
  mlir::Operation *op = value.getDefiningOp();
  if (auto load = llvm::dyn_cast_or_null<tile::LoadOp>(op)) {
    accesses[op] = std::make_unique<MemoryAccess>(emission, Access(load));
    return;
  }
  if (!op || llvm::isa<mlir::tensor::SplatOp>(op))
    return;
  expensive |= isExpensive(op);
  for (mlir::Value operand : op->getOperands())
    addValue(operand);
}

void Fusion::addStore(tile::StoreOp store) {
  addValue(store.getValue());
  accesses[store] = std::make_unique<MemoryAccess>(emission, Access(store));
  storeOps.push_back(store);
}

unsigned Fusion::chooseUnit(ArrayRef<int64_t> shape) const {
  SmallVector<int64_t> votes(shape.size(), 0);
  for (auto &[op, access] : accesses) {
    auto lanes = access->analysis().lanes();
    int best = access->analysis().contiguousLane();
    // A strided store costs more than a strided load: it cannot be fused away.
    if (best >= 0 && lanes[best].run > 1)
      votes[best] += llvm::isa<tile::StoreOp>(op) ? 3 : 2;
  }
  for (Buffer *buffer : reads)
    if (shape[buffer->unit] > 1)
      ++votes[buffer->unit];
  unsigned unit = shape.size() - 1;
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim) {
    bool longer = votes[dim] == votes[unit] && shape[unit] == 1;
    if (votes[dim] > votes[unit] || (longer && shape[dim] > 1))
      unit = dim;
  }
  return unit;
}

Walk Fusion::choose(ArrayRef<int64_t> shape) const {
  Walk walk;
  walk.shape.assign(shape.begin(), shape.end());
  walk.unit = chooseUnit(shape);
  unsigned narrowest = 8, vectorBytes = emission.machine.vectorBytes;
  bool contiguous = false;
  for (auto &[op, access] : accesses) {
    unsigned bytes = elementBytes(access->analysis().viewType().getElement());
    narrowest = std::min(narrowest, bytes);
    contiguous |= access->analysis().lanes()[walk.unit].run > 1;
  }
  if (accesses.empty() || !contiguous || expensive)
    narrowest = std::max(4u, std::min(narrowest, widestBytes));
  unsigned width = vectorBytes / narrowest;
  // At most four registers for the widest value.
  width = std::min(width, 4 * vectorBytes / widestBytes);
  uint64_t extent = static_cast<uint64_t>(shape[walk.unit]);
  walk.width = std::min<uint64_t>(width, llvm::PowerOf2Ceil(extent));
  return walk;
}

void Fusion::prepare() {
  for (auto &[op, access] : accesses)
    access->prepare();
}

Reg Fusion::allInBounds() {
  Reg all = nullptr;
  for (auto &[op, access] : accesses)
    all = ir.both(all, access->allInBounds());
  return all;
}

Reg Fusion::mayStream(const Walk &walk) {
  unsigned vectorBytes = emission.machine.vectorBytes;
  if (!emission.streaming || storeOps.empty() ||
      walk.shape[walk.unit] % walk.width != 0)
    return nullptr;
  Reg all = emission.streaming;
  for (tile::StoreOp store : storeOps) {
    MemoryAccess &access = *accesses.find(store)->second;
    unsigned bytes = elementBytes(access.analysis().viewType().getElement());
    if (access.analysis().lanes()[walk.unit].elementStep != 1 ||
        walk.width * bytes < vectorBytes)
      return nullptr;
    all = ir.both(all, access.alignedTo(walk.unit, walk.width, vectorBytes));
  }
  return all;
}

/// Values are remembered while the chunk stays the same.
void Fusion::startChunk(const Chunk &chunk, bool masked) {
  SmallVector<Reg> key(chunk.lane.begin(), chunk.lane.end());
  key.push_back(ir.getInt1(masked));
  key.push_back(ir.index(chunk.valid));
  key.push_back(ir.GetInsertBlock());
  if (key != cachedChunk)
    cache.clear();
  cachedChunk = key;
}

Reg Fusion::value(mlir::Value value, const Chunk &chunk, bool masked) {
  startChunk(chunk, masked);
  return compute(value, chunk, masked);
}

Reg Fusion::compute(mlir::Value value, const Chunk &chunk, bool masked) {
  if (auto found = cache.find(value); found != cache.end())
    return found->second;
  if (Reg scalar = emission.scalar(value))
    return isTile(value) ? ir.splat(scalar, chunk.width) : scalar;
  Reg result = nullptr;
  if (auto found = emission.buffers.find(value);
      found != emission.buffers.end()) {
    result = loadBuffer(emission, found->second, chunk);
  } else if (auto access = accesses.find(value.getDefiningOp());
             access != accesses.end()) {
    result = access->second->load(chunk, masked);
  } else if (auto splat = value.getDefiningOp<mlir::tensor::SplatOp>()) {
    result = ir.splat(emission.scalar(splat.getInput()), chunk.width);
  } else {
    mlir::Operation *op = value.getDefiningOp();
    SmallVector<Reg> operands;
    for (mlir::Value operand : op->getOperands())
      operands.push_back(compute(operand, chunk, masked));
    result = emitElementwise(ir, op, operands, chunk.width);
  }
  cache[value] = result;
  return result;
}

void Fusion::prefetch(const Chunk &chunk, int64_t bytes) {
  for (auto &[op, access] : accesses)
    if (llvm::isa<tile::LoadOp>(op))
      access->prefetch(chunk, bytes);
}

void Fusion::stores(const Chunk &chunk, bool masked, bool streaming) {
  for (tile::StoreOp store : storeOps)
    accesses.find(store)->second->store(
        chunk, value(store.getValue(), chunk, masked), masked, streaming);
}

/// One row of a walk: whole chunks, several a trip, then what is left.
static void emitRow(Emission &emission, const Walk &walk, SmallVector<Reg> lane,
                    llvm::function_ref<void(const Chunk &)> body) {
  Builder &ir = emission.ir;
  int64_t width = walk.width, extent = walk.shape[walk.unit];
  int64_t chunks = extent / width;
  int64_t together = chunks % walk.together == 0 ? walk.together : 1;
  auto emit = [&](Reg position, unsigned valid) {
    lane[walk.unit] = position;
    body({{lane.begin(), lane.end()}, walk.unit, walk.width, valid});
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

static void emitDims(Emission &emission, const Walk &walk, unsigned dim,
                     SmallVector<Reg> lane,
                     llvm::function_ref<void(const Chunk &)> body) {
  if (dim == walk.shape.size())
    return emitRow(emission, walk, lane, body);
  if (dim == walk.unit)
    return emitDims(emission, walk, dim + 1, lane, body);
  Builder &ir = emission.ir;
  ir.loop(ir.index(0), ir.index(walk.shape[dim]), 1, [&](Reg position) {
    lane[dim] = position;
    emitDims(emission, walk, dim + 1, lane, body);
  });
}

void emitWalk(Emission &emission, const Walk &walk,
              llvm::function_ref<void(const Chunk &)> body) {
  SmallVector<Reg> lane(walk.shape.size(), emission.ir.index(0));
  emitDims(emission, walk, 0, lane, body);
}

void emitVersions(Emission &emission, Reg allInBounds,
                  llvm::function_ref<void(bool)> body) {
  if (!allInBounds)
    return body(false);
  emission.ir.either(allInBounds, [&] { body(false); }, [&] { body(true); });
}

void emitInto(Emission &emission, mlir::Value value, const Buffer &buffer) {
  Fusion fusion(emission);
  fusion.addValue(value);
  Walk walk = fusion.choose(tileType(value).getShape());
  fusion.prepare();
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      storeBuffer(emission, buffer, chunk, fusion.value(value, chunk, masked));
    });
  });
}

void emitStore(Emission &emission, tile::StoreOp store) {
  Fusion fusion(emission);
  if (!isTile(store.getValue())) {
    MemoryAccess access(emission, Access(store));
    access.prepare();
    access.store({}, emission.scalar(store.getValue()), true, false);
    return;
  }
  fusion.addStore(store);
  Walk walk = fusion.choose(tileType(store.getValue()).getShape());
  fusion.prepare();
  Reg inBounds = fusion.allInBounds();
  Reg streaming = fusion.mayStream(walk);
  auto nest = [&](bool masked, bool stream) {
    // Streams gain from many accesses in flight; few programs are at the edge.
    walk.together = stream ? 4 : masked ? 1 : 2;
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
    operands.push_back(emission.scalar(operand));
  if (llvm::is_contained(operands, nullptr))
    return nullptr;
  return emitElementwise(emission.ir, op, operands, 0);
}

} // namespace girih::compiler::host

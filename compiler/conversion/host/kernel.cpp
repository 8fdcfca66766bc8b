// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/kernel.h"

#include "girih/compiler/conversion/host/dot.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/live_lanes.h"
#include "girih/compiler/conversion/host/nest.h"
#include "girih/compiler/conversion/host/plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/IR/IntrinsicsX86.h"

using llvm::ArrayRef;
using llvm::SmallVector;
namespace scf = mlir::scf;

namespace girih::compiler::host {

namespace {

/// Bytes that a kernel has to move for its stores to bypass the caches.
constexpr int64_t streamingBytes = int64_t(8) << 20;

class KernelEmitter {
public:
  KernelEmitter(mlir::func::FuncOp kernel, Builder &ir, const Machine &machine)
      : kernel(kernel), ir(ir), emission(ir, machine),
        kept(valuesToKeep(kernel)) {}

  mlir::LogicalResult emit(llvm::Function *function);
  int64_t scratchBytes() const { return emission.scratchBytes(); }

private:
  void bindViews(Reg params);
  void bindGrid();
  void decideStreaming();
  void bindProgram(Reg number);
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitOp(mlir::Operation *op);
  mlir::LogicalResult emitFusable(mlir::Operation *op);
  mlir::LogicalResult emitFor(scf::ForOp loop);
  void emitYields(scf::ForOp loop);
  void emitDotOp(tile::DotOp dot);
  Buffer newBuffer(mlir::Value value);

  mlir::func::FuncOp kernel;
  Builder &ir;
  Emission emission;
  llvm::DenseSet<mlir::Value> kept;
  SmallVector<Reg> grid, coordinates;
};

mlir::LogicalResult KernelEmitter::emit(llvm::Function *function) {
  Reg params = function->getArg(0);
  emission.scratch = function->getArg(3);
  bindViews(params);
  bindGrid();
  decideStreaming();
  mlir::LogicalResult result = mlir::success();
  ir.loop(function->getArg(1), function->getArg(2), 1, [&](Reg number) {
    bindProgram(number);
    result = emitBlock(kernel.getBody().front());
  });
  if (emission.streaming)
    ir.CreateIntrinsic(llvm::Intrinsic::x86_sse_sfence, llvm::ArrayRef<Reg>());
  ir.CreateRetVoid();
  return result;
}

void KernelEmitter::bindViews(Reg params) {
  int64_t slot = 0;
  auto next = [&](llvm::Type *type) {
    return ir.CreateAlignedLoad(type, ir.advance(params, ir.index(slot++), 8),
                                llvm::Align(8));
  };
  for (mlir::Value argument : kernel.getArguments()) {
    auto type = llvm::cast<tile::ViewType>(argument.getType());
    View view;
    view.pointer = next(ir.getPtrTy());
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      view.sizes.push_back(next(ir.getInt64Ty()));
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      Reg stride = next(ir.getInt64Ty());
      view.strides.push_back(dim == type.getUnit() ? ir.index(1) : stride);
    }
    for (mlir::Operation *user : argument.getUsers())
      view.stored |= llvm::isa<tile::StoreOp>(user);
    emission.views[argument] = view;
  }
}

void KernelEmitter::bindGrid() {
  auto map =
      kernel->getAttrOfType<mlir::AffineMapAttr>(tile::TileDialect::gridAttr);
  SmallVector<Reg> sizes;
  for (mlir::Value argument : kernel.getArguments())
    llvm::append_range(sizes, emission.views[argument].sizes);
  auto minima =
      kernel->getAttrOfType<mlir::ArrayAttr>(tile::TileDialect::minimaAttr);
  if (minima)
    for (auto each : minima.getAsRange<mlir::AffineMapAttr>()) {
      Reg least = nullptr;
      for (mlir::AffineExpr expr : each.getValue().getResults()) {
        Reg value = ir.affine(expr, {}, sizes);
        least = least ? ir.min(least, value) : value;
      }
      sizes.push_back(least);
    }
  for (mlir::AffineExpr expr : map.getValue().getResults())
    grid.push_back(ir.affine(expr, {}, sizes));
}

/// Only pure streams bypass the caches: no loops, no dots, and more to write
/// than the caches could hand to the next kernel.
void KernelEmitter::decideStreaming() {
  bool pure = true;
  kernel.walk([&](mlir::Operation *op) {
    pure &= !llvm::isa<scf::ForOp, tile::DotOp>(op);
  });
  if (!pure)
    return;
  Reg bytes = ir.index(0);
  for (mlir::Value argument : kernel.getArguments()) {
    View &view = emission.views[argument];
    if (!view.stored)
      continue;
    Reg count = ir.index(elementBytes(
        llvm::cast<tile::ViewType>(argument.getType()).getElement()));
    for (Reg size : view.sizes)
      count = ir.mul(count, size);
    bytes = ir.add(bytes, count);
  }
  emission.streaming = ir.CreateICmpSGE(bytes, ir.index(streamingBytes));
}

void KernelEmitter::bindProgram(Reg number) {
  coordinates.assign(grid.size(), ir.index(0));
  auto order =
      kernel->getAttrOfType<tile::OrderAttr>(tile::TileDialect::orderAttr);
  if (order && order.getKind() == tile::OrderKind::grouped &&
      grid.size() == 2) {
    Reg rows = ir.index(order.getGroup());
    Reg perGroup = ir.mul(rows, grid[1]);
    Reg first = ir.mul(ir.CreateSDiv(number, perGroup), rows);
    Reg height = ir.min(ir.CreateSub(grid[0], first), rows);
    Reg within = ir.CreateSRem(number, perGroup);
    coordinates[0] = ir.add(first, ir.CreateSRem(within, height));
    coordinates[1] = ir.CreateSDiv(within, height);
    return;
  }
  for (size_t dim = grid.size(); dim-- > 1;) {
    coordinates[dim] = ir.CreateSRem(number, grid[dim]);
    number = ir.CreateSDiv(number, grid[dim]);
  }
  if (!grid.empty())
    coordinates[0] = number;
}

mlir::LogicalResult KernelEmitter::emitBlock(mlir::Block &block) {
  for (mlir::Operation &op : block)
    if (mlir::failed(emitOp(&op)))
      return mlir::failure();
  return mlir::success();
}

mlir::LogicalResult KernelEmitter::emitOp(mlir::Operation *op) {
  if (auto id = llvm::dyn_cast<tile::ProgramIdOp>(op)) {
    emission.scalars[id] = coordinates[id.getDim()];
    return mlir::success();
  }
  if (auto size = llvm::dyn_cast<tile::SizeOp>(op)) {
    emission.scalars[size] =
        emission.views[size.getView()].sizes[size.getDim()];
    return mlir::success();
  }
  if (auto store = llvm::dyn_cast<tile::StoreOp>(op)) {
    emitStore(emission, store);
    return mlir::success();
  }
  if (auto dot = llvm::dyn_cast<tile::DotOp>(op)) {
    emitDotOp(dot);
    return mlir::success();
  }
  if (auto loop = llvm::dyn_cast<scf::ForOp>(op))
    return emitFor(loop);
  if (auto splat = llvm::dyn_cast<mlir::tensor::SplatOp>(op)) {
    if (!isTile(splat))
      emission.scalars[splat] = emission.scalar(splat.getInput());
    return mlir::success();
  }
  if (llvm::isa<mlir::tensor::ExtractOp, mlir::tensor::FromElementsOp>(op) &&
      !isTile(op->getOperand(0)) && !isTile(op->getResult(0))) {
    emission.scalars[op->getResult(0)] = emission.scalar(op->getOperand(0));
    return mlir::success();
  }
  if (isFusable(op))
    return emitFusable(op);
  if (llvm::isa<mlir::func::ReturnOp, scf::YieldOp>(op))
    return mlir::success();
  return op->emitError("the host back end does not know this operation");
}

mlir::LogicalResult KernelEmitter::emitFusable(mlir::Operation *op) {
  mlir::Value value = op->getResult(0);
  if (!isTile(value)) {
    Reg scalar = emitScalar(emission, value);
    if (!scalar)
      return op->emitError("the host back end does not know this operation");
    emission.scalars[value] = scalar;
    return mlir::success();
  }
  // Tried on scalars that nothing uses, so that an unknown operation is
  // reported here rather than met inside a nest.
  if (isElementwise(op)) {
    SmallVector<Reg> operands;
    for (mlir::Value operand : op->getOperands())
      operands.push_back(llvm::PoisonValue::get(
          registerType(ir, mlir::getElementTypeOrSelf(operand.getType()))));
    if (!emitElementwise(ir, op, operands, 0))
      return op->emitError("the host back end does not know this operation");
  }
  if (kept.contains(value)) {
    Fusion fusion(emission);
    fusion.addValue(value);
    unsigned unit = fusion.chooseUnit(tileType(value).getShape());
    Buffer buffer = emission.allocateBuffer(tileType(value), unit, false);
    emitInto(emission, value, buffer);
    emission.buffers[value] = buffer;
  }
  return mlir::success();
}

/// A buffer that a dot can accumulate in, where the type allows.
Buffer KernelEmitter::newBuffer(mlir::Value value) {
  mlir::RankedTensorType type = tileType(value);
  unsigned unit = type.getRank() - 1;
  while (unit > 0 && type.getDimSize(unit) == 1)
    --unit;
  return emission.allocateBuffer(type, unit, false,
                                 accumulatorPitch(emission, type));
}

void KernelEmitter::emitDotOp(tile::DotOp dot) {
  mlir::Value acc = dot.getAcc();
  auto found = emission.buffers.find(acc);
  bool dies = acc.hasOneUse() && acc.getParentBlock() == dot->getBlock();
  Buffer buffer;
  if (found != emission.buffers.end() && dies && !kept.contains(acc)) {
    buffer = found->second;
  } else {
    buffer = newBuffer(dot);
    emitInto(emission, acc, buffer);
  }
  emitDot(emission, dot, buffer, liveLanes(emission, dot));
  emission.buffers[dot] = buffer;
}

mlir::LogicalResult KernelEmitter::emitFor(scf::ForOp loop) {
  SmallVector<Reg> initial;
  for (auto [argument, value] :
       llvm::zip(loop.getRegionIterArgs(), loop.getInitArgs())) {
    if (!isTile(value)) {
      initial.push_back(emission.scalar(value));
      continue;
    }
    Buffer buffer = newBuffer(argument);
    emitInto(emission, value, buffer);
    emission.buffers[argument] = buffer;
  }
  mlir::LogicalResult result = mlir::success();
  auto body = [&](Reg counter, ArrayRef<Reg> carried) {
    emission.scalars[loop.getInductionVar()] = counter;
    for (mlir::Value argument : loop.getRegionIterArgs())
      if (!isTile(argument)) {
        emission.scalars[argument] = carried.front();
        carried = carried.drop_front();
      }
    result = emitBlock(*loop.getBody());
    SmallVector<Reg> next;
    if (mlir::succeeded(result))
      emitYields(loop);
    for (mlir::Value value : loop.getBody()->getTerminator()->getOperands())
      if (!isTile(value))
        next.push_back(emission.scalar(value));
    return next;
  };
  auto step = Builder::asConstant(emission.scalar(loop.getStep()));
  if (!step || *step <= 0)
    return loop.emitError("the host back end needs a constant loop step");
  SmallVector<Reg> results =
      ir.loop(emission.scalar(loop.getLowerBound()),
              emission.scalar(loop.getUpperBound()), *step, initial, body);
  size_t next = 0;
  for (auto [argument, value] :
       llvm::zip(loop.getRegionIterArgs(), loop.getResults())) {
    if (isTile(value))
      emission.buffers[value] = emission.buffers[argument];
    else
      emission.scalars[value] = results[next++];
  }
  return result;
}

/// Moves the next values of the carried tiles into their buffers. A value may
/// be made of several old ones, so that all are computed before any is
/// replaced, unless each depends on its own place only.
void KernelEmitter::emitYields(scf::ForOp loop) {
  struct Move {
    mlir::Value from;
    Buffer to;
  };
  SmallVector<Move> moves;
  for (auto [argument, value] :
       llvm::zip(loop.getRegionIterArgs(),
                 loop.getBody()->getTerminator()->getOperands())) {
    if (!isTile(value))
      continue;
    Buffer target = emission.buffers[argument];
    auto found = emission.buffers.find(value);
    if (found != emission.buffers.end() &&
        found->second.pointer == target.pointer)
      continue;
    moves.push_back({value, target});
  }
  if (moves.empty())
    return;
  auto shape = tileType(moves[0].from).getShape();
  bool alike = llvm::all_of(moves, [&](const Move &move) {
    return tileType(move.from).getShape() == shape;
  });
  if (!alike) {
    SmallVector<Buffer> copies;
    for (const Move &move : moves) {
      copies.push_back(newBuffer(move.from));
      emitInto(emission, move.from, copies.back());
    }
    for (auto [move, copy] : llvm::zip(moves, copies)) {
      emission.buffers[move.from] = copy;
      emitInto(emission, move.from, move.to);
    }
    return;
  }
  Fusion fusion(emission);
  for (const Move &move : moves)
    fusion.addValue(move.from);
  Walk walk = fusion.choose(shape);
  fusion.prepare();
  emitVersions(emission, fusion.allInBounds(), [&](bool masked) {
    emitWalk(emission, walk, [&](const Chunk &chunk) {
      SmallVector<Reg> values;
      for (const Move &move : moves)
        values.push_back(fusion.value(move.from, chunk, masked));
      for (auto [move, value] : llvm::zip(moves, values))
        storeBuffer(emission, move.to, chunk, value);
    });
  });
}

} // namespace

mlir::FailureOr<int64_t> emitKernel(mlir::func::FuncOp kernel,
                                    llvm::Module &module, llvm::StringRef entry,
                                    const Machine &machine) {
  llvm::LLVMContext &context = module.getContext();
  Builder ir(context);
  llvm::Type *pointer = ir.getPtrTy(), *index = ir.getInt64Ty();
  auto *type = llvm::FunctionType::get(ir.getVoidTy(),
                                       {pointer, index, index, pointer}, false);
  auto *function = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                          entry, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  function->addParamAttr(3, llvm::Attribute::NoAlias);
  function->addParamAttr(
      3, llvm::Attribute::getWithAlignment(context, llvm::Align(64)));
  ir.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  KernelEmitter emitter(kernel, ir, machine);
  if (mlir::failed(emitter.emit(function)))
    return mlir::failure();
  return emitter.scratchBytes();
}

} // namespace girih::compiler::host

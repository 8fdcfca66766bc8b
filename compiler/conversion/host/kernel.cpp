// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/kernel.h"

#include "girih/compiler/conversion/host/dot.h"
#include "girih/compiler/conversion/host/elementwise.h"
#include "girih/compiler/conversion/host/indirect.h"
#include "girih/compiler/conversion/host/kernel_emitter.h"
#include "girih/compiler/conversion/host/live_lanes.h"
#include "girih/compiler/conversion/host/reduce.h"
#include "girih/compiler/conversion/host/short_nans.h"
#include "girih/compiler/conversion/host/sort.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/IR/IntrinsicsX86.h"

using llvm::ArrayRef;
using llvm::SmallVector;
namespace scf = mlir::scf;

namespace girih::compiler::host {

/// Bytes that a kernel has to move for its stores to bypass the caches.
static constexpr int64_t streamingBytes = int64_t(8) << 20;

mlir::LogicalResult KernelEmitter::emit(llvm::Function *function) {
  Reg params = function->getArg(0);
  emission.scratch = function->getArg(3);
  bindViews(params);
  bindGrid();
  decideStreaming();
  if (mlir::failed(checkElementwise()))
    return mlir::failure();
  mlir::LogicalResult result = mlir::success();
  emission.beginning = ir.seam();
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
    view.slot = ir.advance(params, ir.index(slot), 8);
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
    pure &= !llvm::isa<scf::ForOp, scf::WhileOp, tile::DotOp>(op);
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

SmallVector<Reg> KernelEmitter::coordinatesOf(Reg number) {
  SmallVector<Reg> result(grid.size(), ir.index(0));
  auto order =
      kernel->getAttrOfType<tile::OrderAttr>(tile::TileDialect::orderAttr);
  if (order && order.getKind() == tile::OrderKind::grouped &&
      grid.size() == 2) {
    Reg rows = ir.index(order.getGroup());
    Reg perGroup = ir.mul(rows, grid[1]);
    Reg first = ir.mul(ir.CreateSDiv(number, perGroup), rows);
    Reg height = ir.min(ir.CreateSub(grid[0], first), rows);
    Reg within = ir.CreateSRem(number, perGroup);
    result[0] = ir.add(first, ir.CreateSRem(within, height));
    result[1] = ir.CreateSDiv(within, height);
    return result;
  }
  for (size_t dim = grid.size(); dim-- > 1;) {
    result[dim] = ir.CreateSRem(number, grid[dim]);
    number = ir.CreateSDiv(number, grid[dim]);
  }
  if (!grid.empty())
    result[0] = number;
  return result;
}

/// Without loops a program reads its tiles once from the memory, and while it
/// computes the next one's can come.
void KernelEmitter::bindProgram(Reg number) {
  llvm::StringRef name = kernel.getName();
  name.consume_front("girih_");
  program = {name, number};
  coordinates = coordinatesOf(number);
  bool repeats = false;
  kernel.walk([&](mlir::Operation *op) {
    repeats |= llvm::isa<scf::ForOp, scf::WhileOp, scf::IfOp, tile::DotOp>(op);
  });
  if (repeats || grid.empty())
    return;
  next = std::make_unique<Ahead>(emission);
  next->setProgram(coordinatesOf(ir.add(number, ir.index(1))));
  emission.ahead = next.get();
}

/// Every elementwise operation is tried on scalars, in a block that is thrown
/// away, so that an unknown one is reported here rather than met inside a nest.
mlir::LogicalResult KernelEmitter::checkElementwise() {
  llvm::BasicBlock *here = ir.GetInsertBlock();
  llvm::BasicBlock *trial =
      llvm::BasicBlock::Create(ir.getContext(), "trial", here->getParent());
  ir.SetInsertPoint(trial);
  auto result = kernel.walk([&](mlir::Operation *op) {
    if (!isElementwise(op))
      return mlir::WalkResult::advance();
    SmallVector<Reg> operands;
    for (mlir::Value operand : op->getOperands())
      operands.push_back(llvm::PoisonValue::get(
          registerType(ir, mlir::getElementTypeOrSelf(operand.getType()))));
    if (emitElementwise(ir, op, operands, 0))
      return mlir::WalkResult::advance();
    op->emitError("the host back end does not know this operation");
    return mlir::WalkResult::interrupt();
  });
  trial->eraseFromParent();
  for (llvm::Function &each : llvm::make_early_inc_range(*here->getModule()))
    if (each.hasLocalLinkage() && each.use_empty())
      each.eraseFromParent();
  ir.SetInsertPoint(here);
  return mlir::failure(result.wasInterrupted());
}

mlir::LogicalResult KernelEmitter::emitBlock(mlir::Block &block) {
  for (mlir::Operation &op : block)
    if (mlir::failed(emitOp(&op)))
      return mlir::failure();
  return mlir::success();
}

mlir::LogicalResult KernelEmitter::emitOp(mlir::Operation *op) {
  if (emitScalarOp(op) || emitWhole(op))
    return mlir::success();
  if (isFusable(op))
    return emitFusable(op);
  // What comes may replace what pending values are made of.
  emitAllPending(emission);
  if (auto loop = llvm::dyn_cast<scf::ForOp>(op))
    return emitFor(loop);
  if (auto branch = llvm::dyn_cast<scf::IfOp>(op))
    return emitIf(branch);
  if (auto loop = llvm::dyn_cast<scf::WhileOp>(op))
    return emitWhile(loop);
  if (llvm::isa<mlir::func::ReturnOp, scf::YieldOp, scf::ConditionOp>(op))
    return mlir::success();
  return op->emitError("the host back end does not know this operation");
}

/// Operations that only name a scalar.
bool KernelEmitter::emitScalarOp(mlir::Operation *op) {
  if (auto id = llvm::dyn_cast<tile::ProgramIdOp>(op)) {
    emission.scalars[id] = coordinates[id.getDim()];
    return true;
  }
  if (auto size = llvm::dyn_cast<tile::SizeOp>(op)) {
    emission.scalars[size] =
        emission.views[size.getView()].sizes[size.getDim()];
    return true;
  }
  if (auto passed = llvm::dyn_cast<tile::ValueOp>(op)) {
    mlir::Type element = passed.getType();
    Reg memory = ir.CreateAlignedLoad(memoryType(ir, element),
                                      emission.views[passed.getView()].slot,
                                      llvm::Align(8));
    Reg value = decode(ir, element, memory);
    if (element.isF32() && isOnlyComputedWith(passed))
      value =
          ir.CreateSelect(ir.CreateFCmpUNO(value, value),
                          llvm::ConstantFP::getNaN(value->getType()), value);
    emission.scalars[passed] = value;
    return true;
  }
  if (auto splat = llvm::dyn_cast<mlir::tensor::SplatOp>(op)) {
    if (!isTile(splat))
      emission.scalars[splat] = emission.scalar(splat.getInput());
    return true;
  }
  auto extract = llvm::dyn_cast<mlir::tensor::ExtractOp>(op);
  bool names = extract || llvm::isa<mlir::tensor::FromElementsOp>(op);
  if (!names || isTile(op->getResult(0)))
    return false;
  mlir::Value source = op->getOperand(0);
  if (!isTile(source)) {
    emission.scalars[op->getResult(0)] = emission.scalar(source);
    return true;
  }
  // One lane of a tile.
  Fusion fusion(emission);
  fusion.addValue(source);
  fusion.prepare();
  Chunk one;
  for (mlir::Value index : extract.getIndices())
    one.lane.push_back(emission.scalar(index));
  emission.scalars[extract] = fusion.value(source, one, /*masked=*/true);
  return true;
}

/// Operations with a nest of their own.
bool KernelEmitter::emitWhole(mlir::Operation *op) {
  return llvm::TypeSwitch<mlir::Operation *, bool>(op)
      .Case([&](tile::StoreOp store) {
        emitStore(emission, store);
        return true;
      })
      .Case([&](tile::DotOp dot) {
        emitDotOp(dot);
        return true;
      })
      .Case([&](tile::ReduceOp reduce) {
        emitReduce(reduce);
        return true;
      })
      .Case([&](tile::ScanOp scan) {
        emitScan(emission, scan);
        return true;
      })
      .Case([&](tile::SortOp sort) {
        emitSort(emission, sort);
        return true;
      })
      .Case([&](tile::HistogramOp histogram) {
        emitHistogram(emission, histogram);
        return true;
      })
      .Case([&](tile::ScatterOp scatter) {
        emitScatter(emission, scatter);
        return true;
      })
      .Case([&](tile::AtomicOp atomic) {
        emitAtomic(emission, atomic);
        return true;
      })
      .Case([&](tile::ArriveOp arrival) {
        emitArrival(emission, arrival);
        return true;
      })
      .Case([&](tile::PrintOp print) {
        emitPrint(emission, print, program);
        return true;
      })
      .Case([&](tile::AssertOp assertion) {
        emitAssert(emission, assertion, program);
        return true;
      })
      .Default([](mlir::Operation *) { return false; });
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
  if (!plan.kept.contains(value))
    return mlir::success();
  emission.pending.insert(value);
  if (!plan.deferred.contains(value))
    emitPending(emission, value);
  return mlir::success();
}

/// Reductions that follow and do not need this one's results share its nest.
void KernelEmitter::emitReduce(tile::ReduceOp op) {
  if (done.contains(op))
    return;
  SmallVector<Reduction> group{reductionOf(op)};
  llvm::DenseSet<mlir::Value> known;
  for (mlir::Operation *next = op->getNextNode(); next;
       next = next->getNextNode()) {
    auto other = llvm::dyn_cast<tile::ReduceOp>(next);
    if (!other || done.contains(other))
      continue;
    Reduction candidate = reductionOf(other);
    bool fits = walkAlike(group.front(), candidate) &&
                llvm::all_of(candidate.inputs, [&](auto &input) {
                  return isReady(input.first, known);
                });
    if (fits) {
      group.push_back(candidate);
      done.insert(other);
    }
  }
  emitReductions(emission, group);
}

/// Whether a nest could evaluate `value` now, before its definition is reached.
bool KernelEmitter::isReady(mlir::Value value,
                            llvm::DenseSet<mlir::Value> &known) {
  if (known.contains(value) || llvm::isa<tile::ViewType>(value.getType()))
    return true;
  bool ready = emission.scalar(value) || emission.buffers.contains(value) ||
               emission.pending.contains(value);
  mlir::Operation *op = value.getDefiningOp();
  if (!ready && op && isTile(value) && isFusable(op) &&
      !plan.kept.contains(value))
    ready = llvm::all_of(op->getOperands(), [&](mlir::Value operand) {
      return isReady(operand, known);
    });
  if (ready)
    known.insert(value);
  return ready;
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
  if (found != emission.buffers.end() && dies && !plan.kept.contains(acc)) {
    buffer = found->second;
  } else {
    buffer = newBuffer(dot);
    emitInto(emission, acc, buffer);
  }
  emitDot(emission, dot, buffer, liveLanes(emission, dot));
  emission.buffers[dot] = buffer;
}

mlir::FailureOr<int64_t> emitKernel(mlir::func::FuncOp kernel,
                                    llvm::Module &module, llvm::StringRef entry,
                                    const Machine &machine) {
  llvm::LLVMContext &context = module.getContext();
  Builder ir(context);
  ir.machine = machine;
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
  inlinePtx(kernel);
  readInPlace(kernel);
  KernelEmitter emitter(kernel, ir, machine);
  if (mlir::failed(emitter.emit(function)))
    return mlir::failure();
  return emitter.scratchBytes();
}

} // namespace girih::compiler::host

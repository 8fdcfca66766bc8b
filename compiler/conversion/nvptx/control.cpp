// SPDX-License-Identifier: Apache-2.0
// The function itself, where a program stands, loops and branches.
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/transforms/dot_plan.h"
#include "girih/compiler/transforms/program_loop.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace girih::compiler {

Emitter::Emitter(func::FuncOp kernel, ModuleOp into,
                 const NvptxOptions &options)
    : kernel(kernel), into(into), options(options), b(kernel.getContext()),
      loc(kernel.getLoc()) {
  auto bits =
      kernel->getAttrOfType<IntegerAttr>(tile::TileDialect::indexBitsAttr);
  indexBits = static_cast<unsigned>(bits.getInt());
}

void Emitter::findParts() {
  kernel.walk([&](tile::ProducerOp op) {
    producerWarps = op.getWarps();
    op.walk([&](tile::CopyAsyncOp) { threadsCopy = true; });
  });
  kernel.walk([&](tile::ClusterSumOp op) { clusterBlocks = op.getBlocks(); });
  if (auto blocks =
          kernel->getAttrOfType<IntegerAttr>(tile::TileDialect::blocksAttr))
    clusterBlocks = spreadBlocks = blocks.getInt();
  kernel.walk([&](tile::GroupOp op) { programGroups = op.getGroups(); });
  kernel.walk([&](tile::ProgramsOp op) {
    doesSeveral = true;
    streamRounds = op.getRounds() != nullptr;
    besideBlocks = op.getCluster().value_or(1);
  });
}

bool Emitter::fitsShared() {
  findParts();
  planShared();
  return options.sharedLimit == 0 || sharedSize <= options.sharedLimit;
}

LogicalResult Emitter::run() {
  findIndirect();
  findParts();
  bool warpgroups = false, stores = false;
  kernel.walk(
      [&](tile::DotOp dot) { warpgroups |= warpgroupShare(dot).has_value(); });
  kernel.walk([&](tile::CopyAsyncOp copy) { stores |= copy.getBlocking(); });
  storesForDots = warpgroups && stores;
  planShared();
  if (failed(checkShared()))
    return failure();
  findTensorMaps();
  makeFunction();
  findMeetings();
  owesWait = options.pdl && options.capability >= 90;
  if (failed(emitBlock(kernel.getBody().front())))
    return failure();
  // Others of the cluster still arrive at this one's barriers.
  if (besideBlocks > 1)
    meetCluster(true);
  // One without accesses waits as well: the next kernel's wait is for this one,
  // and so for all before it.
  awaitPredecessor(nullptr);
  LLVM::ReturnOp::create(b, loc, ValueRange());
  return success();
}

void Emitter::makeFunction() {
  b.setInsertionPointToEnd(into.getBody());
  Type i64 = b.getI64Type();
  SmallVector<Type> types;
  for (Type type : kernel.getArgumentTypes()) {
    types.push_back(LLVM::LLVMPointerType::get(b.getContext(), 1));
    types.append(2 * cast<tile::ViewType>(type).getRank(), i64);
  }
  types.append(tensorMaps.size(), LLVM::LLVMPointerType::get(b.getContext()));
  size_t mapsEnd = types.size();
  if (streams())
    types.append(2, LLVM::LLVMPointerType::get(b.getContext(), 1));
  // The whole of shared memory is one block, sized at launch.
  auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
  std::string name = kernel.getName().str();
  auto shared = LLVM::GlobalOp::create(b, loc, bytes, /*isConstant=*/false,
                                       LLVM::Linkage::External,
                                       name + "_shared", Attribute(),
                                       /*alignment=*/1024, /*addrSpace=*/3);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), types);
  function =
      LLVM::LLVMFuncOp::create(b, loc, name, type, LLVM::Linkage::External,
                               false, LLVM::CConv::PTX_Kernel);
  auto threads = std::to_string(this->threads()) + ",1,1";
  SmallVector<Attribute> limits{b.getStrArrayAttr({"nvvm.reqntid", threads})};
  if (producerWarps)
    limits.push_back(b.getStrArrayAttr(
        {"nvvm.maxnreg", std::to_string(registersAtStart())}));
  if (int64_t blocks = clusterBlocks * besideBlocks; blocks > 1)
    limits.push_back(b.getStrArrayAttr(
        {"nvvm.cluster_dim", std::to_string(blocks) + ",1,1"}));
  function.setPassthroughAttr(b.getArrayAttr(limits));
  auto map = LLVM::LLVMArrayType::get(b.getI8Type(), tensorMapBytes);
  for (size_t i = mapsEnd - tensorMaps.size(); i < mapsEnd; ++i) {
    function.setArgAttr(i, "llvm.byval", TypeAttr::get(map));
    function.setArgAttr(i, "llvm.align", b.getI64IntegerAttr(64));
  }
  Block *entry = function.addEntryBlock(b);
  Block *body = b.createBlock(&function.getBody());
  b.setInsertionPointToEnd(entry);
  entryEnd = LLVM::BrOp::create(b, loc, ValueRange(), body);
  b.setInsertionPoint(entryEnd);
  makeParameters(entry);
  Value thread = intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
  lane = LLVM::AndOp::create(b, loc, thread, constant32(31));
  warp = LLVM::LShrOp::create(b, loc, thread, constant32(5));
  if (spreadBlocks > 1) {
    IntegerBuilder integers = words();
    warp = integers.add(warp,
                        integers.mul(clusterRank(), constant32(blockWarps())));
  }
  if (sharedSize > 0) {
    Value address = LLVM::AddressOfOp::create(b, loc, shared);
    sharedBase = blockBase = LLVM::PtrToIntOp::create(b, loc, i32(), address);
  } else {
    shared.erase();
  }
  b.setInsertionPointToEnd(body);
}

void Emitter::makeParameters(Block *entry) {
  unsigned next = 0;
  auto integer = [&]() -> Value {
    Value value = entry->getArgument(next++);
    if (indexBits == 64)
      return value;
    return LLVM::TruncOp::create(b, loc, i32(), value);
  };
  for (BlockArgument view : kernel.getArguments()) {
    Operand &operand = operands[view];
    operand.pointer = entry->getArgument(next++);
    int64_t rank = cast<tile::ViewType>(view.getType()).getRank();
    for (int64_t dim = 0; dim < rank; ++dim)
      operand.sizes.push_back(integer());
    for (int64_t dim = 0; dim < rank; ++dim)
      operand.strides.push_back(integer());
  }
  for (size_t i = 0; i < tensorMaps.size(); ++i)
    tensorMapPointers.push_back(entry->getArgument(next++));
  if (streams()) {
    streamSums = entry->getArgument(next++);
    streamFlags = entry->getArgument(next++);
  }
}

Value Emitter::given(tile::SizeOp op) {
  return operands[op.getView()].sizes[op.getDim()];
}

/// The low bits of the parameter that is a pointer otherwise.
Value Emitter::given(tile::ValueOp op) {
  return inEntry([&]() -> Value {
    Type type = llvmType(op.getType());
    unsigned width = type.getIntOrFloatBitWidth();
    Value word = LLVM::PtrToIntOp::create(b, loc, b.getI64Type(),
                                          operands[op.getView()].pointer);
    if (width < 64)
      word = LLVM::TruncOp::create(b, loc, b.getIntegerType(width), word);
    return bitcast(word, type);
  });
}

/// Whether the operation reads for the next round of its loop only.
static bool readsAhead(Operation &op) {
  return isa<tile::LoadOp>(op) && isa<scf::ForOp>(op.getParentOp()) &&
         !op.use_empty() &&
         llvm::all_of(op.getUsers(), llvm::IsaPred<scf::YieldOp>);
}

/// A condition that never holds within the loop, which the assembler does not
/// know.
Value Emitter::neverWithin(scf::ForOp loop) {
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt,
                              scalars.lookup(loop.getInductionVar()),
                              scalar(loop.getLowerBound()));
}

/// Keeps loads for the next round at the top of this one. The assembler would
/// put them behind all that is computed, to reuse the registers of this round's
/// tiles; it does not move them past a way out of the kernel.
void Emitter::holdLoads(scf::ForOp loop) {
  doWhere(neverWithin(loop), [&] { intrinsic({}, "llvm.nvvm.exit", {}); });
}

/// Keeps what follows behind what threads compute before it: the assembler
/// would rather wait for dots first, to reuse the registers that they read.
void Emitter::holdBehind(scf::ForOp loop, StringRef never) {
  doWhere(neverWithin(loop), [&] { assembly({}, never, "", {}, true); });
}

LogicalResult Emitter::emitBlock(Block &block) {
  Operation *last = nullptr;
  for (Operation &op : block)
    last = readsAhead(op) ? &op : last;
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      break;
    if (!isa<tile::ProducerOp>(op))
      awaitPredecessor(&op);
    if (&op == firstMeeting)
      awaitCluster();
    if (failed(emitOp(&op)))
      return failure();
    if (&op == last)
      holdLoads(cast<scf::ForOp>(op.getParentOp()));
  }
  return success();
}

LogicalResult Emitter::emitOp(Operation *op) {
  loc = op->getLoc();
  separate(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](scf::ForOp loop) { return emitFor(loop); })
      .Case([&](scf::IfOp branch) { return emitIf(branch); })
      .Case([&](scf::WhileOp loop) { return emitWhile(loop); })
      .Case<tile::GatherOp, tile::ScatterOp, tile::AtomicOp, tile::TakeOp,
            tile::HistogramOp, tile::ScanOp, tile::SortOp, tile::PrintOp,
            tile::AssertOp, tile::ArriveOp, tile::InlinePtxOp>(
          [&](auto each) { return emitTile(each); })
      .Case<tile::ProgramIdOp, tile::SizeOp, tile::ValueOp, tile::ClusterRankOp,
            tile::GroupOp, tile::HoldsOp, tile::BarrierTestOp>([&](auto each) {
        scalars[each] = given(each);
        return success();
      })
      .Case<tile::LoadOp, tile::LoadWindowOp, tile::StoreOp, tile::CopyAsyncOp,
            tile::CopyBulkOp, tile::SharedLoadOp, tile::StoreBulkOp,
            tile::StoreWaitOp, tile::KeepOp, tile::KeptOp>([&](auto access) {
        emitAccess(access);
        return success();
      })
      .Case<tile::AsyncCommitOp, tile::AsyncWaitOp>([&](auto each) {
        emitGroup(each);
        return success();
      })
      .Case<tile::ProgramsOp, tile::StreamPartOp, tile::StreamSumOp>(
          [&](auto each) {
            emitPrograms(each);
            return success();
          })
      .Case<tile::AllocSharedOp, tile::AllocBarriersOp>(
          [&](Operation *) { return success(); })
      .Case([&](tile::HoldOp hold) { return emitHold(hold); })
      .Case([&](tile::ClusterSumOp sum) { return emitClusterSum(sum); })
      .Case([&](tile::ProducerOp producer) { return emitProducer(producer); })
      .Case<tile::BarrierWaitOp, tile::BarrierArriveOp, tile::BarrierExpectOp>(
          [&](auto each) {
            emitBarrier(each);
            return success();
          })
      .Case<tile::ConvertLayoutOp, tile::RemapOp, tile::CoordinateOp,
            tile::ReduceOp>([&](Operation *each) { return emitLanes(each); })
      .Case([&](tile::DotOp dot) { return emitDot(dot); })
      .Case([&](tile::DotWaitOp wait) { return emitDotWait(wait); })
      .Case([&](tensor::SplatOp splat) {
        int64_t count = layoutOf(splat.getResult()).size(Axis::reg);
        tiles[splat].assign(count, scalar(splat.getInput()));
        return success();
      })
      .Case([&](tensor::ExtractOp extract) -> LogicalResult {
        if (extract.getTensor().getType().getRank() != 0)
          return op->emitError("an element of a tile cannot be taken here");
        scalars[extract] = registers(extract.getTensor()).front();
        return success();
      })
      .Case([&](arith::ConstantOp) { return emitConstant(op); })
      .Default([&](Operation *) { return emitElementwise(op); });
}

void Emitter::emitGroup(tile::AsyncCommitOp) {
  assembly({}, "cp.async.commit_group;", "", {}, true);
}

void Emitter::emitGroup(tile::AsyncWaitOp wait) {
  awaitCopies(wait.getPending());
}

void Emitter::flatten(ValueRange values, SmallVectorImpl<Value> &to) {
  for (Value value : values) {
    if (isa<RankedTensorType>(value.getType()))
      llvm::append_range(to, registers(value));
    else
      to.push_back(scalar(value));
  }
}

void Emitter::bind(Value value, ArrayRef<Value> parts) {
  if (isa<RankedTensorType>(value.getType()))
    tiles[value].assign(parts.begin(), parts.end());
  else
    scalars[value] = parts.front();
}

/// Whether the elements of a tile go from block to block by the word, so that
/// narrow ones share registers there.
static bool goesInWords(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return false;
  int64_t bits = type.getElementTypeBitWidth();
  return (bits == 8 || bits == 16) &&
         Emitter::layoutOf(type).size(Axis::reg) * bits % 32 == 0;
}

/// As flatten, for other blocks, with the number of parts of each value.
SmallVector<unsigned> Emitter::flattenEach(ValueRange values,
                                           SmallVectorImpl<Value> &to) {
  SmallVector<unsigned> counts;
  for (Value value : values) {
    size_t before = to.size();
    if (goesInWords(value))
      llvm::append_range(to, pack(registers(value)));
    else
      flatten(value, to);
    counts.push_back(to.size() - before);
  }
  return counts;
}

/// Takes what flattenEach gave.
void Emitter::bindParts(Value value, ArrayRef<Value> parts) {
  if (!goesInWords(value))
    return bind(value, parts);
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  bind(value, unpack(parts, llvmType(element)));
}

/// Gives `values` the block's arguments, from number `from` on.
template <typename Bind>
static void bindArguments(ValueRange values, Block *block, unsigned from,
                          ArrayRef<unsigned> counts, Bind bind) {
  for (auto [value, count] : llvm::zip_equal(values, counts)) {
    SmallVector<Value> parts;
    for (unsigned i = 0; i < count; ++i)
      parts.push_back(block->getArgument(from++));
    bind(value, parts);
  }
}

LogicalResult Emitter::emitFor(scf::ForOp loop) {
  // Tested at the end of each round, and once before the first.
  SmallVector<Value> initial{scalar(loop.getLowerBound())};
  SmallVector<unsigned> counts = flattenEach(loop.getInitArgs(), initial);
  Value limit = scalar(loop.getUpperBound()), step = scalar(loop.getStep());
  SmallVector<Type> types;
  for (Value value : initial)
    types.push_back(value.getType());
  SmallVector<Location> locs(types.size(), loc);
  auto rest = ArrayRef(initial).drop_front();
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *body = b.createBlock(&function.getBody(), {}, types, locs);
  Block *exit =
      b.createBlock(&function.getBody(), {}, ArrayRef(types).drop_front(),
                    ArrayRef(locs).drop_front());
  b.restoreInsertionPoint(before);
  auto jump = [&](ValueRange next, Value counter) {
    Value more =
        LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt, counter, limit);
    SmallVector<Value> again{counter};
    llvm::append_range(again, next);
    LLVM::CondBrOp::create(b, loc, more, body, again, exit, next);
  };
  jump(rest, initial.front());
  auto bindValue = [&](Value value, ArrayRef<Value> parts) {
    bindParts(value, parts);
  };
  scalars[loop.getInductionVar()] = body->getArgument(0);
  b.setInsertionPointToEnd(body);
  if (isProgramLoop(loop))
    scalars[loop.getInductionVar()] = program =
        inTurn(body->getArgument(0), initial.front(), step, limit);
  bindArguments(loop.getRegionIterArgs(), body, 1, counts, bindValue);
  auto earlier = unseparated;
  mayFollow(loop.getRegion());
  if (failed(emitBlock(*loop.getBody())))
    return failure();
  llvm::append_range(unseparated, earlier);
  loc = loop.getLoc();
  SmallVector<Value> yielded;
  flattenEach(loop.getYieldedValues(), yielded);
  Value next = LLVM::AddOp::create(b, loc, body->getArgument(0), step);
  jump(yielded, next);
  b.setInsertionPointToEnd(exit);
  bindArguments(loop.getResults(), exit, 0, counts, bindValue);
  return success();
}

LogicalResult Emitter::emitIf(scf::IfOp branch) {
  Value condition = scalar(branch.getCondition());
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Region *region = &function.getBody();
  Block *yes = b.createBlock(region);
  Block *no = branch.elseBlock() ? b.createBlock(region) : nullptr;
  Block *join = b.createBlock(region);
  b.restoreInsertionPoint(before);
  LLVM::CondBrOp::create(b, loc, condition, yes, ValueRange(), no ? no : join,
                         ValueRange());
  SmallVector<unsigned> counts;
  auto earlier = unseparated, later = earlier;
  for (auto [from, to] : {std::pair(branch.thenBlock(), yes),
                          std::pair(branch.elseBlock(), no)}) {
    if (!from)
      continue;
    b.setInsertionPointToEnd(to);
    unseparated = earlier;
    if (failed(emitBlock(*from)))
      return failure();
    llvm::append_range(later, unseparated);
    loc = branch.getLoc();
    SmallVector<Value> yielded;
    counts = flattenEach(from->getTerminator()->getOperands(), yielded);
    if (join->getNumArguments() == 0)
      for (Value value : yielded)
        join->addArgument(value.getType(), loc);
    LLVM::BrOp::create(b, loc, yielded, join);
  }
  unseparated = std::move(later);
  b.setInsertionPointToEnd(join);
  bindArguments(
      branch.getResults(), join, 0, counts,
      [&](Value value, ArrayRef<Value> parts) { bindParts(value, parts); });
  return success();
}

LogicalResult Emitter::emitWhile(scf::WhileOp loop) {
  SmallVector<Value> initial, carried;
  SmallVector<unsigned> counts = flattenEach(loop.getInits(), initial);
  auto blockFor = [&](ArrayRef<Value> values) {
    OpBuilder::InsertionGuard guard(b);
    SmallVector<Location> locs(values.size(), loc);
    return b.createBlock(&function.getBody(), {},
                         llvm::to_vector(ValueRange(values).getTypes()), locs);
  };
  auto bindValue = [&](Value value, ArrayRef<Value> parts) {
    bindParts(value, parts);
  };
  mayFollow(loop.getBefore());
  mayFollow(loop.getAfter());
  Block *head = blockFor(initial);
  LLVM::BrOp::create(b, loc, initial, head);
  b.setInsertionPointToEnd(head);
  bindArguments(loop.getBeforeArguments(), head, 0, counts, bindValue);
  if (failed(emitBlock(*loop.getBeforeBody())))
    return failure();
  auto atExit = unseparated;
  scf::ConditionOp condition = loop.getConditionOp();
  loc = loop.getLoc();
  counts = flattenEach(condition.getArgs(), carried);
  Block *body = blockFor(carried), *exit = blockFor(carried);
  LLVM::CondBrOp::create(b, loc, scalar(condition.getCondition()), body,
                         carried, exit, carried);
  b.setInsertionPointToEnd(body);
  bindArguments(loop.getAfterArguments(), body, 0, counts, bindValue);
  if (failed(emitBlock(*loop.getAfterBody())))
    return failure();
  loc = loop.getLoc();
  SmallVector<Value> yielded;
  flattenEach(loop.getYieldOp().getOperands(), yielded);
  LLVM::BrOp::create(b, loc, yielded, head);
  unseparated = std::move(atExit);
  b.setInsertionPointToEnd(exit);
  bindArguments(loop.getResults(), exit, 0, counts, bindValue);
  return success();
}

} // namespace girih::compiler

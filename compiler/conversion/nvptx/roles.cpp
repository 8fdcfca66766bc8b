// SPDX-License-Identifier: Apache-2.0
// Warps that only copy, and the barriers between them and the others: mbarrier
// and setmaxnreg of the PTX ISA.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;

namespace girih::compiler {

namespace {

// Of a multiprocessor of sm_90.
constexpr int64_t registerFile = 65536;
constexpr int64_t sharedFile = 233472, reservedShared = 1024;
// Of tiles that the copy engine brings or takes.
constexpr int64_t sharedAlignment = 1024;
// What one thread can have; setmaxnreg takes multiples of 8.
constexpr int64_t mostRegisters = 255, registerStep = 8;
// What a thread with sums of matrix instructions needs at least.
constexpr int64_t wantedRegisters = 128;
// What a thread that copies needs, and one that asks the copy engine to.
constexpr int64_t copyingRegisters = 56, askingRegisters = 32;

int64_t down(int64_t registers) {
  return std::min<int64_t>(registers / registerStep * registerStep,
                           mostRegisters / registerStep * registerStep);
}

} // namespace

/// Programs that are to be on a multiprocessor at a time: as many as fit shared
/// memory, as long as each has registers enough for the matrix instructions.
int64_t Emitter::programsBeside() const {
  int64_t most = registerFile / threads();
  return std::clamp<int64_t>(sharedFile / (sharedSize + reservedShared), 1,
                             std::max<int64_t>(most / wantedRegisters, 1));
}

int64_t Emitter::registersAtStart() const {
  return down(registerFile / threads() / programsBeside());
}

int64_t Emitter::roomBeside() {
  findParts();
  planShared();
  int64_t used = llvm::alignTo(sharedSize, sharedAlignment);
  return (sharedFile / programsBeside() - reservedShared - used) /
         programGroups;
}

int64_t Emitter::registersOf(bool copying) const {
  int64_t start = registersAtStart(), warps = blockWarps();
  int64_t few = threadsCopy ? copyingRegisters : askingRegisters;
  if (start <= few || warps % 4 || producerWarps % 4)
    return 0;
  if (copying)
    return few;
  return down(start + (start - few) * producerWarps / warps);
}

/// What follows is done by the warps of one role, whose own number of theirs is
/// `number`. What does not change in loops goes to `entry`.
void Emitter::enterRole(Block *entry, Value number, bool copying) {
  b.setInsertionPointToEnd(entry);
  Block *body = b.createBlock(&function.getBody());
  b.setInsertionPointToEnd(entry);
  warp = number;
  if (!copying && programGroups > 1)
    findGroup();
  entryEnd = LLVM::BrOp::create(b, loc, ValueRange(), body);
  b.setInsertionPointToEnd(body);
  programIds.clear();
}

/// Of warps that do programs at the same time as others of the block.
void Emitter::findGroup() {
  IntegerBuilder integers = words();
  Value all = warp, each = constant32(options.warps);
  group = integers.floorDiv(all, each, true);
  warp = integers.floorMod(all, each, true);
  sharedBase =
      integers.add(blockBase, integers.mul(group, constant32(ownShared)));
}

Value Emitter::given(tile::GroupOp) {
  return indexBits == 32 ? group
                         : LLVM::ZExtOp::create(b, loc, b.getI64Type(), group);
}

LogicalResult Emitter::emitProducer(tile::ProducerOp producer) {
  initialiseBarriers();
  OpBuilder::InsertPoint split = b.saveInsertionPoint();
  Block *copying = b.createBlock(&function.getBody());
  Block *others = b.createBlock(&function.getBody());
  b.restoreInsertionPoint(split);
  Value all = warp, own = constant32(blockWarps());
  Value copies =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::uge, all, own);
  LLVM::CondBrOp::create(b, loc, copies, copying, ValueRange(), others,
                         ValueRange());
  bool owed = owesWait;
  b.setInsertionPointToEnd(copying);
  if (int64_t registers = registersOf(true))
    limitRegisters("dec", registers);
  enterRole(copying, LLVM::SubOp::create(b, loc, all, own), true);
  leaveToOne();
  if (failed(emitBlock(producer.getBody().front())))
    return failure();
  awaitPredecessor(nullptr);
  LLVM::ReturnOp::create(b, loc, ValueRange());
  alone = false;
  owesWait = owed;
  b.setInsertionPointToEnd(others);
  if (int64_t registers = registersOf(false))
    limitRegisters("inc", registers);
  enterRole(others, all, false);
  return success();
}

/// Where the copy engine does everything one thread asks for it.
void Emitter::leaveToOne() {
  if (threadsCopy)
    return;
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *one = b.createBlock(&function.getBody());
  Block *others = b.createBlock(&function.getBody());
  LLVM::ReturnOp::create(b, loc, ValueRange());
  b.restoreInsertionPoint(before);
  LLVM::CondBrOp::create(b, loc, electedOf(0), one, ValueRange(), others,
                         ValueRange());
  b.setInsertionPointToEnd(one);
  alone = true;
}

void Emitter::limitRegisters(StringRef direction, int64_t registers) {
  std::string text = llvm::formatv("setmaxnreg.{0}.sync.aligned.u32 {1};",
                                   direction, registers);
  assembly({}, text, "", {}, true);
}

/// i1: the first thread of a role.
Value Emitter::firstThread() {
  Value thread = LLVM::OrOp::create(b, loc, warp, lane);
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, thread,
                              constant32(0));
}

/// i1: one thread of a role's warp `number`. The assembler knows that it is one
/// (elect.sync of the PTX ISA): around what takes registers that all threads
/// share, such as a copy by the engine, it makes a loop over threads otherwise.
Value Emitter::electedOf(int64_t number) {
  Value elected = assembly(
      i32(), "{ .reg .pred p; elect.sync _|p, -1; selp.b32 $0, 1, 0, p; }",
      "=r", {}, true);
  Value one = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, elected,
                                   constant32(0));
  Value ours = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq,
                                    sameForWarp(warp), constant32(number));
  return words().both(ours, one);
}

/// `make` by one thread of a role, of its warp `number` where all are there.
void Emitter::byOneThread(int64_t number, function_ref<void()> make) {
  doWhere(alone ? Value() : electedOf(number), make);
}

/// A word that is the same for all threads of the warp, which the assembler
/// cannot always tell.
Value Emitter::sameForWarp(Value word) {
  return shuffle("idx", word, constant32(0));
}

/// One thread makes them, before any other uses one.
void Emitter::initialiseBarriers() {
  Value first = firstThread();
  kernel.walk([&](tile::AllocBarriersOp barriers) {
    tile::BarriersType type = barriers.getType();
    for (int64_t i = 0; i < type.getCount(); ++i) {
      std::string text =
          llvm::formatv("@$0 mbarrier.init.shared::cta.b64 [$1+{0}], {1};",
                        sharedOffset[barriers] + i * 8, type.getArrivals());
      assembly({}, text, "b,r", {first, blockBase}, true);
    }
  });
  assembly({}, "fence.mbarrier_init.release.cluster;", "", {}, true);
  if (besideBlocks > 1)
    meetCluster(true);
  else
    intrinsic({}, "llvm.nvvm.barrier.cta.sync.aligned.all", {constant32(0)});
}

Value Emitter::barrierAddress(Value barriers, Value index) {
  Value number = narrowed(scalar(index));
  IntegerBuilder integers = words();
  Value place = integers.add(
      blockBase, constant32(sharedOffset[barriers.getDefiningOp()]));
  return integers.add(place, integers.mul(number, constant32(8)));
}

/// i1: the phase has not ended, by mbarrier.try_wait or test_wait.
Value Emitter::goesOn(StringRef ask, Value barrier, Value phase) {
  std::string text = llvm::formatv(
      "{ .reg .pred p; mbarrier.{0}_wait.parity.shared::cta.b64 p, [$1], $2; "
      "selp.b32 $0, 0, 1, p; }",
      ask);
  Value waits = assembly(i32(), text, "=r,r,r", {barrier, phase}, true);
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, waits,
                              constant32(0));
}

void Emitter::emitBarrier(tile::BarrierWaitOp wait) {
  Value address = barrierAddress(wait.getBarriers(), wait.getIndex());
  Value phase = narrowed(scalar(wait.getPhase()));
  Value open;
  if (Value ended = wait.getEnded())
    open = LLVM::XOrOp::create(b, loc, scalar(ended), words().truth(true));
  doWhere(open, [&] {
    repeatWhile(
        {}, [&](Values) { return goesOn("try", address, phase); },
        [](Values) { return Registers(); });
  });
}

Value Emitter::given(tile::BarrierTestOp test) {
  Value address = barrierAddress(test.getBarriers(), test.getIndex());
  Value phase = narrowed(scalar(test.getPhase()));
  return LLVM::XOrOp::create(b, loc, goesOn("test", address, phase),
                             words().truth(true));
}

void Emitter::emitBarrier(tile::BarrierArriveOp arrive) {
  Value address = barrierAddress(arrive.getBarriers(), arrive.getIndex());
  if (arrive.getCopied()) {
    assembly({}, "cp.async.mbarrier.arrive.noinc.shared::cta.b64 [$0];", "r",
             address, true);
    return;
  }
  // One lane speaks for all: each has to have read what it reads by itself.
  if (readsBesideDots)
    assembly({}, "bar.warp.sync -1;", "", {}, true);
  int64_t blocks = arrive.getCluster().value_or(1);
  Value says = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ult, lane,
                                    constant32(blocks));
  if (Value condition = arrive.getCondition())
    says = words().both(says, scalar(condition));
  if (blocks == 1) {
    assembly({}, "@$1 mbarrier.arrive.shared::cta.b64 _, [$0];", "r,b",
             {address, says}, true);
    return;
  }
  // A lane for each block.
  assembly({},
           "{ .reg .b32 theirs; @$0 mapa.shared::cluster.u32 theirs, $1, $2; "
           "@$0 mbarrier.arrive.shared::cluster.b64 _, "
           "[theirs]; }",
           "b,r,r", {says, address, lane}, true);
}

void Emitter::emitBarrier(tile::BarrierExpectOp expect) {
  Value address = barrierAddress(expect.getBarriers(), expect.getIndex());
  std::string text =
      llvm::formatv("mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], {0};",
                    expect.getBytes());
  byOneThread(0, [&] { assembly({}, text, "r", address, true); });
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Blocks that have as many rounds as each other (stream-K): which rounds those
// are, and how the sums of one program come together.
//
// Where programs are no whole number of turns of the blocks, those that are
// left over are streamed: all their rounds, one program after the other, are
// cut into parts of as many rounds, for as many blocks as there are, but for so
// few that adding up takes longer. The other programs are done as a whole,
// ahead of that, while all blocks read the same rows and columns, and all of
// them where parts would save too little. Part i is of block `blocks - 1 - i`,
// as a block with the first rounds of a program waits for parts behind its own:
// blocks of lower numbers began before it, and wait for nobody before they have
// done those.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace girih::compiler {

/// Words that a thread moves at once.
static constexpr int64_t wordsAtOnce = 4;
/// Blocks that share a program at most: one adds up what all others have.
static constexpr int64_t mostSharing = 8;

void Emitter::emitStream(tile::ProgramsOp op) {
  IntegerBuilder integers = indices();
  Value one = integers.constant(1), zero = integers.constant(0);
  Value programs = one;
  for (Value size : sharedGrid())
    programs = integers.mul(programs, size);
  auto divide = [&](Value x, Value y) { return integers.floorDiv(x, y, true); };
  auto remainder = [&](Value x, Value y) {
    return integers.floorMod(x, y, true);
  };
  stream = StreamPlan();
  stream.rounds = scalar(op.getRounds());
  stream.block = indexOf("llvm.nvvm.read.ptx.sreg.ctaid.x");
  stream.blocks = indexOf("llvm.nvvm.read.ptx.sreg.nctaid.x");
  Value rest = remainder(programs, stream.blocks);
  Value sharing = integers.mul(rest, integers.constant(mostSharing));
  Value parts = integers.max(integers.min(stream.blocks, sharing), one);
  Value all = integers.mul(rest, stream.rounds);
  Value saved = integers.sub(stream.rounds, divide(all, parts));
  Value pays = integers.greaterEqual(saved, scalar(op.getLeast()));
  stream.whole = integers.select(pays, integers.sub(programs, rest), programs);
  all = integers.select(pays, all, zero);
  stream.count = parts;
  stream.each = divide(all, parts);
  stream.longer = remainder(all, parts);
  stream.part = integers.sub(integers.sub(stream.blocks, one), stream.block);
  stream.begin = beginOfPart(stream.part);
  stream.end = beginOfPart(integers.add(stream.part, one));
  stream.firstProgram = divide(stream.begin, stream.rounds);
  Value last =
      divide(integers.max(integers.sub(stream.end, one), zero), stream.rounds);
  Value places = integers.add(integers.sub(last, stream.firstProgram), one);
  Value isNone = integers.greaterEqual(stream.begin, stream.end);
  stream.places = integers.select(isNone, zero, places);
  Value up = integers.sub(integers.add(stream.whole, stream.blocks), one);
  stream.turns = divide(integers.sub(up, stream.block), stream.blocks);
  scalars[op.getFirst()] = zero;
  scalars[op.getStep()] = one;
  scalars[op.getEnd()] = integers.add(stream.turns, stream.places);
}

/// The round, among those of all streamed programs, with which the part begins.
Value Emitter::beginOfPart(Value part) {
  IntegerBuilder integers = indices();
  Value number = integers.min(part, stream.count);
  return integers.add(integers.mul(number, stream.each),
                      integers.min(number, stream.longer));
}

/// The program at a place in the block's list.
Value Emitter::streamedProgram(Value place) {
  IntegerBuilder integers = indices();
  Value turn = integers.sub(place, stream.turns);
  Value whole = integers.add(stream.block, integers.mul(place, stream.blocks));
  Value part =
      integers.add(integers.add(stream.whole, stream.firstProgram), turn);
  return integers.select(integers.greaterEqual(turn, integers.constant(0)),
                         part, whole);
}

/// The first round of the program among those of streamed ones.
Value Emitter::beginOfProgram(Value number) {
  IntegerBuilder integers = indices();
  return integers.mul(integers.sub(number, stream.whole), stream.rounds);
}

void Emitter::emitPrograms(tile::StreamPartOp op) {
  IntegerBuilder integers = indices();
  Value zero = integers.constant(0);
  scalars[op.getFirst()] = zero;
  scalars[op.getEnd()] = scalar(op.getRounds());
  if (!op.getProgram() || !streams())
    return;
  Value number = scalar(op.getProgram()), start = beginOfProgram(number);
  Value isShared = integers.greaterEqual(number, stream.whole);
  Value first = integers.max(integers.sub(stream.begin, start), zero);
  Value end = integers.min(integers.sub(stream.end, start), stream.rounds);
  scalars[op.getFirst()] = integers.select(isShared, first, zero);
  scalars[op.getEnd()] = integers.select(isShared, end, stream.rounds);
}

int64_t Emitter::streamBytes() const {
  int64_t words = 0;
  func::FuncOp function = kernel;
  if (streams())
    function.walk([&](tile::StreamSumOp sum) {
      words = layoutOf(sum.getSource()).size(Axis::reg);
    });
  return llvm::alignTo(words, wordsAtOnce) * 4 * options.warps * 32;
}

/// Address of the thread's first words of what the block left.
Value Emitter::leftSums(Value block) {
  Value wide = block;
  if (indexBits == 32)
    wide = LLVM::ZExtOp::create(b, loc, b.getI64Type(), block);
  Value bytes = LLVM::ConstantOp::create(b, loc, b.getI64Type(),
                                         b.getI64IntegerAttr(streamBytes()));
  Value skipped = LLVM::MulOp::create(b, loc, wide, bytes);
  Value start = LLVM::GEPOp::create(b, loc, streamSums.getType(), b.getI8Type(),
                                    streamSums, ValueRange(skipped));
  IntegerBuilder integers = words();
  Value thread = integers.add(integers.mul(warp, constant32(32)), lane);
  Value own = integers.mul(thread, constant32(wordsAtOnce * 4));
  return LLVM::GEPOp::create(b, loc, streamSums.getType(), b.getI8Type(), start,
                             ValueRange(own));
}

/// Where a warp says that it has left its sums.
Value Emitter::leftFlag(Value block) {
  IntegerBuilder integers = words();
  Value number = integers.add(
      integers.mul(narrowed(block), constant32(options.warps)), warp);
  return LLVM::GEPOp::create(b, loc, streamFlags.getType(), i32(), streamFlags,
                             ValueRange(number));
}

/// The block of the grid that has the part, as this one does in its cluster.
Value Emitter::blockOfPart(Value part) {
  IntegerBuilder integers = indices();
  Value block =
      integers.sub(integers.sub(stream.blocks, integers.constant(1)), part);
  if (besideBlocks == 1)
    return block;
  Value rank = clusterRank();
  if (indexBits == 64)
    rank = LLVM::ZExtOp::create(b, loc, b.getI64Type(), rank);
  return integers.add(integers.mul(block, integers.constant(besideBlocks)),
                      rank);
}

void Emitter::leaveForOthers(ArrayRef<Value> own) {
  int64_t threads = options.warps * 32;
  Value block = blockOfPart(stream.part), place = leftSums(block);
  Registers all;
  for (Value value : own)
    all.push_back(bitcast(value, i32()));
  all.resize(llvm::alignTo(all.size(), wordsAtOnce), constant32(0));
  for (int64_t at = 0, end = all.size(); at < end; at += wordsAtOnce) {
    SmallVector<Value> operands{place};
    llvm::append_range(operands, ArrayRef(all).slice(at, wordsAtOnce));
    std::string text = llvm::formatv(
        "st.global.v4.b32 [$0+{0}], {{$1, $2, $3, $4};", at * threads * 4);
    assembly({}, text, "l,r,r,r,r,~{memory}", operands, true);
  }
  // What the other lanes have stored is there for whoever sees the flag.
  assembly({}, "bar.warp.sync -1;", "~{memory}", {}, true);
  assembly({}, "@$0 st.release.gpu.global.b32 [$1], $2;", "b,l,r,~{memory}",
           {firstLane(), leftFlag(block), constant32(1)}, true);
}

Value Emitter::firstLane() {
  return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, lane,
                              constant32(0));
}

/// Waits for what the block has left, and sets its flag back.
void Emitter::awaitLeft(Value block) {
  Value flag = leftFlag(block);
  repeatWhile(
      {},
      [&](Values) -> Value {
        Value left = assembly(i32(), "ld.acquire.gpu.global.b32 $0, [$1];",
                              "=r,l,~{memory}", flag, true);
        return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::eq, left,
                                    constant32(0));
      },
      [](Values) { return Registers(); });
  assembly({}, "bar.warp.sync -1;", "~{memory}", {}, true);
  assembly({}, "@$0 st.relaxed.gpu.global.b32 [$1], $2;", "b,l,r,~{memory}",
           {firstLane(), flag, constant32(0)}, true);
}

/// `own` with what the block has left.
Registers Emitter::withLeft(Value block, ArrayRef<Value> own) {
  int64_t threads = options.warps * 32;
  Value place = leftSums(block);
  Registers sums;
  for (int64_t at = 0, end = own.size(); at < end; at += wordsAtOnce) {
    std::string text = llvm::formatv(
        "ld.global.v4.b32 {{$0, $1, $2, $3}, [$4+{0}];", at * threads * 4);
    Registers read = parts(assembly(structOf(i32(), wordsAtOnce), text,
                                    "=r,=r,=r,=r,l,~{memory}", place, true));
    for (int64_t i = 0; i < wordsAtOnce && at + i < end; ++i) {
      Value mine = own[at + i], theirs = bitcast(read[i], mine.getType());
      sums.push_back(isa<FloatType>(mine.getType())
                         ? Value(LLVM::FAddOp::create(b, loc, mine, theirs))
                         : Value(LLVM::AddOp::create(b, loc, mine, theirs)));
    }
  }
  return sums;
}

void Emitter::emitPrograms(tile::StreamSumOp op) {
  Registers own = registers(op.getSource());
  tiles[op] = own;
  if (!op.getProgram() || !streams())
    return;
  IntegerBuilder integers = indices();
  Value one = integers.constant(1);
  Value begins =
      integers.greaterEqual(integers.constant(0), scalar(op.getFirst()));
  Value leaves = integers.greaterEqual(scalar(op.getFirst()), one);
  doWhere(leaves, [&] { leaveForOthers(own); });
  // Parts behind this one, until the program has all its rounds.
  Value start = beginOfProgram(scalar(op.getProgram()));
  Value last = integers.add(start, stream.rounds);
  Value isWhole = integers.greaterEqual(scalar(op.getEnd()), stream.rounds);
  Value limit =
      integers.select(isWhole, integers.constant(0),
                      integers.select(begins, last, integers.constant(0)));
  Registers initial{integers.add(stream.part, one)};
  llvm::append_range(initial, own);
  Registers sums = repeatWhile(
      initial,
      [&](Values values) -> Value {
        return LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::slt,
                                    beginOfPart(values.front()), limit);
      },
      [&](Values values) {
        Value block = blockOfPart(values.front());
        awaitLeft(block);
        Registers next{integers.add(values.front(), one)};
        llvm::append_range(next, withLeft(block, values.drop_front()));
        return next;
      });
  tiles[op].assign(sums.begin() + 1, sums.end());
}

} // namespace girih::compiler

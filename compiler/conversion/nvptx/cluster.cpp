// SPDX-License-Identifier: Apache-2.0
// Blocks of a cluster that do one program (PTX ISA, "Cluster of Cooperative
// Thread Arrays"): where they meet, and sums that each leaves in its own shared
// memory, where the first, or each for a part, reads them.
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/pieces.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;

namespace girih::compiler {

/// Words that a thread moves at once.
static constexpr int64_t wordsAtOnce = 4;

static int64_t groupsOf(tile::ClusterSumOp sum) {
  return llvm::divideCeil(Emitter::layoutOf(sum.getSource()).size(Axis::reg),
                          wordsAtOnce);
}

int64_t clusterScratch(tile::ClusterSumOp sum, int64_t threads) {
  return groupsOf(sum) * wordsAtOnce * 4 * threads;
}

Value Emitter::given(tile::ClusterRankOp) {
  Value rank = clusterRank();
  return indexBits == 32 ? rank
                         : LLVM::ZExtOp::create(b, loc, b.getI64Type(), rank);
}

Value Emitter::clusterRank() {
  return intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.cluster.ctarank", {});
}

/// Where another block of the cluster has what this one has at `address`.
Value Emitter::clusterAddress(Value address, int64_t rank) {
  std::string text =
      llvm::formatv("mapa.shared::cluster.u32 $0, $1, {0};", rank);
  return assembly(i32(), text, "=r,r", address, true);
}

void Emitter::meetCluster(bool waits) {
  intrinsic({}, "llvm.nvvm.barrier.cluster.arrive.aligned", {}); // release
  if (waits)
    awaitCluster();
}

void Emitter::awaitCluster() {
  intrinsic({}, "llvm.nvvm.barrier.cluster.wait.aligned", {}); // acquire
}

int64_t Emitter::partBarrier(tile::ReduceOp reduce) {
  return sharedOffset[reduce] + llvm::alignTo(reduceScratch(reduce), 8);
}

/// Waits for the parts of a reduction that all blocks send.
void Emitter::awaitParts(tile::ReduceOp reduce) {
  Value barrier = inEntry(
      [&] { return words().add(sharedBase, constant32(partBarrier(reduce))); });
  repeatWhile(
      {}, [&](Values) { return goesOn("try", barrier, constant32(0)); },
      [](Values) { return Registers(); });
}

/// Blocks write into each other's shared memory, which is there when they have
/// begun: they arrive at the start, with barriers that know what will be sent,
/// and wait ahead of the first that does.
void Emitter::findMeetings() {
  if (spreadBlocks == 1)
    return;
  Value first;
  for (Operation &op : kernel.getBody().front())
    op.walk([&](tile::ReduceOp reduce) {
      if (!crossesBlocks(reduce, blockWarps()))
        return;
      if (!firstMeeting)
        firstMeeting = &op;
      if (!sendsParts(reduce))
        return;
      if (!first) {
        Value thread = intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
        first = words().equal(thread, constant32(0));
      }
      const int64_t at = partBarrier(reduce);
      const std::string make =
          llvm::formatv("@$0 mbarrier.init.shared::cta.b64 [$1+{0}], 1;", at);
      const std::string expect = llvm::formatv(
          "@$0 mbarrier.arrive.expect_tx.shared::cta.b64 _, [$1+{0}], {1};", at,
          partBytes(reduce));
      for (const std::string &text : {make, expect})
        assembly({}, text, "b,r", {first, sharedBase}, true);
    });
  if (first)
    assembly({}, "fence.mbarrier_init.release.cluster;", "", {}, true);
  if (firstMeeting)
    intrinsic({}, "llvm.nvvm.barrier.cluster.arrive.relaxed.aligned", {});
}

/// Writes a thread's words into its block's shared memory.
void Emitter::leaveSums(ArrayRef<Value> words, Value place) {
  int64_t threads = options.warps * 32;
  Registers all(words.begin(), words.end());
  all.resize(llvm::alignTo(all.size(), wordsAtOnce), constant32(0));
  for (int64_t at = 0; at < static_cast<int64_t>(all.size()); at += wordsAtOnce)
    storeShared(place, at * threads * 4, ArrayRef(all).slice(at, wordsAtOnce),
                i32(), Value());
}

/// Adds what `block` has left at `place` to what this thread has; what it has
/// none of yet is null.
void Emitter::addSums(Value place, int64_t block, Registers &own) {
  int64_t threads = options.warps * 32, held = own.size();
  Value theirs = clusterAddress(place, block);
  for (int64_t at = 0; at < held; at += wordsAtOnce) {
    std::string text =
        llvm::formatv("ld.shared::cluster.v4.b32 {{$0, $1, $2, $3}, [$4+{0}];",
                      at * threads * 4);
    Registers read = parts(assembly(structOf(i32(), wordsAtOnce), text,
                                    "=r,=r,=r,=r,r", theirs, true));
    for (int64_t i = 0; i < wordsAtOnce && at + i < held; ++i) {
      Value &value = own[at + i];
      Value part = bitcast(read[i], clusterElement);
      value = !value ? part
              : isa<FloatType>(clusterElement)
                  ? Value(LLVM::FAddOp::create(b, loc, value, part))
                  : Value(LLVM::AddOp::create(b, loc, value, part));
    }
  }
}

/// The first block's sums, which alone goes on.
Registers Emitter::sumAlone(tile::ClusterSumOp sum, Value place) {
  Registers own = registers(sum.getSource());
  Value others = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne,
                                      clusterRank(), constant32(0));
  doWhere(others, [&] { leaveSums(pack(own), place); });
  meetCluster(true);
  // Memory has to stay until the first block has read it.
  OpBuilder::InsertPoint before = b.saveInsertionPoint();
  Block *leaves = b.createBlock(&function.getBody());
  meetCluster(true);
  LLVM::ReturnOp::create(b, loc, ValueRange());
  Block *first = b.createBlock(&function.getBody());
  b.restoreInsertionPoint(before);
  LLVM::CondBrOp::create(b, loc, others, leaves, ValueRange(), first,
                         ValueRange());
  b.setInsertionPointToEnd(first);
  for (int64_t block = 1; block < clusterBlocks; ++block)
    addSums(place, block, own);
  return own;
}

/// The registers of `whole` in the order of the parts that blocks have, and
/// within one as a thread has them of `part`.
static SmallVector<int64_t> dealtOrder(const Layout &whole, const Layout &part,
                                       int64_t blocks) {
  std::map<Coords, int64_t> places;
  for (int64_t reg = 0; reg < whole.size(Axis::reg); ++reg)
    places.try_emplace(whole.coordinates(reg, 0, 0), reg);
  SmallVector<int64_t> order;
  for (int64_t block = 0; block < blocks; ++block)
    for (int64_t reg = 0; reg < part.size(Axis::reg); ++reg) {
      Coords at = part.coordinates(reg, 0, 0);
      at.back() += block * part.shape().back();
      order.push_back(places.at(at));
    }
  return order;
}

/// This block's part of the sums.
Registers Emitter::sumPart(tile::ClusterSumOp sum, Value place) {
  Layout whole = layoutOf(sum.getSource()), part = layoutOf(sum.getResult());
  Registers words = pack(registers(sum.getSource())), ordered;
  for (int64_t reg : dealtOrder(whole, part, clusterBlocks))
    ordered.push_back(words[reg]);
  leaveSums(ordered, place);
  meetCluster(true);
  IntegerBuilder integers = this->words();
  int64_t bytes = part.size(Axis::reg) * options.warps * 32 * 4;
  Value rank = clusterRank();
  Value mine = integers.add(place, integers.mul(rank, constant32(bytes)));
  Registers own(part.size(Axis::reg));
  for (int64_t block = 0; block < clusterBlocks; ++block)
    addSums(mine, block, own);
  return own;
}

LogicalResult Emitter::emitClusterSum(tile::ClusterSumOp sum) {
  clusterElement = registers(sum.getSource()).front().getType();
  if (sum.isDealt() && layoutOf(sum.getSource()).part(clusterBlocks) !=
                           layoutOf(sum.getResult()))
    return sum.emitOpError("deals columns that threads have otherwise");
  IntegerBuilder integers = this->words();
  Value thread = integers.add(integers.mul(warp, constant32(32)), lane);
  Value place =
      integers.add(integers.add(sharedBase, constant32(sharedOffset[sum])),
                   integers.mul(thread, constant32(wordsAtOnce * 4)));
  barrier(); // whoever used this memory before is done
  Registers own = sum.isDealt() ? sumPart(sum, place) : sumAlone(sum, place);
  // What others read of this block has to stay until they have.
  meetCluster(true);
  tiles[sum] = own;
  return success();
}

} // namespace girih::compiler

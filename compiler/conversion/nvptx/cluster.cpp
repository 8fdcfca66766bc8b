// SPDX-License-Identifier: Apache-2.0
// Blocks of a cluster that do one program: each leaves its sums in its own
// shared memory, the first reads them there (PTX ISA, "Cluster of Cooperative
// Thread Arrays").
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/pieces.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

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

Value Emitter::given(tile::ClusterRankOp) { return clusterRank(); }

Value Emitter::clusterRank() {
  Value rank = intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.cluster.ctarank", {});
  return indexBits == 32 ? rank
                         : LLVM::ZExtOp::create(b, loc, b.getI64Type(), rank);
}

/// Where another block of the cluster has what this one has at `address`.
Value Emitter::clusterAddress(Value address, int64_t rank) {
  std::string text =
      llvm::formatv("mapa.shared::cluster.u32 $0, $1, {0};", rank);
  return assembly(i32(), text, "=r,r", address, true);
}

void Emitter::meetCluster(bool waits) {
  assembly({}, "barrier.cluster.arrive.release.aligned;", "~{memory}", {},
           true);
  if (waits)
    assembly({}, "barrier.cluster.wait.acquire.aligned;", "~{memory}", {},
             true);
}

LogicalResult Emitter::emitClusterSum(tile::ClusterSumOp sum) {
  Registers own = registers(sum.getSource());
  Type element = own.front().getType();
  int64_t threads = options.warps * 32, groups = groupsOf(sum);
  int64_t held = own.size();
  Registers words = pack(own);
  words.resize(groups * wordsAtOnce, constant32(0));
  IntegerBuilder integers = this->words();
  Value thread = integers.add(integers.mul(warp, constant32(32)), lane);
  Value place =
      integers.add(integers.add(sharedBase, constant32(sharedOffset[sum])),
                   integers.mul(thread, constant32(wordsAtOnce * 4)));
  Value others = LLVM::ICmpOp::create(
      b, loc, LLVM::ICmpPredicate::ne,
      intrinsic(i32(), "llvm.nvvm.read.ptx.sreg.cluster.ctarank", {}),
      constant32(0));
  barrier(); // whoever used this memory before is done
  doWhere(others, [&] {
    for (int64_t group = 0; group < groups; ++group)
      storeShared(place, group * threads * wordsAtOnce * 4,
                  ArrayRef(words).slice(group * wordsAtOnce, wordsAtOnce),
                  i32(), Value());
  });
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
  for (int64_t rank = 1; rank < clusterBlocks; ++rank) {
    Value theirs = clusterAddress(place, rank);
    for (int64_t group = 0; group < groups; ++group) {
      std::string text = llvm::formatv(
          "ld.shared::cluster.v4.b32 {{$0, $1, $2, $3}, [$4+{0}];",
          group * threads * wordsAtOnce * 4);
      Registers read = parts(assembly(structOf(i32(), wordsAtOnce), text,
                                      "=r,=r,=r,=r,r", theirs, true));
      int64_t at = group * wordsAtOnce;
      for (int64_t i = 0; i < wordsAtOnce && at + i < held; ++i) {
        Value &value = own[at + i];
        Value part = bitcast(read[i], element);
        value = isa<FloatType>(element)
                    ? Value(LLVM::FAddOp::create(b, loc, value, part))
                    : Value(LLVM::AddOp::create(b, loc, value, part));
      }
    }
  }
  meetCluster(true);
  tiles[sum] = own;
  return success();
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Histograms: a buffer of counters that one nest adds to, lane by lane.
#include "girih/compiler/conversion/host/indirect.h"

using llvm::ArrayRef;

namespace girih::compiler::host {

namespace {

class HistogramNest {
public:
  HistogramNest(Emission &emission, tile::HistogramOp op)
      : emission(emission), ir(emission.ir), op(op),
        bins(tileType(op.getResult()).getDimSize(0)) {}

  void emit() {
    // One counter more, for the lanes that count nowhere.
    counters = emission.allocateBuffer(tileType(op.getResult()), 0, false,
                                       /*pitch=*/bins + 1);
    // As many lanes as the widest walk has at once.
    places = emission.allocate(int64_t(64) * bytes);
    ir.CreateMemSet(counters.pointer, ir.getInt8(0), bytes * (bins + 1),
                    llvm::Align(bytes));
    emitNest(emission, op.getSource(),
             [&](ArrayRef<Reg> regs, const Chunk &lanes) {
               count(regs.front(), lanes);
             });
    emission.buffers[op.getResult()] = counters;
  }

private:
  static constexpr unsigned bytes = 4; // of a counter

  void count(Reg lanes, const Chunk &chunk) {
    auto *limit = llvm::ConstantInt::get(lanes->getType(), bins);
    // As unsigned, what is negative is past the end as well.
    Reg place = ir.CreateSelect(ir.CreateICmpULT(lanes, limit), lanes, limit);
    ir.CreateAlignedStore(
        ir.CreateTrunc(place, widened(ir.getInt32Ty(), chunk.width)), places,
        llvm::Align(bytes));
    ir.loop(ir.index(0), ir.index(chunk.valid), 1, [&](Reg lane) {
      auto load = [&](Reg from) {
        return ir.CreateAlignedLoad(ir.getInt32Ty(), from, llvm::Align(bytes));
      };
      Reg bin =
          ir.CreateZExt(load(ir.advance(places, lane, bytes)), ir.getInt64Ty());
      Reg counter = ir.advance(counters.pointer, bin, bytes);
      ir.CreateAlignedStore(ir.CreateAdd(load(counter), ir.getInt32(1)),
                            counter, llvm::Align(bytes));
    });
  }

  Emission &emission;
  Builder &ir;
  tile::HistogramOp op;
  int64_t bins;
  Buffer counters;
  Reg places = nullptr; // of a chunk's lanes
};

} // namespace

void emitHistogram(Emission &emission, tile::HistogramOp op) {
  HistogramNest(emission, op).emit();
}

} // namespace girih::compiler::host

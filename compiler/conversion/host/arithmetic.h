// SPDX-License-Identifier: Apache-2.0
// Writes elementary functions (compiler/elementary) for registers of floats or
// of doubles. Its members are those that arithmetic.h there lists.
#pragma once

#include "girih/compiler/conversion/host/ir.h"

#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/MDBuilder.h"

namespace girih::compiler::host {

template <bool Double> class Arithmetic {
public:
  static constexpr bool isDouble = Double;

  Arithmetic(Builder &ir, unsigned width)
      : ir(ir),
        type(host::widened(Double ? ir.getDoubleTy() : ir.getFloatTy(), width)),
        ints(host::widened(ir.getIntNTy(Double ? 64 : 32), width)),
        width(width) {}

  Reg number(double value) { return ir.splatFloat(value, type); }
  Reg integer(int64_t value) {
    return ir.splatInt(Double ? value : static_cast<uint32_t>(value), ints);
  }
  Reg add(Reg a, Reg b) { return ir.CreateFAdd(a, b); }
  Reg sub(Reg a, Reg b) { return ir.CreateFSub(a, b); }
  Reg mul(Reg a, Reg b) { return ir.CreateFMul(a, b); }
  Reg div(Reg a, Reg b) { return ir.CreateFDiv(a, b); }
  Reg neg(Reg a) { return ir.CreateFNeg(a); }
  Reg abs(Reg a) { return ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, a); }
  Reg sqrt(Reg a) { return ir.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a); }
  Reg floor(Reg a) {
    return ir.CreateUnaryIntrinsic(llvm::Intrinsic::floor, a);
  }
  Reg copySign(Reg size, Reg sign) {
    return ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, size, sign);
  }
  Reg mad(Reg a, Reg b, Reg c) {
    return ir.CreateIntrinsic(llvm::Intrinsic::fmuladd, {type}, {a, b, c});
  }
  Reg fma(Reg a, Reg b, Reg c) {
    return ir.CreateIntrinsic(llvm::Intrinsic::fma, {type}, {a, b, c});
  }
  Reg rem(Reg a, Reg b) { return ir.CreateFRem(a, b); } // libm's, lane by lane
  /// As rough as a division is: not at all.
  Reg roughInverse(Reg a) { return div(number(1), a); }

  Reg less(Reg a, Reg b) { return ir.CreateFCmpOLT(a, b); }
  Reg same(Reg a, Reg b) { return ir.CreateFCmpOEQ(a, b); }
  Reg unordered(Reg a, Reg b) { return ir.CreateFCmpUNO(a, b); }
  Reg both(Reg a, Reg b) { return ir.CreateAnd(a, b); }
  Reg either(Reg a, Reg b) { return ir.CreateOr(a, b); }
  Reg select(Reg mask, Reg a, Reg b) { return ir.CreateSelect(mask, a, b); }

  Reg bits(Reg a) { return ir.CreateBitCast(a, ints); }
  Reg fromBits(Reg a) { return ir.CreateBitCast(a, type); }
  Reg toReal(Reg a) { return ir.CreateSIToFP(a, type); }
  Reg iadd(Reg a, Reg b) { return ir.CreateAdd(a, b); }
  Reg isub(Reg a, Reg b) { return ir.CreateSub(a, b); }
  Reg imul(Reg a, Reg b) { return ir.CreateMul(a, b); }
  Reg iand(Reg a, Reg b) { return ir.CreateAnd(a, b); }
  Reg ior(Reg a, Reg b) { return ir.CreateOr(a, b); }
  Reg ixor(Reg a, Reg b) { return ir.CreateXor(a, b); }
  Reg shl(Reg a, Reg places) { return ir.CreateShl(a, places); }
  Reg shr(Reg a, Reg places) { return ir.CreateLShr(a, places); }
  Reg shl(Reg a, int places) { return shl(a, integer(places)); }
  Reg shr(Reg a, int places) { return shr(a, integer(places)); }
  Reg sar(Reg a, int places) { return ir.CreateAShr(a, integer(places)); }
  Reg isLess(Reg a, Reg b) { return ir.CreateICmpSLT(a, b); }
  Reg isSame(Reg a, Reg b) { return ir.CreateICmpEQ(a, b); }

  Arithmetic<true> wide() { return {ir, width}; }
  Reg widened(Reg a) { return ir.CreateFPExt(a, wide().type); }
  Reg narrowed(Reg a) { return ir.CreateFPTrunc(a, type); }
  Reg narrowedInt(Reg a) { return ir.CreateTrunc(a, ints); }

  /// vscalef at the width of registers.
  bool scales() const {
    return !Double && ir.machine.scales && width >= lanesOfRegister;
  }
  Reg nearest(Reg a) {
    return ir.CreateUnaryIntrinsic(llvm::Intrinsic::roundeven, a);
  }
  Reg scale(Reg a, Reg power) {
    return ir.byRegisters({a, power}, [&](llvm::ArrayRef<Reg> in) -> Reg {
      return ir.CreateIntrinsic(llvm::Intrinsic::x86_avx512_mask_scalef_ps_512,
                                {in[0], in[1],
                                 llvm::PoisonValue::get(in[0]->getType()),
                                 ir.getInt16(0xffff), ir.getInt32(4)});
    });
  }

  Reg twoOverPi(Reg word);

  /// `usual` where it is right in all lanes, else what `make` gives, in a block
  /// of its own.
  Reg usually(Reg right, Reg usual, llvm::function_ref<Reg()> make) {
    Reg all = width ? ir.CreateAndReduce(right) : right;
    return ir.rarely(ir.CreateNot(all), usual, make);
  }

  /// `make` runs when any lane needs it. Not within a block that is to stay
  /// one: it adds blocks.
  template <class Result, class Make>
  Result rare(Reg mask, Result otherwise, Make make) {
    llvm::Function *function = ir.GetInsertBlock()->getParent();
    auto block = [&] {
      return llvm::BasicBlock::Create(ir.getContext(), "", function);
    };
    llvm::BasicBlock *before = ir.GetInsertBlock(), *some = block(),
                     *done = block();
    Reg any = width ? ir.CreateOrReduce(mask) : mask;
    ir.CreateCondBr(
        any, some, done,
        llvm::MDBuilder(ir.getContext()).createUnlikelyBranchWeights());
    ir.SetInsertPoint(some);
    Result made = make();
    llvm::BasicBlock *after = ir.GetInsertBlock();
    ir.CreateBr(done);
    ir.SetInsertPoint(done);
    auto merge = [&](Reg usual, Reg special) {
      llvm::PHINode *merged = ir.CreatePHI(usual->getType(), 2);
      merged->addIncoming(usual, before);
      merged->addIncoming(special, after);
      return merged;
    };
    Result merged{merge(otherwise.high, made.high),
                  merge(otherwise.low, made.low),
                  merge(otherwise.quadrant, made.quadrant)};
    return {select(mask, merged.high, otherwise.high),
            select(mask, merged.low, otherwise.low),
            select(mask, merged.quadrant, otherwise.quadrant)};
  }

private:
  static constexpr unsigned lanesOfRegister = 16;

  template <bool> friend class Arithmetic;
  Builder &ir;
  llvm::Type *type, *ints;
  unsigned width;
};

} // namespace girih::compiler::host

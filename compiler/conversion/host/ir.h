// SPDX-License-Identifier: Apache-2.0
// LLVM's builder with the few shapes of code that the host back end is made
// of. LLVM IR is built directly: its builder folds constants as it goes, so
// what comes out needs few passes, and a cold compile stays short.
#pragma once

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/IRBuilder.h"

namespace girih::compiler::host {

/// A value of the code being made: a scalar or a vector.
using Reg = llvm::Value *;

/// What the code generator has to know of the CPU.
struct Machine {
  unsigned vectorBytes = 32; // widest vector worth using
  unsigned registers = 16;   // vector registers
  bool dotProduct16 = false; // vpdpwssd: pairs of i16 summed into i32
  bool scales = false;       // vscalef, vrange: powers of 2, NaN-free extrema
  bool roundsBf16 = false;   // vcvtne2ps2bf16: right but for subnormal results
};

class Builder : public llvm::IRBuilder<> {
public:
  using llvm::IRBuilder<>::IRBuilder;

  Machine machine; // the least that there is, unless set
  /// Vectors of f32 that were rounded to bf16, and what they were before: some
  /// CPUs round and narrow at once.
  llvm::DenseMap<Reg, Reg> unrounded;
  /// Vectors of f32 that were made of words of 16 bits, and those words.
  llvm::DenseMap<Reg, Reg> words;

  /// A store that stays one. Of a choice between `value` and what is there LLVM
  /// 22 makes a masked store, which CPUs without AVX-512 take a microprogram
  /// for (llvm-project issue 213195).
  llvm::StoreInst *store(Reg value, Reg pointer, llvm::Align align);

  Reg index(int64_t value) { return getInt64(static_cast<uint64_t>(value)); }
  /// The constant that `value` is, if it is one.
  static std::optional<int64_t> asConstant(Reg value);
  /// 0, 1, 2, … of integer type `element`.
  Reg iota(llvm::Type *element, unsigned width);
  /// `scalar` in every lane; itself when `width` is 0.
  Reg splat(Reg scalar, unsigned width);
  /// Splat of a constant.
  Reg splatFloat(double value, llvm::Type *type);
  Reg splatInt(uint64_t value, llvm::Type *type);

  Reg add(Reg lhs, Reg rhs) { return CreateAdd(lhs, rhs); }
  /// Products by 0 and 1 vanish.
  Reg mul(Reg lhs, Reg rhs);
  Reg min(Reg lhs, Reg rhs); // signed
  Reg max(Reg lhs, Reg rhs);
  /// Rounding towards minus infinity; a divisor below 1 counts as 1. In vectors
  /// of i64 numbers are sizes and indices: below 2^51.
  Reg floorDiv(Reg lhs, Reg rhs);
  Reg floorMod(Reg lhs, Reg rhs);
  /// Conjunction where null means true.
  Reg both(Reg lhs, Reg rhs);

  /// An affine expression over integers of `bits` bits, scalars or vectors of
  /// `width` lanes (0: scalars). Missing dims may be null when the expression
  /// does not mention them; scalars among vectors are splatted.
  Reg affine(mlir::AffineExpr expr, llvm::ArrayRef<Reg> dims,
             llvm::ArrayRef<Reg> symbols, unsigned width = 0,
             unsigned bits = 64);

  /// A vector by `make` of its pieces, each of as many lanes as a register
  /// holds at most.
  Reg byRegisters(llvm::ArrayRef<Reg> operands,
                  llvm::function_ref<Reg(llvm::ArrayRef<Reg>)> make);
  /// Vectors, as many as a power of two, one after the other.
  Reg joined(llvm::ArrayRef<Reg> pieces);
  /// The larger or smaller of floats: NaN where either is, and -0 below 0.
  Reg extremum(bool larger, Reg lhs, Reg rhs);

  /// Address `offset` elements of `bytes` bytes behind `pointer`.
  Reg advance(Reg pointer, Reg offset, unsigned bytes);

  using LoopBody = llvm::function_ref<llvm::SmallVector<Reg>(
      Reg counter, llvm::ArrayRef<Reg> carried)>;
  /// for (counter = begin; counter < end; counter += step). `body` returns the
  /// next carried values; what the last trip returned comes back. A loop that
  /// has one trip by its constants becomes straight code.
  llvm::SmallVector<Reg> loop(Reg begin, Reg end, int64_t step,
                              llvm::ArrayRef<Reg> initial, LoopBody body);
  /// The same without carried values.
  void loop(Reg begin, Reg end, int64_t step,
            llvm::function_ref<void(Reg)> body);
  /// Runs one of the two; only what is needed of a constant condition.
  void either(Reg condition, llvm::function_ref<void()> yes,
              llvm::function_ref<void()> no, llvm::MDNode *weights = nullptr);
  /// `usual`, or where `condition` holds, which is rare, what `make` makes.
  Reg rarely(Reg condition, Reg usual, llvm::function_ref<Reg()> make);
  /// The same; gives what the one that ran returned.
  llvm::SmallVector<Reg>
  choose(Reg condition, llvm::function_ref<llvm::SmallVector<Reg>()> yes,
         llvm::function_ref<llvm::SmallVector<Reg>()> no);

  /// `head` gets the carried values, and gives whether to go on and what the
  /// body gets then; the body returns the next carried values. What the last
  /// `head` gave the body comes back.
  struct Decision {
    Reg goOn;
    llvm::SmallVector<Reg> passed;
  };
  llvm::SmallVector<Reg> whileLoop(
      llvm::ArrayRef<Reg> initial,
      llvm::function_ref<Decision(llvm::ArrayRef<Reg> carried)> head,
      llvm::function_ref<llvm::SmallVector<Reg>(llvm::ArrayRef<Reg> passed)>
          body);

  /// Starts a new block and gives the end of the one before: a place where
  /// code can still be added when what follows is made.
  llvm::Instruction *seam();

private:
  Reg floorDivLongs(Reg lhs, Reg rhs);
  llvm::BasicBlock *newBlock(llvm::StringRef name);
};

/// i64, f32, … with `width` lanes; the type itself when `width` is 0.
llvm::Type *widened(llvm::Type *element, unsigned width);
/// Lanes of a vector type, 0 for a scalar one.
unsigned widthOf(llvm::Type *type);

} // namespace girih::compiler::host

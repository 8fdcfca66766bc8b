// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/ir.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/IntrinsicsX86.h"
#include "llvm/IR/MDBuilder.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

llvm::Type *widened(llvm::Type *element, unsigned width) {
  return width ? llvm::FixedVectorType::get(element, width) : element;
}

unsigned widthOf(llvm::Type *type) {
  auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(type);
  return vector ? vector->getNumElements() : 0;
}

llvm::StoreInst *Builder::store(Reg value, Reg pointer, llvm::Align align) {
  llvm::StoreInst *made = CreateAlignedStore(value, pointer, align);
  made->setVolatile(!machine.scales && llvm::isa<llvm::SelectInst>(value));
  return made;
}

std::optional<int64_t> Builder::asConstant(Reg value) {
  if (auto *constant = llvm::dyn_cast<llvm::ConstantInt>(value))
    return constant->getSExtValue();
  return {};
}

Reg Builder::iota(llvm::Type *element, unsigned width) {
  SmallVector<llvm::Constant *> lanes;
  for (unsigned lane = 0; lane < width; ++lane)
    lanes.push_back(llvm::ConstantInt::get(element, lane));
  return llvm::ConstantVector::get(lanes);
}

Reg Builder::splat(Reg scalar, unsigned width) {
  return width ? CreateVectorSplat(width, scalar) : scalar;
}

Reg Builder::splatFloat(double value, llvm::Type *type) {
  return llvm::ConstantFP::get(type, value);
}

Reg Builder::splatInt(uint64_t value, llvm::Type *type) {
  return llvm::ConstantInt::get(type, value);
}

Reg Builder::mul(Reg lhs, Reg rhs) {
  for (int side = 0; side < 2; ++side, std::swap(lhs, rhs))
    if (auto constant = asConstant(rhs)) {
      if (*constant == 0)
        return llvm::Constant::getNullValue(lhs->getType());
      if (*constant == 1)
        return lhs;
    }
  return CreateMul(lhs, rhs);
}

Reg Builder::min(Reg lhs, Reg rhs) {
  return CreateBinaryIntrinsic(llvm::Intrinsic::smin, lhs, rhs);
}

Reg Builder::max(Reg lhs, Reg rhs) {
  return CreateBinaryIntrinsic(llvm::Intrinsic::smax, lhs, rhs);
}

/// log2 of a constant (or splat constant) power of two.
static std::optional<unsigned> log2Of(Reg value) {
  auto *constant = llvm::dyn_cast<llvm::Constant>(value);
  if (constant && constant->getType()->isVectorTy())
    constant = constant->getSplatValue();
  auto *integer = llvm::dyn_cast_or_null<llvm::ConstantInt>(constant);
  if (!integer || !integer->getValue().isPowerOf2())
    return {};
  return integer->getValue().logBase2();
}

/// No CPU divides vectors of i64. By way of f64 the quotient is at most 1 off.
Reg Builder::floorDivLongs(Reg lhs, Reg rhs) {
  llvm::Type *longs = lhs->getType();
  llvm::Type *doubles = widened(getDoubleTy(), widthOf(longs));
  Reg inverse = CreateFDiv(splatFloat(1, doubles), CreateSIToFP(rhs, doubles));
  Reg product = CreateFMul(CreateSIToFP(lhs, doubles), inverse);
  Reg quotient = CreateFPToSI(
      CreateUnaryIntrinsic(llvm::Intrinsic::floor, product), longs);
  Reg rest = CreateSub(lhs, CreateMul(quotient, rhs));
  Reg zero = splatInt(0, longs);
  quotient = CreateAdd(quotient, CreateSExt(CreateICmpSLT(rest, zero), longs));
  return CreateSub(quotient, CreateSExt(CreateICmpSGE(rest, rhs), longs));
}

/// A divisor that is known to be positive.
static Reg positive(Builder &ir, Reg divisor) {
  if (llvm::isa<llvm::Constant>(divisor))
    return divisor;
  return ir.max(divisor, ir.splatInt(1, divisor->getType()));
}

Reg Builder::floorDiv(Reg lhs, Reg rhs) {
  if (auto shift = log2Of(rhs))
    return CreateAShr(lhs, splatInt(*shift, lhs->getType()));
  rhs = positive(*this, rhs);
  if (lhs->getType()->isVectorTy() &&
      lhs->getType()->getScalarType()->isIntegerTy(64))
    return floorDivLongs(lhs, rhs);
  Reg quotient = CreateSDiv(lhs, rhs);
  Reg remainder = CreateSub(lhs, CreateMul(quotient, rhs));
  Reg below = CreateICmpSLT(remainder, splatInt(0, lhs->getType()));
  return CreateAdd(quotient, CreateSExt(below, lhs->getType()));
}

Reg Builder::floorMod(Reg lhs, Reg rhs) {
  if (auto shift = log2Of(rhs))
    return CreateAnd(lhs,
                     splatInt((uint64_t(1) << *shift) - 1, lhs->getType()));
  rhs = positive(*this, rhs);
  if (lhs->getType()->isVectorTy())
    return CreateSub(lhs, CreateMul(floorDiv(lhs, rhs), rhs));
  Reg remainder = CreateSRem(lhs, rhs);
  Reg zero = splatInt(0, lhs->getType());
  Reg below = CreateICmpSLT(remainder, zero);
  return CreateAdd(remainder, CreateSelect(below, rhs, zero));
}

Reg Builder::both(Reg lhs, Reg rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return CreateAnd(lhs, rhs);
}

Reg Builder::affine(mlir::AffineExpr expr, ArrayRef<Reg> dims,
                    ArrayRef<Reg> symbols, unsigned width, unsigned bits) {
  auto lanes = [&](Reg value) {
    return value->getType()->isVectorTy() ? value : splat(value, width);
  };
  switch (expr.getKind()) {
  case mlir::AffineExprKind::Constant: {
    int64_t value = llvm::cast<mlir::AffineConstantExpr>(expr).getValue();
    return splatInt(static_cast<uint64_t>(value),
                    widened(getIntNTy(bits), width));
  }
  case mlir::AffineExprKind::DimId:
    return lanes(dims[llvm::cast<mlir::AffineDimExpr>(expr).getPosition()]);
  case mlir::AffineExprKind::SymbolId:
    return lanes(
        symbols[llvm::cast<mlir::AffineSymbolExpr>(expr).getPosition()]);
  default:
    break;
  }
  auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
  Reg lhs = affine(binary.getLHS(), dims, symbols, width, bits);
  Reg rhs = affine(binary.getRHS(), dims, symbols, width, bits);
  switch (expr.getKind()) {
  case mlir::AffineExprKind::Add:
    return add(lhs, rhs);
  case mlir::AffineExprKind::Mul:
    return mul(lhs, rhs);
  case mlir::AffineExprKind::FloorDiv:
    return floorDiv(lhs, rhs);
  case mlir::AffineExprKind::CeilDiv:
    return CreateNeg(floorDiv(CreateNeg(lhs), rhs));
  default:
    return floorMod(lhs, rhs);
  }
}

Reg Builder::byRegisters(ArrayRef<Reg> operands,
                         llvm::function_ref<Reg(ArrayRef<Reg>)> make) {
  llvm::Type *type = operands[0]->getType();
  unsigned width = widthOf(type),
           most = machine.vectorBytes * 8 / type->getScalarSizeInBits();
  if (width <= most)
    return make(operands);
  SmallVector<Reg> pieces;
  for (unsigned first = 0; first < width; first += most) {
    SmallVector<int> lanes(most);
    std::iota(lanes.begin(), lanes.end(), static_cast<int>(first));
    SmallVector<Reg> parts;
    for (Reg operand : operands)
      parts.push_back(CreateShuffleVector(operand, lanes));
    pieces.push_back(make(parts));
  }
  return joined(pieces);
}

Reg Builder::joined(ArrayRef<Reg> pieces) {
  SmallVector<Reg> all(pieces);
  while (all.size() > 1) {
    SmallVector<int> lanes(2 * widthOf(all[0]->getType()));
    std::iota(lanes.begin(), lanes.end(), 0);
    for (size_t pair = 0; pair < all.size() / 2; ++pair)
      all[pair] = CreateShuffleVector(all[2 * pair], all[2 * pair + 1], lanes);
    all.resize(all.size() / 2);
  }
  return all[0];
}

/// One instruction finds the larger number, NaN aside, where LLVM's expansion
/// of the intrinsic takes six.
Reg Builder::extremum(bool larger, Reg lhs, Reg rhs) {
  auto id = larger ? llvm::Intrinsic::maximum : llvm::Intrinsic::minimum;
  llvm::Type *type = lhs->getType();
  bool isSingle = type->getScalarType()->isFloatTy();
  if (!machine.scales || widthOf(type) * type->getScalarSizeInBits() < 512)
    return CreateBinaryIntrinsic(id, lhs, rhs);
  Reg number = byRegisters({lhs, rhs}, [&](ArrayRef<Reg> in) -> Reg {
    llvm::Type *piece = in[0]->getType();
    return CreateIntrinsic(
        isSingle ? llvm::Intrinsic::x86_avx512_mask_range_ps_512
                 : llvm::Intrinsic::x86_avx512_mask_range_pd_512,
        {in[0], in[1], getInt32(larger ? 5 : 4), llvm::PoisonValue::get(piece),
         getIntN(widthOf(piece), ~uint64_t{0}), getInt32(4)});
  });
  Reg isNan = CreateFCmpUNO(lhs, rhs);
  return CreateSelect(isNan, CreateFAdd(lhs, rhs), number);
}

Reg Builder::advance(Reg pointer, Reg offset, unsigned bytes) {
  if (asConstant(offset) == 0)
    return pointer;
  return CreateGEP(getIntNTy(bytes * 8), pointer, offset);
}

llvm::BasicBlock *Builder::newBlock(llvm::StringRef name) {
  return llvm::BasicBlock::Create(getContext(), name,
                                  GetInsertBlock()->getParent());
}

SmallVector<Reg> Builder::loop(Reg begin, Reg end, int64_t step,
                               ArrayRef<Reg> initial, LoopBody body) {
  auto first = asConstant(begin), last = asConstant(end);
  if (first && last && *first >= *last)
    return SmallVector<Reg>(initial);
  if (first && last && *first + step >= *last)
    return body(begin, initial);
  llvm::BasicBlock *before = GetInsertBlock(), *head = newBlock("loop"),
                   *after = newBlock("done");
  if (first && last)
    CreateBr(head);
  else
    CreateCondBr(CreateICmpSLT(begin, end), head, after);

  SetInsertPoint(head);
  llvm::PHINode *counter = CreatePHI(getInt64Ty(), 2);
  counter->addIncoming(begin, before);
  SmallVector<llvm::PHINode *> phis;
  for (Reg value : initial) {
    phis.push_back(CreatePHI(value->getType(), 2));
    phis.back()->addIncoming(value, before);
  }
  SmallVector<Reg> next =
      body(counter, SmallVector<Reg>(phis.begin(), phis.end()));
  Reg increased = CreateNSWAdd(counter, index(step));
  llvm::BasicBlock *latch = GetInsertBlock();
  CreateCondBr(CreateICmpSLT(increased, end), head, after);
  counter->addIncoming(increased, latch);
  for (auto [phi, value] : llvm::zip(phis, next))
    phi->addIncoming(value, latch);

  SetInsertPoint(after);
  SmallVector<Reg> results;
  for (auto [value, start] : llvm::zip(next, initial)) {
    llvm::PHINode *phi = CreatePHI(value->getType(), 2);
    phi->addIncoming(value, latch);
    if (!(first && last))
      phi->addIncoming(start, before);
    results.push_back(phi);
  }
  return results;
}

void Builder::loop(Reg begin, Reg end, int64_t step,
                   llvm::function_ref<void(Reg)> body) {
  loop(begin, end, step, {}, [&](Reg counter, ArrayRef<Reg>) {
    body(counter);
    return SmallVector<Reg>();
  });
}

void Builder::either(Reg condition, llvm::function_ref<void()> yes,
                     llvm::function_ref<void()> no, llvm::MDNode *weights) {
  if (auto *constant = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
    if (constant->isZero())
      no();
    else
      yes();
    return;
  }
  llvm::BasicBlock *then = newBlock("then"), *other = newBlock("else");
  llvm::BasicBlock *here = GetInsertBlock(), *after = nullptr;
  if (GetInsertPoint() == here->end()) {
    after = newBlock("join");
  } else { // what comes after the insertion point goes on behind both
    after = here->splitBasicBlock(GetInsertPoint(), "join");
    here->getTerminator()->eraseFromParent();
    SetInsertPoint(here);
  }
  CreateCondBr(condition, then, other, weights);
  SetInsertPoint(then);
  yes();
  CreateBr(after);
  SetInsertPoint(other);
  no();
  CreateBr(after);
  SetInsertPoint(after, after->begin());
}

Reg Builder::rarely(Reg condition, Reg usual, llvm::function_ref<Reg()> make) {
  Reg made = nullptr;
  llvm::BasicBlock *end = nullptr, *beside = nullptr;
  either(
      condition,
      [&] {
        made = make();
        end = GetInsertBlock();
      },
      [&] { beside = GetInsertBlock(); },
      llvm::MDBuilder(getContext()).createUnlikelyBranchWeights());
  if (!end || !beside)
    return end ? made : usual;
  llvm::PHINode *phi = CreatePHI(usual->getType(), 2);
  phi->addIncoming(made, end);
  phi->addIncoming(usual, beside);
  return phi;
}

SmallVector<Reg> Builder::choose(Reg condition,
                                 llvm::function_ref<SmallVector<Reg>()> yes,
                                 llvm::function_ref<SmallVector<Reg>()> no) {
  SmallVector<Reg> given[2];
  llvm::BasicBlock *ends[2] = {};
  auto arm = [&](unsigned number, llvm::function_ref<SmallVector<Reg>()> run) {
    given[number] = run();
    ends[number] = GetInsertBlock();
  };
  either(condition, [&] { arm(0, yes); }, [&] { arm(1, no); });
  if (!ends[0] || !ends[1]) // a constant condition
    return given[ends[0] ? 0 : 1];
  SmallVector<Reg> results;
  for (auto [first, second] : llvm::zip(given[0], given[1])) {
    llvm::PHINode *phi = CreatePHI(first->getType(), 2);
    phi->addIncoming(first, ends[0]);
    phi->addIncoming(second, ends[1]);
    results.push_back(phi);
  }
  return results;
}

SmallVector<Reg>
Builder::whileLoop(ArrayRef<Reg> initial,
                   llvm::function_ref<Decision(ArrayRef<Reg>)> head,
                   llvm::function_ref<SmallVector<Reg>(ArrayRef<Reg>)> body) {
  llvm::BasicBlock *before = GetInsertBlock(), *start = newBlock("while"),
                   *inside = newBlock("do"), *after = newBlock("done");
  CreateBr(start);
  SetInsertPoint(start);
  SmallVector<llvm::PHINode *> phis;
  for (Reg value : initial) {
    phis.push_back(CreatePHI(value->getType(), 2));
    phis.back()->addIncoming(value, before);
  }
  Decision decision = head(SmallVector<Reg>(phis.begin(), phis.end()));
  CreateCondBr(decision.goOn, inside, after);
  SetInsertPoint(inside);
  SmallVector<Reg> next = body(decision.passed);
  llvm::BasicBlock *latch = GetInsertBlock();
  CreateBr(start);
  for (auto [phi, value] : llvm::zip(phis, next))
    phi->addIncoming(value, latch);
  SetInsertPoint(after);
  return decision.passed;
}

llvm::Instruction *Builder::seam() {
  llvm::BasicBlock *next = newBlock("row");
  llvm::Instruction *end = CreateBr(next);
  SetInsertPoint(next);
  return end;
}

} // namespace girih::compiler::host

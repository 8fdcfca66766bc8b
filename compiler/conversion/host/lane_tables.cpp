// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/lane_tables.h"

using llvm::ArrayRef;
using llvm::SmallVector;

namespace girih::compiler::host {

namespace {

/// Calls `visit` with each term of a sum.
void forEachTerm(mlir::AffineExpr expr,
                 llvm::function_ref<void(mlir::AffineExpr)> visit) {
  auto binary = llvm::dyn_cast<mlir::AffineBinaryOpExpr>(expr);
  if (binary && expr.getKind() == mlir::AffineExprKind::Add) {
    forEachTerm(binary.getLHS(), visit);
    forEachTerm(binary.getRHS(), visit);
    return;
  }
  if (binary && expr.getKind() == mlir::AffineExprKind::Mul &&
      binary.getRHS().isSymbolicOrConstant())
    return forEachTerm(binary.getLHS(), visit);
  visit(expr);
}

unsigned lanesOf(mlir::AffineExpr term, unsigned lanes) {
  unsigned count = 0;
  for (unsigned lane = 0; lane < lanes; ++lane)
    count += term.isFunctionOfDim(lane);
  return count;
}

/// Makes the tables of one access. Scalars that are not known yet count as 1:
/// what only they matter for cancels out.
class TableMaker {
public:
  TableMaker(Emission &emission, const Access &access)
      : emission(emission), ir(emission.ir), access(access) {
    for (mlir::Value scalar : access.scalars()) {
      Reg known = emission.scalar(scalar);
      unknown.push_back(!known);
      symbols.push_back(known ? known : ir.index(1));
    }
  }

  /// Adds what is missing and can be filled now.
  LaneTables make(LaneTables tables) {
    unsigned lanes = access.lanes().size();
    if (tables.offsets.empty()) {
      tables.offsets.assign(lanes, nullptr);
      tables.constraints.assign(access.constraints().size(),
                                SmallVector<Reg, 4>(lanes, nullptr));
    }
    auto results = access.map().getResults();
    bool separable = llvm::all_of(results, [&](mlir::AffineExpr expr) {
      return isSeparable(expr, lanes);
    });
    for (unsigned lane = 0; lane < lanes && separable; ++lane)
      if (!access.lanes()[lane].linear && !tables.offsets[lane] && pays(lane) &&
          isKnown(results, lane))
        tables.offsets[lane] = offsetsOf(lane);
    for (auto [constraint, entries] :
         llvm::zip(access.constraints(), tables.constraints)) {
      if (constraint.linear || !isSeparable(constraint.expr, lanes))
        continue;
      for (unsigned lane : constraint.lanes)
        if (!entries[lane] && pays(lane) && isKnown({constraint.expr}, lane))
          entries[lane] = fill(lane, [&](ArrayRef<Reg> at) {
            return affine(constraint.expr, at, lane);
          });
    }
    return tables;
  }

private:
  /// As wide as the coordinate of `lane`.
  Reg affine(mlir::AffineExpr expr, ArrayRef<Reg> at, unsigned lane) {
    return ir.affine(expr, at, symbols, widthOf(at[lane]->getType()));
  }

  Reg offsetsOf(unsigned lane) {
    const View &view = emission.views.find(access.view())->second;
    return fill(lane, [&](ArrayRef<Reg> at) {
      unsigned width = widthOf(at[lane]->getType());
      Reg offset = ir.splat(ir.index(0), width);
      for (auto [expr, stride] :
           llvm::zip(access.map().getResults(), view.strides))
        if (expr.isFunctionOfDim(lane))
          offset = ir.add(
              offset, ir.mul(affine(expr, at, lane), ir.splat(stride, width)));
      return offset;
    });
  }

  /// Whether enough lanes share an entry.
  bool pays(unsigned lane) const {
    int64_t others = 1;
    for (auto [number, dim] : llvm::enumerate(access.lanes()))
      others *= number == lane ? 1 : dim.extent;
    return others >= 4;
  }

  bool isKnown(ArrayRef<mlir::AffineExpr> exprs, unsigned lane) const {
    bool known = true;
    for (mlir::AffineExpr expr : exprs)
      forEachTerm(expr, [&](mlir::AffineExpr term) {
        for (auto [number, open] : llvm::enumerate(unknown))
          known &= !(open && term.isFunctionOfDim(lane) &&
                     term.isFunctionOfSymbol(number));
      });
    return known;
  }

  Reg fill(unsigned lane, llvm::function_ref<Reg(ArrayRef<Reg>)> value) {
    unsigned width = emission.machine.vectorBytes / 8;
    int64_t extent = llvm::alignTo(access.lanes()[lane].extent, width);
    Reg table = emission.allocate(8 * extent);
    SmallVector<Reg> at(access.lanes().size(), ir.index(0));
    Reg first = ir.splat(value(at), width);
    Reg lanes = ir.iota(ir.getInt64Ty(), width);
    ir.loop(ir.index(0), ir.index(extent), width, [&](Reg position) {
      at[lane] = ir.add(ir.splat(position, width), lanes);
      ir.CreateAlignedStore(ir.CreateSub(value(at), first),
                            ir.advance(table, position, 8), llvm::Align(8));
    });
    return table;
  }

  Emission &emission;
  Builder &ir;
  const Access &access;
  SmallVector<Reg> symbols;
  SmallVector<bool> unknown;
};

} // namespace

bool isSeparable(mlir::AffineExpr expr, unsigned lanes) {
  bool separable = true;
  forEachTerm(expr, [&](mlir::AffineExpr term) {
    separable &= lanesOf(term, lanes) <= 1;
  });
  return separable;
}

LaneTables makeTables(Emission &emission, const Access &access) {
  return TableMaker(emission, access).make(emission.tables.lookup(access.op()));
}

void hoistTables(Emission &emission, mlir::scf::ForOp loop) {
  loop.walk([&](tile::LoadOp load) {
    Access access(load);
    if (!access.isLinear())
      emission.tables[load] = makeTables(emission, access);
  });
}

Reg tableEntry(Builder &ir, Reg table, Reg lane) {
  return ir.CreateAlignedLoad(ir.getInt64Ty(), ir.advance(table, lane, 8),
                              llvm::Align(8));
}

Reg tableEntries(Builder &ir, Reg table, Reg lane, unsigned width) {
  return ir.CreateAlignedLoad(widened(ir.getInt64Ty(), width),
                              ir.advance(table, lane, 8), llvm::Align(8));
}

Reg tableEntriesAt(Builder &ir, Reg table, Reg lanes, Reg exist) {
  unsigned width = widthOf(lanes->getType());
  return ir.CreateMaskedGather(
      widened(ir.getInt64Ty(), width),
      ir.CreateGEP(ir.getInt64Ty(), table, lanes), llvm::Align(8),
      exist ? exist : ir.splat(ir.getTrue(), width),
      llvm::Constant::getNullValue(widened(ir.getInt64Ty(), width)));
}

} // namespace girih::compiler::host

// SPDX-License-Identifier: Apache-2.0
// Assertions: the first lane of the device that fails leaves a record for the
// host and ends the launch. See compiler/assert_record.h.
#include "girih/compiler/assert_record.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

#include <tuple>

using namespace mlir;

namespace girih::compiler {

/// The user's file and line, where they are known.
static std::pair<std::string, unsigned> placeOf(Location loc) {
  std::pair<std::string, unsigned> place{"unknown", 0};
  loc->walk([&](Location each) {
    auto line = dyn_cast<FileLineColLoc>(each);
    if (!line)
      return WalkResult::advance();
    place = {line.getFilename().str(), line.getLine()};
    return WalkResult::interrupt();
  });
  return place;
}

LogicalResult Emitter::emitTile(tile::AssertOp assertion) {
  Value condition = assertion.getCondition();
  Failure failure;
  failure.message = assertion.getMessage().str();
  std::tie(failure.file, failure.line) = placeOf(assertion.getLoc());
  auto tensor = dyn_cast<RankedTensorType>(condition.getType());
  Type i64 = b.getI64Type();
  auto fails = [&](Value holds) -> Value {
    return LLVM::XOrOp::create(b, loc, holds, words().truth(true));
  };
  if (!tensor) {
    doWhere(fails(scalar(condition)), [&] {
      failure.lane = zeroOf(i64);
      fail(failure);
    });
    return success();
  }
  Layout layout = layoutOf(condition);
  ArrayRef<int64_t> shape = tensor.getShape();
  SmallVector<Value> thread = threadCoords(layout);
  Value any = words().truth(false), lane = zeroOf(i64);
  for (auto [reg, holds] : llvm::enumerate(registers(condition))) {
    Coords constant = layout.coordinates(static_cast<int64_t>(reg), 0, 0);
    Value failed =
        words().both(fails(holds), insideMask(layout, shape, constant, thread));
    Value number = constant32(0);
    for (int dim = 0; dim < layout.rank(); ++dim)
      number = words().add(words().mul(number, constant32(shape[dim])),
                           words().add(thread[dim], constant32(constant[dim])));
    lane = LLVM::SelectOp::create(
        b, loc, failed, LLVM::ZExtOp::create(b, loc, i64, number), lane);
    any = LLVM::OrOp::create(b, loc, any, failed);
  }
  failure.lane = lane;
  failure.shape = shape;
  doWhere(any, [&] { fail(failure); });
  return success();
}

/// The variable that says where the record is, and the one that says whether
/// a lane has failed already.
static LLVM::GlobalOp variable(ModuleOp module, OpBuilder &b, Location loc,
                               StringRef name, Type type,
                               LLVM::Linkage linkage) {
  if (auto found = module.lookupSymbol<LLVM::GlobalOp>(name))
    return found;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  return LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/false, linkage,
                                name, b.getIntegerAttr(type, 0),
                                /*alignment=*/8, /*addrSpace=*/1);
}

void Emitter::putLane(Value lane, ArrayRef<int64_t> shape,
                      function_ref<void(Value, size_t)> put) {
  IntegerBuilder integers(b, loc, 64, IntegerBuilder::Dialect::llvm);
  constexpr size_t room = std::extent_v<decltype(AssertRecord::lane)>;
  size_t rank = std::min(shape.size(), room);
  put(integers.constant(static_cast<int64_t>(rank)),
      offsetof(AssertRecord, rank));
  for (size_t dim = shape.size(); dim-- > 0;) {
    Value extent = integers.constant(shape[dim]);
    if (dim < room)
      put(integers.floorMod(lane, extent, true),
          offsetof(AssertRecord, lane) + dim * sizeof(int64_t));
    lane = integers.floorDiv(lane, extent, true);
  }
}

/// Copies the text, which ends with a zero, to the record at `base`.
void Emitter::putText(StringRef text, Value base) {
  Type i8 = b.getI8Type(), pointer = base.getType();
  Value from = textConstant(text);
  auto end = static_cast<int64_t>(text.size()) + 1;
  auto at = [&](Value start, LLVM::GEPArg offset) -> Value {
    return LLVM::GEPOp::create(b, loc, pointer, i8, start,
                               ArrayRef<LLVM::GEPArg>{offset});
  };
  Value to = at(base, static_cast<int32_t>(offsetof(AssertRecord, text)));
  repeatWhile(
      constant32(0),
      [&](Values i) { return unsignedLess(i[0], constant32(end)); },
      [&](Values i) -> Registers {
        Value letter = LLVM::LoadOp::create(b, loc, i8, at(from, i[0]));
        LLVM::StoreOp::create(b, loc, letter, at(to, i[0]), 0,
                              /*isVolatile=*/true);
        return {words().add(i[0], constant32(1))};
      });
}

void Emitter::fillRecord(const Failure &failure, Value base) {
  auto put = [&](Value value, size_t offset) {
    Value slot = LLVM::GEPOp::create(
        b, loc, base.getType(), b.getI8Type(), base,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
    LLVM::StoreOp::create(b, loc, value, slot, 0, /*isVolatile=*/true);
  };
  // Both texts end with a zero and fit.
  StringRef file(failure.file), message(failure.message);
  std::string text = file.take_front(400).str() + '\0';
  putText(text + message.take_front(sizeof(AssertRecord::text) - 402).str(),
          base);
  put(constant32(failure.line), offsetof(AssertRecord, line));
  put(flatProgram(), offsetof(AssertRecord, program));
  putLane(failure.lane, failure.shape, put);
  LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst);
  put(constant32(1), offsetof(AssertRecord, written));
  LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst);
}

void Emitter::fail(const Failure &failure) {
  Type i64 = b.getI64Type();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto where =
      variable(into, b, loc, assert_variable, i64, LLVM::Linkage::External);
  auto claimed = variable(into, b, loc, "girih_assert_claimed", i32(),
                          LLVM::Linkage::Internal);
  Value before = LLVM::AtomicRMWOp::create(
      b, loc, LLVM::AtomicBinOp::xchg,
      LLVM::AddressOfOp::create(b, loc, claimed), constant32(1),
      LLVM::AtomicOrdering::monotonic, "device");
  Value later = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, before,
                                     constant32(0));
  doWhere(later, [&] { intrinsic({}, "llvm.nvvm.exit", {}); });
  Value at = LLVM::LoadOp::create(b, loc, i64,
                                  LLVM::AddressOfOp::create(b, loc, where), 8,
                                  /*isVolatile=*/true);
  Value given =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, at, zeroOf(i64));
  doWhere(given, [&] {
    fillRecord(failure, LLVM::IntToPtrOp::create(b, loc, pointer, at));
  });
  auto call =
      external("__assertfail", {}, {pointer, pointer, i32(), pointer, i64});
  Value bytes = LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(1));
  LLVM::CallOp::create(b, loc, call,
                       ValueRange{textConstant(failure.message),
                                  textConstant(failure.file),
                                  constant32(failure.line),
                                  textConstant(kernel.getName()), bytes});
}

} // namespace girih::compiler

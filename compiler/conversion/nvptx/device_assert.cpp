// SPDX-License-Identifier: Apache-2.0
// Assertions: the first lane of the device that fails leaves a record for the
// host and ends the launch. See compiler/assert_record.h.
#include "girih/compiler/assert_record.h"
#include "girih/compiler/conversion/nvptx/emitter.h"

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
  auto tensor = dyn_cast<RankedTensorType>(condition.getType());
  Type i64 = b.getI64Type();
  auto fails = [&](Value holds) -> Value {
    return LLVM::XOrOp::create(b, loc, holds, words().truth(true));
  };
  if (!tensor) {
    doWhere(fails(scalar(condition)),
            [&] { recordFailure(assertion, zeroOf(i64), {}); });
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
  doWhere(any, [&] { recordFailure(assertion, lane, shape); });
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

void Emitter::recordFailure(tile::AssertOp assertion, Value lane,
                            ArrayRef<int64_t> shape) {
  Type i64 = b.getI64Type(), i8 = b.getI8Type();
  Type pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto [file, line] = placeOf(assertion.getLoc());
  auto where =
      variable(into, b, loc, assert_variable, i64, LLVM::Linkage::External);
  auto claimed = variable(into, b, loc, "girih_assert_claimed", i32(),
                          LLVM::Linkage::Internal);
  Value address = LLVM::AddressOfOp::create(b, loc, claimed);
  Value before = LLVM::AtomicRMWOp::create(
      b, loc, LLVM::AtomicBinOp::xchg, address, constant32(1),
      LLVM::AtomicOrdering::monotonic, "device");
  Value later = LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, before,
                                     constant32(0));
  doWhere(later, [&] { intrinsic({}, "llvm.nvvm.exit", {}); });
  Value at = LLVM::LoadOp::create(b, loc, i64,
                                  LLVM::AddressOfOp::create(b, loc, where), 8,
                                  /*isVolatile=*/true);
  Value base = LLVM::IntToPtrOp::create(b, loc, pointer, at);
  auto put = [&](Value value, size_t offset) {
    Value slot = LLVM::GEPOp::create(
        b, loc, pointer, i8, base,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
    LLVM::StoreOp::create(b, loc, value, slot, 0, /*isVolatile=*/true);
  };
  // Both texts end with a zero and fit.
  std::string message = assertion.getMessage().str(), text = file;
  text.resize(std::min<size_t>(text.size(), 400));
  text += '\0';
  text += StringRef(message).take_front(sizeof(AssertRecord::text) - 402);
  Value given =
      LLVM::ICmpOp::create(b, loc, LLVM::ICmpPredicate::ne, at, zeroOf(i64));
  doWhere(given, [&] {
    Value from = textConstant(text);
    auto end = static_cast<int64_t>(text.size()) + 1;
    repeatWhile(
        constant32(0),
        [&](Values i) { return unsignedLess(i[0], constant32(end)); },
        [&](Values i) -> Registers {
          Value source =
              LLVM::GEPOp::create(b, loc, pointer, i8, from, ValueRange(i[0]));
          Value slot =
              LLVM::GEPOp::create(b, loc, pointer, i8, base, ValueRange(i[0]));
          slot =
              LLVM::GEPOp::create(b, loc, pointer, i8, slot,
                                  ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(
                                      offsetof(AssertRecord, text))});
          LLVM::StoreOp::create(b, loc,
                                LLVM::LoadOp::create(b, loc, i8, source), slot,
                                0, /*isVolatile=*/true);
          return {words().add(i[0], constant32(1))};
        });
    put(constant32(line), offsetof(AssertRecord, line));
    put(flatProgram(), offsetof(AssertRecord, program));
    putLane(lane, shape, put);
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst);
    put(constant32(1), offsetof(AssertRecord, written));
    LLVM::FenceOp::create(b, loc, LLVM::AtomicOrdering::seq_cst);
  });
  auto fail =
      external("__assertfail", {}, {pointer, pointer, i32(), pointer, i64});
  LLVM::CallOp::create(
      b, loc, fail,
      ValueRange{
          textConstant(message), textConstant(file), constant32(line),
          textConstant(kernel.getName()),
          LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(1))});
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Printing and assertions.
#include "girih/compiler/diagnostics.h"
#include "girih/compiler/interpreter/interpreter.h"
#include "girih/compiler/interpreter/lanes.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/lane_text.h"

#include <cstdio>

using namespace mlir;

namespace girih::compiler {

static ArrayRef<std::int64_t> shapeOf(Value value) {
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  return tensor ? tensor.getShape() : ArrayRef<std::int64_t>();
}

void Interpreter::run(tile::PrintOp op) {
  std::string text = op.getText().str(), lines;
  if (op.getValues().empty())
    lines = print_line(programNumber, {}, text, {});
  for (auto [value, isUnsigned] :
       llvm::zip_equal(op.getValues(), op.getIsUnsigned())) {
    Type type = getElementTypeOrSelf(value.getType());
    const TileValue &tile = values[value];
    forEachLane(shapeOf(value), [&](std::int64_t number, const auto &lane) {
      lines += print_line(programNumber, lane, text,
                          number_text(dtypeOf(type, isUnsigned),
                                      elementBits(type, tile[number])));
    });
  }
  std::fwrite(lines.data(), 1, lines.size(), stdout);
}

void Interpreter::run(tile::AssertOp op) {
  const TileValue &condition = values[op.getCondition()];
  forEachLane(shapeOf(op.getCondition()),
              [&](std::int64_t number, const auto &lane) {
                if (!condition[number].whole)
                  throw RuntimeError(ErrorId::device_assert,
                                     {name, op.getMessage().str(),
                                      lane_place(programNumber, lane)},
                                     sourceLine(op.getLoc()));
              });
}

} // namespace girih::compiler

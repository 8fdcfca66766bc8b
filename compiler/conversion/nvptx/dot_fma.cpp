// SPDX-License-Identifier: Apache-2.0
// Dots on the CUDA cores: every type, every shape.
#include "girih/compiler/conversion/nvptx/emitter.h"

#include <algorithm>
#include <tuple>
#include <vector>

using namespace mlir;

namespace girih::compiler {

namespace {

/// An operand, read depth by depth, or with `ahead` as many at a time as lie
/// next to each other in shared memory.
class FmaOperand {
public:
  FmaOperand(Emitter &emitter, Value operand, int dim, int64_t depth,
             bool ahead)
      : reader(emitter, operand, false) {
    Layout layout = Emitter::layoutOf(operand);
    stride = layout.size(Axis::reg) / depth;
    span = ahead ? reader.neighbours(1 - dim, depth) : 1;
    for (int64_t reg = 0; reg < stride; ++reg)
      registerOf[layout.coordinates(reg, 0, 0)[dim]] = reg;
  }

  /// Makes depth `k` the one that at() speaks of; depths come in order. Whether
  /// it has been read by this.
  bool advance(int64_t k) {
    current = k % span;
    if (current != 0)
      return false;
    depths.assign(span, {});
    if (span == 1) {
      depths[0] = reader.elements(k * stride, stride);
    } else {
      for (int64_t reg = 0; reg < stride; ++reg)
        for (auto [each, value] :
             llvm::zip_equal(depths, reader.run(k * stride + reg, span)))
          each.push_back(value);
    }
    return true;
  }

  void widen(llvm::function_ref<Value(Value)> widen) {
    for (Registers &each : depths)
      for (Value &value : each)
        value = widen(value);
  }

  /// The element at this coordinate along the free dimension.
  Value at(int64_t coordinate) const {
    return depths[current][registerOf.lookup(coordinate)];
  }

private:
  FragmentReader reader;
  llvm::SmallDenseMap<int64_t, int64_t> registerOf;
  int64_t stride = 1, span = 1, current = 0;
  std::vector<Registers> depths;
};

struct Element {
  int64_t reg, row, column;
};

std::vector<Element> elementsOf(const Layout &layout) {
  std::vector<Element> elements;
  for (int64_t reg = 0; reg < layout.size(Axis::reg); ++reg) {
    Coords at = layout.coordinates(reg, 0, 0);
    elements.push_back({reg, at[0], at[1]});
  }
  return elements;
}

/// Orders a thread's elements row by row, every other row backwards: an operand
/// stays the one before it, which the units keep, and two operands and a sum
/// are more than the two banks of registers give at a time.
void serpentine(std::vector<Element> &elements) {
  auto byRow = [](const Element &a, const Element &b) { return a.row < b.row; };
  llvm::sort(elements, [](const Element &a, const Element &b) {
    return std::tie(a.row, a.column) < std::tie(b.row, b.column);
  });
  bool backwards = false;
  for (auto first = elements.begin(); first != elements.end();) {
    auto last = std::upper_bound(first, elements.end(), *first, byRow);
    if (backwards)
      std::reverse(first, last);
    backwards = !backwards;
    first = last;
  }
}

} // namespace

LogicalResult Emitter::emitFmaDot(tile::DotOp dot) {
  // The assembler for older devices keeps too many registers for either.
  bool ahead = options.capability >= 90;
  std::vector<Element> order = elementsOf(layoutOf(dot.getResult()));
  if (ahead)
    serpentine(order);
  Type to = dot.getAcc().getType().getElementType();
  int64_t depth = dot.getK();
  FmaOperand rows(*this, dot.getA(), 0, depth, ahead);
  FmaOperand columns(*this, dot.getB(), 1, depth, ahead);
  auto widened = [&](Type element, bool isUnsigned) {
    return [=, this](Value value) -> Value {
      if (element == to)
        return value;
      if (isa<FloatType>(element))
        return floatCast(value, element, to);
      if (isUnsigned)
        return LLVM::ZExtOp::create(b, loc, to, value);
      return LLVM::SExtOp::create(b, loc, to, value);
    };
  };
  auto widenA =
      widened(dot.getA().getType().getElementType(), dot.getUnsignedA());
  auto widenB =
      widened(dot.getB().getType().getElementType(), dot.getUnsignedB());
  Registers sums(registers(dot.getAcc()));
  for (int64_t k = 0; k < depth; ++k) {
    // Both are asked for before either is needed.
    bool newRows = rows.advance(k), newColumns = columns.advance(k);
    if (newRows)
      rows.widen(widenA);
    if (newColumns)
      columns.widen(widenB);
    for (const Element &each : order) {
      Value x = rows.at(each.row), y = columns.at(each.column);
      Value &sum = sums[each.reg];
      if (isa<FloatType>(to))
        sum = LLVM::FMAOp::create(b, loc, x, y, sum);
      else
        sum =
            LLVM::AddOp::create(b, loc, LLVM::MulOp::create(b, loc, x, y), sum);
    }
  }
  tiles[dot] = std::move(sums);
  return success();
}

} // namespace girih::compiler

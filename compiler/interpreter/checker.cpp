// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/interpreter/checker.h"

#include "girih/compiler/diagnostics.h"
#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/interpreter/lanes.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/lane_text.h"

#include "llvm/ADT/TypeSwitch.h"

#include <bit>
#include <cmath>

using namespace mlir;

namespace girih::compiler {

namespace {

std::string list(ArrayRef<std::int64_t> numbers) {
  std::string text = "[";
  for (auto [at, number] : llvm::enumerate(numbers))
    text += (at ? ", " : "") + std::to_string(number);
  return text + "]";
}

std::vector<std::int64_t> indexOf(std::int64_t number,
                                  ArrayRef<std::int64_t> shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t dim = shape.size(); dim-- > 0; number /= shape[dim])
    index[dim] = number % shape[dim];
  return index;
}

/// The tile that an operation's lanes are of.
ArrayRef<std::int64_t> lanesOf(Operation *op) {
  Type type = TypeSwitch<Operation *, Type>(op)
                  .Case<tile::StoreOp, tile::ScatterOp>(
                      [](auto store) { return store.getValue().getType(); })
                  .Default([](Operation *other) {
                    return other->getNumResults()
                               ? other->getResult(0).getType()
                               : Type();
                  });
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  return tensor ? tensor.getShape() : ArrayRef<std::int64_t>();
}

/// The function of a reduction may be the library's own: the line is that of
/// the reduction.
SourceLine lineOf(Operation *op) {
  if (isa<tile::ReduceOp, tile::ScanOp, tile::InlinePtxOp>(op->getParentOp()))
    op = op->getParentOp();
  return sourceLine(op->getLoc());
}

/// What an operation is called: `add` for arith.addf.
std::string functionName(Operation *op) {
  StringRef name = op->getName().stripDialect();
  if (name != "erf")
    name.consume_back("f");
  return name.str();
}

std::string numberText(const Scalar &value) {
  return value.kind == Scalar::Kind::real
             ? number_text(DType::f64,
                           std::bit_cast<std::uint64_t>(value.number))
             : std::to_string(value.whole);
}

} // namespace

Checker::Checker(const Program &program, const std::int64_t *params,
                 Checks checks)
    : kernel(program.name), checks(checks) {
  for (const ArrangedOperand &each : program.operands) {
    Operand &operand = operands.emplace_back();
    operand.name = each.name;
    operand.direction = each.direction;
    operand.partial = each.partial;
    operand.sizes.assign(params + 1, params + 1 + each.rank);
    params += 1 + 2 * each.rank;
    operand.halfBytes = bits(each.dtype) < 8 && each.rank > 0;
    if (operand.halfBytes)
      operand.sizes.back() = (operand.sizes.back() + 1) / 2;
    std::int64_t count = 1;
    for (std::int64_t size : operand.sizes)
      count *= size;
    if (checks.race && each.direction != Direction::in)
      operand.elements.resize(count);
  }
}

void Checker::startProgram(std::int64_t number) {
  program = number;
  origins.clear();
  before.clear();
}

void Checker::startOperation(Operation &next) {
  op = &next;
  event = 0;
}

/// Without coordinates where the lanes are not those of a tile, as in the
/// function of a reduction.
std::string Checker::place(Operation *at,
                           std::optional<std::int64_t> lane) const {
  if (!lane)
    return lane_place(program, {});
  return lane_place(program, indexOf(*lane, lanesOf(at)));
}

std::string Checker::elementText(const Operand &operand, std::int64_t element) {
  std::vector<std::int64_t> index = indexOf(element, operand.sizes);
  if (operand.halfBytes) // the first of the two
    index.back() *= 2;
  return list(index);
}

std::string Checker::operandName(unsigned operand) const {
  return "operand " + operands[operand].name;
}

void Checker::outOfRange(const std::string &what, std::size_t dim,
                         std::int64_t index, std::int64_t size,
                         std::optional<std::int64_t> lane) const {
  if (checks.bounds)
    throw RuntimeError(ErrorId::bounds,
                       {kernel, index, dim, what, size, place(op, lane)},
                       lineOf(op));
}

/// Whether an event is another program's, and nothing says that it comes before
/// what is done now.
bool Checker::isUnordered(std::uint32_t touching) const {
  if (!touching || events[touching].program == program)
    return false;
  auto known = before.find(events[touching].program);
  return known == before.end() || touching >= known->second;
}

/// An event that what is done now races with, or 0.
std::uint32_t Checker::otherProgram(const Touched &touched) const {
  for (std::uint32_t each : {touched.first, touched.second})
    if (isUnordered(each))
      return each;
  return 0;
}

void Checker::arrive(unsigned operand, ArrayRef<std::int64_t> index,
                     bool last) {
  const std::pair counter(operand, laneNumber(operands[operand].sizes, index));
  Before &there = arrived[counter];
  before[program] = static_cast<std::uint32_t>(events.size());
  for (auto [each, count] : before)
    there[each] = std::max(there[each], count);
  if (last) {
    before = std::move(there);
    arrived.erase(counter);
  }
}

void Checker::note(Touched &touched) {
  if (!touched.first)
    touched.first = event;
  else if (!touched.second && events[touched.first].program != program)
    touched.second = event;
}

void Checker::reportRace(const Operand &operand, std::int64_t number,
                         std::int64_t lane, const char *done,
                         const char *before, std::uint32_t other) const {
  const Event &first = events[other];
  Diagnostic race(ErrorId::race, lineOf(op),
                  {kernel, elementText(operand, number), operand.name, done,
                   place(op, lane), before, first.program});
  race.note(lineOf(first.op),
            std::string("the element was ") + before + " here");
  throw RuntimeError(std::move(race));
}

void Checker::checkRace(Access kind, const Operand &operand,
                        const Element &element, std::int64_t number,
                        std::int64_t lane) const {
  const char *done = kind == Access::read    ? "read"
                     : kind == Access::write ? "written"
                                             : "updated by an atomic";
  auto report = [&](const char *before, std::uint32_t other) {
    if (other)
      reportRace(operand, number, lane, done, before, other);
  };
  // A tile is written in no particular order. Further writes of the same
  // program come in order: all right for an InOut.
  std::uint32_t last = element.written.first;
  bool again = operand.direction == Direction::out || last == event;
  if (kind == Access::write && again)
    report("written", last);
  report("written", otherProgram(element.written));
  if (kind != Access::read)
    report("read", otherProgram(element.read));
  if (kind != Access::atomic)
    report("updated by an atomic", otherProgram(element.atomic));
}

void Checker::access(Access kind, unsigned number, ArrayRef<std::int64_t> index,
                     std::int64_t lane, const Scalar &value) {
  Operand &operand = operands[number];
  std::int64_t element = laneNumber(operand.sizes, index);
  if (kind != Access::read)
    checkNaN(operand, element, value);
  if (!operand.store && kind == Access::write)
    operand.store = op;
  if (operand.elements.empty())
    return;
  if (!event) {
    event = static_cast<std::uint32_t>(events.size());
    events.push_back({op, program});
  }
  Element &touched = operand.elements[element];
  checkRace(kind, operand, touched, element, lane);
  Touched &mine = kind == Access::read    ? touched.read
                  : kind == Access::write ? touched.written
                                          : touched.atomic;
  // Of writes the last is kept: a tile that hits an element twice is found.
  if (kind == Access::write)
    mine.first = event;
  note(mine);
}

void Checker::finish() const {
  for (const Operand &operand : operands) {
    if (operand.direction != Direction::out || operand.partial)
      continue;
    for (auto [number, element] : llvm::enumerate(operand.elements))
      if (!element.written.first)
        throw RuntimeError(ErrorId::unwritten,
                           {kernel, elementText(operand, number), operand.name},
                           operand.store ? lineOf(operand.store)
                                         : SourceLine());
  }
}

void Checker::findOrigin(Scalar &result, ArrayRef<Scalar> inputs,
                         std::int64_t lane) {
  // A real's `whole` is free: it holds the number of the NaN's origin.
  for (const Scalar &input : inputs)
    if (isNaN(input)) {
      result.whole = input.whole;
      return;
    }
  origins.push_back({op, lane, inputs.take_front(3).vec()});
  result.whole = static_cast<std::int64_t>(origins.size());
}

void Checker::checkNaN(const Operand &operand, std::int64_t element,
                       const Scalar &value) const {
  if (!checks.nan || !isNaN(value) || value.whole == 0)
    return;
  const Origin &origin = origins[value.whole - 1];
  std::string inputs;
  for (const Scalar &input : origin.inputs)
    inputs += (inputs.empty() ? "" : ", ") + numberText(input);
  Diagnostic found(
      ErrorId::nan, lineOf(origin.op),
      {kernel, functionName(origin.op), inputs, place(origin.op, origin.lane)});
  found.note(lineOf(op), "it is stored to element " +
                             elementText(operand, element) + " of operand " +
                             operand.name);
  throw RuntimeError(std::move(found));
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Dots by warp groups: wgmma reads B, and A unless it is computed, from shared
// memory by itself. Descriptors and fragments: PTX ISA, "Asynchronous warpgroup
// level matrix instructions".
#include "girih/compiler/conversion/nvptx/emitter.h"

#include "girih/compiler/transforms/dot_plan.h"

#include "mlir/IR/Matchers.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace girih::compiler {

namespace {

/// An operand in shared memory, of which instructions are told by descriptors.
/// `free` is its dimension that is M or N, the other one is K.
class DescribedOperand {
public:
  DescribedOperand(tile::SharedType type, int free)
      : map(*OffsetMap::of(type.getLayout().getLayout())), free(free),
        contiguous(contiguousDim(type.getLayout().getLayout())),
        bytes(bytesOf(type.getElement())) {}

  bool alongFree() const { return contiguous == free; }

  /// Bytes from the start of a stage to the element at `row` of M or N and `k`,
  /// both whole parts of the swizzle.
  int64_t offset(int64_t row, int64_t k) const {
    Coords coords{row, k};
    if (free == 1)
      std::swap(coords[0], coords[1]);
    return map.offset(coords) * bytes;
  }
  int64_t stageBytes() const { return map.stageSize() * bytes; }

  /// Bits 16 to 31: from one row of the swizzle's width to the next along a
  /// free dimension that is contiguous.
  int64_t lowBits() const {
    int64_t leading = alongFree() ? map.atomStride(free) * bytes / 16 : 1;
    return leading << 16;
  }
  /// Bits 32 to 63: from eight rows to the next eight, and the swizzle.
  int64_t highBits() const {
    int64_t width = (int64_t(1) << map.atomBits(contiguous)) * bytes;
    int64_t swizzle = width == 128 ? 1 : width == 64 ? 2 : 3;
    return map.atomStride(1 - contiguous) * bytes / 16 | swizzle << 30;
  }

private:
  OffsetMap map;
  int free, contiguous;
  int64_t bytes;
};

/// `{$0, $1, ...}` from number `first` on.
std::string listOf(int64_t first, int64_t count) {
  std::string text = "{";
  for (int64_t i = 0; i < count; ++i)
    text += llvm::formatv("{0}${1}", i ? ", " : "", first + i).str();
  return text + "}";
}

} // namespace

/// One dot, part by part.
class WarpgroupDot {
public:
  WarpgroupDot(Emitter &emitter, tile::DotOp dot)
      : e(emitter), dot(dot), share(*warpgroupShare(dot)),
        element(dot.getA().getType().getElementType()),
        depth(256 / element.getIntOrFloatBitWidth()), steps(dot.getK() / depth),
        fromZero(matchPattern(dot.getAcc(), m_AnyZeroFloat()) ||
                 matchPattern(dot.getAcc(), m_Zero())) {
    if (isWholeOperand(Emitter::layoutOf(dot.getA())))
      a.emplace(sourceOf(dot.getA()), freeOf(dot.getA(), 0));
    b.emplace(sourceOf(dot.getB()), freeOf(dot.getB(), 1));
  }

  Registers run() {
    if (!a)
      readFragments();
    Registers sums = fence();
    int64_t rows = dot.getM() / share.groups,
            columns = dot.getN() / share.along;
    if (a)
      startA = start(dot.getA(), *a, rows, true);
    startB = start(dot.getB(), *b, columns, false);
    for (int64_t row = 0; row < rows; row += 64)
      for (int64_t column = 0; column < columns; column += share.columns)
        multiply(row, column,
                 MutableArrayRef(sums).slice((row / 64 * columns + column) / 2,
                                             share.columns / 2));
    e.assembly({}, "wgmma.commit_group.sync.aligned;", "", {}, true);
    return sums;
  }

private:
  /// Orders what is in registers before the dot. Gives the sums that it starts
  /// from: constants, which would be made where they are used, behind it.
  Registers fence() {
    Registers sums = e.registers(dot.getAcc()), made;
    auto isMade = [&](Value sum) {
      return !fromZero && matchPattern(sum, m_Constant());
    };
    llvm::copy_if(sums, std::back_inserter(made), isMade);
    Registers behind = e.named("wgmma.fence.sync.aligned;", made);
    size_t next = 0;
    for (Value &sum : sums)
      if (isMade(sum))
        sum = behind[next++];
    return sums;
  }

  tile::SharedType sourceOf(Value operand) {
    return e.lateLoads.lookup(operand).getSource().getType();
  }
  /// The dimension of the memory that is the operand's dimension `free`.
  int freeOf(Value operand, int free) {
    return e.lateLoads.lookup(operand).getTransposed() ? 1 - free : free;
  }
  Value constant(int64_t value) { return e.constant32(value); }

  /// The warp group's place among those below each other, or next to each
  /// other.
  Value place(bool down) {
    Value group =
        LLVM::LShrOp::create(e.b, e.loc, e.sameForWarp(e.warp), constant(2));
    Value groups = constant(share.groups);
    IntegerBuilder words = e.words();
    return down ? words.floorMod(group, groups, true)
                : words.floorDiv(group, groups, true);
  }

  /// The descriptor of what the warp group reads first, each having `part` rows
  /// of M or columns of N.
  Value start(Value operand, const DescribedOperand &described, int64_t part,
              bool down) {
    tile::SharedLoadOp load = e.lateLoads.lookup(operand);
    IntegerBuilder words = e.words();
    Operation *memory = load.getSource().getDefiningOp();
    int64_t base = e.sharedOffset[memory];
    // Blocks of a cluster have their rank above the bits that count. Stages are
    // within these: a block has less shared memory than they can name.
    Value fixed = e.inEntry([&]() -> Value {
      Value own = words.mul(place(down), constant(described.offset(part, 0)));
      Value first =
          words.add(words.add(e.sharedBaseOf(memory), constant(base)), own);
      first = LLVM::AndOp::create(e.b, e.loc, first, constant(0x3ffff));
      first = LLVM::LShrOp::create(e.b, e.loc, first, constant(4));
      return LLVM::OrOp::create(e.b, e.loc, first,
                                constant(described.lowBits()));
    });
    Value stage = e.narrowed(e.scalar(load.getStage()));
    Value low = words.add(
        fixed, words.mul(stage, constant(described.stageBytes() / 16)));
    Type i64 = e.b.getI64Type();
    Value whole = LLVM::ZExtOp::create(e.b, e.loc, i64, low);
    Value high = LLVM::ConstantOp::create(
        e.b, e.loc, i64, e.b.getI64IntegerAttr(described.highBits() << 32));
    return LLVM::OrOp::create(e.b, e.loc, whole, high);
  }

  /// The words of A, of all rows and steps.
  void readFragments() {
    FragmentReader reader(e, dot.getA(), false);
    Layout layout = Emitter::layoutOf(dot.getA());
    int64_t atom = int64_t(1) << layout.bases(Axis::reg).size();
    for (int64_t reg = 0, end = layout.size(Axis::reg); reg < end; reg += atom)
      llvm::append_range(fragments, reader.words(reg));
  }

  /// All of K for the 64 rows from `row` on, within the warp group's, and the
  /// instruction's columns from `column` on.
  void multiply(int64_t row, int64_t column, MutableArrayRef<Value> sums) {
    bool integer = element.isInteger();
    int64_t count = sums.size(), next = count;
    SmallVector<Value> inputs;
    std::string constraints;
    for (int64_t i = 0; i < count; ++i)
      constraints += integer ? "=r," : "=f,";
    auto input = [&](Value value, StringRef constraint) {
      inputs.push_back(value);
      constraints += (constraint + ",").str();
      return next++;
    };
    std::string left;
    if (a)
      left = llvm::formatv("${0}", input(startA, "l"));
    std::string right = llvm::formatv("${0}", input(startB, "l"));
    // The first of those from zero does not read the sums.
    std::string text = "{ .reg .pred p, q; .reg .b64 x, y; "
                       "setp.ne.b32 p, 1, 0; setp.ne.b32 q, 0, 0; ";
    for (int64_t step = 0; step < steps; ++step) {
      std::string operandA = listOf(next, 4), operandB = right;
      if (a)
        operandA = advanced("x", left, a->offset(row, step * depth), text);
      else
        for (Value word :
             ArrayRef(fragments).slice((row / 64 * steps + step) * 4, 4))
          input(word, "r");
      operandB = advanced("y", right, b->offset(column, step * depth), text);
      text += instruction(listOf(0, count), operandA, operandB,
                          fromZero && step == 0 ? "q" : "p");
    }
    for (auto [i, sum] : llvm::enumerate(sums)) {
      if (fromZero)
        break;
      inputs.push_back(sum);
      constraints += std::to_string(i) + ",";
    }
    constraints.pop_back();
    Type type = dot.getResult().getType().getElementType();
    Registers result = e.parts(e.assembly(e.structOf(type, count), text + "}",
                                          constraints, inputs, true));
    std::copy(result.begin(), result.end(), sums.begin());
  }

  /// The name of a descriptor `bytes` further on.
  static std::string advanced(StringRef name, StringRef from, int64_t bytes,
                              std::string &text) {
    if (bytes == 0)
      return from.str();
    text += llvm::formatv("add.s64 {0}, {1}, {2}; ", name, from, bytes / 16);
    return name.str();
  }

  std::string instruction(StringRef sums, StringRef left, StringRef right,
                          StringRef adds) {
    std::string text = llvm::formatv(
        "wgmma.mma_async.sync.aligned.m64n{0}k{1}.{2}.{3}.{4} {5}, {6}, {7}, "
        "{8}",
        share.columns, depth, element.isInteger() ? "s32" : "f32",
        matrixType(element, dot.getUnsignedA()),
        matrixType(dot.getB().getType().getElementType(), dot.getUnsignedB()),
        sums, left, right, adds);
    if (element.isInteger())
      return text + "; ";
    // Neither is negated; which are contiguous along M or N, a choice that
    // halves have.
    text += ", 1, 1";
    if (depth != 16)
      return text + "; ";
    if (a)
      text += a->alongFree() ? ", 1" : ", 0";
    return text + (b->alongFree() ? ", 1; " : ", 0; ");
  }

  Emitter &e;
  tile::DotOp dot;
  WarpgroupShare share;
  Type element;
  int64_t depth, steps;
  bool fromZero;
  std::optional<DescribedOperand> a, b;
  Value startA, startB;
  Registers fragments;
};

LogicalResult Emitter::emitWarpgroupDot(tile::DotOp dot) {
  Registers sums = WarpgroupDot(*this, dot).run();
  tiles[dot] = dot.getInFlight() ? sums : afterDots(0, sums);
  return success();
}

LogicalResult Emitter::emitDotWait(tile::DotWaitOp wait) {
  if (wait.getHeld())
    holdBehind(cast<scf::ForOp>(wait->getParentOp()), "nanosleep.u32 0;");
  SmallVector<Value> flat;
  flatten(wait.getSources(), flat);
  Registers landed = afterDots(wait.getPending(), flat);
  size_t next = 0;
  for (auto [source, result] :
       llvm::zip_equal(wait.getSources(), wait.getResults())) {
    size_t count = registers(source).size();
    tiles[result] = Registers(ArrayRef(landed).slice(next, count));
    next += count;
  }
  return success();
}

/// Neither what makes the values nor what reads them passes a breakpoint, in
/// any direction: of sums with 64 additions the assembler moves all behind the
/// next wait otherwise, or half of them.
LogicalResult Emitter::emitHold(tile::HoldOp hold) {
  SmallVector<Registers> held;
  for (Value source : hold.getSources())
    held.push_back(named("", registers(source)));
  holdBehind(cast<scf::ForOp>(hold->getParentOp()), "brkpt;");
  for (auto [values, result] : llvm::zip_equal(held, hold.getResults()))
    tiles[result] = named("", values);
  return success();
}

/// Values as they are once all dots but the last `pending` have ended: naming
/// them keeps their readers behind that.
Registers Emitter::afterDots(int64_t pending, ArrayRef<Value> values) {
  return named(
      llvm::formatv("wgmma.wait_group.sync.aligned {0};", pending).str(),
      values);
}

/// Values behind an instruction that names them.
Registers Emitter::named(const std::string &text, ArrayRef<Value> values) {
  std::string constraints;
  SmallVector<Type> types;
  for (Value value : values) {
    constraints += value.getType().isInteger() ? "=r," : "=f,";
    types.push_back(value.getType());
  }
  for (size_t i = 0; i < values.size(); ++i)
    constraints += std::to_string(i) + (i + 1 < values.size() ? "," : "");
  if (values.empty()) {
    assembly({}, text, "", {}, true);
    return {};
  }
  Type type = types.size() == 1
                  ? types.front()
                  : LLVM::LLVMStructType::getLiteral(b.getContext(), types);
  return parts(assembly(type, text, constraints, values, true));
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_extrema.h"
#include "girih/compiler/ptx_text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <algorithm>
#include <vector>

using llvm::StringRef;

namespace girih::compiler {

namespace {

/// Minima and maxima, which ptxas joins with their like.
enum Kind : unsigned { none = 0, minimum = 1, maximum = 2 };

struct Statement : PtxStatement {
  using PtxStatement::PtxStatement;

  StringRef name() const { return opcode.split('.').first; }
  bool relu() const { return opcode.contains(".relu"); }
  /// Of min and max of one signed number of 16 or 32 bits.
  unsigned kind() const {
    if (!opcode.ends_with(".s32") && !opcode.ends_with(".s16"))
      return none;
    const unsigned own = llvm::StringSwitch<unsigned>(name())
                             .Case("min", minimum)
                             .Case("max", maximum)
                             .Default(none);
    return own != none && relu() ? minimum | maximum : own;
  }
  /// Whether it has a negated number where ptxas knows enough of its sources.
  bool mayNegate() const {
    return !opcode.contains(".f") &&
           llvm::StringSwitch<bool>(name())
               .Cases({"neg", "sub", "mul", "mad"}, true)
               .Default(false);
  }
  /// Whether its result may be one of its sources.
  bool mayCopy() const {
    return llvm::StringSwitch<bool>(name())
        .Cases({"mov", "cvt", "add", "or", "and", "xor", "selp", "prmt"}, true)
        .Default(false);
  }
  /// Targets in memory are none.
  void eachTarget(llvm::function_ref<void(StringRef)> take) const {
    if (!target().starts_with("["))
      eachRegister(target(), take);
  }
  void eachSource(llvm::function_ref<void(StringRef)> take) const {
    eachRegister(sources(), take);
  }
};

/// What is known of a register, whatever part of the program writes it.
struct Facts {
  bool mayBeNegated = false;
  unsigned from = none; // extrema whose results it may hold
  unsigned to = none;   // extrema that may read it
};

class Registers {
public:
  explicit Registers(const std::vector<Statement> &statements) {
    // Forwards for what comes of a register, backwards for what reads it.
    bool more = true;
    while (more) {
      more = false;
      for (const Statement &each : statements)
        more |= visit(each);
      for (const Statement &each : llvm::reverse(statements))
        more |= visit(each);
    }
  }
  bool isToBeCompared(const Statement &statement) const {
    const unsigned kind = statement.kind();
    bool negated = false, chained = false;
    statement.eachSource([&](StringRef name) {
      const Facts known = facts.lookup(name);
      negated |= known.mayBeNegated;
      chained |= (known.from & kind) != 0;
    });
    statement.eachTarget([&](StringRef name) {
      chained |= (facts.lookup(name).to & kind) != 0;
    });
    return negated && chained;
  }

private:
  /// Whether it says anything new.
  bool visit(const Statement &statement) {
    const unsigned kind = statement.kind();
    const bool copies = statement.mayCopy();
    if (kind == none && !copies && !statement.mayNegate())
      return false;
    bool more = false, negated = statement.mayNegate();
    unsigned from = kind, to = kind;
    if (copies) {
      statement.eachTarget([&](StringRef name) { to |= facts[name].to; });
      statement.eachSource([&](StringRef name) {
        negated |= facts[name].mayBeNegated;
        from |= facts[name].from;
      });
    }
    statement.eachSource([&](StringRef name) {
      Facts &known = facts[name];
      more |= (to & ~known.to) != 0;
      known.to |= to;
    });
    statement.eachTarget([&](StringRef name) {
      Facts &known = facts[name];
      more |= (negated && !known.mayBeNegated) || (from & ~known.from) != 0;
      known.mayBeNegated |= negated;
      known.from |= from;
    });
    return more;
  }

  llvm::StringMap<Facts> facts;
};

std::vector<Statement> statementsOf(StringRef ptx) {
  std::vector<Statement> out;
  eachPtxStatement(ptx, [&](StringRef text) {
    out.emplace_back(text);
    return true;
  });
  return out;
}

/// `{ .reg .pred __less; setp.lt.s32 __less, a, b; selp.b32 to, a, b, __less;
/// }`
std::string byComparison(const Statement &statement) {
  const StringRef bits = statement.opcode.take_back(2);
  const auto [left, right] = statement.sources().split(',');
  const StringRef a = left.trim(), b = right.trim();
  const bool smaller = statement.name() == "min";
  std::string out = "{ .reg .pred __less; setp.lt.s";
  out += (bits + " __less, " + a + ", " + b + "; ").str();
  const auto then = [&](const llvm::Twine &text) {
    if (!statement.predicate.empty())
      out += (statement.predicate + " ").str();
    out += (text + "; ").str();
  };
  then("selp.b" + bits + " " + statement.target() + ", " + (smaller ? a : b) +
       ", " + (smaller ? b : a) + ", __less");
  if (statement.relu())
    then("max.s" + bits + " " + statement.target() + ", " + statement.target() +
         ", 0");
  return out + "}";
}

} // namespace

std::string withoutNegatedExtrema(std::string ptx) {
  const StringRef text = ptx;
  if (!text.contains("min.") && !text.contains("max."))
    return ptx;
  const std::vector<Statement> statements = statementsOf(text);
  if (llvm::none_of(statements,
                    [](const Statement &each) { return each.kind() != none; }))
    return ptx;
  const Registers registers(statements);
  std::string out;
  out.reserve(ptx.size());
  const char *copied = text.begin();
  for (const Statement &each : statements) {
    if (each.kind() == none || !registers.isToBeCompared(each))
      continue;
    out.append(copied, each.text.begin());
    out += byComparison(each);
    copied = std::find(each.text.end(), text.end(), ';');
    if (copied != text.end())
      ++copied;
  }
  out.append(copied, text.end());
  return out;
}

} // namespace girih::compiler

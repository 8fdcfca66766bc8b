// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_extrema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"

#include <vector>

using llvm::StringRef;

namespace girih::compiler {

namespace {

/// Minima and maxima, which ptxas joins with their like.
enum Kind : unsigned { none = 0, minimum = 1, maximum = 2 };

/// Names of registers in `text`: what begins like an identifier.
void eachName(StringRef text, llvm::function_ref<void(StringRef)> take) {
  auto begins = [](char c) {
    return c == '%' || c == '_' || c == '$' || llvm::isAlpha(c);
  };
  auto belongs = [&](char c) { return begins(c) || llvm::isDigit(c); };
  while (!text.empty()) {
    const StringRef word = text.take_while(belongs);
    if (!word.empty() && begins(word.front()))
      take(word);
    text = text.drop_front(std::max<size_t>(word.size(), 1));
  }
}

/// `[@predicate] opcode target, sources...`
struct Statement {
  StringRef whole, predicate, opcode, target, sources;

  explicit Statement(StringRef text) {
    whole = text = text.ltrim("{} \t\n");
    if (text.starts_with("@")) {
      predicate = text.take_until(llvm::isSpace);
      text = text.drop_front(predicate.size()).ltrim();
    }
    opcode = text.take_until(llvm::isSpace);
    text = text.drop_front(opcode.size()).trim();
    const size_t list = text.starts_with("{") ? text.find('}') : 0,
                 comma = text.find(',', list == StringRef::npos ? 0 : list);
    target = text.substr(0, comma);
    sources = comma == StringRef::npos ? "" : text.substr(comma + 1);
  }

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
    if (!target.starts_with("["))
      eachName(target, take);
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
    eachName(statement.sources, [&](StringRef name) {
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
      eachName(statement.sources, [&](StringRef name) {
        negated |= facts[name].mayBeNegated;
        from |= facts[name].from;
      });
    }
    eachName(statement.sources, [&](StringRef name) {
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

/// What stands between semicolons, on one line.
std::vector<Statement> statementsOf(StringRef text) {
  std::vector<Statement> out;
  while (!text.empty()) {
    const StringRef one =
        text.take_until([](char c) { return c == ';' || c == '\n'; });
    out.emplace_back(one);
    text = text.drop_front(std::min(one.size() + 1, text.size()));
  }
  return out;
}

/// `{ .reg .pred __less; setp.lt.s32 __less, a, b; selp.b32 to, a, b, __less;
/// }`
std::string byComparison(const Statement &statement) {
  const StringRef bits = statement.opcode.take_back(2);
  const auto [left, right] = statement.sources.split(',');
  const StringRef a = left.trim(), b = right.trim();
  const bool smaller = statement.name() == "min";
  std::string out = "{ .reg .pred __less; setp.lt.s";
  out += (bits + " __less, " + a + ", " + b + "; ").str();
  const auto then = [&](const llvm::Twine &text) {
    if (!statement.predicate.empty())
      out += (statement.predicate + " ").str();
    out += (text + "; ").str();
  };
  then("selp.b" + bits + " " + statement.target + ", " + (smaller ? a : b) +
       ", " + (smaller ? b : a) + ", __less");
  if (statement.relu())
    then("max.s" + bits + " " + statement.target + ", " + statement.target +
         ", 0");
  return out + "}";
}

} // namespace

std::string withoutNegatedExtrema(StringRef ptx) {
  if (!ptx.contains("min.") && !ptx.contains("max."))
    return ptx.str();
  const std::vector<Statement> statements = statementsOf(ptx);
  if (llvm::none_of(statements,
                    [](const Statement &each) { return each.kind() != none; }))
    return ptx.str();
  const Registers registers(statements);
  std::string out;
  out.reserve(ptx.size());
  const char *copied = ptx.begin();
  for (const Statement &each : statements) {
    if (each.kind() == none || !registers.isToBeCompared(each))
      continue;
    out.append(copied, each.whole.begin());
    out += byComparison(each);
    copied = each.whole.end();
    if (copied != ptx.end() && *copied == ';')
      ++copied;
  }
  out.append(copied, ptx.end());
  return out;
}

} // namespace girih::compiler

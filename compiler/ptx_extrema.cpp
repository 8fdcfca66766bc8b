// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_extrema.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using llvm::StringRef;

namespace girih::compiler {

namespace {

/// `[@predicate] opcode target, sources...`
struct Statement {
  StringRef predicate, opcode, target;
  llvm::SmallVector<StringRef, 4> sources;

  explicit Statement(StringRef text) {
    text = text.ltrim("{} \t\n");
    if (text.starts_with("@")) {
      predicate = text.take_until(llvm::isSpace);
      text = text.drop_front(predicate.size()).ltrim();
    }
    opcode = text.take_until(llvm::isSpace);
    text.drop_front(opcode.size()).split(sources, ',');
    for (StringRef &each : sources)
      each = each.trim();
    target = sources.front();
    sources.erase(sources.begin());
  }
  /// min and max of one signed number each, in registers of 16 or 32 bits.
  bool isExtremum() const {
    return opcode == "min.s32" || opcode == "max.s32" || opcode == "min.s16" ||
           opcode == "max.s16";
  }
};

/// Registers that hold a negated number, under any name.
class Negated {
public:
  /// Whether the statement makes one that was not known.
  bool visit(const Statement &statement) {
    if (statement.sources.empty() || !statement.target.starts_with("%"))
      return false;
    const StringRef opcode = statement.opcode, first = statement.sources[0];
    const bool negates = opcode.starts_with("neg.s") ||
                         (opcode.starts_with("sub.s") && first == "0") ||
                         (opcode.starts_with("mul.lo.s") &&
                          llvm::is_contained(statement.sources, "-1"));
    const bool copies =
        opcode.starts_with("mov.b") || opcode.starts_with("mov.u") ||
        opcode.starts_with("cvt.s") || opcode.starts_with("cvt.u");
    return (negates || (copies && holds(first))) &&
           names.insert(statement.target).second;
  }
  bool holds(StringRef name) const { return names.contains(name); }
  bool empty() const { return names.empty(); }

private:
  llvm::StringSet<> names;
};

void eachStatement(StringRef text, llvm::function_ref<void(StringRef)> take) {
  while (!text.empty()) {
    const StringRef statement =
        text.take_until([](char c) { return c == ';' || c == '\n'; });
    take(statement);
    text = text.drop_front(std::min(statement.size() + 1, text.size()));
  }
}

/// `{ .reg .pred p; setp.lt.s32 p, a, b; selp.b32 to, a, b, p; }`
std::string byComparison(const Statement &statement) {
  const StringRef bits = statement.opcode.take_back(2),
                  a = statement.sources[0], b = statement.sources[1];
  const bool smaller = statement.opcode.starts_with("min");
  std::string out = "{ .reg .pred smaller; setp.lt.s";
  out += (bits + " smaller, " + a + ", " + b + "; ").str();
  if (!statement.predicate.empty())
    out += (statement.predicate + " ").str();
  out += ("selp.b" + bits + " " + statement.target + ", " + (smaller ? a : b) +
          ", " + (smaller ? b : a) + ", smaller; }")
             .str();
  return out;
}

Negated negatedIn(StringRef ptx) {
  Negated negated;
  bool more = true;
  while (more) {
    more = false;
    eachStatement(ptx, [&](StringRef text) {
      if (!text.contains("neg.s") && !text.contains("sub.s") &&
          !text.contains("mul.lo.s") && !text.contains("mov.") &&
          !text.contains("cvt."))
        return;
      more |= negated.visit(Statement(text));
    });
  }
  return negated;
}

} // namespace

std::string withoutNegatedExtrema(StringRef ptx) {
  if (!ptx.contains("min.s") && !ptx.contains("max.s"))
    return ptx.str();
  const Negated negated = negatedIn(ptx);
  if (negated.empty())
    return ptx.str();
  std::string out;
  out.reserve(ptx.size());
  const char *copied = ptx.begin();
  eachStatement(ptx, [&](StringRef text) {
    if (!text.contains("min.s") && !text.contains("max.s"))
      return;
    const Statement statement(text);
    if (!statement.isExtremum() || statement.sources.size() != 2 ||
        llvm::none_of(statement.sources,
                      [&](StringRef name) { return negated.holds(name); }))
      return;
    const char *begin = statement.predicate.empty()
                            ? statement.opcode.begin()
                            : statement.predicate.begin();
    out.append(copied, begin);
    out += byComparison(statement);
    copied = text.end();
    if (copied != ptx.end() && *copied == ';')
      ++copied;
  });
  out.append(copied, ptx.end());
  return out;
}

} // namespace girih::compiler

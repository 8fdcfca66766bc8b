// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_text.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>

using llvm::StringRef;

namespace girih::compiler {

PtxStatement::PtxStatement(StringRef given) : text(given.ltrim("{} \t\n")) {
  StringRef rest = text;
  if (rest.starts_with("@")) {
    predicate = rest.take_until(llvm::isSpace);
    rest = rest.drop_front(predicate.size()).ltrim();
  }
  opcode = rest.take_until(llvm::isSpace);
  operands = rest.drop_front(opcode.size()).trim();
}

StringRef PtxStatement::target() const {
  if (operands.starts_with("{"))
    return operands.take_until([](char c) { return c == '}'; });
  return operands.take_until([](char c) { return c == ','; });
}

StringRef PtxStatement::sources() const {
  return operands.drop_front(target().size()).split(',').second;
}

void eachPtxStatement(StringRef ptx, llvm::function_ref<bool(StringRef)> take) {
  while (!ptx.empty()) {
    auto [line, rest] = ptx.split('\n');
    ptx = rest;
    line = line.split("//").first.trim();
    while (!line.empty()) {
      auto [statement, behind] = line.split(';');
      line = behind.trim();
      if (!take(statement.trim()))
        return;
    }
  }
}

void eachRegister(StringRef text, llvm::function_ref<void(StringRef)> take) {
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

} // namespace girih::compiler

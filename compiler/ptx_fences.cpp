// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/ptx_fences.h"
#include "girih/compiler/ptx_text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <vector>

using llvm::StringRef;

namespace girih::compiler {

namespace {

bool ends(const PtxStatement &statement) {
  return statement.opcode == "ret" || statement.opcode == "exit" ||
         statement.opcode == "trap";
}

/// What has been written since the last wgmma.fence of a basic block.
class RegisterOrder {
public:
  void enterBlock() {
    fenced = false;
    written.clear();
  }
  /// The problem, if any.
  std::optional<std::string> visit(const PtxStatement &statement) {
    if (statement.opcode.starts_with("wgmma.fence")) {
      written.clear();
      fenced = true;
      return std::nullopt;
    }
    if (statement.opcode.starts_with("wgmma.mma_async"))
      return checkDot(statement);
    StringRef target = statement.target();
    if (!fenced || !(target.starts_with("%") || target.starts_with("{")))
      return std::nullopt;
    bool copies = statement.opcode.starts_with("mov.") &&
                  !statement.operands.contains('{');
    bool kept = copies && isKept(statement.operands.split(',').second.trim());
    eachRegister(target, [&](StringRef name) {
      if (kept)
        written.erase(name);
      else
        written.insert(name);
    });
    return std::nullopt;
  }

private:
  bool isKept(StringRef source) const {
    return source.starts_with("%") && !written.contains(source);
  }

  /// Sums, and A where it is a list, too, are in braces; descriptors are not.
  std::optional<std::string> checkDot(const PtxStatement &dot) const {
    if (!fenced)
      return "wgmma.fence before a " + dot.opcode.str();
    std::optional<std::string> problem;
    for (StringRef rest = dot.operands; rest.contains('{');) {
      auto [list, behind] = rest.split('{').second.split('}');
      rest = behind;
      eachRegister(list, [&](StringRef name) {
        if (written.contains(name))
          problem = "wgmma.fence between what writes " + name.str() +
                    " and a " + dot.opcode.str();
      });
    }
    return problem;
  }

  bool fenced = false;
  llvm::StringSet<> written;
};

/// What a basic block does to shared memory, in order, and where it goes on.
struct Block {
  enum class Does { store, fence, bulkStore };
  std::vector<Does> does;
  std::vector<StringRef> targets;
  bool fallsThrough = true;
  bool storedBefore = false; // on some way to it, without a fence since
};

std::optional<Block::Does> doesToShared(StringRef opcode) {
  if (opcode.starts_with("st.shared") || opcode.starts_with("stmatrix"))
    return Block::Does::store;
  if (opcode.starts_with("fence.proxy.async"))
    return Block::Does::fence;
  if (opcode.starts_with("cp.async.bulk") &&
      opcode.contains(".global.shared::cta"))
    return Block::Does::bulkStore;
  return std::nullopt;
}

/// Follows stores to shared memory through a function's blocks.
class SharedOrder {
public:
  SharedOrder() : blocks(1) {}

  void enterBlock(StringRef label) {
    if (!label.empty())
      numbers[label] = blocks.size();
    blocks.emplace_back();
  }
  void visit(const PtxStatement &statement) {
    if (auto does = doesToShared(statement.opcode))
      blocks.back().does.push_back(*does);
    if (statement.opcode.starts_with("bra"))
      blocks.back().targets.push_back(statement.operands);
    blocks.back().fallsThrough =
        !statement.predicate.empty() ||
        !(ends(statement) || statement.opcode.starts_with("bra"));
  }
  /// Whether some bulk store may follow a store with no fence between.
  bool lacksFence() {
    std::vector<size_t> open;
    for (size_t i = 0; i < blocks.size(); ++i)
      open.push_back(i);
    while (!open.empty()) {
      size_t number = open.back();
      open.pop_back();
      bool stored = blocks[number].storedBefore;
      for (Block::Does does : blocks[number].does) {
        if (does == Block::Does::bulkStore && stored)
          return true;
        if (does != Block::Does::bulkStore)
          stored = does == Block::Does::store;
      }
      auto reach = [&](size_t next) {
        if (stored && !blocks[next].storedBefore) {
          blocks[next].storedBefore = true;
          open.push_back(next);
        }
      };
      for (StringRef target : blocks[number].targets)
        if (auto found = numbers.find(target); found != numbers.end())
          reach(found->second);
      if (blocks[number].fallsThrough && number + 1 < blocks.size())
        reach(number + 1);
    }
    return false;
  }

private:
  std::vector<Block> blocks;
  llvm::StringMap<size_t> numbers;
};

} // namespace

std::optional<std::string> missingFence(StringRef ptx) {
  RegisterOrder registers;
  SharedOrder shared;
  std::optional<std::string> problem;
  eachPtxStatement(ptx, [&](StringRef text) {
    if (text.ends_with(":")) {
      registers.enterBlock();
      shared.enterBlock(text.drop_back());
      return true;
    }
    PtxStatement statement(text);
    problem = registers.visit(statement);
    shared.visit(statement);
    if (statement.opcode.starts_with("bra")) {
      registers.enterBlock();
      shared.enterBlock("");
    }
    return !problem;
  });
  if (!problem && shared.lacksFence())
    problem = "fence.proxy.async before a cp.async.bulk that stores";
  return problem;
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Tiles that are not there: numbers as indices into levels whose sizes are
// numbers. What a loop with a number of rounds makes of its index counts for
// stores, and for loads where it is the index itself: reads around it, as of
// the neighbours k - 1 and k + 1, may leave the level and give `other`.
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <map>
#include <optional>

namespace girih {
namespace {

using Number = std::int64_t;

// A number and multiples of induction values, each of which takes all values
// from 0 to the number of its loop's rounds.
struct Linear {
  Number constant = 0;
  std::map<ValueId, Number> factors;

  bool is_induction() const {
    return constant == 0 && factors.size() == 1 && factors.begin()->second == 1;
  }
};

bool add(Number &to, Number factor, Number value) {
  Number product = 0;
  return !__builtin_mul_overflow(factor, value, &product) &&
         !__builtin_add_overflow(to, product, &to);
}

std::optional<Linear> sum(Linear left, const Linear &right, Number factor) {
  bool fits = add(left.constant, factor, right.constant);
  for (const auto &[id, each] : right.factors) {
    fits &= add(left.factors[id], factor, each);
    if (left.factors[id] == 0)
      left.factors.erase(id);
  }
  return fits ? std::optional(left) : std::nullopt;
}

class LevelRanges {
public:
  explicit LevelRanges(const Program &program) : program_(program) {}

  void block(const Block &block) {
    for (const Node &node : block.nodes) {
      if (node.op == Op::load)
        access(node, 0);
      else if (node.op == Op::store)
        access(node, 1);
      else if (node.op == Op::loop)
        loop(node);
      else if (node.op == Op::branch || node.op == Op::while_loop)
        conditional(node);
      else if (auto found = linear(node))
        known_[node.results[0]] = *found;
    }
  }

private:
  std::optional<Linear> value(ValueId id) const {
    auto found = known_.find(id);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<Linear> linear(const Node &node) const {
    if (node.op == Op::index && node.expr.as_constant())
      return Linear{node.expr.constant(), {}};
    if (node.op != Op::index_binary)
      return std::nullopt;
    auto left = value(node.inputs[0]), right = value(node.inputs[1]);
    if (!left || !right)
      return std::nullopt;
    switch (node.function) {
    case Function::add:
      return sum(*left, *right, 1);
    case Function::sub:
      return sum(*left, *right, -1);
    case Function::mul:
      if (left->factors.empty())
        std::swap(left, right);
      return right->factors.empty() ? sum({}, *left, right->constant)
                                    : std::nullopt;
    default:
      return std::nullopt;
    }
  }

  void loop(const Node &node) {
    auto rounds = value(node.inputs[0]);
    ValueId induction = node.body.arguments[0];
    if (rounds && rounds->factors.empty() && rounds->constant > 0) {
      known_[induction] = {0, {{induction, 1}}};
      rounds_[induction] = rounds->constant;
    }
    block(node.body);
    rounds_.erase(induction);
  }

  // What is done there may be done in some rounds only.
  void conditional(const Node &node) {
    auto rounds = std::move(rounds_);
    rounds_.clear();
    block(node.body);
    block(node.other);
    rounds_ = std::move(rounds);
  }

  // The value furthest from a level of so many tiles, where that is outside.
  std::optional<Number> outside(const Linear &index, Number size,
                                bool load) const {
    if (load && !index.factors.empty() && !index.is_induction())
      return std::nullopt;
    Number low = index.constant, high = index.constant;
    for (const auto &[id, factor] : index.factors) {
      auto rounds = rounds_.find(id);
      if (rounds == rounds_.end() ||
          !add(factor < 0 ? low : high, factor, rounds->second - 1))
        return std::nullopt;
    }
    if (low < 0)
      return low;
    return high >= size ? std::optional(high) : std::nullopt;
  }

  void access(const Node &node, std::size_t first) const {
    const ArrangedOperand &operand =
        program_.operands[static_cast<std::size_t>(node.operand)];
    std::size_t at = first;
    for (const auto &level : operand.levels)
      for (const Expr &each : level) {
        auto index = value(node.inputs[at++]);
        auto size = each.as_constant();
        if (!index || !size)
          continue;
        if (auto found = outside(*index, *size, first == 0))
          fail(node, operand, at - first - 1, *found, *size);
      }
  }

  [[noreturn]] static void fail(const Node &node,
                                const ArrangedOperand &operand, std::size_t dim,
                                Number index, Number size) {
    throw CompileError(
        Diagnostic(ErrorId::level_index, node.line,
                   {operand.name, "index " + std::to_string(index),
                    "dimension " + std::to_string(dim) + " of its level",
                    "it has size " + std::to_string(size)})
            .helped("indices count from 0; a tile outside of its level reads "
                    "as `other` and is never written"));
  }

  const Program &program_;
  std::map<ValueId, Linear> known_;
  std::map<ValueId, Number> rounds_;
};

} // namespace

void check_levels(const Program &program) {
  LevelRanges(program).block(program.body);
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// The canonical form of a recorded body, so that the same kernel gives the same
// text whatever helpers and temporaries it was written with.
#include "girih/dsl/expr_operation.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/with_line.h"

#include <algorithm>
#include <map>

namespace girih {

std::optional<Expr> folded(Function function, const Expr &lhs,
                           const Expr &rhs) {
  switch (function) {
  case Function::add:
    return lhs + rhs;
  case Function::sub:
    return lhs - rhs;
  case Function::mul:
    return lhs * rhs;
  case Function::min:
    return min(lhs, rhs);
  case Function::max:
    return max(lhs, rhs);
  default:
    break;
  }
  // A divisor that may be 0 stays a run-time matter.
  auto number = rhs.as_constant();
  if (!number)
    return std::nullopt;
  return function == Function::mod ? lhs % rhs : lhs / rhs;
}

namespace {

// Of two such halves an expression can be made, whatever the operation.
bool is_short(const Expr &expr) {
  return extent(expr).nodes < max_expr_nodes / 4 &&
         extent(expr).nesting < max_expr_nesting / 2;
}

// Index arithmetic over sizes becomes one expression, unless that gets long.
class IndexFolder {
public:
  void run(Block &block) {
    for (Node &node : block.nodes) {
      for (ValueId &each : node.inputs)
        each = resolved(each);
      if (node.op == Op::index)
        known_[node.results[0]] = node.expr;
      else if (node.op == Op::index_binary)
        binary(node);
      for_each_block(node, [&](Block &each) { run(each); });
    }
    for (ValueId &each : block.yields)
      each = resolved(each);
  }

private:
  ValueId resolved(ValueId id) const {
    auto found = same_.find(id);
    return found == same_.end() ? id : found->second;
  }

  void binary(Node &node) {
    auto left = known_.find(node.inputs[0]),
         right = known_.find(node.inputs[1]);
    bool divides =
        node.function == Function::floordiv || node.function == Function::mod;
    std::optional<std::int64_t> number;
    if (right != known_.end())
      number = right->second.as_constant();
    if (divides && number && *number < 1)
      throw CompileError(ErrorId::index_divisor, node.line, {*number});
    if (left != known_.end() && right != known_.end() &&
        is_short(left->second) && is_short(right->second)) {
      auto whole = with_line(node.line, [&] {
        return folded(node.function, left->second, right->second);
      });
      if (whole) {
        node.op = Op::index;
        node.function = Function::none;
        node.expr = *whole;
        node.inputs.clear();
        known_[node.results[0]] = node.expr;
        return;
      }
    }
    // Identities: a range() from 0 adds 0 to its induction value.
    bool zero = number && *number == 0, one = number && *number == 1;
    if ((zero &&
         (node.function == Function::add || node.function == Function::sub)) ||
        (one && (node.function == Function::mul ||
                 node.function == Function::floordiv)))
      same_[node.results[0]] = node.inputs[0];
  }

  std::map<ValueId, Expr> known_;
  std::map<ValueId, ValueId> same_;
};

void count_uses(const Block &block, std::vector<int> &uses) {
  for (const Node &node : block.nodes) {
    for (ValueId each : node.inputs)
      ++uses[static_cast<std::size_t>(each)];
    count_uses(node.body, uses);
    count_uses(node.other, uses);
  }
  for (ValueId each : block.yields)
    ++uses[static_cast<std::size_t>(each)];
}

// acc + dot(a, b), the dot used for nothing else, is dot(a, b, acc).
class DotJoiner {
public:
  explicit DotJoiner(const Program &program)
      : program_(program), uses_(program.values.size(), 0) {
    count_uses(program.body, uses_);
  }

  void run(Block &block) {
    std::map<ValueId, std::size_t> dots; // of this block, without a sum
    for (std::size_t i = 0; i < block.nodes.size(); ++i) {
      Node &node = block.nodes[i];
      run(node.body);
      run(node.other);
      if (node.op == Op::dot && node.inputs.size() == 2)
        dots[node.results[0]] = i;
      if (node.op == Op::binary && node.function == Function::add)
        join(block, node, dots);
    }
  }

private:
  void join(Block &block, Node &node,
            const std::map<ValueId, std::size_t> &dots) {
    for (std::size_t side : {1U, 0U}) {
      auto found = dots.find(node.inputs[side]);
      ValueId sum = node.inputs[1 - side];
      if (found == dots.end() || !same_type(found->first, sum) ||
          !same_type(found->first, node.results[0]) ||
          uses_[static_cast<std::size_t>(found->first)] != 1)
        continue;
      const Node &dot = block.nodes[found->second];
      node.op = Op::dot;
      node.function = Function::none;
      node.precision = dot.precision;
      node.line = dot.line;
      node.inputs = {dot.inputs[0], dot.inputs[1], sum};
      return; // the dot itself is dead now
    }
  }

  bool same_type(ValueId lhs, ValueId rhs) const {
    return program_.values[static_cast<std::size_t>(lhs)] ==
           program_.values[static_cast<std::size_t>(rhs)];
  }

  const Program &program_;
  std::vector<int> uses_;
};

// Keeps what a store needs. A carried value is needed where its result is, or
// its argument within what is needed.
class DeadCode {
public:
  explicit DeadCode(const Program &program)
      : live_(program.values.size(), false) {}

  void run(Block &body) {
    do {
      changed_ = false;
      mark(body);
    } while (changed_);
    sweep(body);
  }

private:
  bool is_live(ValueId id) const { return live_[static_cast<std::size_t>(id)]; }

  void need(ValueId id) {
    changed_ |= !is_live(id);
    live_[static_cast<std::size_t>(id)] = true;
  }

  bool is_needed(const Node &node) const {
    return has_effect(node) ||
           std::any_of(node.results.begin(), node.results.end(),
                       [&](ValueId each) { return is_live(each); });
  }

  void need_all(const std::vector<ValueId> &ids) {
    for (ValueId each : ids)
      need(each);
  }

  void mark(const Block &block) {
    for (auto node = block.nodes.rbegin(); node != block.nodes.rend(); ++node) {
      if (!is_needed(*node))
        continue;
      switch (node->op) {
      case Op::loop:
        need(node->inputs[0]);
        carried(*node, node->body.arguments, 1);
        break;
      case Op::while_loop:
        need_all(node->other.yields);
        carried(*node, node->other.arguments, 0);
        break;
      case Op::branch:
        need_all(node->inputs);
        for (std::size_t i = 0; i < node->results.size(); ++i)
          if (is_live(node->results[i])) {
            need(node->body.yields[i]);
            need(node->other.yields[i]);
          }
        break;
      default: // whole blocks of lanes; no result is dropped
        need_all(node->inputs);
        need_all(node->results);
        need_all(node->body.yields);
      }
      mark(node->body);
      mark(node->other);
    }
  }

  // `before` inputs and arguments stand before the carried ones.
  void carried(const Node &node, const std::vector<ValueId> &arguments,
               std::size_t before) {
    for (std::size_t i = 0; i < node.results.size(); ++i)
      if (is_live(node.results[i]) || is_live(arguments[i + before])) {
        need(node.inputs[i + before]);
        need(node.body.yields[i]);
        need(node.results[i]);
        need(arguments[i + before]);
      }
  }

  static void erase(std::vector<ValueId> &list, std::size_t at) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void sweep(Block &block) {
    std::erase_if(block.nodes,
                  [&](const Node &node) { return !is_needed(node); });
    for (Node &node : block.nodes) {
      bool control = node.op == Op::loop || node.op == Op::branch ||
                     node.op == Op::while_loop;
      for (std::size_t i = node.results.size(); control && i-- > 0;) {
        if (is_live(node.results[i]))
          continue;
        erase(node.results, i);
        erase(node.body.yields, i);
        if (node.op == Op::branch)
          erase(node.other.yields, i);
        else
          erase(node.inputs, i + (node.op == Op::loop ? 1 : 0));
        if (node.op == Op::loop)
          erase(node.body.arguments, i + 1);
        else if (node.op == Op::while_loop)
          erase(node.other.arguments, i);
      }
      sweep(node.body);
      sweep(node.other);
    }
  }

  std::vector<bool> live_;
  bool changed_ = false;
};

// Numbers values in the order of their definitions, as they are printed.
class Renumber {
public:
  explicit Renumber(Program &program)
      : program_(program), numbers_(program.values.size(), -1) {}

  void run() {
    block(program_.body);
    program_.values = std::move(values_);
  }

private:
  void define(ValueId &id) {
    auto before = static_cast<std::size_t>(id);
    numbers_[before] = static_cast<ValueId>(values_.size());
    values_.push_back(program_.values[before]);
    id = numbers_[before];
  }

  void use(ValueId &id) {
    id = numbers_[static_cast<std::size_t>(id)];
    ensure(id >= 0, "a value is used before its definition");
  }

  void block(Block &block) {
    for (ValueId &each : block.arguments)
      define(each);
    for (Node &node : block.nodes) {
      for (ValueId &each : node.inputs)
        use(each);
      for_each_block(node, [&](Block &each) { this->block(each); });
      for (ValueId &each : node.results)
        define(each);
    }
    for (ValueId &each : block.yields)
      use(each);
  }

  Program &program_;
  std::vector<ValueId> numbers_;
  std::vector<ValueType> values_;
};

} // namespace

void canonicalize(Program &program) {
  IndexFolder().run(program.body);
  DotJoiner(program).run(program.body);
  DeadCode(program).run(program.body);
  Renumber(program).run();
}

} // namespace girih

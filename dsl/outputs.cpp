// SPDX-License-Identifier: Apache-2.0
// Every element of an Out is written exactly once. The usual tilings are proven
// from their index maps; for the rest, small sizes are tried out.
#include "girih/dsl/output_trial.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <array>
#include <set>

namespace girih {
namespace {

using Sizes = std::vector<std::int64_t>;

struct Store {
  const Node *node;
  int depth; // loops around it; branches do not count
};

void find_stores(const Block &block, int operand, int depth,
                 std::vector<Store> &out) {
  for (const Node &node : block.nodes) {
    if (node.op == Op::store && node.operand == operand)
      out.push_back({&node, depth});
    int inside = depth + (node.op == Op::branch ? 0 : 1);
    find_stores(node.body, operand, inside, out);
    find_stores(node.other, operand, inside, out);
  }
}

} // namespace

bool stores_to(const Node &node, int operand) {
  std::vector<Store> stores;
  find_stores(node.body, operand, 0, stores);
  find_stores(node.other, operand, 0, stores);
  return !stores.empty();
}

namespace {

// Elements are written at indices that are data.
bool scatters_to(const Block &block, int operand) {
  return std::any_of(
      block.nodes.begin(), block.nodes.end(), [&](const Node &node) {
        return (node.op == Op::scatter && node.operand == operand) ||
               scatters_to(node.body, operand) ||
               scatters_to(node.other, operand);
      });
}

// Whether every way through a block stores; loops count as one round.
bool always_stores(const Block &block, int operand) {
  return std::any_of(
      block.nodes.begin(), block.nodes.end(), [&](const Node &node) {
        if (node.op == Op::store)
          return node.operand == operand;
        return node.op != Op::while_loop && always_stores(node.body, operand) &&
               (node.op != Op::branch || always_stores(node.other, operand));
      });
}

// A store that follows `first`, or another one, on some way through a block.
const Node *second_store(const Block &block, int operand, const Node *&first) {
  for (const Node &node : block.nodes) {
    if (node.op == Op::store && node.operand == operand) {
      if (first)
        return &node;
      first = &node;
    }
    const Node *before = first;
    if (const Node *found = second_store(node.body, operand, first))
      return found;
    std::swap(first, before);
    if (const Node *found = second_store(node.other, operand, first))
      return found;
    first = first ? first : before;
  }
  return nullptr;
}

bool is_conditional(const Block &block, int operand) {
  return std::any_of(
      block.nodes.begin(), block.nodes.end(), [&](const Node &node) {
        bool control = node.op == Op::branch || node.op == Op::while_loop;
        return (control && stores_to(node, operand)) ||
               is_conditional(node.body, operand) ||
               is_conditional(node.other, operand);
      });
}

// One source dimension as c_1*x_1 + ... + c_n*x_n over distinct coordinates.
struct Term {
  Symbol symbol;
  std::int64_t factor;
};

std::optional<std::vector<Term>> linear(const Expr &expr) {
  std::vector<Term> out;
  if (expr.as_constant())
    return expr.constant() == 0 ? std::optional(out) : std::nullopt;
  if (expr.kind() == Expr::Kind::symbol)
    return std::vector<Term>{{expr.symbol(), 1}};
  if (expr.kind() == Expr::Kind::mul && expr.rhs().as_constant() &&
      expr.lhs().kind() == Expr::Kind::symbol)
    return std::vector<Term>{{expr.lhs().symbol(), expr.rhs().constant()}};
  if (expr.kind() != Expr::Kind::add)
    return std::nullopt;
  auto left = linear(expr.lhs()), right = linear(expr.rhs());
  if (!left || !right)
    return std::nullopt;
  left->insert(left->end(), right->begin(), right->end());
  return left;
}

// Proves the common tiling of an operand without middle levels: each dimension
// is program * tile + lane, or one of the two, each coordinate used once.
class TilingProof {
public:
  explicit TilingProof(const ArrangedOperand &operand) : operand_(operand) {}

  bool holds() {
    for (std::size_t d = 0; d < operand_.index.size(); ++d)
      if (!dimension(d))
        return false;
    for (std::size_t i = 0; i < operand_.grid.size(); ++i)
      if (!operand_.grid[i].same(1) && !programs_.contains(static_cast<int>(i)))
        return false;
    for (std::size_t i = 0; i < operand_.tile.size(); ++i)
      if (operand_.tile[i] != 1 && !lanes_.contains(static_cast<int>(i)))
        return false;
    // No bound but those of the dimensions: another one would leave gaps.
    return bounds_used_ == operand_.bounds.size();
  }

private:
  bool dimension(std::size_t d) {
    auto terms = linear(operand_.index[d]);
    if (!terms)
      return false;
    std::int64_t lanes = 1;
    const Term *program = nullptr;
    for (const Term &each : *terms) {
      auto at = static_cast<std::size_t>(each.symbol.dim);
      if (each.symbol.kind == SymbolKind::lane && each.factor == 1 &&
          lanes == 1 && lanes_.insert(each.symbol.dim).second)
        lanes = operand_.tile[at];
      else if (each.symbol.kind == SymbolKind::program && !program &&
               programs_.insert(each.symbol.dim).second)
        program = &each;
      else
        return false;
    }
    Expr size(Symbol{SymbolKind::size, own_size(), static_cast<int>(d), ""});
    if (!program) // lanes alone never cover a size that is not known
      return false;
    return program->factor == lanes &&
           operand_.grid[static_cast<std::size_t>(program->symbol.dim)].same(
               cdiv(size, lanes)) &&
           (lanes == 1 || bounded(d, size));
  }

  bool bounded(std::size_t d, const Expr &size) {
    for (const Bound &each : operand_.bounds)
      if (each.value.same(operand_.index[d]) && each.limit.same(size)) {
        ++bounds_used_;
        return true;
      }
    return false;
  }

  // The number of this operand, as its sizes say it.
  int own_size() const {
    int out = -1;
    for (const Expr &each : operand_.grid)
      each.for_each_symbol([&](const Symbol &symbol) { out = symbol.operand; });
    return out;
  }

  const ArrangedOperand &operand_;
  std::set<int> programs_, lanes_;
  std::size_t bounds_used_ = 0;
};

// Whether anything but the operand's own sizes decides what is written: then
// equal sizes everywhere might be no fair trial.
class OwnSizes {
public:
  OwnSizes(const Program &program, int operand)
      : program_(program), operand_(operand),
        foreign_(program.values.size(), false) {}

  bool hold() {
    const ArrangedOperand &each =
        program_.operands[static_cast<std::size_t>(operand_)];
    bool out = true;
    for (const Expr &size : each.grid)
      out &= own(size);
    for (const Expr &index : each.index)
      out &= own(index);
    for (const Bound &bound : each.bounds)
      out &= own(bound.value) && own(bound.limit);
    return out && block(program_.body);
  }

private:
  bool own(const Expr &expr) const {
    bool out = true;
    expr.for_each_symbol([&](const Symbol &symbol) {
      out &= symbol.kind != SymbolKind::element &&
             (symbol.kind != SymbolKind::size || symbol.operand == operand_);
    });
    return out;
  }

  bool foreign(const std::vector<ValueId> &ids) const {
    return std::any_of(ids.begin(), ids.end(), [&](ValueId each) {
      return foreign_[static_cast<std::size_t>(each)];
    });
  }

  bool block(const Block &block) {
    for (const Node &node : block.nodes) {
      bool taint =
          foreign(node.inputs) || (node.op == Op::index && !own(node.expr));
      if (taint && ((node.op == Op::store && node.operand == operand_) ||
                    stores_to(node, operand_)))
        return false;
      for (const auto *ids : {&node.results, &node.body.arguments})
        for (ValueId each : *ids)
          foreign_[static_cast<std::size_t>(each)] = taint;
      if (!this->block(node.body) || !this->block(node.other) ||
          (node.op == Op::loop && !carried(node)))
        return false;
    }
    return true;
  }

  // What a loop carries is foreign as soon as one round makes it so.
  bool carried(const Node &node) {
    if (!foreign(node.body.yields) || foreign(node.results))
      return true;
    for (const auto *ids : {&node.results, &node.body.arguments})
      for (ValueId each : *ids)
        foreign_[static_cast<std::size_t>(each)] = true;
    return !stores_to(node, operand_);
  }

  const Program &program_;
  int operand_;
  std::vector<bool> foreign_;
};

// Whether an index may depend on the program, or on anything else.
bool varies(const Block &block) {
  return std::any_of(block.nodes.begin(), block.nodes.end(),
                     [](const Node &node) {
                       return node.op == Op::tile_to_index ||
                              (node.op == Op::index &&
                               mentions(node.expr, SymbolKind::program)) ||
                              varies(node.body) || varies(node.other);
                     });
}

// Many programs write the same where the tile does not depend on one of their
// coordinates. A size that is not known is more than 1 sooner or later.
bool repeats(const Program &program, const ArrangedOperand &operand) {
  if (varies(program.body))
    return false;
  std::set<int> used;
  auto use = [&](const Expr &expr) {
    expr.for_each_symbol([&](const Symbol &symbol) {
      if (symbol.kind == SymbolKind::program)
        used.insert(symbol.dim);
    });
  };
  for (const Expr &each : operand.index)
    use(each);
  for (const Bound &each : operand.bounds) {
    use(each.value);
    use(each.limit);
  }
  for (std::size_t i = 0; i < operand.grid.size(); ++i)
    if (!operand.grid[i].same(1) && !used.contains(static_cast<int>(i)))
      return true;
  return false;
}

// What numbers in the kernel keep from being written, as in `slice(0, {0, 16})`
// or where tiles 0 and 1 of a level are stored: no element from a limit on.
// Only a call knows whether it has any. Other gaps are mistakes at once.
class Limits {
public:
  explicit Limits(int rank)
      : limits_(static_cast<std::size_t>(rank)),
        reached_(static_cast<std::size_t>(rank), 0) {}

  // False where `box`, of what is written with sizes `n`, does not fit to those
  // before.
  bool add(const std::optional<Sizes> &box, std::int64_t n) {
    if (!box || std::find(box->begin(), box->end(), 0) != box->end())
      return false;
    for (std::size_t d = 0; d < limits_.size(); ++d) {
      std::int64_t size = (*box)[d];
      reached_[d] = std::max(reached_[d], size);
      if (size < n && !limits_[d])
        limits_[d] = size;
      if (limits_[d] &&
          (reached_[d] > *limits_[d] || size != std::min(n, *limits_[d])))
        return false;
    }
    return true;
  }

  const std::vector<std::optional<std::int64_t>> &all() const {
    return limits_;
  }

private:
  std::vector<std::optional<std::int64_t>> limits_;
  Sizes reached_;
};

Limits try_out(const Program &program, int number, const Node &store) {
  const ArrangedOperand &operand =
      program.operands[static_cast<std::size_t>(number)];
  bool whole = operand.direction == Direction::out && !operand.partial;
  Limits limits(operand.rank);
  for (std::int64_t n : {1, 2, 3, 5, 8, 17, 33, 65, 130, 257, 1030}) {
    Trial trial(program, number, n);
    if (!trial.run())
      break;
    Sizes shape(static_cast<std::size_t>(operand.rank), n);
    auto missing = trial.missing();
    if (whole && !limits.add(missing ? trial.box() : shape, n) && missing)
      throw CompileError(
          ErrorId::store_coverage, store.line,
          {trial.element_text(*missing), operand.name, to_string(shape)});
  }
  return limits;
}

void check_operand(const Program &program, int number,
                   const SourceLine &where) {
  const ArrangedOperand &operand =
      program.operands[static_cast<std::size_t>(number)];
  std::vector<Store> stores;
  find_stores(program.body, number, 0, stores);
  bool out = operand.direction == Direction::out;
  if (out && stores.empty() && !scatters_to(program.body, number))
    throw CompileError(ErrorId::store_missing, where,
                       {operand.name, program.name});
  if (stores.empty())
    return;
  if (out && !operand.partial && !always_stores(program.body, number))
    throw CompileError(ErrorId::store_conditional, stores[0].node->line,
                       {operand.name});
  bool plain = operand.levels.empty();
  const Node *first = nullptr;
  const Node *second = second_store(program.body, number, first);
  if (out && plain && second)
    throw CompileError(
        Diagnostic(ErrorId::store_twice, second->line, {operand.name})
            .note(first->line, "the first store"));
  bool conditional = is_conditional(program.body, number);
  // Of a partial output one round of many may be the one that stores.
  bool each_round = !conditional || !operand.partial;
  if (out && plain && each_round && stores[0].depth > 0)
    throw CompileError(
        Diagnostic(ErrorId::store_twice, stores[0].node->line, {operand.name})
            .note(stores[0].node->line, "this store is inside a loop"));
  if (plain && TilingProof(operand).holds())
    return;
  if (conditional)
    return;
  if (!OwnSizes(program, number).hold()) { // see check_call_outputs()
    if (!plain && repeats(program, operand))
      throw CompileError(
          ErrorId::store_overlap, stores[0].node->line,
          {to_string(Sizes(static_cast<std::size_t>(operand.rank), 0)),
           operand.name});
    return;
  }
  try_out(program, number, *stores[0].node);
}

// Whether elements decide where the tile lies.
bool is_jagged(const ArrangedOperand &operand) {
  auto has = [](const Expr &expr) {
    return mentions(expr, SymbolKind::element);
  };
  return std::any_of(operand.index.begin(), operand.index.end(), has) ||
         std::any_of(operand.bounds.begin(), operand.bounds.end(),
                     [&](const Bound &each) {
                       return has(each.value) || has(each.limit);
                     });
}

} // namespace

std::vector<UnprovenOutput> unproven_outputs(const Program &program) {
  std::vector<UnprovenOutput> out;
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    const ArrangedOperand &each = program.operands[i];
    int number = static_cast<int>(i);
    if (each.direction == Direction::in || !each.levels.empty() ||
        TilingProof(each).holds() || is_jagged(each))
      continue;
    std::vector<Store> stores;
    find_stores(program.body, number, 0, stores);
    if (!stores.empty() && !is_conditional(program.body, number) &&
        !OwnSizes(program, number).hold())
      out.push_back({number, stores[0].node->line});
  }
  return out;
}

std::vector<LimitedOutput> limited_outputs(const Program &program) {
  std::vector<LimitedOutput> out;
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    const ArrangedOperand &each = program.operands[i];
    int number = static_cast<int>(i);
    std::vector<Store> stores;
    find_stores(program.body, number, 0, stores);
    if (each.direction != Direction::out || each.partial || stores.empty() ||
        (each.levels.empty() && TilingProof(each).holds()) ||
        is_conditional(program.body, number) ||
        !OwnSizes(program, number).hold())
      continue;
    try {
      Limits limits = try_out(program, number, *stores[0].node);
      if (std::any_of(limits.all().begin(), limits.all().end(),
                      [](const auto &limit) { return limit.has_value(); }))
        out.push_back({number, stores[0].node->line, limits.all()});
    } catch (const CompileError &) { // a text that recording would not give
    }
  }
  return out;
}

void check_outputs(const Program &program, const SourceLine &where) {
  for (std::size_t i = 0; i < program.operands.size(); ++i)
    if (program.operands[i].direction != Direction::in)
      check_operand(program, static_cast<int>(i), where);
}

} // namespace girih

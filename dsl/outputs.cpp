// SPDX-License-Identifier: Apache-2.0
// Every element of an Out is written exactly once. The usual tilings are proven
// from their index maps; for the rest, small sizes are tried out.
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

bool stores_to(const Node &node, int operand) {
  std::vector<Store> stores;
  find_stores(node.body, operand, 0, stores);
  find_stores(node.other, operand, 0, stores);
  return !stores.empty();
}

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

// Runs the index arithmetic of a Program, all sizes being `n`, and reports each
// store to one operand.
class Trial {
public:
  Trial(const Program &program, int operand, std::int64_t n)
      : program_(program),
        target_(program.operands[static_cast<std::size_t>(operand)]),
        operand_(operand), n_(n) {}

  static constexpr std::int64_t max_steps = 200'000;

  // False where the sizes do not fit together or it would take too long.
  bool run() {
    std::int64_t programs = 1;
    for (const Expr &each : target_.grid) {
      grid_.push_back(std::max<std::int64_t>(size(each), 0));
      if (__builtin_mul_overflow(programs, grid_.back(), &programs) ||
          programs > max_steps)
        return false;
    }
    std::int64_t elements = 1;
    for (int d = 0; d < target_.rank; ++d)
      if (__builtin_mul_overflow(elements, n_, &elements) ||
          elements > max_steps)
        return false;
    written_.assign(static_cast<std::size_t>(elements), {nullptr, -1});
    values_.assign(program_.values.size(), 0);
    at_.assign(grid_.size(), 0);
    for (number_ = 0; number_ < programs; ++number_) {
      if (!block(program_.body))
        return false;
      for (std::size_t d = at_.size(); d-- > 0;) {
        if (++at_[d] < grid_[d])
          break;
        at_[d] = 0;
      }
    }
    return true;
  }

  // The first element not written, or nothing.
  std::optional<std::int64_t> missing() const {
    for (std::size_t i = 0; i < written_.size(); ++i)
      if (!written_[i].node)
        return static_cast<std::int64_t>(i);
    return std::nullopt;
  }

  std::string element_text(std::int64_t flat) const {
    Sizes out(static_cast<std::size_t>(target_.rank));
    for (std::size_t d = out.size(); d-- > 0; flat /= n_)
      out[d] = flat % n_;
    return girih::to_string(out);
  }

private:
  struct Writer {
    const Node *node;
    std::int64_t program;
  };

  std::int64_t size(const Expr &expr) const {
    return expr.evaluate([&](const Symbol &) { return n_; });
  }

  std::int64_t &value(ValueId id) {
    return values_[static_cast<std::size_t>(id)];
  }

  bool block(const Block &block) {
    return std::all_of(block.nodes.begin(), block.nodes.end(),
                       [&](const Node &each) { return node(each); });
  }

  bool node(const Node &node) {
    switch (node.op) {
    case Op::index:
      value(node.results[0]) = node.expr.evaluate([&](const Symbol &symbol) {
        return symbol.kind == SymbolKind::program
                   ? at_[static_cast<std::size_t>(symbol.dim)]
                   : n_;
      });
      return true;
    case Op::index_binary: {
      Expr left(value(node.inputs[0])), right(value(node.inputs[1]));
      bool divides =
          node.function == Function::floordiv || node.function == Function::mod;
      if (divides && right.constant() < 1)
        return false;
      try {
        value(node.results[0]) = binary(node.function, left, right).constant();
      } catch (const CompileError &) {
        return false; // it overflows
      }
      return true;
    }
    case Op::loop:
      return loop(node);
    case Op::tile_to_index: // data is not known here
      return false;
    case Op::branch:
    case Op::while_loop: // what is done there is not known here
      return !stores_to(node, operand_) && !gives_index(node);
    case Op::store:
      return node.operand != operand_ || store(node);
    default:
      return true;
    }
  }

  bool gives_index(const Node &node) const {
    return std::any_of(
        node.results.begin(), node.results.end(), [&](ValueId each) {
          return program_.values[static_cast<std::size_t>(each)].kind ==
                 ValueType::Kind::index;
        });
  }

  static Expr binary(Function function, const Expr &lhs, const Expr &rhs) {
    switch (function) {
    case Function::add:
      return lhs + rhs;
    case Function::sub:
      return lhs - rhs;
    case Function::mul:
      return lhs * rhs;
    case Function::floordiv:
      return lhs / rhs;
    case Function::mod:
      return lhs % rhs;
    case Function::min:
      return min(lhs, rhs);
    default:
      return max(lhs, rhs);
    }
  }

  bool loop(const Node &node) {
    const Block &body = node.body;
    for (std::size_t i = 0; i < node.results.size(); ++i)
      value(body.arguments[i + 1]) = value(node.inputs[i + 1]);
    std::int64_t count = value(node.inputs[0]);
    for (std::int64_t k = 0; k < count; ++k) {
      if (++steps_ > max_steps)
        return false;
      value(body.arguments[0]) = k;
      if (!block(body))
        return false;
      Sizes next;
      for (ValueId each : body.yields)
        next.push_back(value(each));
      for (std::size_t i = 0; i < next.size(); ++i)
        value(body.arguments[i + 1]) = next[i];
    }
    for (std::size_t i = 0; i < node.results.size(); ++i)
      value(node.results[i]) = value(body.arguments[i + 1]);
    return true;
  }

  bool store(const Node &node) {
    std::int64_t lanes = tile_elements(target_.tile);
    steps_ += lanes;
    if (steps_ > max_steps)
      return false;
    Sizes lane(target_.tile.size(), 0);
    for (std::int64_t i = 0; i < lanes; ++i) {
      write(node, lane);
      for (std::size_t d = lane.size(); d-- > 0;) {
        if (++lane[d] < target_.tile[d])
          break;
        lane[d] = 0;
      }
    }
    return true;
  }

  void write(const Node &node, const Sizes &lane) {
    auto read = [&](const Symbol &symbol) {
      auto dim = static_cast<std::size_t>(symbol.dim);
      switch (symbol.kind) {
      case SymbolKind::program:
        return at_[dim];
      case SymbolKind::level:
        return value(node.inputs[dim + 1]);
      case SymbolKind::lane:
        return lane[dim];
      default:
        return n_;
      }
    };
    for (const Bound &each : target_.bounds) {
      std::int64_t at = each.value.evaluate(read);
      if (at < 0 || at >= each.limit.evaluate(read))
        return;
    }
    std::int64_t flat = 0;
    for (const Expr &each : target_.index) {
      std::int64_t at = each.evaluate(read);
      ensure(at >= 0 && at < n_, "a store that is in bounds leaves its source");
      flat = flat * n_ + at;
    }
    Writer &writer = written_[static_cast<std::size_t>(flat)];
    bool again = writer.node && (target_.direction == Direction::out ||
                                 writer.program != number_);
    if (again && writer.node != &node && writer.program == number_)
      throw CompileError(ErrorId::store_twice, node.line, {target_.name});
    if (again)
      throw CompileError(ErrorId::store_overlap, node.line,
                         {element_text(flat), target_.name});
    writer = {&node, number_};
  }

  const Program &program_;
  const ArrangedOperand &target_;
  int operand_;
  std::int64_t n_;
  Sizes grid_, at_, values_;
  std::vector<Writer> written_;
  std::int64_t number_ = 0, steps_ = 0;
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
  for (std::int64_t n : {1, 2, 3, 5, 8, 17, 33, 65, 130, 257, 1030}) {
    Trial trial(program, number, n);
    if (!trial.run())
      return;
    auto missing = trial.missing();
    if (missing && out && !operand.partial)
      throw CompileError(ErrorId::store_coverage, stores[0].node->line,
                         {trial.element_text(*missing), operand.name});
  }
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

void check_outputs(const Program &program, const SourceLine &where) {
  for (std::size_t i = 0; i < program.operands.size(); ++i)
    if (program.operands[i].direction != Direction::in)
      check_operand(program, static_cast<int>(i), where);
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/output_trial.h"

#include "girih/dsl/expr_operation.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>

namespace girih {
namespace {

constexpr std::int64_t max_steps = 200'000;

} // namespace

Trial::Trial(const Program &program, int operand, std::int64_t n)
    : program_(program),
      target_(program.operands[static_cast<std::size_t>(operand)]),
      operand_(operand), n_(n) {}

bool Trial::run() {
  std::int64_t programs = 1;
  for (const Expr &each : target_.grid) {
    grid_.push_back(std::max<std::int64_t>(size(each), 0));
    if (__builtin_mul_overflow(programs, grid_.back(), &programs) ||
        programs > max_steps)
      return false;
  }
  std::int64_t elements = 1;
  for (int d = 0; d < target_.rank; ++d)
    if (__builtin_mul_overflow(elements, n_, &elements) || elements > max_steps)
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

std::optional<std::int64_t> Trial::missing() const {
  for (std::size_t i = 0; i < written_.size(); ++i)
    if (!written_[i].node)
      return static_cast<std::int64_t>(i);
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> Trial::box() const {
  Sizes out(static_cast<std::size_t>(target_.rank), 0);
  std::int64_t count = 0, volume = 1;
  for (std::size_t i = 0; i < written_.size(); ++i) {
    if (!written_[i].node)
      continue;
    ++count;
    Sizes at = element(static_cast<std::int64_t>(i));
    for (std::size_t d = 0; d < at.size(); ++d)
      out[d] = std::max(out[d], at[d] + 1);
  }
  for (std::int64_t each : out)
    volume *= each;
  return count == volume ? std::optional(out) : std::nullopt;
}

std::vector<std::int64_t> Trial::element(std::int64_t flat) const {
  Sizes out(static_cast<std::size_t>(target_.rank));
  for (std::size_t d = out.size(); d-- > 0; flat /= n_)
    out[d] = flat % n_;
  return out;
}

std::string Trial::element_text(std::int64_t flat) const {
  return girih::to_string(element(flat));
}

std::int64_t Trial::size(const Expr &expr) const {
  return expr.evaluate([&](const Symbol &) { return n_; });
}

bool Trial::block(const Block &block) {
  return std::all_of(block.nodes.begin(), block.nodes.end(),
                     [&](const Node &each) { return node(each); });
}

bool Trial::node(const Node &node) {
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
      value(node.results[0]) = folded(node.function, left, right)->constant();
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

bool Trial::gives_index(const Node &node) const {
  return std::any_of(
      node.results.begin(), node.results.end(), [&](ValueId each) {
        return program_.values[static_cast<std::size_t>(each)].kind ==
               ValueType::Kind::index;
      });
}

bool Trial::loop(const Node &node) {
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

bool Trial::store(const Node &node) {
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

void Trial::write(const Node &node, const Sizes &lane) {
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

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/recorder.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>

namespace girih {
namespace {

thread_local Recorder *active = nullptr;

constexpr std::size_t max_loops = 16;

void replace_uses(Block &block, ValueId from, ValueId to) {
  for (Node &node : block.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    replace_uses(node.body, from, to);
  }
  std::replace(block.yields.begin(), block.yields.end(), from, to);
}

} // namespace

Recorder::Recorder(Program &program) : program_(program), outer_(active) {
  active = this;
}

Recorder::~Recorder() {
  active = outer_;
  // Variables that outlive their recording know it by their missing owner.
  while (first_) {
    Variable *variable = first_;
    unlink(*variable);
    variable->owner_ = nullptr;
  }
}

Recorder &Recorder::current(const char *what, const SourceLine &where) {
  if (!active)
    throw CompileError(ErrorId::not_recording, where, {what});
  active->check_not_broken();
  return *active;
}

void Recorder::check_not_broken() const {
  if (broken_)
    throw CompileError(ErrorId::loop_break, *broken_);
}

const ValueType &Recorder::type(ValueId id) const {
  return program_.values.at(static_cast<std::size_t>(id));
}

void Recorder::link(Variable &variable) {
  variable.previous_ = nullptr;
  variable.next_ = first_;
  if (first_)
    first_->previous_ = &variable;
  first_ = &variable;
}

void Recorder::unlink(Variable &variable) {
  if (variable.previous_)
    variable.previous_->next_ = variable.next_;
  else
    first_ = variable.next_;
  if (variable.next_)
    variable.next_->previous_ = variable.previous_;
  for (OpenLoop &loop : loops_)
    for (Candidate &each : loop.candidates)
      if (each.variable == &variable)
        each.variable = nullptr;
}

ValueId Recorder::define(ValueType type) {
  auto id = static_cast<ValueId>(program_.values.size());
  program_.values.push_back(std::move(type));
  visible_.push_back(id);
  is_visible_.push_back(true);
  return id;
}

void Recorder::check_use(ValueId id, const char *what,
                         const SourceLine &where) const {
  if (id < 0 || static_cast<std::size_t>(id) >= is_visible_.size())
    throw CompileError(ErrorId::foreign_value, where, {what});
  if (!is_visible_[static_cast<std::size_t>(id)])
    throw CompileError(ErrorId::value_scope, where, {what});
}

ValueId Recorder::add(Node node, ValueType type) {
  check_not_broken();
  ValueId id = define(std::move(type));
  node.results = {id};
  block().nodes.push_back(std::move(node));
  return id;
}

ValueId Recorder::constant(double value, DType dtype, Shape shape,
                           const SourceLine &where) {
  Node node;
  node.op = Op::constant;
  node.value = value;
  node.line = where;
  return add(std::move(node), {ValueType::Kind::tile, dtype, std::move(shape)});
}

ValueId Recorder::index(Expr expr, const SourceLine &where) {
  Node node;
  node.op = Op::index;
  node.expr = std::move(expr);
  node.line = where;
  return add(std::move(node), {ValueType::Kind::index, DType::i64, {}});
}

ValueId Recorder::index_binary(Function function, ValueId lhs, ValueId rhs,
                               const SourceLine &where) {
  check_use(lhs, "an Index", where);
  check_use(rhs, "an Index", where);
  Node node;
  node.op = Op::index_binary;
  node.function = function;
  node.inputs = {lhs, rhs};
  node.line = where;
  return add(std::move(node), {ValueType::Kind::index, DType::i64, {}});
}

void Recorder::check_indices(int operand, const std::vector<ValueId> &indices,
                             const SourceLine &where) const {
  const ArrangedOperand &arranged =
      program_.operands[static_cast<std::size_t>(operand)];
  std::size_t expected = 0;
  std::string levels;
  for (const auto &level : arranged.levels) {
    expected += level.size();
    levels += (levels.empty() ? "" : " of ") +
              to_string(level, operand_names(program_));
  }
  std::string middle =
      expected == 0 ? "no level to index" : "a level " + levels + " to index";
  if (indices.size() != expected)
    throw CompileError(ErrorId::level_index, where,
                       {arranged.name, indices.size(), middle,
                        std::to_string(expected) +
                            (expected == 1 ? " is" : " are") + " needed"});
  for (ValueId each : indices)
    check_use(each, "an Index", where);
}

ValueId Recorder::load(int operand, const std::vector<ValueId> &indices,
                       const SourceLine &where) {
  check_not_broken();
  check_indices(operand, indices, where);
  const ArrangedOperand &arranged =
      program_.operands[static_cast<std::size_t>(operand)];
  Node node;
  node.op = Op::load;
  node.operand = operand;
  node.inputs = indices;
  node.line = where;
  return add(std::move(node),
             {ValueType::Kind::tile, arranged.dtype, arranged.tile});
}

void Recorder::store(int operand, const std::vector<ValueId> &indices,
                     ValueId tile, const SourceLine &where) {
  check_not_broken();
  check_use(tile, "a Tile", where);
  check_indices(operand, indices, where);
  Node node;
  node.op = Op::store;
  node.operand = operand;
  node.inputs = {tile};
  node.inputs.insert(node.inputs.end(), indices.begin(), indices.end());
  node.line = where;
  block().nodes.push_back(std::move(node));
}

std::size_t Recorder::enter_loop(ValueId count, const SourceLine &where) {
  check_not_broken();
  check_use(count, "an Index", where);
  if (loops_.size() == max_loops)
    throw CompileError(ErrorId::unsupported, where,
                       {"loops are nested more than 16 deep", ""});
  OpenLoop loop;
  loop.serial = ++loop_count_;
  loop.node.op = Op::loop;
  loop.node.line = where;
  loop.node.inputs = {count};
  loop.scope_size = visible_.size();
  loop.node.body.arguments = {define({ValueType::Kind::index, DType::i64, {}})};
  for (Variable *each = first_; each; each = each->next_) {
    if (!is_visible_[static_cast<std::size_t>(each->value_)])
      continue; // kept alive past its own loop; any use is an error
    ValueId initial = each->value_;
    each->value_ = define(type(initial));
    loop.candidates.push_back({each, initial, each->value_});
  }
  loops_.push_back(std::move(loop));
  return loop_count_;
}

ValueId Recorder::induction() const {
  ensure(!loops_.empty(), "no loop is open");
  return loops_.back().node.body.arguments[0];
}

void Recorder::leave_loop(std::size_t serial) {
  check_not_broken();
  ensure(!loops_.empty() && loops_.back().serial == serial,
         "loops end in another order than they begin");
  OpenLoop loop = std::move(loops_.back());
  Node &node = loop.node;
  std::vector<Candidate> carried;
  for (const Candidate &each : loop.candidates) {
    if (!each.variable || each.variable->value_ == each.argument)
      continue;
    ValueId last = each.variable->value_;
    const SourceLine &line = each.variable->line_;
    check_use(last, "a Tile", line);
    if (!(type(last) == type(each.initial)))
      throw CompileError(
          ErrorId::loop_type, line,
          {to_string(type(each.initial)), to_string(type(last))});
    carried.push_back(each);
    node.inputs.push_back(each.initial);
    node.body.arguments.push_back(each.argument);
    node.body.yields.push_back(last);
  }
  // What the loop does not change keeps its value from before.
  for (const Candidate &each : loop.candidates) {
    bool changes = std::any_of(carried.begin(), carried.end(),
                               [&](const Candidate &other) {
                                 return other.argument == each.argument;
                               });
    if (changes)
      continue;
    replace_uses(node.body, each.argument, each.initial);
    if (each.variable)
      each.variable->value_ = each.initial;
  }
  loops_.pop_back();
  for (std::size_t i = loop.scope_size; i < visible_.size(); ++i)
    is_visible_[static_cast<std::size_t>(visible_[i])] = false;
  visible_.resize(loop.scope_size);
  for (const Candidate &each : carried) {
    node.results.push_back(define(type(each.initial)));
    each.variable->value_ = node.results.back();
  }
  block().nodes.push_back(std::move(node));
}

void Recorder::abandon_loop(std::size_t serial, const SourceLine &where) {
  bool open = std::any_of(loops_.begin(), loops_.end(), [&](const auto &each) {
    return each.serial == serial;
  });
  if (open && !broken_)
    broken_ = where;
}

void Recorder::finish() {
  check_not_broken();
  ensure(loops_.empty(), "a loop is still open");
}

Variable::Variable(Recorder *owner, ValueId value, SourceLine line)
    : owner_(owner), value_(value), line_(std::move(line)) {
  owner_->link(*this);
}

Variable::Variable(const Variable &other, SourceLine line)
    : owner_(nullptr), value_(other.value(line)), line_(std::move(line)) {
  owner_ = other.owner_;
  owner_->link(*this);
}

Variable::~Variable() {
  if (owner_)
    owner_->unlink(*this);
}

ValueId Variable::value(SourceLine where) const {
  Recorder &recorder = Recorder::current("a Tile or Index", where);
  if (owner_ != &recorder)
    throw CompileError(ErrorId::foreign_value, where, {"a Tile or Index"});
  recorder.check_use(value_, "a Tile or Index", where);
  return value_;
}

void Variable::assign(const Variable &other) {
  ValueId value = other.value(other.line_);
  if (owner_ != other.owner_)
    throw CompileError(ErrorId::foreign_value, other.line_,
                       {"a Tile or Index"});
  value_ = value;
  line_ = other.line_;
}

} // namespace girih

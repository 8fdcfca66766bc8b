// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/recorder.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/tile_nodes.h"

#include <algorithm>

namespace girih {
namespace {

thread_local Recorder *active = nullptr;

// What the user wrote to get an operation that a function of lanes has not.
std::string written_as(Op op) {
  switch (op) {
  case Op::index:
  case Op::index_binary:
  case Op::index_to_tile:
  case Op::tile_to_index:
    return "an Index";
  case Op::load:
    return "reading an operand";
  case Op::store:
    return "a store";
  case Op::dot:
    return "dot()";
  case Op::loop:
    return "range()";
  case Op::branch:
    return "when()";
  case Op::while_loop:
    return "loop_while()";
  case Op::remap:
    return "a change of shape";
  case Op::reduce:
    return "a reduction";
  case Op::scan:
    return "a scan";
  case Op::take:
    return "gather()";
  case Op::atomic:
    return "an atomic operation";
  case Op::arrive:
    return "last_to_arrive()";
  case Op::random:
    return "a random number";
  case Op::assertion:
    return "device_assert()";
  default:
    return std::string(name(op)) + "()";
  }
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

bool Recorder::is_open(const Recorder *recorder) {
  const Recorder *each = active;
  while (each && each != recorder)
    each = each->outer_;
  return each != nullptr;
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
  auto forget = [&](Candidates &candidates) {
    for (Candidate &each : candidates)
      if (each.variable == &variable)
        each.variable = nullptr;
  };
  for (Region &region : regions_)
    forget(region.candidates);
  for (Candidates *each : watched_)
    forget(*each);
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
  for (const Region &region : regions_)
    if (id < region.first_visible)
      throw CompileError(ErrorId::lanes_capture, where, {what});
}

void Recorder::check_lane_op(Op op, const SourceLine &where) const {
  if (in_lanes() && !is_lane_op(op))
    throw CompileError(ErrorId::lanes_operation, where, {written_as(op)});
}

bool Recorder::in_lanes() const {
  return std::any_of(
      regions_.begin(), regions_.end(),
      [](const Region &region) { return region.first_visible > 0; });
}

void Recorder::check_result(const Node &node, const ValueType &type) const {
  if (type.shape.size() > static_cast<std::size_t>(max_tensor_rank))
    throw CompileError(ErrorId::tile_rank, node.line,
                       {"the result", type.shape.size(), max_tensor_rank});
  if (tile_elements(type.shape) < 0)
    throw CompileError(
        ErrorId::tile_size, node.line,
        {"the result", to_string(type.shape), max_tile_elements});
  if (in_lanes() && !type.shape.empty())
    throw CompileError(ErrorId::lanes_operation, node.line,
                       {"a tile of shape " + to_string(type.shape)});
}

ValueId Recorder::add(Node node, ValueType type) {
  return add_all(std::move(node), {std::move(type)}).front();
}

std::vector<ValueId> Recorder::add_all(Node node,
                                       const std::vector<ValueType> &types) {
  check_not_broken();
  check_lane_op(node.op, node.line);
  for (const ValueType &each : types)
    check_result(node, each);
  for (const ValueType &each : types)
    node.results.push_back(define(each));
  std::vector<ValueId> results = node.results;
  block().nodes.push_back(std::move(node));
  return results;
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
                       {arranged.name,
                        std::to_string(indices.size()) + " indices",
                        "an operand with " + middle,
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
  add_all(std::move(node), {});
}

void Recorder::finish() {
  check_not_broken();
  if (!regions_.empty()) // a range() that outlives the application
    throw CompileError(ErrorId::loop_break, regions_.back().node.line);
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

// SPDX-License-Identifier: Apache-2.0
// Blocks within a recording: loops, branches and blocks of lanes, and which
// variables they change.
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <array>

namespace girih {
namespace {

constexpr std::size_t max_regions = 16;

void replace_uses(Block &block, ValueId from, ValueId to) {
  for (Node &node : block.nodes) {
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    replace_uses(node.body, from, to);
    replace_uses(node.other, from, to);
  }
  std::replace(block.yields.begin(), block.yields.end(), from, to);
}

} // namespace

class Recorder::RegionGuard {
public:
  explicit RegionGuard(Recorder &recorder)
      : recorder_(recorder), depth_(recorder.regions_.size()),
        watched_(recorder.watched_.size()) {}
  RegionGuard(const RegionGuard &) = delete;
  RegionGuard &operator=(const RegionGuard &) = delete;
  ~RegionGuard() {
    while (recorder_.regions_.size() > depth_)
      recorder_.close_region();
    recorder_.watched_.resize(watched_);
  }

private:
  Recorder &recorder_;
  std::size_t depth_, watched_;
};

void Recorder::open_region(const SourceLine &where) {
  if (regions_.size() == max_regions)
    throw CompileError(ErrorId::nesting, where,
                       {"loops, branches and functions of lanes", max_regions});
  Region region;
  region.serial = ++region_count_;
  region.scope_size = visible_.size();
  regions_.push_back(std::move(region));
}

Recorder::Region Recorder::close_region() {
  Region region = std::move(regions_.back());
  regions_.pop_back();
  for (std::size_t i = region.scope_size; i < visible_.size(); ++i)
    is_visible_[static_cast<std::size_t>(visible_[i])] = false;
  visible_.resize(region.scope_size);
  return region;
}

Recorder::Candidates Recorder::candidates(bool arguments) {
  Candidates out;
  for (Variable *each = first_; each; each = each->next_) {
    if (!is_visible_[static_cast<std::size_t>(each->value_)])
      continue; // kept alive past its own block; any use is an error
    ValueId initial = each->value_;
    if (arguments)
      each->value_ = define(type(initial));
    out.push_back({each, initial, each->value_});
  }
  return out;
}

void Recorder::check_carried(const Candidate &each) const {
  ValueId last = each.variable->value_;
  const SourceLine &line = each.variable->line_;
  check_use(last, "a Tile", line);
  if (!(type(last) == type(each.initial)))
    throw CompileError(ErrorId::loop_type, line,
                       {to_string(type(each.initial)), to_string(type(last))});
}

Recorder::Candidates Recorder::carried(const Candidates &all,
                                       std::span<Block *const> blocks) {
  Candidates out;
  for (const Candidate &each : all) {
    if (!each.variable || each.variable->value_ == each.argument)
      continue;
    check_carried(each);
    out.push_back(each);
  }
  // What the loop does not change keeps its value from before.
  for (const Candidate &each : all) {
    bool changes =
        std::any_of(out.begin(), out.end(), [&](const Candidate &other) {
          return other.argument == each.argument;
        });
    if (changes)
      continue;
    for (Block *block : blocks)
      replace_uses(*block, each.argument, each.initial);
    // Variables that were assigned this one have the same value.
    for (Variable *of = first_; of; of = of->next_)
      if (of->value_ == each.argument)
        of->value_ = each.initial;
  }
  return out;
}

std::size_t Recorder::enter_loop(ValueId count, const SourceLine &where) {
  check_not_broken();
  check_use(count, "an Index", where);
  check_lane_op(Op::loop, where);
  open_region(where);
  Region &region = regions_.back();
  region.node.op = Op::loop;
  region.node.line = where;
  region.node.inputs = {count};
  region.node.body.arguments = {
      define({ValueType::Kind::index, DType::i64, {}})};
  region.candidates = candidates(true);
  return region.serial;
}

ValueId Recorder::induction(std::size_t serial, const SourceLine &where) const {
  for (const Region &each : regions_)
    if (each.serial == serial)
      return each.node.body.arguments[0];
  throw CompileError(ErrorId::loop_break, where);
}

void Recorder::leave_loop(std::size_t serial, const SourceLine &where) {
  check_not_broken();
  if (regions_.empty() || regions_.back().serial != serial)
    throw CompileError(ErrorId::loop_break, where);
  // Values are checked while the loop's are still visible.
  Node &open = regions_.back().node;
  std::array<Block *, 1> blocks = {&open.body};
  Candidates changed = carried(regions_.back().candidates, blocks);
  for (const Candidate &each : changed) {
    open.inputs.push_back(each.initial);
    open.body.arguments.push_back(each.argument);
    open.body.yields.push_back(each.variable->value_);
  }
  Node node = close_region().node;
  std::vector<ValueType> types;
  for (const Candidate &each : changed)
    types.push_back(type(each.initial));
  std::vector<ValueId> results = add_all(std::move(node), types);
  for (std::size_t i = 0; i < changed.size(); ++i)
    changed[i].variable->value_ = results[i];
}

void Recorder::abandon_loop(std::size_t serial, const SourceLine &where) {
  bool open =
      std::any_of(regions_.begin(), regions_.end(),
                  [&](const auto &each) { return each.serial == serial; });
  if (open && !broken_)
    broken_ = where;
}

void Recorder::record_arm(Arm &arm, const std::function<void()> &body,
                          const SourceLine &where) {
  open_region(where);
  regions_.back().candidates = candidates(false);
  if (body)
    body();
  check_not_broken();
  for (const Candidate &each : regions_.back().candidates) {
    if (!each.variable || each.variable->value_ == each.initial)
      continue;
    check_carried(each);
    arm.changed.push_back({each.variable, each.initial, each.variable->value_});
    each.variable->value_ = each.initial;
  }
  arm.block = close_region().node.body;
}

void Recorder::add_branch(ValueId condition, const std::function<void()> &first,
                          const std::function<void()> &second,
                          const SourceLine &where) {
  check_not_broken();
  check_lane_op(Op::branch, where);
  Node node;
  node.op = Op::branch;
  node.inputs = {condition};
  node.line = where;
  RegionGuard guard(*this);
  Arm yes, no;
  watched_.push_back(&yes.changed);
  record_arm(yes, first, where);
  record_arm(no, second, where);
  std::vector<Variable *> variables;
  std::vector<ValueType> types;
  auto at_end = [](const Arm &arm, const Candidate &of) {
    for (const Candidate &each : arm.changed)
      if (each.variable == of.variable)
        return each.argument;
    return of.initial;
  };
  for (const Arm *arm : {&yes, &no})
    for (const Candidate &each : arm->changed) {
      if (!each.variable || std::find(variables.begin(), variables.end(),
                                      each.variable) != variables.end())
        continue;
      variables.push_back(each.variable);
      types.push_back(type(each.initial));
      yes.block.yields.push_back(at_end(yes, each));
      no.block.yields.push_back(at_end(no, each));
    }
  node.body = std::move(yes.block);
  node.other = std::move(no.block);
  std::vector<ValueId> results = add_all(std::move(node), types);
  for (std::size_t i = 0; i < variables.size(); ++i)
    variables[i]->value_ = results[i];
}

void Recorder::add_while(const std::function<ValueId()> &condition,
                         const std::function<void()> &body,
                         const SourceLine &where) {
  check_not_broken();
  Node node;
  node.op = Op::while_loop;
  node.line = where;
  check_lane_op(Op::while_loop, where);
  RegionGuard guard(*this);
  // One scope for the carried values, in it one for each block.
  open_region(where);
  regions_.back().candidates = candidates(true);
  open_region(where);
  ValueId holds = condition();
  check_use(holds, "a condition", where);
  node.other = std::move(regions_.back().node.body);
  node.other.yields = {holds};
  close_region();
  for (const Candidate &each : regions_.back().candidates)
    if (each.variable && each.variable->value_ != each.argument)
      throw CompileError(ErrorId::condition, each.variable->line_,
                         {"loop_while()", "assigns a variable made outside it",
                          "a condition only computes: assign in the body"});
  open_region(where);
  body();
  check_not_broken();
  node.body = std::move(regions_.back().node.body);
  std::array<Block *, 2> blocks = {&node.other, &node.body};
  // The innermost region is the body's: its values are still visible.
  Candidates all = regions_[regions_.size() - 2].candidates;
  Candidates changed = carried(all, blocks);
  std::vector<ValueType> types;
  for (const Candidate &each : changed) {
    node.inputs.push_back(each.initial);
    node.other.arguments.push_back(each.argument);
    node.body.yields.push_back(each.variable->value_);
    types.push_back(type(each.initial));
  }
  close_region();
  close_region();
  std::vector<ValueId> results = add_all(std::move(node), types);
  for (std::size_t i = 0; i < changed.size(); ++i)
    changed[i].variable->value_ = results[i];
}

Block Recorder::record_lanes(
    const std::vector<ValueType> &arguments,
    const std::function<std::vector<ValueId>(const std::vector<ValueId> &)>
        &body,
    Op of, const SourceLine &where) {
  check_not_broken();
  check_lane_op(of, where);
  RegionGuard guard(*this);
  open_region(where);
  regions_.back().first_visible = static_cast<ValueId>(program_.values.size());
  std::vector<ValueId> ids;
  for (const ValueType &each : arguments)
    ids.push_back(define(each));
  regions_.back().node.body.arguments = ids;
  std::vector<ValueId> yields = body(ids);
  check_not_broken();
  Block block = std::move(regions_.back().node.body);
  block.yields = std::move(yields);
  return block;
}

} // namespace girih

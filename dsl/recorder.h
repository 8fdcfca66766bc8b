// SPDX-License-Identifier: Apache-2.0
// The recording in progress on a thread. Not public.
#pragma once

#include "girih/dsl/functions.h"
#include "girih/dsl/program.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace girih {

/// Builds the body of a Program while the application runs.
class Recorder {
public:
  /// Records into `program`, whose operands are complete. Makes itself the
  /// recorder of this thread.
  explicit Recorder(Program &program);
  ~Recorder();
  Recorder(const Recorder &) = delete;
  Recorder &operator=(const Recorder &) = delete;

  /// The recorder of this thread. Throws CompileError [not-recording] naming
  /// `what` where there is none.
  static Recorder &current(const char *what, const SourceLine &where);

  /// Whether this thread is recording by `recorder`, or will be again.
  static bool is_open(const Recorder *recorder);

  Program &program() { return program_; }
  const ValueType &type(ValueId id) const;

  /// Appends a node with one result.
  ValueId add(Node node, ValueType type);
  /// Appends a node with any number of results.
  std::vector<ValueId> add_all(Node node, const std::vector<ValueType> &types);
  ValueId constant(double value, DType dtype, Shape shape,
                   const SourceLine &where);
  ValueId index(Expr expr, const SourceLine &where);
  ValueId index_binary(Function function, ValueId lhs, ValueId rhs,
                       const SourceLine &where);
  ValueId load(int operand, const std::vector<ValueId> &indices,
               const SourceLine &where);
  void store(int operand, const std::vector<ValueId> &indices, ValueId tile,
             const SourceLine &where);
  /// Throws [level-index] unless `indices` are one for each middle level.
  void check_indices(int operand, const std::vector<ValueId> &indices,
                     const SourceLine &where) const;
  /// Throws unless the value was made by this recorder in an open block.
  void check_use(ValueId id, const char *what, const SourceLine &where) const;

  /// Tiles and Indices with a value, for functions that return one.
  Tile tile(ValueId id, const SourceLine &where) { return {this, id, where}; }
  Index index_value(ValueId id, const SourceLine &where) {
    return {this, id, where};
  }

  // regions.cpp
  /// Opens a loop; gives its serial number.
  std::size_t enter_loop(ValueId count, const SourceLine &where);
  /// The induction value of an open loop.
  ValueId induction(std::size_t serial, const SourceLine &where) const;
  void leave_loop(std::size_t serial, const SourceLine &where);
  /// Records both arms of a branch; an empty function does nothing.
  void add_branch(ValueId condition, const std::function<void()> &yes,
                  const std::function<void()> &no, const SourceLine &where);
  /// Records `while (condition()) body()`; `condition` gives a bool scalar.
  void add_while(const std::function<ValueId()> &condition,
                 const std::function<void()> &body, const SourceLine &where);
  /// Records the block of lanes of an `of`: `body` gets the arguments and gives
  /// what the block yields. Nothing else is visible to it.
  Block record_lanes(
      const std::vector<ValueType> &arguments,
      const std::function<std::vector<ValueId>(const std::vector<ValueId> &)>
          &body,
      Op of, const SourceLine &where);
  /// A loop's body was left early; every later use of the recorder throws.
  void abandon_loop(std::size_t serial, const SourceLine &where);
  void check_not_broken() const;
  /// To be called when the application has returned.
  void finish();

  /// Access to a not yet loaded tile's parts.
  static const std::vector<ValueId> &indices(const OperandAccess &access) {
    return access.indices_.values;
  }
  ValueId load(const OperandAccess &access, const SourceLine &where) {
    return load(access.operand_, access.indices_.values, where);
  }
  void store(const OperandAccess &access, ValueId tile,
             const SourceLine &where) {
    store(access.operand_, access.indices_.values, tile, where);
  }

private:
  friend class Variable;
  struct Candidate {
    Variable *variable; // null once destroyed
    ValueId initial, argument;
  };
  using Candidates = std::vector<Candidate>;
  /// A block that is being recorded.
  struct Region {
    Node node; // of a loop: what is known of it already
    std::size_t serial = 0;
    std::size_t scope_size = 0; // values visible outside
    ValueId first_visible = 0;  // of a block of lanes: its first argument
    Candidates candidates;
  };
  /// An arm of a branch that has been recorded.
  struct Arm {
    Block block;
    Candidates changed; // argument: the value at the arm's end
  };
  /// Closes what was opened since, also when an exception passes.
  class RegionGuard;

  Block &block() {
    return regions_.empty() ? program_.body : regions_.back().node.body;
  }
  void open_region(const SourceLine &where);
  void record_arm(Arm &arm, const std::function<void()> &body,
                  const SourceLine &where);
  /// Ends the innermost region; its values are not visible any more.
  Region close_region();
  /// Variables whose values are visible; with `arguments`, each gets a new
  /// value, as at the start of a loop.
  Candidates candidates(bool arguments);
  /// Of a loop's or a while's candidates: those that it changes. The others
  /// get their values from before back, in `blocks` too.
  Candidates carried(const Candidates &all, std::span<Block *const> blocks);
  void check_carried(const Candidate &each) const;
  bool in_lanes() const;
  void check_lane_op(Op op, const SourceLine &where) const;
  void check_result(const Node &node, const ValueType &type) const;
  ValueId define(ValueType type);
  void link(Variable &variable);
  void unlink(Variable &variable);

  Program &program_;
  Recorder *outer_;
  Variable *first_ = nullptr;
  std::vector<Region> regions_;
  std::vector<Candidates *> watched_; // of arms
  std::vector<ValueId> visible_;      // values of open blocks, in order
  std::vector<bool> is_visible_;
  std::size_t region_count_ = 0;
  std::optional<SourceLine> broken_;
};

/// Canonical form of a recorded body: nodes without effect removed, sums of
/// dots joined with their dots, values numbered in order.
void canonicalize(Program &program);

/// Throws CompileError [level-index] where a number is no tile of a level.
void check_levels(const Program &program);

/// The checks of outputs: stored, once, everywhere. Throws CompileError.
void check_outputs(const Program &program, const SourceLine &where);

/// An output without levels that is stored at `where`, at a place that sizes of
/// other operands decide: a call has to be looked at.
struct UnprovenOutput {
  int operand;
  SourceLine where;
};
std::vector<UnprovenOutput> unproven_outputs(const Program &program);

/// An Out that is stored at `where`, and of which numbers in the kernel keep
/// elements from `limits[d]` on in dimension d from being written: a call must
/// have none of these.
struct LimitedOutput {
  int operand;
  SourceLine where;
  std::vector<std::optional<std::int64_t>> limits;
};
/// Tries sizes out, as recording does.
std::vector<LimitedOutput> limited_outputs(const Program &program);

/// Throws CompileError [store-overlap] or [store-coverage] unless each element
/// of these is written once with the shapes of a call, one for each operand. Of
/// dimensions that share coordinates the first 2^14 places are looked at.
void check_call_outputs(const Program &program,
                        const std::vector<LimitedOutput> &limited,
                        const std::vector<std::vector<std::int64_t>> &shapes);

} // namespace girih

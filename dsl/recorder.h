// SPDX-License-Identifier: Apache-2.0
// The recording in progress on a thread. Not public.
#pragma once

#include "girih/dsl/functions.h"
#include "girih/dsl/program.h"

#include <optional>
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

  Program &program() { return program_; }
  const ValueType &type(ValueId id) const;

  /// Appends a node with one result.
  ValueId add(Node node, ValueType type);
  ValueId constant(double value, DType dtype, Shape shape,
                   const SourceLine &where);
  ValueId index(Expr expr, const SourceLine &where);
  ValueId index_binary(Function function, ValueId lhs, ValueId rhs,
                       const SourceLine &where);
  ValueId load(int operand, const std::vector<ValueId> &indices,
               const SourceLine &where);
  void store(int operand, const std::vector<ValueId> &indices, ValueId tile,
             const SourceLine &where);
  /// Throws unless the value was made by this recorder in an open block.
  void check_use(ValueId id, const char *what, const SourceLine &where) const;

  /// Tiles and Indices with a value, for functions that return one.
  Tile tile(ValueId id, const SourceLine &where) { return {this, id, where}; }
  Index index_value(ValueId id, const SourceLine &where) {
    return {this, id, where};
  }

  /// Opens a loop; gives its serial number. The induction value is
  /// induction().
  std::size_t enter_loop(ValueId count, const SourceLine &where);
  ValueId induction() const;
  void leave_loop(std::size_t serial);
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
  struct OpenLoop {
    Node node;
    std::size_t serial;
    std::size_t scope_size; // values visible outside
    std::vector<Candidate> candidates;
  };

  Block &block() {
    return loops_.empty() ? program_.body : loops_.back().node.body;
  }
  ValueId define(ValueType type);
  void check_indices(int operand, const std::vector<ValueId> &indices,
                     const SourceLine &where) const;
  void link(Variable &variable);
  void unlink(Variable &variable);

  Program &program_;
  Recorder *outer_;
  Variable *first_ = nullptr;
  std::vector<OpenLoop> loops_;
  std::vector<ValueId> visible_; // values of open blocks, in order
  std::vector<bool> is_visible_;
  std::size_t loop_count_ = 0;
  std::optional<SourceLine> broken_;
};

/// Canonical form of a recorded body: nodes without effect removed, sums of
/// dots joined with their dots, values numbered in order.
void canonicalize(Program &program);

/// The checks of outputs: stored, once, everywhere. Throws CompileError.
void check_outputs(const Program &program, const SourceLine &where);

} // namespace girih

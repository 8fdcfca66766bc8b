// SPDX-License-Identifier: Apache-2.0
// From Tensors to ArrangedOperands. Not public.
#pragma once

#include "girih/dsl/make.h"
#include "girih/dsl/program.h"
#include "girih/dsl/record.h"

#include <map>

namespace girih {

/// While it lives, arithmetic of sizes that goes wrong has the line `where`,
/// unless one that was there before says another.
class SizeLine {
public:
  explicit SizeLine(const std::source_location &where);
  ~SizeLine();
  SizeLine(const SizeLine &) = delete;
  SizeLine &operator=(const SizeLine &) = delete;

private:
  const std::source_location where_;
  bool first_;
};

/// While it lives, operators of sizes are the user's, and so are their lines.
class UsersSizes {
public:
  UsersSizes();
  ~UsersSizes();
  UsersSizes(const UsersSizes &) = delete;
  UsersSizes &operator=(const UsersSizes &) = delete;

private:
  bool before_;
};

/// Behind a Tensor: levels of variables and the source index that they give.
/// Variables are lane symbols numbered in the order of their making; they get
/// their final kinds when the arrangement is complete.
struct Tensor::Map {
  struct Dim {
    Expr size;
    int variable = -1;
  };
  /// What can be decided only when block sizes are numbers.
  struct Check {
    enum class Kind : std::uint8_t { one, positive, nonnegative };
    Kind kind;
    Expr size;
    std::string function; // for the message
    int dim;
    SourceLine where;
  };

  /// An operand that a jagged dimension reads.
  struct Jagged {
    int operand;
    std::string name;
    SourceLine where;
  };

  int operand = 0;
  int rank = 0;
  std::string name;
  double other = 0;
  bool partial = false;
  SourceLine other_where, partial_where;
  std::vector<std::vector<Dim>> levels;
  std::vector<Expr> index;
  std::vector<Bound> bounds;
  std::vector<Check> checks;
  std::vector<Jagged> jagged;
  int variables = 0;
  /// Of the Tensor that a function of at() is given: that of the one at() is
  /// called on.
  std::shared_ptr<const Map> outer;

  /// A new dimension of this size.
  Dim add(Expr size);
  static Expr symbol(const Dim &dim);
  /// Replaces a variable everywhere.
  void replace(const Dim &dim, const Expr &by);
  /// Demands that `size` is 1 (or positive, or not negative): now where it is a
  /// number, else when the block sizes are known.
  void require(Check check);
  void decide(const Check &check, std::int64_t size) const;
  /// `a[n0, n1]`, for messages.
  std::string describe(int level) const;
};

/// Block sizes by name.
using Blocks = std::map<std::string, std::int64_t>;

/// While it lives, block_size() reports to it and messages use these names.
class ArrangementScope {
public:
  explicit ArrangementScope(std::vector<std::string> names);
  ~ArrangementScope();
  ArrangementScope(const ArrangementScope &) = delete;
  ArrangementScope &operator=(const ArrangementScope &) = delete;

  /// The innermost scope of this thread, or null.
  static ArrangementScope *current();
  void use_block(BlockUse use);
  /// Whether these are the pieces of a size of operands that a covering block
  /// cuts: there is one, as the block covers that size, too, from now on.
  bool covers(const Expr &pieces, std::source_location where);
  const std::vector<BlockUse> &blocks() const { return blocks_; }
  const std::vector<std::string> &names() const { return names_; }

private:
  std::vector<std::string> names_;
  std::vector<BlockUse> blocks_;
  ArrangementScope *outer_;
};

/// Throws CompileError [missing-argument] where make() was given no such
/// function.
void check_function(const KernelSource &source, bool given, const char *what);

/// Calls the arrangement. `blocks` and `constants` receive what it asked for.
Arrangement run_arrangement(const KernelSource &source,
                            std::span<const int> ranks,
                            std::vector<BlockUse> &blocks,
                            Constants *constants = nullptr);

/// The values of `uses` in a Config. Throws CompileError [block-missing],
/// [block-unknown], [block-range].
Blocks block_values(const KernelSource &source,
                    const std::vector<BlockUse> &uses, const Config &config);

/// A Tensor with numbers for its blocks: the map in final symbols, nothing
/// simplified away yet and no size required to be constant.
struct ResolvedMap {
  std::vector<std::vector<Expr>> levels; // at least two
  std::vector<Expr> index;
  std::vector<Bound> bounds;
};
ResolvedMap resolve(const Tensor &tensor, const Blocks &blocks);

/// The final form: a static innermost tile and no constraint that others imply.
ArrangedOperand arrange(const Tensor &tensor, const Blocks &blocks,
                        SourceLine where);

/// The operands of `arrangement`. Those that are not arranged and that every
/// program is to see, scalars and offsets, get the grid of the others.
std::vector<ArrangedOperand> arrange_all(const Arrangement &arrangement,
                                         std::span<const Direction> directions,
                                         const Blocks &blocks);

/// What a kernel's names, and as many ranks, need. Throws CompileError
/// [kernel-signature], [operand-name], [operand-rank].
void check_source(const KernelSource &source, std::span<const int> ranks);

/// Throws CompileError [grid-rank], [grid-mismatch] where operands cannot have
/// one grid.
void check_same_grids(const std::vector<ArrangedOperand> &operands,
                      const std::vector<std::string> &names,
                      const SourceLine &where);

/// What other() and partial() need of their operands. Throws CompileError
/// [literal-range], [operand-use].
void check_use(const Arrangement &arrangement,
               const std::vector<ArrangedOperand> &operands);

/// What jagged() needs of the operands it reads. Throws CompileError [jagged].
void check_offsets(const Arrangement &arrangement,
                   const std::vector<ArrangedOperand> &operands);

/// Throws CompileError [jagged] where lanes of a tile lie in several rows.
void check_rows(const Tensor &tensor, const ArrangedOperand &operand);

/// Ends levels that walk rows of a jagged dimension where the rows end.
void end_levels_with_rows(ArrangedOperand &operand);

/// Simplifies `index` and drops from `bounds` what the ranges of symbols and
/// other bounds imply; adds the ranges of level indices that nothing implies.
void simplify_access(ArrangedOperand &operand);

/// Adds bounds to operand number `number`, so that where all of them hold its
/// index lies within its source; none where those there are prove it.
void close_bounds(ArrangedOperand &operand, int number);

} // namespace girih

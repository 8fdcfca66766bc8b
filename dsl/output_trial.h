// SPDX-License-Identifier: Apache-2.0
// Runs the index arithmetic of a Program for small sizes. Not public.
#pragma once

#include "girih/dsl/program.h"

#include <optional>

namespace girih {

/// Whether a block within `node` stores to this operand.
bool stores_to(const Node &node, int operand);

/// All sizes being `n`, each store to one operand is written down.
class Trial {
public:
  Trial(const Program &program, int operand, std::int64_t n);

  /// False where the sizes do not fit together or it would take too long.
  /// Throws CompileError [store-twice] or [store-overlap].
  bool run();
  /// The first element not written, or nothing.
  std::optional<std::int64_t> missing() const;
  /// Where just the elements below these coordinates are written: they.
  std::optional<std::vector<std::int64_t>> box() const;
  std::string element_text(std::int64_t flat) const;

private:
  using Sizes = std::vector<std::int64_t>;
  struct Writer {
    const Node *node;
    std::int64_t program;
  };

  std::int64_t size(const Expr &expr) const;
  std::int64_t &value(ValueId id) {
    return values_[static_cast<std::size_t>(id)];
  }
  bool block(const Block &block);
  bool node(const Node &node);
  bool gives_index(const Node &node) const;
  bool loop(const Node &node);
  bool store(const Node &node);
  void write(const Node &node, const Sizes &lane);
  Sizes element(std::int64_t flat) const;

  const Program &program_;
  const ArrangedOperand &target_;
  int operand_;
  std::int64_t n_;
  Sizes grid_, at_, values_;
  std::vector<Writer> written_;
  std::int64_t number_ = 0, steps_ = 0;
};

} // namespace girih

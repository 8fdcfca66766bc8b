// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/roles.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <map>
#include <utility>

namespace girih {
namespace {

// Small distinct primes: a product or a quotient of blocks is then seen not to
// be one of them. From 16 on, so that nothing else in a kernel has such sizes.
constexpr std::int64_t trial_values[] = {17, 19, 23, 29, 31, 37,
                                         41, 43, 47, 53, 59, 61};

class Analysis {
public:
  Analysis(const Program &program, const Config &config, BlockRoles &out)
      : program_(program), config_(config), out_(out) {}

  void run() {
    for (std::size_t i = 0; i < program_.operands.size(); ++i)
      operand(static_cast<int>(i));
    dots(program_.body, -1, false);
    out_.later_take_longer = rounds_at(later) > rounds_at(0);
  }

private:
  // Sizes that a loop's length is looked at with, and a place in the grid that
  // is far from its beginning and not beyond its end.
  static constexpr std::int64_t large = 4096, later = 32;

  // Rounds of all loops, one inside another counted once, where a program is at
  // that place along the last dimension of the grid.
  std::int64_t rounds_at(std::int64_t place) const {
    std::int64_t rounds = 0;
    for (const Expr &each : lengths_)
      rounds += std::max<std::int64_t>(
          each.evaluate([&](const Symbol &symbol) -> std::int64_t {
            const bool along =
                symbol.kind == SymbolKind::program &&
                symbol.dim + 1 == std::ssize(program_.operands.front().grid);
            return symbol.kind == SymbolKind::size ? large : along ? place : 0;
          }),
          0);
    return rounds;
  }

  const std::string *block_of(std::int64_t size) const {
    for (const auto &[name, value] : config_.blocks)
      if (value == size)
        return &name;
    return nullptr;
  }

  void operand(int number) {
    const ArrangedOperand &each =
        program_.operands[static_cast<std::size_t>(number)];
    std::int64_t &fixed = out_.fixed_lanes.emplace_back(1);
    for (std::size_t d = 0; d < each.tile.size(); ++d) {
      const std::string *block = block_of(each.tile[d]);
      if (!block) {
        fixed *= each.tile[d];
        continue;
      }
      BlockRole role;
      role.block = *block;
      role.use = BlockRole::Use::tile;
      role.operand = number;
      role.dim = static_cast<int>(d);
      role.a = each.dtype;
      role.extent = extent(each, role.dim);
      for (std::size_t of = 0; of < each.index.size(); ++of)
        if (runs_along(each.index[of], role.dim, 1)) {
          role.source = static_cast<int>(of);
          role.even = runs_along(each.index[of], role.dim, 2 * large);
        }
      role.contiguous =
          role.source >= 0 && role.source + 1 == std::ssize(each.index);
      out_.roles.push_back(role);
    }
  }

  // What is cut into tiles along `dim`: some level has that many of them, or
  // there is one of them alone, whose lanes end there.
  static std::optional<Expr> extent(const ArrangedOperand &operand, int dim) {
    const std::int64_t block = operand.tile[static_cast<std::size_t>(dim)];
    std::vector<std::vector<Expr>> levels = operand.levels;
    levels.push_back(operand.grid);
    for (const auto &level : levels)
      for (const Expr &size : level)
        if (size.kind() == Expr::Kind::floordiv &&
            size.rhs().as_constant() == block)
          return size.lhs() - (block - 1);
    for (const Bound &each : operand.bounds)
      if (each.value.same(Expr(Symbol{SymbolKind::lane, -1, dim, ""})))
        return each.limit;
    return std::nullopt;
  }

  // Whether lanes along `dim` are as far from each other in the expression.
  static bool runs_along(const Expr &index, int dim, std::int64_t lanes) {
    auto at = [&](std::int64_t lane) {
      return index.substitute([&](const Symbol &symbol) -> std::optional<Expr> {
        if (symbol.kind == SymbolKind::lane)
          return Expr(symbol.dim == dim ? lane : 0);
        if (symbol.kind == SymbolKind::size)
          return Expr(large);
        return Expr(0);
      });
    };
    return (at(lanes) - at(0)).same(lanes);
  }

  void dots(const Block &block, int loop, bool staged) {
    for (const Node &node : block.nodes) {
      const bool counted = node.op == Op::loop;
      if (node.op == Op::index)
        indices_[node.results[0]] = node.expr;
      if (counted && indices_.contains(node.inputs[0]))
        lengths_.push_back(indices_.at(node.inputs[0]));
      const int inside = counted && loop < 0 ? loops_++ : loop;
      for_each_block(node,
                     [&](const Block &each) { dots(each, inside, counted); });
      if (node.op == Op::load)
        loads_[node.results[0]] = {{}, 1, DType::f32, loop, staged};
      else if (node.op == Op::remap && loads_.contains(node.inputs[0]))
        loads_[node.results[0]] = loads_[node.inputs[0]];
      if (node.op != Op::dot)
        continue;
      add_tile(node.inputs[0]);
      add_tile(node.inputs[1]);
      const ValueType &a = type(node.inputs[0]), &b = type(node.inputs[1]);
      add_dot(BlockRole::Use::dot_m, a.shape[0], a, b);
      add_dot(BlockRole::Use::dot_n, b.shape[1], a, b);
      add_dot(BlockRole::Use::dot_k, a.shape[1], a, b);
    }
  }

  void add_tile(ValueId id) {
    const auto found = loads_.find(id);
    if (found == loads_.end())
      return;
    DotTile tile = found->second;
    tile.dtype = type(id).dtype;
    for (const std::int64_t size : type(id).shape)
      if (const std::string *block = block_of(size))
        tile.blocks.push_back(*block);
      else
        tile.elements *= size;
    out_.dot_tiles.push_back(std::move(tile));
    loads_.erase(found); // once, however many dots read it
  }

  void add_dot(BlockRole::Use use, std::int64_t size, const ValueType &a,
               const ValueType &b) {
    const std::string *block = block_of(size);
    if (!block)
      return;
    BlockRole role;
    role.block = *block;
    role.use = use;
    role.a = a.dtype;
    role.b = b.dtype;
    out_.roles.push_back(role);
  }

  const ValueType &type(ValueId id) const {
    return program_.values[static_cast<std::size_t>(id)];
  }

  const Program &program_;
  const Config &config_;
  BlockRoles &out_;
  std::map<ValueId, DotTile> loads_; // not yet read by a dot
  std::map<ValueId, Expr> indices_;
  std::vector<Expr> lengths_; // of loops, as far as they are known
  int loops_ = 0;
};

} // namespace

bool BlockRoles::has_dot() const {
  return std::any_of(roles.begin(), roles.end(), [](const BlockRole &each) {
    return each.use != BlockRole::Use::tile;
  });
}

std::optional<std::string> BlockRoles::chained() const {
  const auto used_as = [&](const std::string &block, BlockRole::Use use) {
    return std::ranges::any_of(roles, [&](const BlockRole &each) {
      return each.block == block && each.use == use;
    });
  };
  // The first product's columns: those of the next ones may be its K.
  for (const BlockRole &each : roles)
    if (each.use == BlockRole::Use::dot_n &&
        used_as(each.block, BlockRole::Use::dot_k))
      return each.block;
  return std::nullopt;
}

std::vector<BlockRole> BlockRoles::of(std::string_view block) const {
  std::vector<BlockRole> out;
  for (const BlockRole &each : roles)
    if (each.block == block)
      out.push_back(each);
  return out;
}

BlockRoles analyse_roles(const KernelSource &source,
                         std::span<const DType> dtypes,
                         std::span<const int> ranks) {
  BlockRoles out;
  out.blocks = block_sizes(source, ranks);
  Config config;
  for (std::size_t i = 0; i < out.blocks.size(); ++i)
    config.blocks[out.blocks[i].name] =
        i < std::size(trial_values) ? trial_values[i]
                                    : 67 + 2 * static_cast<std::int64_t>(i);
  try {
    Program program = record(source, dtypes, ranks, {}, config, true);
    Analysis(program, config, out).run();
    out.trial = program.hash();
  } catch (const CompileError &) {
    // A kernel that asks more of its blocks, a number of lanes that divides
    // them for one, tells nothing; what is really wrong is said when it is
    // recorded for use.
  }
  return out;
}

std::string to_string(const BlockRole &role) {
  constexpr const char *uses[] = {"tile", "dot_m", "dot_n", "dot_k"};
  std::string out =
      role.block + ": " + uses[static_cast<std::size_t>(role.use)];
  if (role.use != BlockRole::Use::tile)
    return out + " of " + std::string(name(role.a)) + ", " +
           std::string(name(role.b));
  return out + " dim " + std::to_string(role.dim) + " of operand " +
         std::to_string(role.operand) + " (" + std::string(name(role.a)) +
         (role.contiguous ? ", contiguous)" : ")");
}

} // namespace girih

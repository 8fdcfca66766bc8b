// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/evaluate.h"

#include "girih/dsl/arrangement.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <set>

namespace girih {
namespace {

using Sizes = std::vector<std::int64_t>;

constexpr std::int64_t max_table = std::int64_t{1} << 26;

std::int64_t source_size(const Shapes &shapes, const Symbol &symbol) {
  ensure(symbol.kind == SymbolKind::size, "a size depends on a coordinate");
  auto operand = static_cast<std::size_t>(symbol.operand);
  auto dim = static_cast<std::size_t>(symbol.dim);
  if (operand >= shapes.size() || dim >= shapes[operand].size())
    throw RuntimeError(ErrorId::shape,
                       {"no shape is given for dimension " +
                            std::to_string(symbol.dim) + " of operand number " +
                            std::to_string(symbol.operand),
                        "give the shapes of all operands, with a size for each "
                        "dimension"});
  return shapes[operand][dim];
}

Sizes evaluate_sizes(const std::vector<Expr> &sizes, const Shapes &shapes) {
  Sizes out;
  for (const Expr &each : sizes)
    out.push_back(
        std::max<std::int64_t>(each.evaluate([&](const Symbol &symbol) {
          return source_size(shapes, symbol);
        }),
                               0));
  return out;
}

// What symbols stand for, all coordinates excepted.
struct Given {
  const Shapes &shapes;
  const Offsets &offsets;

  // The value of an expression whose coordinates `read` knows.
  template <class Read>
  std::int64_t value(const Expr &expr, const Read &read) const {
    return expr.evaluate([&](const Symbol &symbol) -> std::int64_t {
      if (symbol.kind == SymbolKind::size)
        return source_size(shapes, symbol);
      if (symbol.kind != SymbolKind::element)
        return read(symbol);
      auto found = offsets.find(symbol.operand);
      if (found == offsets.end())
        throw RuntimeError(ErrorId::shape,
                           {"a jagged dimension needs the contents of operand "
                            "number " +
                                std::to_string(symbol.operand),
                            "give evaluate() the offsets"});
      std::int64_t at = value(*symbol.at, read);
      auto count = static_cast<std::int64_t>(found->second.size());
      return at >= 0 && at < count ? found->second[static_cast<std::size_t>(at)]
                                   : 0;
    });
  }
};

// Calls `visit` for each coordinate of these sizes, row-major.
template <class Visit> void for_each_place(const Sizes &sizes, Visit visit) {
  Sizes at(sizes.size(), 0);
  std::int64_t total = 1;
  for (std::int64_t size : sizes)
    total *= size;
  for (std::int64_t i = 0; i < total; ++i) {
    visit(at);
    for (std::size_t d = at.size(); d-- > 0;) {
      if (++at[d] < sizes[d])
        break;
      at[d] = 0;
    }
  }
}

// Throws unless so many elements are few enough to be written down.
void check_count(const std::vector<Sizes> &levels) {
  std::int64_t total = 1;
  bool empty = false, large = false;
  for (const Sizes &level : levels)
    for (std::int64_t size : level) {
      empty |= size == 0;
      large |= __builtin_mul_overflow(total, std::max<std::int64_t>(size, 1),
                                      &total) ||
               total > max_table;
      total = std::min(total, max_table);
    }
  if (large && !empty)
    throw RuntimeError(ErrorId::size,
                       {"an index table of more than 2^26 elements",
                        "evaluate() is for small shapes"});
}

// The sizes of a level; where programs differ, the largest.
Sizes level_sizes(const std::vector<Expr> &level, const Given &given,
                  const Sizes &grid) {
  check_count({grid});
  Sizes out(level.size(), 0);
  bool differ = std::any_of(level.begin(), level.end(), [](const Expr &each) {
    return mentions(each, SymbolKind::program) ||
           mentions(each, SymbolKind::element);
  });
  for_each_place(differ ? grid : Sizes{}, [&](const Sizes &program) {
    for (std::size_t d = 0; d < level.size(); ++d)
      out[d] =
          std::max(out[d], given.value(level[d], [&](const Symbol &symbol) {
            return program.at(static_cast<std::size_t>(symbol.dim));
          }));
  });
  return out;
}

// Enumerates every coordinate of every level.
class Enumerator {
public:
  Enumerator(std::vector<Sizes> levels, const std::vector<Expr> &index,
             const std::vector<Bound> &bounds, const Given &given,
             const Sizes &source)
      : index_(index), bounds_(bounds), given_(given), source_(source) {
    table_.levels = std::move(levels);
  }

  IndexTable run() {
    check_count(table_.levels);
    Sizes sizes;
    for (const Sizes &level : table_.levels)
      sizes.insert(sizes.end(), level.begin(), level.end());
    for_each_place(sizes, [&](const Sizes &at) {
      table_.elements.push_back(element(at));
    });
    return std::move(table_);
  }

private:
  std::int64_t element(const Sizes &at) const {
    auto read = [&](const Symbol &symbol) {
      auto dim = static_cast<std::size_t>(symbol.dim);
      if (symbol.kind == SymbolKind::program)
        return at.at(dim);
      if (symbol.kind == SymbolKind::level)
        return at.at(table_.levels.front().size() + dim);
      ensure(symbol.kind == SymbolKind::lane, "a symbol without a value");
      return at.at(at.size() - table_.levels.back().size() + dim);
    };
    for (const Bound &each : bounds_) {
      std::int64_t value = given_.value(each.value, read);
      if (value < 0 || value >= given_.value(each.limit, read))
        return -1;
    }
    std::int64_t flat = 0;
    for (std::size_t d = 0; d < index_.size(); ++d) {
      std::int64_t value = given_.value(index_[d], read);
      ensure(value >= 0 && value < source_[d],
             "an index that is in bounds lies outside the source");
      flat = flat * source_[d] + value;
    }
    return flat;
  }

  const std::vector<Expr> &index_;
  const std::vector<Bound> &bounds_;
  const Given &given_;
  const Sizes &source_;
  IndexTable table_;
};

void check_sizes(const std::string &name, const Sizes &shape) {
  if (std::any_of(shape.begin(), shape.end(),
                  [](std::int64_t size) { return size < 0; }))
    throw RuntimeError(ErrorId::shape,
                       {name + " is given the shape " + to_string(shape),
                        "sizes are 0 or more"});
}

void check_shapes(const Program &program, const Shapes &shapes) {
  bool fit = shapes.size() == program.operands.size();
  for (std::size_t i = 0; fit && i < shapes.size(); ++i)
    fit =
        shapes[i].size() == static_cast<std::size_t>(program.operands[i].rank);
  if (!fit)
    throw RuntimeError(ErrorId::shape,
                       {"the shapes do not have the ranks of the operands of "
                        "kernel " +
                            program.name,
                        "give a shape for each operand, in their order, with "
                        "a size for each dimension"});
  for (std::size_t i = 0; i < shapes.size(); ++i)
    check_sizes("operand " + program.operands[i].name, shapes[i]);
}

std::string shape_text(const std::string &name, const Shapes &shapes,
                       std::size_t operand) {
  return name + (operand < shapes.size() ? to_string(shapes[operand]) : "");
}

} // namespace

namespace {

// Collects equal sizes as classes: each new one is matched with the first.
class Matcher {
public:
  explicit Matcher(const Program &program) : program_(program) {}

  std::vector<SizeMatch> run() {
    for (const ArrangedOperand &each : program_.operands)
      for (std::size_t d = 0; d < each.grid.size(); ++d)
        walk(-1 - static_cast<int>(d), each.grid[d]);
    for (const ArrangedOperand &each : program_.operands)
      for (const Expr &index : each.index)
        index.for_each_symbol([&](const Symbol &symbol) {
          if (symbol.kind == SymbolKind::element)
            offsets_.insert(symbol.operand);
        });
    block(program_.body);
    return std::move(out_);
  }

private:
  // What a coordinate walks: the first size seen in each form.
  struct Walk {
    int coordinate; // a loop's induction value, or -1 - dim of the grid
    Expr size;
    Symbol symbol;
  };

  static std::optional<Symbol> only_symbol(const Expr &expr) {
    std::optional<Symbol> out;
    bool one = true;
    expr.for_each_symbol([&](const Symbol &symbol) {
      one &= !out || *out == symbol;
      out = symbol;
    });
    return one ? out : std::nullopt;
  }

  void walk(int coordinate, const Expr &size) {
    auto symbol = only_symbol(size);
    if (!symbol || symbol->kind != SymbolKind::size)
      return;
    for (const Walk &each : walks_) {
      if (each.coordinate != coordinate)
        continue;
      Expr renamed = size.substitute(
          [&](const Symbol &) { return std::optional(Expr(each.symbol)); });
      if (renamed.same(each.size))
        return match(each.symbol, *symbol);
    }
    walks_.push_back({coordinate, size, *symbol});
  }

  void match(const Symbol &first, const Symbol &second) {
    SizeMatch match{first.operand, first.dim, second.operand, second.dim};
    if (!(first == second) &&
        std::find(out_.begin(), out_.end(), match) == out_.end())
      out_.push_back(match);
  }

  void block(const Block &block) {
    for (const Node &node : block.nodes) {
      if (node.op == Op::loop)
        inductions_.push_back(node.body.arguments[0]);
      if (node.op == Op::load || node.op == Op::store)
        access(node);
      for_each_block(node, [&](const Block &each) { this->block(each); });
    }
  }

  void access(const Node &node) {
    // There is one more of them than rows.
    if (offsets_.contains(node.operand))
      return;
    const ArrangedOperand &operand =
        program_.operands[static_cast<std::size_t>(node.operand)];
    std::size_t at = node.op == Op::store ? 1 : 0;
    for (const auto &level : operand.levels)
      for (const Expr &size : level) {
        ValueId index = node.inputs[at++];
        if (std::find(inductions_.begin(), inductions_.end(), index) !=
            inductions_.end())
          walk(index, size);
      }
  }

  const Program &program_;
  std::set<int> offsets_; // operands that jagged dimensions read
  std::vector<ValueId> inductions_;
  std::vector<Walk> walks_;
  std::vector<SizeMatch> out_;
};

void check_matches(const Program &program, const Shapes &shapes) {
  for (const SizeMatch &each : size_matches(program)) {
    auto left = static_cast<std::size_t>(each.operand);
    auto right = static_cast<std::size_t>(each.other_operand);
    if (shapes[left][static_cast<std::size_t>(each.dim)] ==
        shapes[right][static_cast<std::size_t>(each.other_dim)])
      continue;
    const std::string &name = program.operands[left].name;
    const std::string &other = program.operands[right].name;
    throw RuntimeError(
        ErrorId::shape,
        {"kernel " + program.name + ": operands " +
             shape_text(name, shapes, left) + " and " +
             shape_text(other, shapes, right) + " do not fit: dimension " +
             std::to_string(each.dim) + " of " + name + " and dimension " +
             std::to_string(each.other_dim) + " of " + other + " must be equal",
         "they are cut into tiles side by side: pass arrays that agree in "
         "them"});
  }
}

void check_covers(const Program &program, const Shapes &shapes) {
  for (const Cover &each : program.covers) {
    std::int64_t size = evaluate_sizes({each.size}, shapes)[0];
    if (size > each.block)
      throw RuntimeError(ErrorId::size,
                         {"kernel " + program.name + ": block size " +
                              each.name + " is " + std::to_string(each.block) +
                              ", but has to cover " + std::to_string(size),
                          size > max_tile_elements
                              ? "no tile is that large: cut the dimension by "
                                "block_size() and loop over the tiles"
                              : "use a Config with a larger " + each.name});
  }
}

} // namespace

std::vector<SizeMatch> size_matches(const Program &program) {
  return Matcher(program).run();
}

void check_grids(const Program &program, const Shapes &shapes) {
  check_shapes(program, shapes);
  check_matches(program, shapes);
  check_covers(program, shapes);
  Sizes first;
  for (std::size_t i = 0; i < program.operands.size(); ++i) {
    Sizes grid = evaluate_sizes(program.operands[i].grid, shapes);
    if (i == 0)
      first = grid;
    if (grid == first)
      continue;
    const std::string &left = program.operands[0].name;
    const std::string &right = program.operands[i].name;
    throw RuntimeError(ErrorId::shape,
                       {"kernel " + program.name + ": operands " +
                            shape_text(left, shapes, 0) + " and " +
                            shape_text(right, shapes, i) +
                            " do not fit: their grids of programs are " +
                            to_string(first) + " and " + to_string(grid),
                        "check the sizes that the two operands share"});
  }
}

std::vector<std::int64_t> grid_of(const Program &program,
                                  const Shapes &shapes) {
  check_grids(program, shapes);
  return evaluate_sizes(program.operands.at(0).grid, shapes);
}

namespace {

// Of one of several operands whose grids have been checked.
IndexTable table_of(const Program &program, std::size_t operand,
                    const Shapes &shapes, const Offsets &offsets) {
  const ArrangedOperand &each = program.operands[operand];
  Given given{shapes, offsets};
  std::vector<Sizes> levels = {evaluate_sizes(each.grid, shapes)};
  for (const auto &level : each.levels)
    levels.push_back(level_sizes(level, given, levels.front()));
  levels.push_back(each.tile);
  return Enumerator(std::move(levels), each.index, each.bounds, given,
                    shapes[operand])
      .run();
}

} // namespace

IndexTable evaluate(const Program &program, int operand, const Shapes &shapes,
                    const Offsets &offsets) {
  auto number = static_cast<std::size_t>(operand);
  if (operand < 0 || number >= program.operands.size())
    throw RuntimeError(ErrorId::argument,
                       {"evaluate() got operand number " +
                            std::to_string(operand) + " of kernel " +
                            program.name + ", which has " +
                            std::to_string(program.operands.size()),
                        "operands count from 0"});
  check_grids(program, shapes);
  return table_of(program, number, shapes, offsets);
}

std::vector<IndexTable> evaluate(const KernelSource &source,
                                 const Config &config, const Shapes &shapes,
                                 const Offsets &offsets) {
  std::vector<int> ranks;
  for (const Sizes &each : shapes)
    ranks.push_back(static_cast<int>(each.size()));
  if (ranks.size() != source.directions.size())
    throw CompileError(ErrorId::kernel_signature, source.where,
                       {source.name, source.arity(), ranks.size(), "shapes"});
  // As record() does.
  check_source(source, ranks);
  check_config(config, source.where);
  std::vector<BlockUse> uses;
  Arrangement arrangement = run_arrangement(source, ranks, uses);
  Blocks blocks = block_values(source, uses, config);
  Program program;
  program.name = source.name;
  ArrangementScope names(source.operand_names);
  program.operands = arrange_all(arrangement, source.directions, blocks);
  for (const BlockUse &use : uses)
    for (const Expr &size : use.covers)
      program.covers.push_back({size, blocks.at(use.name), use.name});
  if (!program.operands.empty())
    check_same_grids(program.operands, source.operand_names, arrangement.where);
  check_grids(program, shapes);
  std::vector<IndexTable> out;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    out.push_back(table_of(program, i, shapes, offsets));
  return out;
}

IndexTable evaluate(const Tensor &tensor,
                    const std::vector<std::int64_t> &shape,
                    const std::map<std::string, std::int64_t> &blocks,
                    const Offsets &offsets) {
  check_sizes("Tensor " + tensor.name(), shape);
  ResolvedMap map = resolve(tensor, blocks);
  Shapes shapes;
  auto put = [&](int operand, Sizes sizes) {
    auto number = static_cast<std::size_t>(operand);
    shapes.resize(std::max(shapes.size(), number + 1));
    shapes[number] = std::move(sizes);
  };
  put(tensor.map().operand, shape);
  for (const auto &[operand, values] : offsets)
    put(operand, {static_cast<std::int64_t>(values.size())});
  Given given{shapes, offsets};
  std::vector<Sizes> levels;
  for (const auto &level : map.levels)
    levels.push_back(evaluate_sizes(level, shapes));
  IndexTable out =
      Enumerator(levels, map.index, map.bounds, given, shape).run();
  if (tensor.map().levels.size() == 1)
    out.levels.pop_back(); // the scalar level that resolve() adds
  return out;
}

std::string IndexTable::to_string() const {
  Sizes sizes;
  for (const Sizes &level : levels)
    sizes.insert(sizes.end(), level.begin(), level.end());
  if (elements.empty())
    return "[]";
  std::string out;
  Sizes at(sizes.size(), 0);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    // Open a bracket for each dimension that starts, close each that ends.
    std::size_t starts = 0, ends = 0;
    for (std::size_t d = sizes.size(); d-- > 0 && at[d] == 0;)
      ++starts;
    for (std::size_t d = sizes.size(); d-- > 0 && at[d] == sizes[d] - 1;)
      ++ends;
    out.append(starts, '[');
    out += std::to_string(elements[i]);
    out.append(ends, ']');
    for (std::size_t d = sizes.size(); d-- > 0;) {
      if (++at[d] < sizes[d])
        break;
      at[d] = 0;
    }
    bool next_program = levels.size() > 1 && !levels.front().empty() &&
                        ends >= sizes.size() - levels.front().size();
    if (i + 1 < elements.size())
      out += next_program ? ",\n" : ", ";
  }
  return out;
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/arrangement.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"
#include "girih/dsl/with_line.h"

#include <algorithm>
#include <cmath>

namespace girih {

std::vector<std::string> default_operand_names(int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i)
    out.push_back(i < 26 ? std::string(1, static_cast<char>('a' + i))
                         : "op" + std::to_string(i));
  return out;
}

void check_function(const KernelSource &source, bool given, const char *what) {
  if (!given)
    throw CompileError(ErrorId::missing_argument, source.where,
                       {"make()", std::string(what) + " that is null",
                        "give it a function or a lambda: a null pointer and an "
                        "empty std::function have none to call"});
}

Arrangement run_arrangement(const KernelSource &source,
                            std::span<const int> ranks,
                            std::vector<BlockUse> &blocks,
                            Constants *constants) {
  check_function(source, source.arrangement != nullptr, "an arrangement");
  ArrangementScope scope(source.operand_names);
  Constants used;
  ConstantScope constant_scope(source.constants, constants ? *constants : used);
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < ranks.size(); ++i)
    tensors.emplace_back(ranks[i], static_cast<int>(i),
                         source.operand_names[i]);
  Arrangement out = with_line(source.where, [&] {
    UsersSizes users;
    Arrangement made = source.arrangement(tensors);
    if (!made.where.known()) // not by arranged()
      made.where = source.where;
    return made;
  });
  if (out.operands.size() != tensors.size())
    throw CompileError(ErrorId::arranged_count, out.where,
                       {out.operands.size(), tensors.size()});
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor::Map &map = out.operands[i].map();
    if (map.operand != static_cast<int>(i) || map.rank != ranks[i] ||
        map.name != source.operand_names[i])
      throw CompileError(ErrorId::foreign_tensor, out.where, {"arranged()"});
    for (const Tensor::Map::Jagged &use : map.jagged) {
      auto number = static_cast<std::size_t>(use.operand);
      if (number >= tensors.size() || use.name != source.operand_names[number])
        throw CompileError(ErrorId::foreign_tensor, use.where, {"jagged()"});
    }
  }
  blocks = scope.blocks();
  return out;
}

Blocks block_values(const KernelSource &source,
                    const std::vector<BlockUse> &uses, const Config &config) {
  std::string known;
  for (const BlockUse &use : uses)
    known += (known.empty() ? "" : ", ") + use.name;
  auto is_used = [&](const std::string &name) {
    return std::any_of(uses.begin(), uses.end(),
                       [&](const BlockUse &use) { return use.name == name; });
  };
  // First: a misspelt name leaves the right one without a value.
  for (const auto &[name, value] : config.blocks)
    if (!is_used(name))
      throw CompileError(ErrorId::block_unknown, source.where,
                         {name, source.name, known.empty() ? "none" : known});
  Blocks out;
  for (const BlockUse &use : uses) {
    auto found = config.blocks.find(use.name);
    std::int64_t value =
        found == config.blocks.end() ? use.fallback : found->second;
    if (found == config.blocks.end() && use.fallback == 0) {
      Diagnostic missing(ErrorId::block_missing, use.where,
                         {use.name, source.name});
      if (!use.covers.empty())
        missing.helped("a Config reads `" + use.name +
                       "=1024`: at least the size that covering_block() is "
                       "given");
      throw CompileError(std::move(missing));
    }
    if (value < 1 || value > max_tile_elements)
      throw CompileError(ErrorId::block_range, use.where,
                         {use.name, value, max_tile_elements});
    out[use.name] = value;
  }
  return out;
}

namespace {

// Sizes as the user calls the operands.
std::string text_of(const Expr &size) {
  ArrangementScope *scope = ArrangementScope::current();
  return size.to_string(scope ? scope->names() : default_operand_names(26));
}

std::optional<Expr> block_number(const Blocks &blocks, const Symbol &symbol) {
  if (symbol.kind != SymbolKind::block)
    return std::nullopt;
  auto found = blocks.find(symbol.name);
  if (found == blocks.end()) { // of a Tensor by itself
    Diagnostic missing(ErrorId::block_missing, {});
    missing.message = "block size " + symbol.name + " has no value";
    throw CompileError(missing.helped(
        "give evaluate() or visualize() one: {{\"" + symbol.name + "\", 64}}"));
  }
  return Expr(found->second);
}

} // namespace

ResolvedMap resolve(const Tensor &tensor, const Blocks &blocks) {
  const Tensor::Map &map = tensor.map();
  auto number = [&](const Symbol &symbol) {
    return block_number(blocks, symbol);
  };
  // In the order of the meta-operations: an earlier check guards the divisions
  // of later sizes.
  for (const Tensor::Map::Check &each : map.checks) {
    Expr size = each.size.substitute(number);
    if (auto value = size.as_constant())
      map.decide(each, *value);
    else if (each.kind == Tensor::Map::Check::Kind::one)
      throw CompileError(ErrorId::not_one, each.where,
                         {each.function, each.dim, map.name, text_of(size)});
  }
  auto levels = map.levels;
  if (levels.size() == 1)
    levels.emplace_back(); // each program has one element, a scalar tile
  ResolvedMap out;
  std::vector<Expr> final_symbols(static_cast<std::size_t>(map.variables));
  int middle = 0;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    out.levels.emplace_back();
    int dim = 0;
    for (const Tensor::Map::Dim &each : levels[level]) {
      SymbolKind kind = level == 0                   ? SymbolKind::program
                        : level + 1 == levels.size() ? SymbolKind::lane
                                                     : SymbolKind::level;
      int at = kind == SymbolKind::level ? middle++ : dim++;
      final_symbols[static_cast<std::size_t>(each.variable)] =
          Expr(Symbol{kind, -1, at, ""});
      out.levels.back().push_back(each.size.substitute(number));
    }
  }
  auto rename = [&](const Symbol &symbol) -> std::optional<Expr> {
    if (symbol.kind == SymbolKind::lane)
      return final_symbols[static_cast<std::size_t>(symbol.dim)];
    return block_number(blocks, symbol);
  };
  for (const Expr &each : map.index)
    out.index.push_back(each.substitute(rename));
  for (const Bound &each : map.bounds)
    out.bounds.push_back(
        {each.value.substitute(rename), each.limit.substitute(rename)});
  return out;
}

ArrangedOperand arrange(const Tensor &tensor, const Blocks &blocks,
                        SourceLine where) {
  const Tensor::Map &map = tensor.map();
  ResolvedMap resolved =
      with_line(where, [&] { return resolve(tensor, blocks); });
  ArrangedOperand out;
  out.name = map.name;
  out.partial = map.partial;
  out.rank = map.rank;
  out.other = map.other;
  out.grid = resolved.levels.front();
  out.levels.assign(resolved.levels.begin() + 1, resolved.levels.end() - 1);
  out.index = std::move(resolved.index);
  out.bounds = std::move(resolved.bounds);
  std::size_t dim = 0;
  std::string text = "the tile of " + map.name;
  for (const Expr &size : resolved.levels.back()) {
    auto number = size.as_constant();
    if (!number) {
      throw CompileError(ErrorId::tile_static, where,
                         {map.name, dim, text_of(size)});
    }
    out.tile.push_back(*number);
    ++dim;
  }
  if (tile_elements(out.tile) < 0)
    throw CompileError(ErrorId::tile_size, where,
                       {text, to_string(out.tile), max_tile_elements});
  simplify_access(out);
  if (out.bounds.size() > static_cast<std::size_t>(max_bounds))
    throw CompileError(
        ErrorId::unsupported, where,
        {"the arrangement of " + map.name + " has more than 64 bounds",
         "cut, pad and slice less often"});
  check_rows(tensor, out);
  end_levels_with_rows(out);
  return out;
}

namespace {

// A rank-0 operand that was not arranged, or a vector of offsets.
bool is_spread(const Arrangement &arrangement, std::size_t number) {
  const Tensor::Map &map = arrangement.operands[number].map();
  bool offsets = false;
  for (const Tensor &each : arrangement.operands)
    for (const Tensor::Map::Jagged &use : each.map().jagged)
      offsets |= use.operand == map.operand;
  return map.levels.size() == 1 && (map.rank == 0 || offsets);
}

} // namespace

std::vector<ArrangedOperand> arrange_all(const Arrangement &arrangement,
                                         std::span<const Direction> directions,
                                         const Blocks &blocks) {
  std::vector<ArrangedOperand> out;
  const ArrangedOperand *model = nullptr;
  out.reserve(directions.size());
  for (std::size_t i = 0; i < directions.size(); ++i) {
    out.push_back(arrange(arrangement.operands[i], blocks, arrangement.where));
    out.back().direction = directions[i];
    if (!model && !is_spread(arrangement, i))
      model = &out.back();
  }
  for (std::size_t i = 0; model && i < out.size(); ++i) {
    if (!is_spread(arrangement, i) || out[i].direction != Direction::in)
      continue;
    // Offsets keep their dimension as a level: any of them can be read.
    if (out[i].rank == 1) {
      Expr at(Symbol{SymbolKind::level, -1, 0, ""});
      out[i].levels = {out[i].grid};
      out[i].index = {at};
      out[i].bounds = {{at, out[i].grid[0]}};
    }
    out[i].grid = model->grid;
  }
  return out;
}

void check_use(const Arrangement &arrangement,
               const std::vector<ArrangedOperand> &operands) {
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Tensor::Map &map = arrangement.operands[i].map();
    const ArrangedOperand &each = operands[i];
    if (map.partial && each.direction == Direction::in)
      throw CompileError(ErrorId::operand_use, map.partial_where,
                         {"partial()", each.name, "In", "written"});
    if (!map.other_where.known())
      continue;
    if (each.direction == Direction::out)
      throw CompileError(ErrorId::operand_use, map.other_where,
                         {"other()", each.name, "Out", "read"});
    double rounded = round_to(each.dtype, map.other);
    if (is_float(each.dtype) ? std::isfinite(map.other) && std::isinf(rounded)
                             : !(rounded == map.other))
      throw CompileError(ErrorId::literal_range, map.other_where,
                         {number_text(map.other), name(each.dtype)});
  }
}

} // namespace girih

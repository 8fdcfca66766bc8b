// SPDX-License-Identifier: Apache-2.0
// Dimensions whose rows have lengths that are known at run time only.
#include "girih/dsl/arrangement.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih {
namespace {

constexpr const char *offsets_help =
    "offsets are an In operand of rank 1, i32 or i64, as the arrangement got "
    "it: row b is from offsets[b] to offsets[b + 1]";

bool is_source(const Tensor &tensor) {
  const Tensor::Map &map = tensor.map();
  Tensor source(map.rank, map.operand, map.name);
  bool same =
      map.levels.size() == 1 && map.bounds.empty() && tensor.rank() == map.rank;
  for (int d = 0; same && d < map.rank; ++d)
    same = map.index[static_cast<std::size_t>(d)].same(
        source.map().index[static_cast<std::size_t>(d)]);
  return same;
}

} // namespace

Tensor Tensor::jagged(int dim, const Tensor &offsets, Extent max_length,
                      Where where) const {
  auto d = checked_dim("jagged()", dim, rank(), where);
  SizeLine line(where);
  const Map &from = offsets.map();
  const char *wrong = from.operand == map_->operand ? "is the operand itself"
                      : !is_source(offsets)         ? "was arranged before"
                      : from.rank != 1              ? "does not have rank 1"
                                                    : nullptr;
  if (wrong)
    throw CompileError(ErrorId::jagged, where,
                       {"jagged() of " + map_->describe(base_) +
                            " got offsets " + from.name + ": it " + wrong,
                        offsets_help});
  if (rank() == max_tensor_rank)
    throw CompileError(ErrorId::operand_rank, where,
                       {map_->name, rank() + 1, max_tensor_rank});
  if (max_length.kind() == Extent::Kind::keep)
    throw CompileError(ErrorId::extent, where,
                       {"jagged()", "keep", d, map_->describe(base_),
                        "the largest length is a size, or `whole`"});
  Map out = *map_;
  out.require(
      {Map::Check::Kind::nonnegative, max_length.size(), "jagged()", d, where});
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  Map::Dim before = dims[static_cast<std::size_t>(d)];
  bool all = max_length.kind() == Extent::Kind::whole;
  Map::Dim row = out.add(offsets.size(0) - 1);
  Map::Dim inside = out.add(all ? before.size : max_length.size());
  // Clamped, so that no offset leads outside whatever it is.
  auto offset = [&](const Expr &at) {
    return min(max(element(from.operand, at), 0), before.size);
  };
  Expr first = offset(Map::symbol(row)), end = offset(Map::symbol(row) + 1);
  out.replace(before, first + Map::symbol(inside));
  out.bounds.push_back({Map::symbol(inside), end - first});
  dims[static_cast<std::size_t>(d)] = row;
  dims.insert(dims.begin() + d + 1, inside);
  out.jagged.push_back({from.operand, from.name, where});
  return edited(std::move(out));
}

void check_offsets(const Arrangement &arrangement,
                   const std::vector<ArrangedOperand> &operands) {
  for (const Tensor &each : arrangement.operands)
    for (const Tensor::Map::Jagged &use : each.map().jagged) {
      const ArrangedOperand &from =
          operands[static_cast<std::size_t>(use.operand)];
      bool integers = from.dtype == DType::i32 || from.dtype == DType::i64;
      if (from.direction == Direction::in && integers)
        continue;
      throw CompileError(
          ErrorId::jagged, use.where,
          {"jagged() of " + each.name() + " got offsets " + from.name + " of " +
               (integers ? "direction " + std::string(name(from.direction))
                         : "dtype " + std::string(name(from.dtype))),
           offsets_help});
    }
}

void check_rows(const Tensor &tensor, const ArrangedOperand &operand) {
  auto check = [&](const Expr &expr) {
    expr.for_each_symbol([&](const Symbol &symbol) {
      if (symbol.kind != SymbolKind::element ||
          !mentions(*symbol.at, SymbolKind::lane))
        return;
      SourceLine where;
      for (const Tensor::Map::Jagged &use : tensor.map().jagged)
        if (use.operand == symbol.operand)
          where = use.where;
      throw CompileError(ErrorId::jagged, where,
                         {"a tile of " + operand.name +
                              " reaches over several rows of a jagged "
                              "dimension",
                          "tile the dimension of rows by 1: a tile lies in "
                          "one row"});
    });
  };
  for (const Expr &each : operand.index)
    check(each);
  for (const Bound &each : operand.bounds) {
    check(each.value);
    check(each.limit);
  }
}

namespace {

// A row ends at `bound`; the level's index `level` walks it with some step: one
// past the last index that has an element. Nothing if that is not clear.
std::optional<Expr> last_of(const Bound &bound, const Symbol &level) {
  auto with = [&](const Expr &index, bool lanes) {
    return bound.value.substitute(
        [&](const Symbol &symbol) -> std::optional<Expr> {
          if (symbol == level)
            return index;
          if (lanes && symbol.kind == SymbolKind::lane)
            return Expr(0);
          return std::nullopt;
        });
  };
  auto step = (with(Expr(level) + 1, false) - bound.value).as_constant();
  Expr start = with(0, true);
  if (!step || *step < 1 || mentions(bound.limit, SymbolKind::level) ||
      mentions(start, SymbolKind::level) ||
      !is_nonnegative(with(0, false) - start))
    return std::nullopt;
  return max(cdiv(bound.limit - start, *step), 0);
}

} // namespace

void end_levels_with_rows(ArrangedOperand &operand) {
  int number = 0;
  for (auto &level : operand.levels)
    for (Expr &size : level) {
      Symbol index{SymbolKind::level, -1, number++, ""};
      for (const Bound &each : operand.bounds)
        if (mentions(each.limit, SymbolKind::element))
          if (auto last = last_of(each, index))
            size = min(size, *last);
    }
}

} // namespace girih

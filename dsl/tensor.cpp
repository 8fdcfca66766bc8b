// SPDX-License-Identifier: Apache-2.0
// Meta-operations: each replaces variables of one level by expressions of new
// ones.
#include "girih/dsl/tensor.h"

#include "girih/dsl/arrangement.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/text_scanner.h"

#include <algorithm>

namespace girih {
namespace {

using Dim = Tensor::Map::Dim;
using Check = Tensor::Map::Check;

thread_local ArrangementScope *scope = nullptr;

std::vector<std::string> names_for_messages() {
  return scope ? scope->names() : default_operand_names(26);
}

std::string text_of(const Expr &size) {
  return size.to_string(names_for_messages());
}

// A divisor of flattened indices: sizes of the source may be 0, and then no
// element is ever looked at, but the division must still be defined.
Expr divisor(const Expr &size) { return max(size, 1); }

} // namespace

ArrangementScope::ArrangementScope(std::vector<std::string> names)
    : names_(std::move(names)), outer_(scope) {
  scope = this;
}

ArrangementScope::~ArrangementScope() { scope = outer_; }

ArrangementScope *ArrangementScope::current() { return scope; }

void ArrangementScope::use_block(BlockUse use) {
  for (BlockUse &each : blocks_)
    if (each.name == use.name) {
      if (each.fallback != 0 && use.fallback != 0 &&
          each.fallback != use.fallback)
        throw CompileError(ErrorId::block_name, use.where,
                           {use.name, "it is one already, with fallback " +
                                          std::to_string(each.fallback) +
                                          ", not " +
                                          std::to_string(use.fallback)});
      if (each.fallback == 0)
        each.fallback = use.fallback;
      for (const Expr &size : use.covers)
        if (std::ranges::none_of(each.covers, [&](const Expr &known) {
              return known.same(size);
            }))
          each.covers.push_back(size);
      return;
    }
  blocks_.push_back(std::move(use));
}

bool ArrangementScope::covers(const Expr &pieces, std::source_location where) {
  // (size + block - 1) / block, simplified: 1 + (size - 1) / block.
  const Expr others = pieces - 1;
  if (others.kind() != Expr::Kind::floordiv ||
      others.rhs().kind() != Expr::Kind::symbol)
    return false;
  const Symbol &block = others.rhs().symbol();
  if (block.kind != SymbolKind::block ||
      std::ranges::none_of(blocks_, [&](const BlockUse &use) {
        return use.name == block.name && !use.covers.empty();
      }))
    return false;
  const Expr size = others.lhs() + 1;
  bool known = true;
  size.for_each_symbol(
      [&](const Symbol &symbol) { known &= symbol.kind == SymbolKind::size; });
  if (known)
    use_block({block.name, 0, {size}, where});
  return known;
}

Size block_size(std::string_view name, std::int64_t fallback,
                std::source_location where) {
  if (!is_identifier(name) || (name[0] >= 'a' && name[0] <= 'z'))
    throw CompileError(ErrorId::block_name, where,
                       {name, "names are letters, digits and underscores and "
                              "start with a capital letter"});
  if (fallback < 0)
    throw CompileError(ErrorId::block_range, where,
                       {name, fallback, max_tile_elements});
  if (scope)
    scope->use_block({std::string(name), fallback, {}, where});
  return Expr(Symbol{SymbolKind::block, -1, -1, std::string(name)});
}

Size covering_block(std::string_view name, const Size &size,
                    std::source_location where) {
  Size block = block_size(name, 0, where);
  bool sizes = true;
  size.for_each_symbol(
      [&](const Symbol &symbol) { sizes &= symbol.kind == SymbolKind::size; });
  if (!sizes) {
    Diagnostic found(ErrorId::extent, where);
    found.message = "covering_block(\"" + std::string(name) + "\") got " +
                    text_of(size) + ", which is not of sizes of operands alone";
    throw CompileError(found.helped(
        "give the size of a dimension before it is cut: x.size(1), not that of "
        "x.tile(...)"));
  }
  if (scope)
    scope->use_block({std::string(name), 0, {size}, where});
  return block;
}

Dim Tensor::Map::add(Expr size) { return {std::move(size), variables++}; }

Expr Tensor::Map::symbol(const Dim &dim) {
  return Expr(Symbol{SymbolKind::lane, -1, dim.variable, ""});
}

void Tensor::Map::replace(const Dim &dim, const Expr &by) {
  auto map = [&](const Symbol &symbol) -> std::optional<Expr> {
    if (symbol.kind == SymbolKind::lane && symbol.dim == dim.variable)
      return by;
    return std::nullopt;
  };
  for (Expr &each : index)
    each = each.substitute(map);
  for (Bound &each : bounds)
    each = {each.value.substitute(map), each.limit.substitute(map)};
}

void Tensor::Map::decide(const Check &check, std::int64_t size) const {
  if (check.kind == Check::Kind::one && size != 1)
    throw CompileError(ErrorId::not_one, check.where,
                       {check.function, check.dim, name, size});
  if (check.kind == Check::Kind::positive && size < 1)
    throw CompileError(ErrorId::extent, check.where,
                       {check.function, size, check.dim, name,
                        "sizes, strides and dilations are positive"});
  if (check.kind == Check::Kind::nonnegative && size < 0)
    throw CompileError(ErrorId::extent, check.where,
                       {check.function, size, check.dim, name,
                        "a number of elements is not negative; slice() takes "
                        "elements away"});
}

void Tensor::Map::require(Check check) {
  if (auto number = check.size.as_constant())
    decide(check, *number);
  else
    checks.push_back(std::move(check));
}

std::string Tensor::Map::describe(int level) const {
  std::string out = name + "[";
  const auto &dims = levels.at(static_cast<std::size_t>(level));
  for (std::size_t i = 0; i < dims.size(); ++i)
    out += (i ? ", " : "") + text_of(dims[i].size);
  return out + "]";
}

Tensor::Tensor(int rank, int operand, std::string name) {
  if (rank < 0 || rank > max_tensor_rank)
    throw CompileError(ErrorId::operand_rank, {},
                       {name, rank, max_tensor_rank});
  constexpr int most = 1 << 16;
  if (operand < 0 || operand > most) {
    Diagnostic found(ErrorId::operand_rank, {});
    found.message =
        "Tensor " + name + " is operand number " + std::to_string(operand);
    throw CompileError(
        found.helped("operands count from 0, up to " + std::to_string(most)));
  }
  Map map;
  map.operand = operand;
  map.rank = rank;
  map.name = std::move(name);
  map.levels.emplace_back();
  for (int d = 0; d < rank; ++d) {
    Dim dim = map.add(Expr(Symbol{SymbolKind::size, operand, d, ""}));
    map.index.push_back(Map::symbol(dim));
    map.levels[0].push_back(dim);
  }
  map_ = std::make_shared<const Map>(std::move(map));
}

Tensor Tensor::edited(Map changed) const {
  return Tensor(std::make_shared<const Map>(std::move(changed)), base_);
}

int Tensor::rank() const {
  return static_cast<int>(map_->levels[static_cast<std::size_t>(base_)].size());
}

int Tensor::depth() const {
  return static_cast<int>(map_->levels.size()) - base_;
}

const std::string &Tensor::name() const { return map_->name; }

int Tensor::checked_dim(const char *function, int dim, int rank,
                        Where where) const {
  int out = dim < 0 ? dim + rank : dim;
  if (out < 0 || out >= rank)
    throw CompileError(ErrorId::dim_range, where,
                       {function, dim, rank, map_->describe(base_)});
  return out;
}

Size Tensor::size(int dim, Where where) const {
  int d = checked_dim("size()", dim, rank(), where);
  return map_
      ->levels[static_cast<std::size_t>(base_)][static_cast<std::size_t>(d)]
      .size;
}

std::vector<Size> Tensor::shape() const {
  std::vector<Size> out;
  for (const Dim &each : map_->levels[static_cast<std::size_t>(base_)])
    out.push_back(each.size);
  return out;
}

Tensor Tensor::inner(int level, Where where) const {
  if (level < 0 || level >= depth())
    throw CompileError(
        ErrorId::at_level, where,
        {level, map_->name, depth(), depth() == 1 ? "level" : "levels"});
  Map out = *map_;
  out.outer = map_;
  return Tensor(std::make_shared<const Map>(std::move(out)), base_ + level);
}

Tensor Tensor::rejoin(const Tensor &changed, int level, Where where) const {
  if (changed.map_->outer != map_ || changed.base_ != base_ + level) {
    Diagnostic found(ErrorId::foreign_tensor, where);
    found.message =
        "the function of at() gives a tensor that it did not make of its own";
    throw CompileError(
        found.helped("return what becomes of the parameter, levels from " +
                     std::to_string(level) + " down"));
  }
  Map out = *changed.map_;
  out.outer = map_->outer;
  return Tensor(std::make_shared<const Map>(std::move(out)), base_);
}

void Tensor::check_other(std::int64_t value, bool too_large,
                         Where where) const {
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (!too_large && -exact <= value && value <= exact)
    return;
  Diagnostic found(ErrorId::literal_range, where);
  found.message = "other() got " +
                  (too_large ? "a number above 2^63" : std::to_string(value)) +
                  "; it takes whole numbers up to 2^53";
  throw CompileError(found.helped(
      "choose by where(a.in_bounds(), a, value) in the application"));
}

Tensor Tensor::other(double value, Where where) const {
  Map out = *map_;
  out.other = value;
  out.other_where = where;
  return edited(std::move(out));
}

Tensor Tensor::as_partial(Where where) const {
  Map out = *map_;
  out.partial = true;
  out.partial_where = where;
  return edited(std::move(out));
}

namespace {

void check_count(const char *function, const char *what, std::size_t count,
                 std::size_t rank, const std::string &tensor,
                 std::source_location where) {
  if (count != rank)
    throw CompileError(ErrorId::rank_mismatch, where,
                       {function, count, what, rank, tensor,
                        "give one for each dimension of the level; at() is for "
                        "levels further inside"});
}

// How one dimension is cut.
struct Cut {
  Expr tile, stride, dilation, count;
  bool exact; // every element of every tile is within the dimension
};

Cut cut_of(const Expr &size, const Extent &tile, const Extent *stride,
           const Extent *dilation, Rounding rounding) {
  Cut out;
  bool is_whole = tile.kind() == Extent::Kind::whole;
  out.tile = is_whole ? size : tile.size();
  out.stride = stride ? stride->size() : out.tile;
  out.dilation = dilation ? dilation->size() : Expr(1);
  bool plain = out.stride.same(out.tile) && out.dilation.same(1);
  if (is_whole && plain) {
    out.count = 1;
    out.exact = true;
  } else if (plain) {
    out.count =
        rounding == Rounding::ceil ? cdiv(size, out.tile) : size / out.tile;
    out.exact = rounding == Rounding::floor;
  } else if (rounding == Rounding::ceil) {
    // As many as start within the dimension, but none that adds nothing to the
    // one before; a dimension that is not empty has one.
    Expr overlap = max(out.dilation * (out.tile - 1) + 1 - out.stride, 0);
    out.count = cdiv(min(size, max(size - overlap, 1)), out.stride);
    out.exact = false;
  } else {
    Expr rest = size - out.dilation * (out.tile - 1) - 1;
    out.count = max(rest / out.stride + 1, 0);
    out.exact = true;
  }
  return out;
}

const Extent *entry(const Extents &list, std::size_t d) {
  return list.empty() ? nullptr : &list[d];
}

} // namespace

Tensor Tensor::tile(Extents sizes, Extents strides, Extents dilation,
                    Rounding rounding, Where where) const {
  SizeLine line(where);
  if (rounding != Rounding::ceil && rounding != Rounding::floor)
    throw CompileError(ErrorId::extent, where,
                       {"tile()", "a rounding that is neither", 0,
                        map_->describe(base_),
                        "take Rounding::ceil or Rounding::floor"});
  Map out = *map_;
  auto level = static_cast<std::size_t>(base_);
  std::vector<Dim> dims = out.levels[level], tiles, inside;
  std::string text = map_->describe(base_);
  check_count("tile()", "sizes", sizes.size(), dims.size(), text, where);
  if (!strides.empty())
    check_count("tile()", "strides", strides.size(), dims.size(), text, where);
  if (!dilation.empty())
    check_count("tile()", "dilations", dilation.size(), dims.size(), text,
                where);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    for (const Extent *each :
         {&std::as_const(sizes[d]), entry(strides, d), entry(dilation, d)}) {
      bool is_size = each == &sizes[d];
      if (each && (each->kind() == Extent::Kind::keep ||
                   (!is_size && each->kind() == Extent::Kind::whole)))
        throw CompileError(ErrorId::extent, where,
                           {"tile()", is_size ? "keep" : "keep or whole", d,
                            text,
                            "strides and dilations are numbers; `whole` "
                            "is a size of tile()"});
      if (each && each->kind() == Extent::Kind::size)
        out.require({Check::Kind::positive, each->size(), "tile()",
                     static_cast<int>(d), where});
    }
    Cut cut = cut_of(dims[d].size, sizes[d], entry(strides, d),
                     entry(dilation, d), rounding);
    tiles.push_back(out.add(cut.count));
    inside.push_back(out.add(cut.tile));
    Expr value = Map::symbol(tiles.back()) * cut.stride +
                 Map::symbol(inside.back()) * cut.dilation;
    if (cut.count.same(1) && cut.exact)
      value = Map::symbol(inside.back());
    out.replace(dims[d], value);
    if (!cut.exact)
      out.bounds.push_back({value, dims[d].size});
  }
  out.levels[level] = std::move(tiles);
  out.levels.insert(out.levels.begin() + base_ + 1, std::move(inside));
  if (out.levels.size() > static_cast<std::size_t>(max_levels))
    throw CompileError(ErrorId::level_count, where,
                       {map_->name, out.levels.size(), max_levels});
  return edited(std::move(out));
}

Tensor Tensor::expand(Extents sizes, Where where) const {
  SizeLine line(where);
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  std::string text = map_->describe(base_);
  check_count("expand()", "sizes", sizes.size(), dims.size(), text, where);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (sizes[d].kind() == Extent::Kind::keep)
      continue;
    if (sizes[d].kind() == Extent::Kind::whole)
      throw CompileError(
          ErrorId::extent, where,
          {"expand()", "whole", d, text, "`keep` leaves a dimension as it is"});
    if (sizes[d].size().same(dims[d].size))
      continue;
    out.require({Check::Kind::one, dims[d].size, "expand()",
                 static_cast<int>(d), where});
    out.require({Check::Kind::nonnegative, sizes[d].size(), "expand()",
                 static_cast<int>(d), where});
    out.replace(dims[d], 0);
    dims[d] = out.add(sizes[d].size());
  }
  return edited(std::move(out));
}

Tensor Tensor::squeeze(int dim, Where where) const {
  return squeeze(std::vector<int>{dim}, where);
}

Tensor Tensor::squeeze(std::vector<int> dropped, Where where) const {
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  for (int &each : dropped)
    each = checked_dim("squeeze()", each, rank(), where);
  std::sort(dropped.begin(), dropped.end());
  auto again = std::adjacent_find(dropped.begin(), dropped.end());
  if (again != dropped.end())
    throw CompileError(ErrorId::extent, where,
                       {"squeeze()", "a second mention", *again,
                        map_->describe(base_), "name each dimension once"});
  for (auto each = dropped.rbegin(); each != dropped.rend(); ++each) {
    auto d = static_cast<std::size_t>(*each);
    if (!scope || !scope->covers(dims[d].size, where))
      out.require({Check::Kind::one, dims[d].size, "squeeze()", *each, where});
    out.replace(dims[d], 0);
    dims.erase(dims.begin() + *each);
  }
  return edited(std::move(out));
}

Tensor Tensor::unsqueeze(int dim, Where where) const {
  int d = checked_dim("unsqueeze()", dim, rank() + 1, where);
  if (rank() == max_tensor_rank)
    throw CompileError(ErrorId::operand_rank, where,
                       {map_->name, rank() + 1, max_tensor_rank});
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  dims.insert(dims.begin() + d, out.add(1));
  return edited(std::move(out));
}

Tensor Tensor::permute(std::vector<int> order, Where where) const {
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  std::vector<Dim> before = dims;
  check_count("permute()", "dimensions", order.size(), dims.size(),
              map_->describe(base_), where);
  std::vector<bool> seen(dims.size(), false);
  for (std::size_t d = 0; d < order.size(); ++d) {
    auto from = static_cast<std::size_t>(
        checked_dim("permute()", order[d], rank(), where));
    if (seen[from])
      throw CompileError(
          ErrorId::permutation, where,
          {map_->describe(base_),
           to_string(std::vector<std::int64_t>(order.begin(), order.end()))});
    seen[from] = true;
    dims[d] = before[from];
  }
  return edited(std::move(out));
}

Tensor Tensor::flatten(int start, int end, Where where) const {
  SizeLine line(where);
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  int last = end == INT32_MAX ? rank() : end < 0 ? end + rank() : end;
  int first = start < 0 ? start + rank() : start;
  for (auto [given, dim] : {std::pair(start, first), std::pair(end, last)})
    if (dim < 0 || dim > rank())
      throw CompileError(ErrorId::dim_range, where,
                         {"flatten()", given, rank(), map_->describe(base_)});
  if (first > last)
    throw CompileError(ErrorId::extent, where,
                       {"flatten()", "an end of " + std::to_string(end), start,
                        map_->describe(base_),
                        "it joins the dimensions from its start up to, and "
                        "without, its end"});
  Expr total = 1;
  for (int d = first; d < last; ++d)
    total = total * dims[static_cast<std::size_t>(d)].size;
  Dim joined = out.add(total);
  Expr rest = Map::symbol(joined);
  // Innermost dimension first: what is left after dividing belongs outside.
  for (int d = last - 1; d >= first; --d) {
    const Dim &dim = dims[static_cast<std::size_t>(d)];
    if (d == first) {
      out.replace(dim, rest);
      break;
    }
    out.replace(dim, rest % divisor(dim.size));
    rest = rest / divisor(dim.size);
  }
  dims.erase(dims.begin() + first, dims.begin() + last);
  dims.insert(dims.begin() + first, joined);
  return edited(std::move(out));
}

Tensor Tensor::ravel(Where where) const {
  Map out = *map_;
  std::vector<Dim> joined;
  for (auto level = static_cast<std::size_t>(base_); level < out.levels.size();
       ++level)
    joined.insert(joined.end(), out.levels[level].begin(),
                  out.levels[level].end());
  if (joined.size() > static_cast<std::size_t>(max_tensor_rank))
    throw CompileError(ErrorId::operand_rank, where,
                       {map_->name, joined.size(), max_tensor_rank});
  out.levels.resize(static_cast<std::size_t>(base_));
  out.levels.push_back(std::move(joined));
  return edited(std::move(out));
}

Tensor Tensor::pad(std::vector<Padding> padding, Where where) const {
  SizeLine line(where);
  Map out = *map_;
  auto &dims = out.levels[static_cast<std::size_t>(base_)];
  check_count("pad()", "pairs", padding.size(), dims.size(),
              map_->describe(base_), where);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const Padding &each = padding[d];
    for (const Size *side : {&each.before, &each.after})
      out.require({Check::Kind::nonnegative, *side, "pad()",
                   static_cast<int>(d), where});
    if (each.before.same(0) && each.after.same(0))
      continue;
    Expr old_size = dims[d].size;
    Dim padded = out.add(old_size + each.before + each.after);
    Expr value = Map::symbol(padded) - each.before;
    out.replace(dims[d], value);
    out.bounds.push_back({value, old_size});
    dims[d] = padded;
  }
  return edited(std::move(out));
}

} // namespace girih

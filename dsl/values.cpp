// SPDX-License-Identifier: Apache-2.0
// Operands, accesses and variables: thin layers over the recorder.
#include "girih/dsl/values.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih {
namespace {

Recorder &recorder_at(const SourceLine &where, const char *what) {
  return Recorder::current(what, where);
}

} // namespace

Recorder &recording(Recorder *of, const SourceLine &where) {
  Recorder &recorder = recorder_at(where, "an operand");
  if (of != &recorder)
    throw CompileError(ErrorId::foreign_value, where, {"an operand"});
  return recorder;
}

Index &Index::operator=(Index value) {
  assign(value);
  return *this;
}

Index Index::make(std::int64_t value, SourceLine where) {
  Recorder &recorder = recorder_at(where, "an Index");
  return recorder.index_value(recorder.index(value, where), where);
}

IndexArgument::IndexArgument(const Index &index, Where where)
    : value_(index.value(where)), where_(where) {}

IndexArgument IndexArgument::literal(std::int64_t value, SourceLine where) {
  Recorder &recorder = recorder_at(where, "an Index");
  return {recorder.index(value, where), where};
}

IndexList::IndexList(const Index &index, Where here)
    : values{index.value(here)}, where(here) {}

IndexList::IndexList(std::initializer_list<IndexArgument> indices, Where here)
    : where(here) {
  for (const IndexArgument &each : indices)
    values.push_back(each.value());
}

namespace {

Index combine(Function function, ValueId lhs, ValueId rhs,
              const SourceLine &where) {
  Recorder &recorder = recorder_at(where, "an Index");
  return recorder.index_value(recorder.index_binary(function, lhs, rhs, where),
                              where);
}

Index combine(Function function, const Index &lhs, const IndexArgument &rhs) {
  return combine(function, lhs.value(rhs.where()), rhs.value(), rhs.where());
}

Index combine(Function function, const IntegerArgument &lhs, const Index &rhs) {
  Recorder &recorder = recorder_at(lhs.where, "an Index");
  ValueId right = rhs.value(lhs.where);
  return combine(function, recorder.index(lhs.value, lhs.where), right,
                 lhs.where);
}

} // namespace

Index operator+(const Index &lhs, IndexArgument rhs) {
  return combine(Function::add, lhs, rhs);
}
Index operator-(const Index &lhs, IndexArgument rhs) {
  return combine(Function::sub, lhs, rhs);
}
Index operator*(const Index &lhs, IndexArgument rhs) {
  return combine(Function::mul, lhs, rhs);
}
Index operator/(const Index &lhs, IndexArgument rhs) {
  return combine(Function::floordiv, lhs, rhs);
}
Index operator%(const Index &lhs, IndexArgument rhs) {
  return combine(Function::mod, lhs, rhs);
}
Index min(const Index &lhs, IndexArgument rhs) {
  return combine(Function::min, lhs, rhs);
}
Index max(const Index &lhs, IndexArgument rhs) {
  return combine(Function::max, lhs, rhs);
}
Index operator+(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::add, lhs, rhs);
}
Index operator-(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::sub, lhs, rhs);
}
Index operator*(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::mul, lhs, rhs);
}
Index operator/(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::floordiv, lhs, rhs);
}
Index operator%(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::mod, lhs, rhs);
}
Index min(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::min, lhs, rhs);
}
Index max(IntegerArgument lhs, const Index &rhs) {
  return combine(Function::max, lhs, rhs);
}

Index cdiv(const Index &lhs, IndexArgument rhs) {
  const SourceLine &where = rhs.where();
  Recorder &recorder = recorder_at(where, "an Index");
  ValueId sum = recorder.index_binary(Function::add, lhs.value(where),
                                      rhs.value(), where);
  ValueId top = recorder.index_binary(Function::sub, sum,
                                      recorder.index(1, where), where);
  return combine(Function::floordiv, top, rhs.value(), where);
}

Index Operand::size(int dim, Where where) const {
  Recorder &recorder = recording(recorder_, where);
  const ArrangedOperand &operand =
      recorder.program().operands[static_cast<std::size_t>(number_)];
  bool innermost = operand.levels.empty();
  std::size_t rank = innermost ? operand.tile.size() : operand.levels[0].size();
  int d = dim < 0 ? dim + static_cast<int>(rank) : dim;
  if (d < 0 || static_cast<std::size_t>(d) >= rank)
    throw CompileError(
        ErrorId::dim_range, where,
        {"size()", dim, rank,
         operand.name + (innermost ? " (its tile)" : " (its next level)")});
  auto at = static_cast<std::size_t>(d);
  Expr size = innermost ? Expr(operand.tile[at]) : operand.levels[0][at];
  return recorder.index_value(recorder.index(size, where), where);
}

Index Operand::source_size(int dim, Where where) const {
  Recorder &recorder = recording(recorder_, where);
  const ArrangedOperand &operand =
      recorder.program().operands[static_cast<std::size_t>(number_)];
  int d = dim < 0 ? dim + operand.rank : dim;
  if (d < 0 || d >= operand.rank)
    throw CompileError(ErrorId::dim_range, where,
                       {"source_size()", dim, operand.rank, operand.name});
  Expr size(Symbol{SymbolKind::size, number_, d, ""});
  return recorder.index_value(recorder.index(size, where), where);
}

Index program_id(int dim, Index::Where where) {
  Recorder &recorder = recorder_at(where, "program_id()");
  auto rank = static_cast<int>(recorder.program().operands[0].grid.size());
  if (dim < 0 || dim >= rank)
    throw CompileError(ErrorId::dim_range, where,
                       {"program_id()", dim, rank, "the grid"});
  Expr at(Symbol{SymbolKind::program, -1, dim, ""});
  return recorder.index_value(recorder.index(at, where), where);
}

const Shape &Operand::shape() const {
  return recorder_->program().operands[static_cast<std::size_t>(number_)].tile;
}

DType Operand::dtype() const {
  return recorder_->program().operands[static_cast<std::size_t>(number_)].dtype;
}

OperandAccess::OperandAccess(const OperandAccess &outer, IndexList more)
    : recorder_(outer.recorder_), operand_(outer.operand_),
      indices_(outer.indices_) {
  indices_.values.insert(indices_.values.end(), more.values.begin(),
                         more.values.end());
  indices_.where = more.where;
}

const OutTile &OutTile::operator=(const Located &tile) const {
  store_tile(recorder_, operand_, indices_.values, tile);
  return *this;
}

InOutTile &InOutTile::operator=(const InOutTile &tile) {
  // A location cannot be defaulted here; the brackets were on the same line.
  Recorder &recorder = recording(recorder_, tile.indices_.where);
  recorder.store(operand_, indices_.values,
                 recorder.load(tile, tile.indices_.where), tile.indices_.where);
  return *this;
}

const InOutTile &InOutTile::operator=(const Located &tile) const {
  store_tile(recorder_, operand_, indices_.values, tile);
  return *this;
}
const InOutTile &InOutTile::operator+=(const Located &rhs) const {
  update_tile(recorder_, Function::add, operand_, indices_.values, rhs);
  return *this;
}
const InOutTile &InOutTile::operator-=(const Located &rhs) const {
  update_tile(recorder_, Function::sub, operand_, indices_.values, rhs);
  return *this;
}
const InOutTile &InOutTile::operator*=(const Located &rhs) const {
  update_tile(recorder_, Function::mul, operand_, indices_.values, rhs);
  return *this;
}
const InOutTile &InOutTile::operator/=(const Located &rhs) const {
  update_tile(recorder_, Function::div, operand_, indices_.values, rhs);
  return *this;
}

void Out::operator=(const Located &tile) const {
  store_tile(recorder_, number_, {}, tile);
}
void InOut::operator=(const Located &tile) const {
  store_tile(recorder_, number_, {}, tile);
}
void InOut::operator+=(const Located &rhs) const {
  update_tile(recorder_, Function::add, number_, {}, rhs);
}
void InOut::operator-=(const Located &rhs) const {
  update_tile(recorder_, Function::sub, number_, {}, rhs);
}
void InOut::operator*=(const Located &rhs) const {
  update_tile(recorder_, Function::mul, number_, {}, rhs);
}
void InOut::operator/=(const Located &rhs) const {
  update_tile(recorder_, Function::div, number_, {}, rhs);
}

Located::Located(const Tile &tile, Where here)
    : where(here), kind(Kind::tile), value(tile.value(here)) {}

Located::Located(const In &operand, Where here)
    : where(here), kind(Kind::tile),
      value(recording(operand.recorder_, where)
                .load(operand.number_, {}, where)) {}

Located::Located(const InOut &operand, Where here)
    : where(here), kind(Kind::tile),
      value(recording(operand.recorder_, where)
                .load(operand.number_, {}, where)) {}

Located::Located(const InTile &access, Where here)
    : where(here), kind(Kind::tile),
      value(recording(access.recorder_, where).load(access, where)) {}

Located::Located(const InOutTile &access, Where here)
    : where(here), kind(Kind::tile),
      value(recording(access.recorder_, where).load(access, where)) {}

Located::Located(const Index &index, Where here)
    : where(here), kind(Kind::index), value(index.value(here)) {}

Tile::Tile(const In &operand, Where where)
    : Tile(tile_of(Located(operand, where)), where) {}
Tile::Tile(const InOut &operand, Where where)
    : Tile(tile_of(Located(operand, where)), where) {}
Tile::Tile(const InTile &access, Where where)
    : Tile(tile_of(Located(access, where)), where) {}
Tile::Tile(const InOutTile &access, Where where)
    : Tile(tile_of(Located(access, where)), where) {}

Tile &Tile::operator=(Tile value) {
  assign(value);
  return *this;
}
Tile &Tile::operator+=(const Located &rhs) {
  return *this = updated(Function::add, "operator +=", *this, rhs);
}
Tile &Tile::operator-=(const Located &rhs) {
  return *this = updated(Function::sub, "operator -=", *this, rhs);
}
Tile &Tile::operator*=(const Located &rhs) {
  return *this = updated(Function::mul, "operator *=", *this, rhs);
}
Tile &Tile::operator/=(const Located &rhs) {
  return *this = updated(Function::div, "operator /=", *this, rhs);
}
Tile &Tile::operator%=(const Located &rhs) {
  return *this = updated(Function::mod, "operator %=", *this, rhs);
}
Tile &Tile::operator&=(const Located &rhs) {
  return *this = updated(Function::bit_and, "operator &=", *this, rhs);
}
Tile &Tile::operator|=(const Located &rhs) {
  return *this = updated(Function::bit_or, "operator |=", *this, rhs);
}
Tile &Tile::operator^=(const Located &rhs) {
  return *this = updated(Function::bit_xor, "operator ^=", *this, rhs);
}

const Shape &Tile::shape(Where where) const {
  return recorder_at(where, "a Tile").type(value(where)).shape;
}

DType Tile::dtype(Where where) const {
  return recorder_at(where, "a Tile").type(value(where)).dtype;
}

Tile Tile::to(DType type, Where where) const {
  return cast(Located(*this, where), type, where);
}

} // namespace girih

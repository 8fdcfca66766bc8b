// SPDX-License-Identifier: Apache-2.0
// What an application computes with: Tile, Index, and the operands In, Out,
// InOut. Everything here only records.
#pragma once

#include "girih/dsl/dtype.h"
#include "girih/dsl/program.h"
#include "girih/dsl/support/source_line.h"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <type_traits>
#include <vector>

namespace girih {

class Recorder;
class Index;
class Located;
class Tile;

/// Shape of a tile.
using Shape = std::vector<std::int64_t>;

template <class T>
concept Number = std::is_arithmetic_v<T>;

/// A named value of a recording. It tells the recorder of its life, so that a
/// loop knows which variables it changes.
class Variable {
public:
  /// The value it holds now; for the library.
  ValueId value(SourceLine where) const;
  const SourceLine &line() const { return line_; }

protected:
  Variable(Recorder *owner, ValueId value, SourceLine line);
  Variable(const Variable &other, SourceLine line);
  Variable(const Variable &) = delete;
  Variable &operator=(const Variable &) = delete;
  ~Variable();
  void assign(const Variable &other);

private:
  friend class Recorder;
  Recorder *owner_; // null once its recording has ended
  Variable *previous_ = nullptr, *next_ = nullptr;
  ValueId value_;
  SourceLine line_; // where it got its value
};

/// An integer at run time: a loop variable, a size, or what was computed of
/// them. A local variable like an int; assignment in a loop is loop-carried.
class Index : public Variable {
public:
  using Where = std::source_location;
  Index(const Index &other, Where where = Where::current())
      : Variable(other, where) {}
  template <std::integral T>
  explicit Index(T value, Where where = Where::current())
      : Index(make(static_cast<std::int64_t>(value), where), where) {}
  Index &operator=(Index value);
  ~Index() = default;

private:
  friend class Recorder;
  using Variable::Variable;
  static Index make(std::int64_t value, SourceLine where);
};

/// An Index or an integer, with the line it is used in: the parameter type of
/// Index operators.
class IndexArgument {
public:
  using Where = std::source_location;
  IndexArgument(const Index &index, Where where = Where::current());
  template <std::integral T>
  IndexArgument(T value, Where where = Where::current())
      : IndexArgument(literal(static_cast<std::int64_t>(value), where)) {}

  ValueId value() const { return value_; }
  const SourceLine &where() const { return where_; }

private:
  IndexArgument(ValueId value, SourceLine where)
      : value_(value), where_(std::move(where)) {}
  static IndexArgument literal(std::int64_t value, SourceLine where);
  ValueId value_;
  SourceLine where_;
};

/// An integer with the line it is used in.
struct IntegerArgument {
  template <std::integral T>
  IntegerArgument(T number,
                  std::source_location here = std::source_location::current())
      : value(static_cast<std::int64_t>(number)), where(here) {}
  std::int64_t value;
  std::source_location where;
};

/// Division and remainder round towards minus infinity; divisors are positive.
Index operator+(const Index &lhs, IndexArgument rhs);
Index operator-(const Index &lhs, IndexArgument rhs);
Index operator*(const Index &lhs, IndexArgument rhs);
Index operator/(const Index &lhs, IndexArgument rhs);
Index operator%(const Index &lhs, IndexArgument rhs);
Index min(const Index &lhs, IndexArgument rhs);
Index max(const Index &lhs, IndexArgument rhs);
Index operator+(IntegerArgument lhs, const Index &rhs);
Index operator-(IntegerArgument lhs, const Index &rhs);
Index operator*(IntegerArgument lhs, const Index &rhs);
Index operator/(IntegerArgument lhs, const Index &rhs);
Index operator%(IntegerArgument lhs, const Index &rhs);
Index min(IntegerArgument lhs, const Index &rhs);
Index max(IntegerArgument lhs, const Index &rhs);
/// (lhs + rhs - 1) / rhs
Index cdiv(const Index &lhs, IndexArgument rhs);

/// Where this program stands along dimension `dim` of the grid.
Index program_id(int dim, Index::Where where = Index::Where::current());

/// The indices between brackets: `a[k]`, `a[{k, l}]`.
class IndexList {
public:
  using Where = std::source_location;
  IndexList(const Index &index, Where where = Where::current());
  template <std::integral T>
  IndexList(T value, Where where = Where::current())
      : values{IndexArgument(value, where).value()}, where(where) {}
  IndexList(std::initializer_list<IndexArgument> indices,
            Where where = Where::current());

  std::vector<ValueId> values;
  SourceLine where;
};

/// What all operands share. Handles: never copied, never assigned to each
/// other.
class Operand {
public:
  using Where = std::source_location;
  Operand(const Operand &) = delete;
  Operand &operator=(const Operand &) = delete;

  /// Size of dimension `dim` of the next level: the one that `a[k]` indexes,
  /// else the innermost tile.
  Index size(int dim, Where where = Where::current()) const;
  /// Size of dimension `dim` of the source.
  Index source_size(int dim, Where where = Where::current()) const;
  /// Static shape of the innermost tile.
  const Shape &shape() const;
  DType dtype() const;
  /// Index into source dimension `dim` of each lane of the tile: i64, may lie
  /// outside the source. For an operand with levels, `a[k].offsets(0)`.
  Tile offsets(int dim, Where where = Where::current()) const;
  /// Whether each lane lies inside the source: a bool tile.
  Tile in_bounds(Where where = Where::current()) const;

protected:
  Operand(Recorder &recorder, int number)
      : recorder_(&recorder), number_(number) {}
  ~Operand() = default;

  Recorder *recorder_;
  int number_;
};

/// A tile of an operand that is not loaded yet: what `a[k]` gives.
class OperandAccess {
public:
  using Where = std::source_location;
  /// As Operand's, at these indices.
  Tile offsets(int dim, Where where = Where::current()) const;
  Tile in_bounds(Where where = Where::current()) const;

protected:
  friend class Located;
  friend class Recorder;
  OperandAccess(Recorder *recorder, int operand, IndexList indices)
      : recorder_(recorder), operand_(operand), indices_(std::move(indices)) {}
  OperandAccess(const OperandAccess &) = default;
  OperandAccess &operator=(const OperandAccess &) = delete;
  ~OperandAccess() = default;
  OperandAccess(const OperandAccess &outer, IndexList more);

  Recorder *recorder_;
  int operand_;
  IndexList indices_;
};

/// A tile of an In: loads when used as a value; cannot be assigned.
class InTile : public OperandAccess {
public:
  InTile(const InTile &) = default;
  InTile &operator=(const InTile &) = delete;
  /// The next level's indices, where they are given one level at a time.
  InTile operator[](IndexList indices) const { return {*this, indices}; }

private:
  friend class In;
  using OperandAccess::OperandAccess;
};

/// A tile of an Out: can be assigned, not read.
class OutTile : public OperandAccess {
public:
  OutTile(const OutTile &) = default;
  OutTile &operator=(const OutTile &) = delete;
  const OutTile &operator=(const Located &tile) const;
  OutTile operator[](IndexList indices) const { return {*this, indices}; }

private:
  friend class Out;
  using OperandAccess::OperandAccess;
};

/// A tile of an InOut: loads when used as a value, and can be assigned.
class InOutTile : public OperandAccess {
public:
  InOutTile(const InOutTile &) = default;
  InOutTile &operator=(const InOutTile &tile);
  const InOutTile &operator=(const Located &tile) const;
  const InOutTile &operator+=(const Located &rhs) const;
  const InOutTile &operator-=(const Located &rhs) const;
  const InOutTile &operator*=(const Located &rhs) const;
  const InOutTile &operator/=(const Located &rhs) const;
  InOutTile operator[](IndexList indices) const { return {*this, indices}; }

private:
  friend class InOut;
  using OperandAccess::OperandAccess;
};

/// As an index of gather(), scatter() and atomic operations, and given to
/// as_index(): no element and no tile, which is no mistake either, unlike other
/// indices out of range.
inline constexpr std::int64_t nowhere = INT32_MIN;

/// An operand that is read.
class In : public Operand {
public:
  static constexpr Direction direction = Direction::in;
  In(Recorder &recorder, int number) : Operand(recorder, number) {}
  /// The tile at the given indices into the next level.
  InTile operator[](IndexList indices) const {
    return {recorder_, number_, std::move(indices)};
  }
  /// Elements of the source at index tiles, one for each of its dimensions,
  /// which broadcast to the result's shape. Whatever the arrangement; out of
  /// range `other`.
  Tile gather(const std::vector<Located> &indices,
              Where where = Where::current()) const;

private:
  friend class Located;
};

/// An operand that is written: every element exactly once, unless partial.
class Out : public Operand {
public:
  static constexpr Direction direction = Direction::out;
  Out(Recorder &recorder, int number) : Operand(recorder, number) {}
  Out &operator=(const Out &) = delete;
  /// A store: casts to this operand's dtype, drops what is out of bounds.
  void operator=(const Located &tile) const;
  OutTile operator[](IndexList indices) const {
    return {recorder_, number_, std::move(indices)};
  }
  /// Writes elements of the source at index tiles; out of range nothing. Of
  /// several writes to one element one wins. For a partial() output.
  void scatter(const std::vector<Located> &indices, const Located &value,
               Where where = Where::current()) const;
};

/// An operand that is read and written.
class InOut : public Operand {
public:
  static constexpr Direction direction = Direction::inout;
  InOut(Recorder &recorder, int number) : Operand(recorder, number) {}
  InOut &operator=(const InOut &) = delete;
  void operator=(const Located &tile) const;
  void operator+=(const Located &rhs) const;
  void operator-=(const Located &rhs) const;
  void operator*=(const Located &rhs) const;
  void operator/=(const Located &rhs) const;
  InOutTile operator[](IndexList indices) const {
    return {recorder_, number_, std::move(indices)};
  }
  /// As In::gather and Out::scatter.
  Tile gather(const std::vector<Located> &indices,
              Where where = Where::current()) const;
  void scatter(const std::vector<Located> &indices, const Located &value,
               Where where = Where::current()) const;
  /// Combines `value` with an element of the source at once, in no order among
  /// programs and lanes (relaxed); gives what was there before. add: f64 f32
  /// f16 bf16 i64 i32; max, min, exchange: without f16 and bf16; the others:
  /// i64 and i32.
  Tile atomic_add(const std::vector<Located> &indices, const Located &value,
                  Where where = Where::current()) const;
  Tile atomic_max(const std::vector<Located> &indices, const Located &value,
                  Where where = Where::current()) const;
  Tile atomic_min(const std::vector<Located> &indices, const Located &value,
                  Where where = Where::current()) const;
  Tile atomic_and(const std::vector<Located> &indices, const Located &value,
                  Where where = Where::current()) const;
  Tile atomic_or(const std::vector<Located> &indices, const Located &value,
                 Where where = Where::current()) const;
  Tile atomic_xor(const std::vector<Located> &indices, const Located &value,
                  Where where = Where::current()) const;
  Tile atomic_exchange(const std::vector<Located> &indices,
                       const Located &value,
                       Where where = Where::current()) const;
  /// Writes `desired` where `expected` is there.
  Tile atomic_compare_exchange(const std::vector<Located> &indices,
                               const Located &expected, const Located &desired,
                               Where where = Where::current()) const;
  /// Counts this program's arrival at the counter that the scalar `indices`
  /// name, an i32 that is 0 at first; whether it is the last of `count`
  /// programs, which are given the same number. The counter then is 0 again.
  /// What the others stored before they arrived, the last one reads.
  Tile last_to_arrive(const std::vector<Located> &indices, const Located &count,
                      Where where = Where::current()) const;

private:
  friend class Located;
};

/// A value inside an application: static shape, one dtype. A local variable:
/// copying copies the value, assignment inside a loop is loop-carried. Its
/// elements are known at run time only: `if (tile)` does not compile, where()
/// chooses.
class Tile : public Variable {
public:
  using Where = std::source_location;
  Tile(const Tile &other, Where where = Where::current())
      : Variable(other, where) {}
  Tile(const In &operand, Where where = Where::current());
  Tile(const InOut &operand, Where where = Where::current());
  Tile(const InTile &access, Where where = Where::current());
  Tile(const InOutTile &access, Where where = Where::current());
  ~Tile() = default;

  Tile &operator=(Tile value);
  Tile &operator+=(const Located &rhs);
  Tile &operator-=(const Located &rhs);
  Tile &operator*=(const Located &rhs);
  Tile &operator/=(const Located &rhs);
  Tile &operator%=(const Located &rhs);
  Tile &operator&=(const Located &rhs);
  Tile &operator|=(const Located &rhs);
  Tile &operator^=(const Located &rhs);

  const Shape &shape(Where where = Where::current()) const;
  DType dtype(Where where = Where::current()) const;
  /// Converts to `type`; as cast().
  Tile to(DType type, Where where = Where::current()) const;

private:
  friend class Recorder;
  using Variable::Variable;
};

/// Anything that can stand in an expression of tiles, with the line it is used
/// in: the parameter type of operators and functions. A number adopts the dtype
/// of the tile on the other side.
class Located {
public:
  using Where = std::source_location;
  enum class Kind : std::uint8_t { tile, index, integer, floating };

  Located(const Tile &tile, Where where = Where::current());
  Located(const In &operand, Where where = Where::current());
  Located(const InOut &operand, Where where = Where::current());
  Located(const InTile &access, Where where = Where::current());
  Located(const InOutTile &access, Where where = Where::current());
  Located(const Index &index, Where where = Where::current());
  template <Number T>
  Located(T number, Where here = Where::current())
      : where(here),
        kind(std::is_floating_point_v<T> ? Kind::floating : Kind::integer),
        floating(static_cast<double>(number)),
        boolean(std::is_same_v<T, bool>) {
    if constexpr (!std::is_floating_point_v<T>)
      integer = static_cast<std::int64_t>(number);
    if constexpr (std::is_same_v<T, unsigned long> ||
                  std::is_same_v<T, unsigned long long>)
      too_large = number > static_cast<T>(INT64_MAX);
  }

  SourceLine where;
  Kind kind;
  ValueId value = -1;       // tile, index
  std::int64_t integer = 0; // integer
  double floating = 0;      // integer, floating
  bool boolean = false;     // an integer that is true or false
  bool too_large = false;   // an integer above 2^63
};

} // namespace girih

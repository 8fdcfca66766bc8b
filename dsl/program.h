// SPDX-License-Identifier: Apache-2.0
// Program: the recorded kernel. Plain data, printable, parsable, hashable; the
// only thing the compiler is given.
#pragma once

#include "girih/dsl/config.h"
#include "girih/dsl/constants.h"
#include "girih/dsl/dtype.h"
#include "girih/dsl/expr.h"
#include "girih/dsl/support/source_line.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// Number of a value in a Program; indexes Program::values.
using ValueId = std::int32_t;

/// An `index` (a run-time integer) or a tile: static shape and element type.
/// A tile of shape {} is a scalar of its dtype.
struct ValueType {
  enum class Kind : std::uint8_t { index, tile };
  Kind kind = Kind::tile;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  bool operator==(const ValueType &) const = default;
};

enum class Direction : std::uint8_t { in, out, inout };

/// What is known of an operand beyond rank and dtype: the specialisation class.
/// Bit d of a mask speaks of source dimension d. Strides are in elements.
struct OperandClass {
  /// An In of rank 0 whose element comes in place of the pointer.
  bool by_value = false;
  /// An In or InOut that nothing writes which may still run when the kernel
  /// begins.
  bool settled = false;
  bool aligned = false;           // the data pointer is divisible by 16 bytes
  std::uint32_t size_div16 = 0;   // size d is divisible by 16
  std::uint32_t unit_stride = 0;  // stride d is 1
  std::uint32_t stride_div16 = 0; // stride d is divisible by 16
  // Of rows of at least 16 bits an element: divisible by 8 and not by 16, as
  // of images of 56 pixels, whose rows begin at whole vectors.
  std::uint32_t size_div8 = 0, stride_div8 = 0;
  bool operator==(const OperandClass &) const = default;
};

/// Holds where 0 <= value < limit.
struct Bound {
  Expr value;
  Expr limit;
};

/// An arranged operand. Its index map: source index d of lane t of the tile at
/// level index i in program p is index[d], a function of symbols pD (program),
/// iD (middle levels, concatenated outer first), tD (lane) and sizes.
struct ArrangedOperand {
  std::string name;
  Direction direction = Direction::in;
  bool partial = false; // out: not every element is written
  DType dtype = DType::f32;
  int rank = 0;
  double other = 0; // value of a read out of bounds, rounded to dtype
  OperandClass known;
  std::vector<Expr> grid;                // outermost level: sizes
  std::vector<std::vector<Expr>> levels; // middle levels, outer first: sizes
  std::vector<std::int64_t> tile;        // innermost level: static shape
  std::vector<Expr> index;               // rank expressions
  std::vector<Bound> bounds;             // an access is in bounds iff all hold
};

enum class Op : std::uint8_t {
  constant,      // tile filled with `value`                        -> tile
  index,         // `expr` over size and program symbols            -> index
  index_binary,  // `function` (add sub mul floordiv mod min max) -> index
  index_to_tile, // scalar tile of dtype i32/i64 from an index   -> tile {}
  tile_to_index, // index from a scalar tile of i32 or i64       -> index
  load,          // operand `operand` at inputs (level indices)     -> tile
  store,         // inputs: tile, level indices...; to `operand`
  unary,         // `function`, elementwise                         -> tile
  binary,        // `function`, elementwise, equal shapes or a {}   -> tile
  ternary,       // `function` (fma), elementwise, likewise         -> tile
  compare,       // `function` eq ne lt le gt ge                    -> bool tile
  select,        // inputs: bool tile, tile, tile; each of the result's shape or
                 // {}                                              -> tile
  cast,          // to the result's dtype, round to nearest even; floats to
                 // integers truncate and saturate, NaN gives 0      -> tile
  bitcast,       // the same bits as another dtype of the same width -> tile
  dot,        // inputs a[M,K], b[K,N] (, acc[M,N]); `precision` -> tile [M,N]
  loop,       // inputs: count (below 1: no iteration), initial values...;
              // `body`                                          -> results
  branch,     // inputs: bool {}; `body` where it holds, else `other`; both
              // yield the results                         -> results
  while_loop, // inputs: initial values...; while `other`, whose arguments are
              // the carried values, yields true: `body`, which sees them and
              // yields the next                           -> results
  arange,     // `value`, `value` + 1, ...                 -> i32/i64 tile [N]
  offsets,    // source index along `dim` of each lane of `operand`'s tile at
              // inputs (level indices); not clamped       -> i64 tile
  in_bounds,  // whether each lane of that tile is         -> bool tile
  remap,      // lane t of the result is lane `map`(t) of the input -> tile
  reduce,     // inputs: n tiles of one shape, along `dim`; `body` takes two
              // lanes (2n scalars) and yields one (n); any order; its
  // arguments and constants are all it sees   -> n tiles without dim
  scan,      // the same for all prefixes, inclusive; with `reverse` suffixes,
             // `body` applied to (what comes later, the lane)
             //                                           -> n tiles
  sort,      // inputs: keys, payloads... of one shape; along `dim`, stable,
             // NaN above all; descending with `reverse`  -> the same types
  take,      // inputs: tile, index tile: result[.., i, ..] is
             // tile[.., index[.., i, ..], ..] along `dim`; an index out of
             // range gives 0                             -> index's shape
  histogram, // input: i32 or i64 tile: how many lanes are 0, 1, ...; others
             // count nowhere                             -> i32 tile [N]
  gather,    // inputs: an index tile for each source dimension; elements of
             // `operand`; out of its range `other`       -> tile
  scatter,   // inputs: tile, index tiles; dropped out of range; one of several
             // writes to one element wins
  atomic,    // inputs: tile (, what must be there, for compare_exchange), index
             // tiles; `function`; relaxed; out of range nothing is done
             // and the old value is `other`              -> old values
  arrive,    // inputs: how many programs, i32 {}, an index {} for each source
             // dimension; adds 1 to a counter of `operand`, i32, or sets it to
             // 0 where that many would have; then stores of the programs that
             // came before are seen; out of range false  -> bool tile {}
  random,    // inputs: seed i64 {}, counters i64; Philox 4x32-10 -> 4 i32 tiles
  print,     // inputs: tiles and indices; `text`
  assertion, // input: bool tile; `text`
  inline_ptx, // inputs: tiles of one shape; `text` with $0 for the result and
              // $1.. for the inputs; `body` is the same on other targets, from
              // one lane of each input                    -> tile
};

/// Elementwise and index functions.
enum class Function : std::uint8_t {
  none,
  // unary
  neg,
  abs,
  exp,
  exp2,
  log,
  log2,
  sqrt,
  rsqrt,
  sin,
  cos,
  tanh,
  erf,
  floor,
  ceil,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  expm1,
  log1p,
  round,
  trunc,
  logical_not,
  // binary
  add,
  sub,
  mul,
  div,
  mod,
  floordiv,
  pow,
  min,
  max,
  bit_and,
  bit_or,
  bit_xor,
  shl,
  shr,
  rem,   // the remainder with the dividend's sign (C's fmod), floats
  atan2, // floats
  // ternary
  fma,
  // compare
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  // atomic
  exchange,
  compare_exchange,
};

enum class Precision : std::uint8_t { ieee, tf32, fast };

struct Node;

/// A sequence of nodes with its arguments. The body of a `loop` has arguments
/// {induction index from 0 to count-1, carried values...} and yields the next
/// carried values. For the others see Op.
struct Block {
  std::vector<ValueId> arguments;
  std::vector<Node> nodes;
  std::vector<ValueId> yields;
};

struct Node {
  Op op = Op::constant;
  std::vector<ValueId> inputs;
  std::vector<ValueId> results;
  int operand = -1;
  Function function = Function::none;
  double value = 0;
  Expr expr;
  Precision precision = Precision::ieee;
  int dim = -1;
  bool reverse = false;
  std::vector<Expr> map; // remap: source lanes over lane symbols
  std::string text;      // print, assertion, inline_ptx
  Block body, other;     // see Op
  SourceLine line;
};

/// A block size that must be at least a size of a call's operands.
struct Cover {
  Expr size; // over sizes
  std::int64_t block = 1;
  std::string name; // of the block size
};

struct Program {
  std::string name;
  Config config;
  Constants constants; // that the kernel's functions asked for
  bool index32 = true; // every element offset of every operand fits in 31 bits
  std::vector<ArrangedOperand> operands;
  std::vector<Cover> covers;     // checked at each call
  std::vector<ValueType> values; // type of each ValueId
  Block body;                    // no arguments, no yields

  /// Canonical text; parse_program reads it back. Source lines are left out.
  std::string to_string() const;
  /// 128-bit hash of to_string(), as 32 hex digits.
  std::string hash() const;
};

/// Whether a node does more than give its results: it is never dropped.
bool has_effect(const Node &node);

/// Calls `f` for the blocks of a node in the order in which they run.
template <class SomeNode, class F> void for_each_block(SomeNode &node, F &&f) {
  if (node.op == Op::while_loop)
    f(node.other);
  f(node.body);
  if (node.op == Op::branch)
    f(node.other);
}

/// The first line of the kernel that the Program knows, where an error is of
/// the kernel as a whole.
SourceLine first_line(const Program &program);

/// Names as printed in a Program's text.
std::string_view name(Op op);
std::string_view name(Function function);
std::string_view name(Direction direction);

/// Reads Program::to_string's text. Throws CompileError [parse] with the line
/// and column within the text. What it returns passes verify(). An operand of
/// which the bounds do not show that its index stays within its source gets
/// bounds that do: lanes outside are masked, whatever the text says.
Program parse_program(std::string_view text);

/// Checks types, operand numbers, definitions before use and structure. Throws
/// InternalError for a recorded Program, CompileError [parse] for a parsed one.
void verify(const Program &program);

} // namespace girih

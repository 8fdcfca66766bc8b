// SPDX-License-Identifier: Apache-2.0
// The rules that every Program keeps, recorded or parsed.
#include "girih/dsl/program.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"
#include "girih/dsl/support/text_scanner.h"
#include "girih/dsl/tile_nodes.h"

#include <cmath>
#include <set>

namespace girih {

std::int64_t tile_elements(const std::vector<std::int64_t> &shape) {
  std::int64_t out = 1;
  for (std::int64_t size : shape) {
    if (size < 1 || size > max_tile_elements || out * size > max_tile_elements)
      return -1;
    out *= size;
  }
  return out;
}

namespace {

using Kind = ValueType::Kind;

constexpr int max_loop_depth = 16;

[[noreturn]] void fail(const std::string &text) { throw InternalError(text); }

void check(bool condition, const std::string &text) {
  if (!condition)
    fail(text);
}

bool between(Function function, Function first, Function last) {
  return function >= first && function <= last;
}

class Verifier {
public:
  explicit Verifier(const Program &program) : program_(program) {}

  void run() {
    check(!program_.operands.empty(), "a program has at least one operand");
    std::set<std::string> names;
    for (const ArrangedOperand &each : program_.operands) {
      check(is_identifier(each.name), "an operand's name is not an identifier");
      check(names.insert(each.name).second,
            "two operands are called " + each.name);
      check(!each.known.by_value ||
                (each.rank == 0 && each.direction == Direction::in),
            "operand " + each.name + " cannot be passed by value");
      check(!each.known.settled || each.direction != Direction::out,
            "operand " + each.name + " is not read, and so not settled");
      operand(each);
    }
    for (const Cover &each : program_.covers)
      expr(each.size, {});
    defined_.assign(program_.values.size(), false);
    ever_ = defined_;
    for (const ValueType &each : program_.values)
      check(each.kind == Kind::index || tile_elements(each.shape) > 0,
            "a tile is empty or too large");
    check(program_.body.arguments.empty() && program_.body.yields.empty(),
          "the body has arguments or yields");
    block(program_.body, 0);
  }

private:
  // Symbols of an expression: which kinds, and below which numbers.
  struct Allowed {
    int programs = 0, levels = 0, lanes = 0;
  };

  void expr(const Expr &expr, Allowed allowed) {
    expr.for_each_symbol([&](const Symbol &symbol) {
      switch (symbol.kind) {
      case SymbolKind::block:
        fail("block size " + symbol.name + " has no value");
      case SymbolKind::size:
        check(symbol.operand >= 0 && static_cast<std::size_t>(symbol.operand) <
                                         program_.operands.size(),
              "a size of an operand that is not there");
        check(
            symbol.dim >= 0 &&
                symbol.dim <
                    program_.operands[static_cast<std::size_t>(symbol.operand)]
                        .rank,
            "a size of a dimension that is not there");
        return;
      case SymbolKind::program:
        return check(symbol.dim < allowed.programs, "no such program symbol");
      case SymbolKind::level:
        return check(symbol.dim < allowed.levels, "no such level symbol");
      case SymbolKind::lane:
        return check(symbol.dim < allowed.lanes, "no such lane symbol");
      case SymbolKind::element:
        return element(symbol);
      }
    });
  }

  void element(const Symbol &symbol) {
    check(symbol.operand >= 0 && static_cast<std::size_t>(symbol.operand) <
                                     program_.operands.size(),
          "an element of an operand that is not there");
    const ArrangedOperand &from =
        program_.operands[static_cast<std::size_t>(symbol.operand)];
    check(from.rank == 1 && from.direction == Direction::in &&
              (from.dtype == DType::i32 || from.dtype == DType::i64),
          "an element of an operand that is no vector of offsets");
    check(!mentions(*symbol.at, SymbolKind::lane),
          "an element's index differs between lanes");
  }

  void grid_size(const Expr &size) {
    check(!mentions(size, SymbolKind::element), "the grid depends on elements");
    expr(size, {});
  }

  void operand(const ArrangedOperand &each) {
    check(each.rank >= 0 && each.rank <= max_tensor_rank, "rank out of range");
    check(each.grid.size() == program_.operands[0].grid.size(),
          "operands disagree on the rank of the grid");
    check(each.index.size() == static_cast<std::size_t>(each.rank),
          "an index map needs one index per dimension");
    check(tile_elements(each.tile) > 0, "a tile is empty or too large");
    check(is_float(each.dtype) ||
              round_to(each.dtype, each.other) == each.other,
          "other is not a value of its dtype");
    Allowed allowed;
    allowed.programs = static_cast<int>(each.grid.size());
    allowed.lanes = static_cast<int>(each.tile.size());
    for (const Expr &size : each.grid)
      grid_size(size);
    for (const auto &level : each.levels) {
      for (const Expr &size : level)
        expr(size, {allowed.programs, 0, 0});
      allowed.levels += static_cast<int>(level.size());
    }
    for (const Expr &index : each.index)
      expr(index, allowed);
    for (const Bound &bound : each.bounds) {
      expr(bound.value, allowed);
      expr(bound.limit, {allowed.programs, allowed.levels, 0});
    }
  }

  const ValueType &type(ValueId id) const {
    check(id >= 0 && static_cast<std::size_t>(id) < program_.values.size(),
          "no such value");
    return program_.values[static_cast<std::size_t>(id)];
  }

  const ValueType &use(ValueId id) {
    const ValueType &out = type(id);
    check(defined_[static_cast<std::size_t>(id)],
          "%" + std::to_string(id) + " is used where it is not defined");
    return out;
  }

  void define(ValueId id) {
    type(id);
    auto number = static_cast<std::size_t>(id);
    check(!ever_[number], "%" + std::to_string(id) + " is defined twice");
    ever_[number] = defined_[number] = true;
    open_.push_back(id);
  }

  const ArrangedOperand &operand_of(const Node &node) const {
    check(node.operand >= 0 &&
              static_cast<std::size_t>(node.operand) < program_.operands.size(),
          "no such operand");
    return program_.operands[static_cast<std::size_t>(node.operand)];
  }

  void block(const Block &block, int depth) {
    check(depth <= max_loop_depth, "loops are nested too deeply");
    for (ValueId each : block.arguments)
      define(each);
    for (const Node &each : block.nodes)
      node(each, depth);
    for (ValueId each : block.yields)
      use(each);
  }

  static void attributes(const Node &node) {
    bool sorts = node.op == Op::scan || node.op == Op::sort;
    bool along = sorts || node.op == Op::reduce || node.op == Op::take ||
                 node.op == Op::offsets;
    bool says = node.op == Op::print || node.op == Op::assertion ||
                node.op == Op::inline_ptx;
    check(along == (node.dim >= 0) && (sorts || !node.reverse) &&
              (says || node.text.empty()),
          "an operation has an attribute of another one");
  }

  void node(const Node &node, int depth) {
    attributes(node);
    if (node.op == Op::loop)
      return loop(node, depth);
    std::vector<ValueType> in, out;
    for (ValueId each : node.inputs)
      in.push_back(use(each));
    for (ValueId each : node.results)
      out.push_back(type(each));
    if (node.op == Op::store) {
      check(node.results.empty(), "a store has no result");
      store(node, in);
    } else if (node.op == Op::branch || node.op == Op::while_loop) {
      control(node, in, out, depth);
    } else if (node.op >= Op::arange) {
      if (has_blocks(node.op))
        lanes(node, in, out);
      verify_tile_node(program_, node, in, out);
    } else {
      check(out.size() == 1, "an operation has one result");
      simple(node, in, out[0]);
    }
    for (ValueId each : node.results)
      define(each);
  }

  void simple(const Node &node, const std::vector<ValueType> &in,
              const ValueType &out) {
    bool index_result = node.op == Op::index || node.op == Op::index_binary ||
                        node.op == Op::tile_to_index;
    check((out.kind == Kind::index) == index_result,
          std::string(name(node.op)) + " gives the wrong kind of value");
    if (index_result || node.op == Op::index_to_tile)
      index(node, in, out);
    else if (node.op == Op::load)
      load(node, in, out);
    else
      arithmetic(node, in, out);
  }

  // Defined since `outside` is not visible any more.
  void close(std::size_t outside) {
    for (std::size_t i = outside; i < open_.size(); ++i)
      defined_[static_cast<std::size_t>(open_[i])] = false;
    open_.resize(outside);
  }

  void yields(const Block &block, const std::vector<ValueType> &types,
              const char *what) {
    check(block.yields.size() == types.size(),
          std::string(what) + " yields the wrong number of values");
    for (std::size_t i = 0; i < types.size(); ++i)
      check(type(block.yields[i]) == types[i],
            std::string(what) + " yields another type than it gives");
  }

  void control(const Node &node, const std::vector<ValueType> &in,
               const std::vector<ValueType> &out, int depth) {
    const ValueType condition = {Kind::tile, DType::b1, {}};
    std::size_t outside = open_.size();
    if (node.op == Op::branch) {
      check(in.size() == 1 && in[0] == condition, "a branch needs one bool");
      for (const Block *each : {&node.body, &node.other}) {
        check(each->arguments.empty(), "an arm of a branch has arguments");
        block(*each, depth + 1);
        yields(*each, out, "an arm of a branch");
        close(outside);
      }
      return;
    }
    check(in == out, "a while_loop changes the type of a carried value");
    check(node.body.arguments.empty(), "a while_loop's body has arguments");
    block(node.other, depth + 1);
    std::vector<ValueType> carried;
    for (ValueId each : node.other.arguments)
      carried.push_back(type(each));
    check(carried == in, "a while_loop's arguments have other types");
    yields(node.other, {condition}, "a while_loop's condition");
    // The body sees the carried values, but nothing else of the condition.
    close(outside + carried.size());
    block(node.body, depth + 1);
    yields(node.body, out, "a while_loop's body");
    close(outside);
  }

  // A block of scalars that sees its arguments and constants only.
  void lanes(const Node &node, const std::vector<ValueType> &in,
             const std::vector<ValueType> &out) {
    std::vector<ValueType> wanted;
    int copies = node.op == Op::inline_ptx ? 1 : 2;
    for (int copy = 0; copy < copies; ++copy)
      for (const ValueType &each : in)
        wanted.push_back({Kind::tile, each.dtype, {}});
    std::vector<bool> visible(defined_.size(), false);
    visible.swap(defined_);
    std::vector<ValueId> around;
    around.swap(open_);
    block(node.body, 0);
    std::vector<ValueType> arguments, results;
    for (ValueId each : node.body.arguments)
      arguments.push_back(type(each));
    for (const ValueType &each : out)
      results.push_back({Kind::tile, each.dtype, {}});
    check(arguments == wanted, "a block of lanes has other arguments");
    yields(node.body, results, "a block of lanes");
    for (const Node &each : node.body.nodes) {
      check(is_lane_op(each.op), "a block of lanes does more than arithmetic");
      for (ValueId id : each.results)
        check(type(id).shape.empty(), "a block of lanes computes no scalar");
    }
    visible.swap(defined_);
    around.swap(open_);
  }

  void indices(const Node &node, const std::vector<ValueType> &in,
               std::size_t from) {
    std::size_t count = 0;
    for (const auto &level : operand_of(node).levels)
      count += level.size();
    check(in.size() == from + count, "wrong number of level indices");
    for (std::size_t i = from; i < in.size(); ++i)
      check(in[i].kind == Kind::index, "a level index is a tile");
  }

  void load(const Node &node, const std::vector<ValueType> &in,
            const ValueType &out) {
    indices(node, in, 0);
    const ArrangedOperand &operand = operand_of(node);
    check(operand.direction != Direction::out, "a load from an out operand");
    check(out.dtype == operand.dtype && out.shape == operand.tile,
          "a load gives another type than its operand has");
  }

  void store(const Node &node, const std::vector<ValueType> &in) {
    check(!in.empty() && in[0].kind == Kind::tile, "a store needs a tile");
    indices(node, in, 1);
    const ArrangedOperand &operand = operand_of(node);
    check(operand.direction != Direction::in, "a store to an in operand");
    check(in[0].dtype == operand.dtype && in[0].shape == operand.tile,
          "a store of another type than its operand has");
  }

  void index(const Node &node, const std::vector<ValueType> &in,
             const ValueType &out) {
    for (const ValueType &each : in)
      check((each.kind == Kind::index) != (node.op == Op::tile_to_index),
            "a tile where an index is needed");
    if (node.op == Op::index) {
      check(in.empty(), "index has no inputs");
      expr(node.expr,
           {static_cast<int>(program_.operands[0].grid.size()), 0, 0});
    } else if (node.op == Op::index_binary) {
      Function f = node.function;
      check(in.size() == 2, "index_binary has two inputs");
      check(f == Function::add || f == Function::sub || f == Function::mul ||
                f == Function::floordiv || f == Function::mod ||
                f == Function::min || f == Function::max,
            "not a function of indices");
    } else if (node.op == Op::tile_to_index) {
      check(in.size() == 1 && in[0].kind == Kind::tile && in[0].shape.empty() &&
                (in[0].dtype == DType::i64 || in[0].dtype == DType::i32),
            "tile_to_index has one input, a scalar i32 or i64 tile");
    } else {
      check(in.size() == 1, "index_to_tile has one input");
      check(out.shape.empty() &&
                (out.dtype == DType::i64 || out.dtype == DType::i32),
            "index_to_tile gives a scalar i32 or i64 tile");
    }
  }

  static bool fits(const ValueType &in, const ValueType &out) {
    return in.shape == out.shape || in.shape.empty();
  }

  void inputs(const std::vector<ValueType> &in, std::size_t count,
              const ValueType &out, const char *what) {
    check(in.size() == count, std::string(what) + " has a wrong input count");
    bool exact = in.empty() || out.shape.empty();
    for (const ValueType &each : in) {
      check(each.kind == Kind::tile, std::string(what) + " of an index");
      check(fits(each, out), std::string(what) + " of differing shapes");
      exact |= each.shape == out.shape;
    }
    check(exact, std::string(what) + " gives a shape that no input has");
  }

  // Every consumer may convert a constant without a look at its range.
  static bool is_value(DType dtype, double value) {
    if (std::trunc(value) != value)
      return false;
    return dtype == DType::i64 ? std::abs(value) <= 0x1p53
                               : round_to(dtype, value) == value;
  }

  void arithmetic(const Node &node, const std::vector<ValueType> &in,
                  const ValueType &out) {
    switch (node.op) {
    case Op::constant:
      check(in.empty(), "a constant has no inputs");
      return check(is_float(out.dtype) || is_value(out.dtype, node.value),
                   "a constant is not a value of its dtype");
    case Op::unary:
      inputs(in, 1, out, "unary");
      check(in[0] == out, "unary changes the type");
      return unary(node.function, out.dtype);
    case Op::binary:
      inputs(in, 2, out, "binary");
      check(in[0].dtype == out.dtype && in[1].dtype == out.dtype,
            "binary of differing dtypes");
      return binary(node.function, out.dtype);
    case Op::ternary:
      inputs(in, 3, out, "ternary");
      check(node.function == Function::fma, "not a function of three tiles");
      for (const ValueType &each : in)
        check(each.dtype == out.dtype, "ternary of differing dtypes");
      check(is_float(out.dtype) && is_arithmetic(out.dtype), "fma of integers");
      return;
    case Op::bitcast:
      check(in.size() == 1 && in[0].kind == Kind::tile &&
                in[0].shape == out.shape &&
                bits(in[0].dtype) == bits(out.dtype) &&
                in[0].dtype != DType::b1 && out.dtype != DType::b1,
            "bitcast changes the shape or the width");
      return;
    case Op::compare:
      inputs(in, 2, out, "compare");
      check(in[0].dtype == in[1].dtype && out.dtype == DType::b1 &&
                is_arithmetic(in[0].dtype),
            "compare of unsuitable dtypes");
      check(between(node.function, Function::eq, Function::ge),
            "not a comparison");
      return;
    case Op::select:
      inputs(in, 3, out, "select");
      check(in[0].dtype == DType::b1 && in[1].dtype == out.dtype &&
                in[2].dtype == out.dtype,
            "select of unsuitable dtypes");
      return;
    case Op::cast:
      check(in.size() == 1 && in[0].kind == Kind::tile &&
                in[0].shape == out.shape,
            "cast changes the shape");
      return;
    case Op::dot:
      return dot(in, out);
    default:
      fail("unknown operation");
    }
  }

  void unary(Function f, DType dtype) {
    check(between(f, Function::neg, Function::logical_not),
          "not a function of one tile");
    check(is_arithmetic(dtype), "arithmetic on a storage dtype");
    if (f == Function::logical_not)
      check(dtype == DType::b1, "logical_not of a dtype other than bool");
    else if (f == Function::neg || f == Function::abs)
      check(dtype != DType::b1, "negation or abs of bool");
    else
      check(is_float(dtype), std::string(name(f)) + " of integers");
  }

  void binary(Function f, DType dtype) {
    check(between(f, Function::add, Function::atan2),
          "not a function of two tiles");
    check(is_arithmetic(dtype), "arithmetic on a storage dtype");
    bool bits = between(f, Function::bit_and, Function::bit_xor);
    if (bits)
      check(!is_float(dtype), "bitwise operation on floats");
    else
      check(dtype != DType::b1, "arithmetic on bool");
    if (f == Function::shl || f == Function::shr)
      check(is_integer(dtype), "shift of floats");
    if (f == Function::div || f == Function::pow || f == Function::rem ||
        f == Function::atan2)
      check(is_float(dtype), std::string(name(f)) + " of integers");
  }

  void dot(const std::vector<ValueType> &in, const ValueType &out) {
    check(in.size() == 2 || in.size() == 3, "dot has two or three inputs");
    for (const ValueType &each : in)
      check(each.kind == Kind::tile && each.shape.size() == 2,
            "dot takes matrices");
    DType a = in[0].dtype;
    DType sum = !is_float(a)      ? (a == DType::i64 ? DType::i64 : DType::i32)
                : a == DType::f64 ? DType::f64
                                  : DType::f32;
    check(a == in[1].dtype && out.dtype == sum &&
              (is_float(a) ? bits(a) >= 8 && a != DType::ue8m0
                           : is_integer(a) && bits(a) >= 8),
          "dot of unsuitable dtypes");
    check(in[0].shape[1] == in[1].shape[0] &&
              out.shape == std::vector{in[0].shape[0], in[1].shape[1]},
          "dot of shapes that do not fit");
    check(in.size() == 2 || in[2] == out, "dot's sum has another type");
  }

  void loop(const Node &node, int depth) {
    const Block &body = node.body;
    check(!node.inputs.empty() && use(node.inputs[0]).kind == Kind::index,
          "a loop needs a count");
    check(body.arguments.size() == node.inputs.size() &&
              node.results.size() + 1 == node.inputs.size() &&
              body.yields.size() == node.results.size(),
          "a loop's inputs, arguments, yields and results disagree");
    check(type(body.arguments[0]).kind == Kind::index,
          "a loop counts with an index");
    std::size_t outside = open_.size();
    for (ValueId each : node.inputs)
      use(each);
    block(body, depth + 1);
    for (std::size_t i = 0; i < node.results.size(); ++i) {
      const ValueType &carried = type(body.arguments[i + 1]);
      check(type(node.inputs[i + 1]) == carried &&
                type(body.yields[i]) == carried &&
                type(node.results[i]) == carried,
            "a loop changes the type of a carried value");
    }
    close(outside); // what is defined inside is not visible after the loop
    for (ValueId each : node.results)
      define(each);
  }

  const Program &program_;
  std::vector<bool> defined_, ever_; // visible here; defined anywhere
  std::vector<ValueId> open_;        // visible values, by order of definition
};

} // namespace

void verify(const Program &program) { Verifier(program).run(); }

} // namespace girih

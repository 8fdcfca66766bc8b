// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/tile_nodes.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace girih {

bool is_lane_op(Op op) {
  switch (op) {
  case Op::constant:
  case Op::unary:
  case Op::binary:
  case Op::ternary:
  case Op::compare:
  case Op::select:
  case Op::cast:
  case Op::bitcast:
    return true;
  default:
    return false;
  }
}

ValueType without_dim(ValueType type, int dim) {
  if (dim >= 0)
    type.shape.erase(type.shape.begin() + dim);
  return type;
}

bool is_atomic(Function function, DType dtype) {
  bool number = dtype == DType::f32 || dtype == DType::f64 ||
                dtype == DType::i32 || dtype == DType::i64;
  bool whole = dtype == DType::i32 || dtype == DType::i64;
  switch (function) {
  case Function::add:
    return number || dtype == DType::f16 || dtype == DType::bf16;
  case Function::min:
  case Function::max:
  case Function::exchange:
    return number;
  case Function::bit_and:
  case Function::bit_or:
  case Function::bit_xor:
  case Function::compare_exchange:
    return whole;
  default:
    return false;
  }
}

bool is_text(std::string_view text) {
  constexpr std::size_t longest = 4096;
  return !text.empty() && text.size() <= longest &&
         text.find('\0') == std::string_view::npos;
}

bool in_ptx(DType dtype) {
  return is_arithmetic(dtype) && bits(dtype) >= 16 && dtype != DType::b1;
}

std::optional<std::string> wrong_in_ptx(std::string_view text,
                                        std::size_t inputs) {
  bool gives_result = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$')
      continue;
    if (i + 1 < text.size() && text[i + 1] == '$') {
      ++i;
      continue;
    }
    std::size_t number = 0;
    auto [end, error] =
        std::from_chars(text.data() + i + 1, text.data() + text.size(), number);
    if (error != std::errc())
      return "its text has a $ without a number";
    if (number > inputs)
      return "its text names $" + std::to_string(number) +
             ", but the last input is $" + std::to_string(inputs);
    gives_result |= number == 0;
    i = static_cast<std::size_t>(end - text.data()) - 1;
  }
  if (!gives_result)
    return "its text does not name the result, $0";
  return std::nullopt;
}

namespace {

using Kind = ValueType::Kind;
using Types = std::vector<ValueType>;

void check(bool condition, const char *text) {
  if (!condition)
    throw InternalError(text);
}

// Least and greatest value of an expression over lanes of a tile.
struct Range {
  std::int64_t low, high;
};

Range product(Range a, Range b) {
  std::int64_t corners[] = {a.low * b.low, a.low * b.high, a.high * b.low,
                            a.high * b.high};
  auto [low, high] =
      std::minmax_element(std::begin(corners), std::end(corners));
  return {*low, *high};
}

Range range_of(const Expr &expr, const std::vector<std::int64_t> &shape) {
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  if (expr.kind() == Expr::Kind::constant) {
    check(-limit < expr.constant() && expr.constant() < limit,
          "a remap's constant is too large");
    return {expr.constant(), expr.constant()};
  }
  if (expr.kind() == Expr::Kind::symbol) {
    const Symbol &symbol = expr.symbol();
    check(symbol.kind == SymbolKind::lane && symbol.dim >= 0 &&
              static_cast<std::size_t>(symbol.dim) < shape.size(),
          "a remap maps from lanes of its result only");
    return {0, shape[static_cast<std::size_t>(symbol.dim)] - 1};
  }
  Range a = range_of(expr.lhs(), shape), b = range_of(expr.rhs(), shape);
  bool divides =
      expr.kind() == Expr::Kind::floordiv || expr.kind() == Expr::Kind::mod;
  check(!divides || (b.low == b.high && b.low > 0),
        "a remap divides by something else than a positive number");
  Range out{};
  switch (expr.kind()) {
  case Expr::Kind::add:
    out = {a.low + b.low, a.high + b.high};
    break;
  case Expr::Kind::mul:
    out = product(a, b);
    break;
  case Expr::Kind::floordiv:
    check(a.low >= 0, "a remap divides something negative");
    out = {a.low / b.low, a.high / b.low};
    break;
  case Expr::Kind::mod:
    check(a.low >= 0, "a remap divides something negative");
    out = {0, std::min(a.high, b.low - 1)};
    break;
  default:
    check(false, "a remap takes a minimum or maximum");
  }
  check(out.low > -limit && out.high < limit, "a remap's index is too large");
  return out;
}

class TileNode {
public:
  TileNode(const Program &program, const Node &node, const Types &in,
           const Types &out)
      : program_(program), node_(node), in_(in), out_(out) {}

  void verify() {
    for (const ValueType &each : out_)
      check(each.kind == Kind::tile, "a tile operation gives an index");
    switch (node_.op) {
    case Op::arange:
      return arange();
    case Op::offsets:
    case Op::in_bounds:
      return place();
    case Op::remap:
      return remap();
    case Op::reduce:
    case Op::scan:
    case Op::sort:
      return along();
    case Op::take:
      return take();
    case Op::histogram:
      return histogram();
    case Op::gather:
    case Op::scatter:
    case Op::atomic:
      return indirect();
    case Op::arrive:
      return arrive();
    case Op::random:
      return random();
    case Op::print:
      return check(out_.empty() && is_text(node_.text),
                   "print has a text and no result");
    case Op::assertion:
      return check(out_.empty() && in_.size() == 1 && tile(0) &&
                       in_[0].dtype == DType::b1 && is_text(node_.text),
                   "an assertion takes one bool tile and a text");
    case Op::inline_ptx:
      return inline_ptx();
    default:
      check(false, "unknown operation");
    }
  }

private:
  bool tile(std::size_t input) const {
    return input < in_.size() && in_[input].kind == Kind::tile;
  }

  static bool is_index(DType dtype) {
    return dtype == DType::i32 || dtype == DType::i64;
  }

  void arange() {
    check(in_.empty() && out_.size() == 1 && out_[0].shape.size() == 1 &&
              is_index(out_[0].dtype),
          "arange gives one i32 or i64 tile of rank 1");
    check(std::trunc(node_.value) == node_.value &&
              std::abs(node_.value) <= 0x1p30,
          "arange starts at no integer");
  }

  const ArrangedOperand &operand() const {
    check(node_.operand >= 0 && static_cast<std::size_t>(node_.operand) <
                                    program_.operands.size(),
          "no such operand");
    return program_.operands[static_cast<std::size_t>(node_.operand)];
  }

  void place() {
    std::size_t levels = 0;
    for (const auto &level : operand().levels)
      levels += level.size();
    check(in_.size() == levels, "wrong number of level indices");
    for (const ValueType &each : in_)
      check(each.kind == Kind::index, "a level index is a tile");
    bool offsets = node_.op == Op::offsets;
    check(out_.size() == 1 && out_[0].shape == operand().tile &&
              out_[0].dtype == (offsets ? DType::i64 : DType::b1),
          "a place has another type than its operand's tile");
    check(!offsets || (node_.dim >= 0 && node_.dim < operand().rank),
          "offsets of a dimension that is not there");
  }

  void remap() {
    check(in_.size() == 1 && tile(0) && out_.size() == 1 &&
              in_[0].dtype == out_[0].dtype && !out_[0].shape.empty() &&
              node_.map.size() == in_[0].shape.size() && !node_.map.empty(),
          "a remap takes a tile of the same dtype and maps each dimension");
    for (std::size_t d = 0; d < node_.map.size(); ++d) {
      Range range = range_of(node_.map[d], out_[0].shape);
      check(range.low >= 0 && range.high < in_[0].shape[d],
            "a remap may leave its input");
    }
  }

  void along() {
    check(!in_.empty() && in_.size() == out_.size(),
          "an operation along a dimension has a result for each input");
    for (std::size_t i = 0; i < in_.size(); ++i) {
      check(tile(i) && in_[i].shape == in_[0].shape && node_.dim >= 0 &&
                static_cast<std::size_t>(node_.dim) < in_[i].shape.size(),
            "inputs along a dimension have one shape, which has it");
      int dropped = node_.op == Op::reduce ? node_.dim : -1;
      check(out_[i] == without_dim(in_[i], dropped),
            "an operation along a dimension gives another type");
    }
    check(node_.op != Op::sort || is_arithmetic(in_[0].dtype),
          "sort by a storage dtype");
  }

  void take() {
    check(in_.size() == 2 && tile(0) && tile(1) && out_.size() == 1 &&
              is_index(in_[1].dtype) && out_[0].dtype == in_[0].dtype &&
              out_[0].shape == in_[1].shape &&
              in_[0].shape.size() == in_[1].shape.size() && node_.dim >= 0 &&
              static_cast<std::size_t>(node_.dim) < in_[0].shape.size(),
          "take needs a tile and an index tile of the same rank");
    for (std::size_t d = 0; d < in_[0].shape.size(); ++d)
      check(static_cast<int>(d) == node_.dim ||
                in_[0].shape[d] == in_[1].shape[d],
            "take's tile and index differ in another dimension");
  }

  void histogram() {
    check(in_.size() == 1 && tile(0) && is_index(in_[0].dtype) &&
              !in_[0].shape.empty(),
          "a histogram counts the lanes of one i32 or i64 tile");
    check(out_.size() == 1 && out_[0].shape.size() == 1 &&
              out_[0].dtype == DType::i32,
          "a histogram gives one i32 tile of rank 1");
  }

  void indirect() {
    std::size_t values = 0;
    if (node_.op == Op::scatter)
      values = 1;
    else if (node_.op == Op::atomic)
      values = node_.function == Function::compare_exchange ? 2 : 1;
    const ArrangedOperand &target = operand();
    check(in_.size() == values + static_cast<std::size_t>(target.rank),
          "an indirect access needs an index for each dimension");
    check(out_.size() == (node_.op == Op::scatter ? 0U : 1U),
          "an indirect access has a wrong number of results");
    const auto &shape = out_.empty() ? in_[0].shape : out_[0].shape;
    for (std::size_t i = 0; i < in_.size(); ++i)
      check(tile(i) && in_[i].shape == shape &&
                (i < values ? in_[i].dtype == target.dtype
                            : is_index(in_[i].dtype)),
            "an indirect access has a wrong operand");
    check(out_.empty() || out_[0].dtype == target.dtype,
          "an indirect access gives another dtype");
    check(node_.op == Op::gather ? target.direction != Direction::out
                                 : target.direction != Direction::in,
          "an indirect access against its operand's direction");
    check(node_.op != Op::atomic || is_atomic(node_.function, target.dtype),
          "no such atomic operation");
  }

  void arrive() {
    const ArrangedOperand &target = operand();
    check(target.direction == Direction::inout && target.dtype == DType::i32,
          "programs arrive at an i32 of an inout operand");
    check(in_.size() == 1 + static_cast<std::size_t>(target.rank),
          "an arrival needs a count and an index for each dimension");
    for (std::size_t i = 0; i < in_.size(); ++i)
      check(tile(i) && in_[i].shape.empty() &&
                (i == 0 ? in_[i].dtype == DType::i32 : is_index(in_[i].dtype)),
            "an arrival takes integers");
    check(out_.size() == 1 && out_[0].shape.empty() &&
              out_[0].dtype == DType::b1,
          "an arrival gives one bool");
  }

  void random() {
    check(in_.size() == 2 && tile(0) && tile(1) && in_[0].shape.empty() &&
              in_[0].dtype == DType::i64 && in_[1].dtype == DType::i64 &&
              out_.size() == 4,
          "random takes a scalar i64 seed and i64 counters");
    for (const ValueType &each : out_)
      check(each.dtype == DType::i32 && each.shape == in_[1].shape,
            "random gives i32 tiles of its counters' shape");
  }

  void inline_ptx() {
    check(!in_.empty() && out_.size() == 1,
          "inline_ptx has inputs, one result");
    for (std::size_t i = 0; i < in_.size(); ++i)
      check(tile(i) && in_[i].shape == out_[0].shape,
            "inline_ptx of differing shapes");
    for (const Types *each : {&in_, &out_})
      for (const ValueType &type : *each)
        check(in_ptx(type.dtype), "inline_ptx of a dtype without registers");
    check(is_text(node_.text) && !wrong_in_ptx(node_.text, in_.size()),
          "inline_ptx has a wrong text");
  }

  const Program &program_;
  const Node &node_;
  const Types &in_, &out_;
};

} // namespace

void verify_tile_node(const Program &program, const Node &node, const Types &in,
                      const Types &out) {
  TileNode(program, node, in, out).verify();
}

} // namespace girih

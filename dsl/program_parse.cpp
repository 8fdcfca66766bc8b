// SPDX-License-Identifier: Apache-2.0
// Reads a Program's text. The text may come from anywhere: every size, count
// and depth is bounded, and verify() has the last word.
#include "girih/dsl/arrangement.h"
#include "girih/dsl/program.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/support/text_scanner.h"

#include <algorithm>

namespace girih {
namespace {

constexpr std::size_t max_text = 16 << 20;
constexpr std::int64_t max_values = 100'000;
constexpr std::size_t max_operands = 64;
constexpr std::size_t max_constants = 256;
constexpr int max_loops = 16;

class Parser {
public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  Program parse() {
    scanner_.expect("program");
    program_.name = scanner_.quoted();
    program_.index32 = scanner_.accept("index32");
    if (!program_.index32)
      scanner_.expect("index64");
    scanner_.expect("config");
    program_.config = parse_config(scanner_.quoted(), {});
    while (scanner_.accept("constant"))
      constant();
    operands();
    scanner_.expect("body");
    block(program_.body, 0);
    if (!scanner_.at_end())
      scanner_.fail("unexpected text after the program");
    return std::move(program_);
  }

private:
  void constant() {
    std::string name(scanner_.identifier());
    if (program_.constants.size() == max_constants ||
        program_.constants.contains(name))
      scanner_.fail("too many constants, or one of them twice");
    ConstantValue value = false;
    if (scanner_.accept("int"))
      value = scanner_.integer();
    else if (scanner_.accept("float"))
      value = scanner_.number();
    else if (scanner_.accept("bool true"))
      value = true;
    else
      scanner_.expect("bool false");
    program_.constants.emplace(std::move(name), value);
  }

  template <class Item> void list(Item item) {
    scanner_.expect("[");
    if (scanner_.accept("]"))
      return;
    do
      item();
    while (scanner_.accept(","));
    scanner_.expect("]");
  }

  std::vector<Expr> expressions() {
    std::vector<Expr> out;
    list([&] {
      if (out.size() == static_cast<std::size_t>(max_tensor_rank))
        scanner_.fail("the list is too long");
      out.push_back(scan_expr(scanner_, names_));
    });
    return out;
  }

  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> out;
    list([&] {
      out.push_back(scanner_.integer(1, max_tile_elements));
      if (out.size() > static_cast<std::size_t>(max_tensor_rank) ||
          tile_elements(out) < 0)
        scanner_.fail("the tile is too large");
    });
    return out;
  }

  std::string operand_name() {
    std::string out(scanner_.identifier());
    if (std::find(names_.begin(), names_.end(), out) != names_.end())
      scanner_.fail("two operands are called `" + out + "`");
    return out;
  }

  DType dtype() {
    auto found = parse_dtype(scanner_.identifier());
    if (!found)
      scanner_.fail("unknown dtype");
    return *found;
  }

  // Expressions name any operand, so that all names are needed first.
  void operands() {
    TextScanner start = scanner_;
    while (scanner_.accept("operand")) {
      if (names_.size() == max_operands)
        scanner_.fail("too many operands");
      names_.push_back(operand_name());
      while (!scanner_.at_end() && !next_section())
        skip_token();
    }
    scanner_ = start;
    while (scanner_.accept("operand"))
      operand();
    while (scanner_.accept("cover")) {
      if (program_.covers.size() == max_bounds)
        scanner_.fail("too many covers");
      Cover cover;
      cover.name = std::string(scanner_.identifier());
      cover.block = scanner_.integer(1, max_tile_elements);
      scanner_.expect("of");
      cover.size = scan_expr(scanner_, names_);
      program_.covers.push_back(std::move(cover));
    }
  }

  bool next_section() {
    TextScanner ahead = scanner_;
    return ahead.accept("operand") || ahead.accept("cover") ||
           ahead.accept("body");
  }

  void skip_token() {
    if (scanner_.at_identifier())
      scanner_.identifier();
    else
      scanner_.skip_character();
  }

  void operand() {
    ArrangedOperand out;
    out.name = std::string(scanner_.identifier());
    auto direction = scanner_.identifier();
    bool found = false;
    for (Direction each : {Direction::in, Direction::out, Direction::inout})
      if (name(each) == direction) {
        out.direction = each;
        found = true;
      }
    if (!found)
      scanner_.fail("expected in, out or inout");
    out.partial = scanner_.accept("partial");
    out.dtype = dtype();
    scanner_.expect("rank");
    out.rank = static_cast<int>(scanner_.integer(0, max_tensor_rank));
    scanner_.expect("other");
    out.other = scanner_.number();
    operand_class(out.known);
    map(out);
    program_.operands.push_back(std::move(out));
  }

  void operand_class(OperandClass &known) {
    scanner_.expect("class");
    known.by_value = scanner_.accept("value");
    if (known.by_value)
      return;
    known.aligned = scanner_.integer(0, 1) != 0;
    for (std::uint32_t *mask :
         {&known.size_div16, &known.unit_stride, &known.stride_div16})
      *mask = static_cast<std::uint32_t>(scanner_.integer(0, UINT32_MAX));
    if (scanner_.accept("eighths"))
      for (std::uint32_t *mask : {&known.size_div8, &known.stride_div8})
        *mask = static_cast<std::uint32_t>(scanner_.integer(0, UINT32_MAX));
    known.settled = scanner_.accept("settled");
  }

  void map(ArrangedOperand &out) {
    scanner_.expect("grid");
    out.grid = expressions();
    while (scanner_.accept("level")) {
      if (out.levels.size() == static_cast<std::size_t>(max_tensor_rank))
        scanner_.fail("too many levels");
      out.levels.push_back(expressions());
    }
    scanner_.expect("tile");
    out.tile = shape();
    scanner_.expect("index");
    out.index = expressions();
    while (scanner_.accept("bound")) {
      if (out.bounds.size() == static_cast<std::size_t>(max_bounds))
        scanner_.fail("too many bounds");
      Expr value = scan_expr(scanner_, names_);
      scanner_.expect("<");
      out.bounds.push_back({value, scan_expr(scanner_, names_)});
    }
  }

  ValueId value() {
    scanner_.expect("%");
    return static_cast<ValueId>(scanner_.integer(0, max_values - 1));
  }

  // Values are numbered in the order of their definitions.
  ValueId define(ValueType type) {
    auto next = static_cast<std::int64_t>(program_.values.size());
    if (next == max_values)
      scanner_.fail("too many values");
    program_.values.push_back(std::move(type));
    return static_cast<ValueId>(next);
  }

  void expect_number(ValueId written, ValueId defined) {
    if (written != defined)
      scanner_.fail("expected %" + std::to_string(defined) + ", found %" +
                    std::to_string(written));
  }

  std::vector<ValueId> values() {
    std::vector<ValueId> out;
    do
      out.push_back(value());
    while (scanner_.accept(","));
    return out;
  }

  std::vector<ValueId> indices() {
    std::vector<ValueId> out;
    list([&] { out.push_back(value()); });
    return out;
  }

  int operand_number() {
    auto word = scanner_.identifier();
    auto found = std::find(names_.begin(), names_.end(), word);
    if (found == names_.end())
      scanner_.fail("no operand is called `" + std::string(word) + "`");
    return static_cast<int>(found - names_.begin());
  }

  ValueType type() {
    if (scanner_.accept("index"))
      return {ValueType::Kind::index, DType::i64, {}};
    ValueType out;
    out.dtype = dtype();
    out.shape = shape();
    return out;
  }

  void block(Block &out, int depth) {
    if (depth > max_loops)
      scanner_.fail("loops are nested too deeply");
    scanner_.expect("{");
    while (!scanner_.accept("}")) {
      if (scanner_.accept("yield")) {
        out.yields = values();
        scanner_.expect("}");
        return;
      }
      out.nodes.push_back(node(depth));
    }
  }

  Node node(int depth) {
    Node out;
    if (scanner_.accept("store")) {
      out.op = Op::store;
      out.inputs = {value()};
      scanner_.expect(",");
      out.operand = operand_number();
      for (ValueId each : indices())
        out.inputs.push_back(each);
      return out;
    }
    std::vector<ValueId> results;
    if (scanner_.peek() == '%') {
      results = values();
      scanner_.expect("=");
    }
    if (scanner_.accept("loop"))
      loop(out, results, depth);
    else
      simple(out, results, depth);
    return out;
  }

  void loop(Node &out, const std::vector<ValueId> &results, int depth) {
    out.op = Op::loop;
    out.inputs = {value()};
    scanner_.expect("(");
    ValueId induction = value();
    out.body.arguments = {define({ValueType::Kind::index, DType::i64, {}})};
    expect_number(induction, out.body.arguments[0]);
    while (scanner_.accept(",")) {
      ValueId argument = value();
      scanner_.expect(":");
      out.body.arguments.push_back(define(type()));
      expect_number(argument, out.body.arguments.back());
      scanner_.expect("=");
      out.inputs.push_back(value());
    }
    scanner_.expect(")");
    block(out.body, depth + 1);
    if (results.size() + 1 != out.body.arguments.size())
      scanner_.fail("a loop has one result for each carried value");
    for (std::size_t i = 0; i < results.size(); ++i) {
      ValueType carried =
          program_.values[static_cast<std::size_t>(out.body.arguments[i + 1])];
      out.results.push_back(define(std::move(carried)));
      expect_number(results[i], out.results.back());
    }
  }

  std::vector<ValueType> types() {
    std::vector<ValueType> out;
    do
      out.push_back(type());
    while (scanner_.accept(","));
    return out;
  }

  void define_results(Node &out, const std::vector<ValueId> &results) {
    std::vector<ValueType> all;
    if (scanner_.accept(":"))
      all = types();
    if (results.size() != all.size())
      scanner_.fail("an operation has one type for each result");
    for (std::size_t i = 0; i < results.size(); ++i) {
      out.results.push_back(define(std::move(all[i])));
      expect_number(results[i], out.results.back());
    }
  }

  static bool has_function(Op op) {
    return op == Op::unary || op == Op::binary || op == Op::ternary ||
           op == Op::compare || op == Op::index_binary || op == Op::atomic;
  }

  void attributes(Node &out) {
    if (has_function(out.op)) {
      auto function = parse_function(scanner_.identifier());
      if (!function)
        scanner_.fail("unknown function");
      out.function = *function;
    }
    if (out.op == Op::constant || out.op == Op::arange)
      out.value = scanner_.number();
    if (out.op == Op::index)
      out.expr = scan_expr(scanner_, names_);
    if (out.op == Op::remap) {
      scanner_.expect("map");
      out.map = expressions();
    }
    if (scanner_.accept("dim"))
      out.dim = static_cast<int>(scanner_.integer(0, max_tensor_rank - 1));
    out.reverse = scanner_.accept("reverse");
    if (scanner_.peek() == '"')
      out.text = scanner_.escaped();
  }

  static bool has_operand(Op op) {
    return op == Op::load || op == Op::offsets || op == Op::in_bounds ||
           op == Op::gather || op == Op::scatter || op == Op::atomic ||
           op == Op::arrive;
  }

  void inputs(Node &out) {
    if (has_operand(out.op))
      out.operand = operand_number();
    if (out.op == Op::load || out.op >= Op::branch)
      out.inputs = indices();
    else if (out.op != Op::constant && out.op != Op::index)
      out.inputs = values();
    if (out.op == Op::dot && scanner_.accept("tf32"))
      out.precision = Precision::tf32;
    else if (out.op == Op::dot && scanner_.accept("fast"))
      out.precision = Precision::fast;
  }

  void arguments(Block &out) {
    scanner_.expect("(");
    if (scanner_.accept(")"))
      return;
    do {
      ValueId argument = value();
      scanner_.expect(":");
      out.arguments.push_back(define(type()));
      expect_number(argument, out.arguments.back());
    } while (scanner_.accept(","));
    scanner_.expect(")");
  }

  void simple(Node &out, const std::vector<ValueId> &results, int depth) {
    auto op = parse_op(scanner_.identifier());
    if (!op || *op == Op::store || *op == Op::loop)
      scanner_.fail("unknown operation");
    out.op = *op;
    attributes(out);
    inputs(out);
    if (has_blocks(*op))
      for_each_block(out, [&](Block &each) {
        arguments(each);
        block(each, depth + 1);
      });
    define_results(out, results);
  }

  TextScanner scanner_;
  Program program_;
  std::vector<std::string> names_;
};

} // namespace

Program parse_program(std::string_view text) {
  if (text.size() > max_text)
    throw CompileError(ErrorId::parse, {}, {1, 1, "the text is too long"});
  Program out = Parser(text).parse();
  try {
    verify(out);
  } catch (const InternalError &error) {
    throw CompileError(ErrorId::parse, {}, {1, 1, error.diagnostic().message});
  }
  for (std::size_t i = 0; i < out.operands.size(); ++i)
    close_bounds(out.operands[i], static_cast<int>(i));
  return out;
}

} // namespace girih

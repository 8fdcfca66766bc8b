// SPDX-License-Identifier: Apache-2.0
// Programs as text, and their hash.
#include "girih/dsl/program.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace girih {

constexpr std::string_view op_names[] = {
    "constant",  "index",     "index_binary", "index_to_tile", "tile_to_index",
    "load",      "store",     "unary",        "binary",        "ternary",
    "compare",   "select",    "cast",         "bitcast",       "dot",
    "loop",      "branch",    "while_loop",   "arange",        "offsets",
    "in_bounds", "remap",     "reduce",       "scan",          "sort",
    "take",      "histogram", "gather",       "scatter",       "atomic",
    "arrive",    "random",    "print",        "assertion",     "inline_ptx",
};
static_assert(std::size(op_names) ==
              static_cast<std::size_t>(Op::inline_ptx) + 1);

constexpr std::string_view function_names[] = {
    "none",  "neg",   "abs",     "exp",    "exp2",        "log",
    "log2",  "sqrt",  "rsqrt",   "sin",    "cos",         "tanh",
    "erf",   "floor", "ceil",    "tan",    "asin",        "acos",
    "atan",  "sinh",  "cosh",    "asinh",  "acosh",       "atanh",
    "expm1", "log1p", "round",   "trunc",  "logical_not", "add",
    "sub",   "mul",   "div",     "mod",    "floordiv",    "pow",
    "min",   "max",   "bit_and", "bit_or", "bit_xor",     "shl",
    "shr",   "rem",   "atan2",   "fma",    "eq",          "ne",
    "lt",    "le",    "gt",      "ge",     "exchange",    "compare_exchange",
};
static_assert(std::size(function_names) ==
              static_cast<std::size_t>(Function::compare_exchange) + 1);

std::string_view name(Op op) { return op_names[static_cast<std::size_t>(op)]; }

std::string_view name(Function function) {
  return function_names[static_cast<std::size_t>(function)];
}

std::string_view name(Direction direction) {
  switch (direction) {
  case Direction::in:
    return "in";
  case Direction::out:
    return "out";
  case Direction::inout:
    return "inout";
  }
  return "?";
}

bool has_effect(const Node &node) {
  switch (node.op) {
  case Op::store:
  case Op::scatter:
  case Op::atomic:
  case Op::arrive:
  case Op::print:
  case Op::assertion:
    return true;
  default:
    break;
  }
  auto any = [](const Block &block) {
    return std::any_of(block.nodes.begin(), block.nodes.end(), has_effect);
  };
  return any(node.body) || any(node.other);
}

bool has_blocks(Op op) {
  return op == Op::branch || op == Op::while_loop || op == Op::reduce ||
         op == Op::scan || op == Op::inline_ptx;
}

std::optional<Op> parse_op(std::string_view text) {
  for (std::size_t i = 0; i < std::size(op_names); ++i)
    if (op_names[i] == text)
      return static_cast<Op>(i);
  return std::nullopt;
}

std::optional<Function> parse_function(std::string_view text) {
  for (std::size_t i = 1; i < std::size(function_names); ++i)
    if (function_names[i] == text)
      return static_cast<Function>(i);
  return std::nullopt;
}

std::vector<std::string> operand_names(const Program &program) {
  std::vector<std::string> out;
  for (const ArrangedOperand &each : program.operands)
    out.push_back(each.name);
  return out;
}

std::string to_string(const std::vector<std::int64_t> &shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

std::string to_string(const ValueType &type) {
  if (type.kind == ValueType::Kind::index)
    return "index";
  return std::string(name(type.dtype)) + to_string(type.shape);
}

std::string to_string(const std::vector<Expr> &list,
                      const std::vector<std::string> &names) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i)
    out += (i ? ", " : "") + list[i].to_string(names);
  return out + "]";
}

std::string number_text(double value) {
  if (std::isnan(value)) // one spelling: the sign of a NaN means nothing
    return "nan";
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  ensure(error == std::errc(), "a double did not print");
  return std::string(buffer, end);
}

namespace {

// Text between quotes: what is special there is written as \xHH.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto code = static_cast<unsigned char>(c);
    if (code >= ' ' && code < 127 && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    out += "\\x";
    out += "0123456789abcdef"[code >> 4];
    out += "0123456789abcdef"[code & 15];
  }
  return out + "\"";
}

std::string eighths(const OperandClass &known) {
  return (known.size_div8 | known.stride_div8) == 0
             ? ""
             : " eighths " + std::to_string(known.size_div8) + " " +
                   std::to_string(known.stride_div8);
}

class Printer {
public:
  explicit Printer(const Program &program)
      : program_(program), names_(operand_names(program)) {}

  std::string text() {
    line("program \"" + program_.name + "\" " +
         (program_.index32 ? "index32" : "index64"));
    line("config \"" + program_.config.to_string() + "\"");
    for (const auto &[name, value] : program_.constants)
      line("constant " + name + " " + value.to_string());
    for (const ArrangedOperand &each : program_.operands)
      operand(each);
    for (const Cover &each : program_.covers)
      line("cover " + each.name + " " + std::to_string(each.block) + " of " +
           each.size.to_string(names_));
    line("body {");
    block(program_.body);
    line("}");
    return std::move(out_);
  }

private:
  void line(const std::string &text) {
    out_.append(static_cast<std::size_t>(indent_) * 2, ' ');
    out_ += text + "\n";
  }

  void operand(const ArrangedOperand &each) {
    const OperandClass &known = each.known;
    line("operand " + each.name + " " + std::string(name(each.direction)) +
         (each.partial ? " partial " : " ") + std::string(name(each.dtype)) +
         " rank " + std::to_string(each.rank) + " other " +
         number_text(each.other));
    ++indent_;
    line(known.by_value
             ? "class value"
             : "class " + std::to_string(known.aligned) + " " +
                   std::to_string(known.size_div16) + " " +
                   std::to_string(known.unit_stride) + " " +
                   std::to_string(known.stride_div16) + eighths(known) +
                   (known.settled ? " settled" : ""));
    line("grid " + to_string(each.grid, names_));
    for (const auto &level : each.levels)
      line("level " + to_string(level, names_));
    line("tile " + to_string(each.tile));
    line("index " + to_string(each.index, names_));
    for (const Bound &bound : each.bounds)
      line("bound " + bound.value.to_string(names_) + " < " +
           bound.limit.to_string(names_));
    --indent_;
  }

  static std::string value(ValueId id) { return "%" + std::to_string(id); }

  std::string typed(ValueId id) const {
    return value(id) + ": " + to_string(type(id));
  }

  const ValueType &type(ValueId id) const {
    return program_.values.at(static_cast<std::size_t>(id));
  }

  static std::string list(const std::vector<ValueId> &ids, std::size_t from) {
    std::string out;
    for (std::size_t i = from; i < ids.size(); ++i)
      out += (i > from ? ", " : "") + value(ids[i]);
    return out;
  }

  void block(const Block &block) {
    ++indent_;
    for (const Node &each : block.nodes)
      node(each);
    if (!block.yields.empty())
      line("yield " + list(block.yields, 0));
    --indent_;
  }

  void loop(const Node &node) {
    std::string text =
        node.results.empty() ? "" : list(node.results, 0) + " = ";
    text += "loop " + value(node.inputs.at(0)) + " (" +
            value(node.body.arguments.at(0));
    for (std::size_t i = 1; i < node.body.arguments.size(); ++i)
      text += ", " + typed(node.body.arguments[i]) + " = " +
              value(node.inputs.at(i));
    line(text + ") {");
    block(node.body);
    line("}");
  }

  std::string arguments(const Block &block) const {
    std::string out;
    for (ValueId each : block.arguments)
      out += (out.empty() ? "" : ", ") + typed(each);
    return "(" + out + ") {";
  }

  std::string types(const Node &node) const {
    std::string out;
    for (ValueId each : node.results)
      out += (out.empty() ? " : " : ", ") + to_string(type(each));
    return out;
  }

  std::string operand(const Node &node) const {
    return names_.at(static_cast<std::size_t>(node.operand));
  }

  // What stands between an operation's name and its inputs.
  std::string attributes(const Node &node) const {
    std::string out;
    if (node.function != Function::none)
      out += std::string(name(node.function)) + " ";
    if (node.op == Op::constant || node.op == Op::arange)
      out += number_text(node.value);
    if (node.op == Op::index)
      out += node.expr.to_string(names_);
    if (node.op == Op::remap)
      out += "map " + to_string(node.map, names_) + " ";
    if (node.dim >= 0)
      out += "dim " + std::to_string(node.dim) + " ";
    if (node.reverse)
      out += "reverse ";
    if (!node.text.empty())
      out += quoted(node.text) + " ";
    return out;
  }

  std::string inputs(const Node &node) const {
    if (node.op == Op::load)
      return operand(node) + "[" + list(node.inputs, 0) + "]";
    if (node.op == Op::dot && node.precision != Precision::ieee)
      return list(node.inputs, 0) +
             (node.precision == Precision::tf32 ? " tf32" : " fast");
    if (node.op < Op::branch)
      return list(node.inputs, 0);
    return (node.operand < 0 ? "" : operand(node)) + "[" +
           list(node.inputs, 0) + "]";
  }

  void node(const Node &node) {
    if (node.op == Op::loop)
      return loop(node);
    if (node.op == Op::store)
      return line("store " + value(node.inputs.at(0)) + ", " + operand(node) +
                  "[" + list(node.inputs, 1) + "]");
    std::string text =
        node.results.empty() ? "" : list(node.results, 0) + " = ";
    text += std::string(name(node.op)) + " " + attributes(node) + inputs(node);
    if (has_blocks(node.op))
      for_each_block(node, [&](const Block &each) {
        line(text + " " + arguments(each));
        block(each);
        text = "}";
      });
    line(text + types(node));
  }

  const Program &program_;
  std::vector<std::string> names_;
  std::string out_;
  int indent_ = 0;
};

} // namespace

std::string Program::to_string() const { return Printer(*this).text(); }

static SourceLine first_line(const Block &block) {
  for (const Node &node : block.nodes) {
    SourceLine found = node.line;
    for_each_block(node, [&](const Block &inner) {
      if (!found.known())
        found = first_line(inner);
    });
    if (found.known())
      return found;
  }
  return {};
}

SourceLine first_line(const Program &program) {
  return first_line(program.body);
}

std::string Program::hash() const {
  std::string text = to_string();
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  std::string out;
  for (std::uint64_t half : {hash.high64, hash.low64})
    for (int shift = 60; shift >= 0; shift -= 4)
      out += "0123456789abcdef"[(half >> shift) & 15];
  return out;
}

} // namespace girih

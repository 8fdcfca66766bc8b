// SPDX-License-Identifier: Apache-2.0
// Programs as text, and their hash.
#include "girih/dsl/program.h"

#include "girih/dsl/program_text.h"
#include "girih/dsl/support/diagnostics.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <cmath>

namespace girih {

constexpr std::string_view op_names[] = {
    "constant", "index", "index_binary", "index_to_tile", "load",
    "store",    "unary", "binary",       "compare",       "select",
    "cast",     "dot",   "loop",
};
static_assert(std::size(op_names) == static_cast<std::size_t>(Op::loop) + 1);

constexpr std::string_view function_names[] = {
    "none", "neg",     "abs",    "exp",         "exp2", "log",
    "log2", "sqrt",    "rsqrt",  "sin",         "cos",  "tanh",
    "erf",  "floor",   "ceil",   "logical_not", "add",  "sub",
    "mul",  "div",     "mod",    "floordiv",    "pow",  "min",
    "max",  "bit_and", "bit_or", "bit_xor",     "shl",  "shr",
    "eq",   "ne",      "lt",     "le",          "gt",   "ge",
};
static_assert(std::size(function_names) ==
              static_cast<std::size_t>(Function::ge) + 1);

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

namespace {

// Shortest text that reads back as the same double.
std::string number_text(double value) {
  if (std::isnan(value)) // one spelling: the sign of a NaN means nothing
    return "nan";
  char buffer[64];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  ensure(error == std::errc(), "a double did not print");
  return std::string(buffer, end);
}

class Printer {
public:
  explicit Printer(const Program &program)
      : program_(program), names_(operand_names(program)) {}

  std::string text() {
    line("program \"" + program_.name + "\" " +
         (program_.index32 ? "index32" : "index64"));
    line("config \"" + program_.config.to_string() + "\"");
    for (const ArrangedOperand &each : program_.operands)
      operand(each);
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
    line("class " + std::to_string(known.aligned) + " " +
         std::to_string(known.size_div16) + " " +
         std::to_string(known.unit_stride) + " " +
         std::to_string(known.stride_div16));
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

  void node(const Node &node) {
    if (node.op == Op::loop)
      return loop(node);
    if (node.op == Op::store)
      return line("store " + value(node.inputs.at(0)) + ", " +
                  names_.at(static_cast<std::size_t>(node.operand)) + "[" +
                  list(node.inputs, 1) + "]");
    std::string text =
        value(node.results.at(0)) + " = " + std::string(name(node.op)) + " ";
    if (node.function != Function::none)
      text += std::string(name(node.function)) + " ";
    if (node.op == Op::constant)
      text += number_text(node.value);
    else if (node.op == Op::index)
      text += node.expr.to_string(names_);
    else if (node.op == Op::load)
      text += names_.at(static_cast<std::size_t>(node.operand)) + "[" +
              list(node.inputs, 0) + "]";
    else
      text += list(node.inputs, 0);
    if (node.op == Op::dot && node.precision == Precision::tf32)
      text += " tf32";
    line(text + " : " + to_string(type(node.results.at(0))));
  }

  const Program &program_;
  std::vector<std::string> names_;
  std::string out_;
  int indent_ = 0;
};

} // namespace

std::string Program::to_string() const { return Printer(*this).text(); }

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

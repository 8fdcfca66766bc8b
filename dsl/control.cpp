// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/control.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/tile_nodes.h"

namespace girih {
namespace {

void check_text(const char *what, std::string_view text,
                const SourceLine &where) {
  if (!is_text(text))
    throw CompileError(ErrorId::text, where,
                       {what, "its text must have 1 to 4096 characters, none "
                              "of them 0"});
}

ValueId condition_of(const char *what, const Located &condition) {
  DType dtype = dtype_of(condition);
  Shape shape = shape_of(condition);
  if (dtype != DType::b1 || !shape.empty())
    throw CompileError(
        ErrorId::condition, condition.where,
        {what, "is " + to_string({ValueType::Kind::tile, dtype, shape}),
         dtype != DType::b1
             ? "it must be bool, as comparisons give: x != 0"
             : "it is asked once for a whole program: any() or all() make one "
               "bool of a tile, where() chooses element by element"});
  return convert(condition, DType::b1);
}

template <class Function>
void check_function(const char *what, const Function &function,
                    const SourceLine &where) {
  if (!function)
    throw CompileError(ErrorId::missing_argument, where,
                       {what, "an empty function",
                        "pass a lambda, or a std::function that has one"});
}

} // namespace

void when(const Located &condition, const std::function<void()> &yes,
          const std::function<void()> &no, std::source_location where) {
  ValueId value = condition_of("when()", condition);
  recorder_of(condition).add_branch(value, yes, no, where);
}

Index as_index(const Located &number, std::source_location where) {
  const DType dtype = dtype_of(number);
  const Shape shape = shape_of(number);
  if (!is_integer(dtype) || !is_arithmetic(dtype) || !shape.empty())
    throw CompileError(
        ErrorId::tile_index, number.where,
        {"as_index()",
         "it got " + to_string({ValueType::Kind::tile, dtype, shape}),
         "an Index is one integer for a whole program: a scalar tile"});
  Recorder &recorder = recorder_of(number);
  Node node;
  node.op = Op::tile_to_index;
  node.inputs = {
      convert(number, dtype == DType::i64 ? DType::i64 : DType::i32)};
  node.line = where;
  return recorder.index_value(
      recorder.add(std::move(node), {ValueType::Kind::index, DType::i64, {}}),
      where);
}

void loop_while(const std::function<Tile()> &condition,
                const std::function<void()> &body, std::source_location where) {
  Recorder &recorder = Recorder::current("loop_while()", where);
  check_function("loop_while()", condition, where);
  check_function("loop_while()", body, where);
  recorder.add_while(
      [&] {
        Tile holds = condition();
        return condition_of("loop_while()", Located(holds, where));
      },
      body, where);
}

void device_assert(const Located &condition, std::string_view message,
                   std::source_location where) {
  check_text("device_assert()", message, where);
  if (dtype_of(condition) != DType::b1)
    throw CompileError(ErrorId::dtype_unsupported, condition.where,
                       {"a device_assert() condition",
                        name(dtype_of(condition)),
                        "conditions are bool tiles, as comparisons give"});
  Node node;
  node.op = Op::assertion;
  node.inputs = {convert(condition, DType::b1)};
  node.text = message;
  node.line = where;
  recorder_of(condition).add_all(std::move(node), {});
}

void print(std::string_view text, const std::vector<Located> &values,
           std::source_location where) {
  check_text("print()", text, where);
  Node node;
  node.op = Op::print;
  for (const Located &each : values)
    node.inputs.push_back(convert(each, dtype_of(each)));
  node.text = text;
  node.line = where;
  Recorder::current("print()", where).add_all(std::move(node), {});
}

Tile inline_ptx(std::string_view text, const std::vector<Located> &inputs,
                DType result,
                const std::function<Tile(std::vector<Tile>)> &otherwise,
                SourceLine where) {
  check_text("inline_ptx()", text, where);
  check_dtype("inline_ptx()", result, where);
  Recorder &recorder = Recorder::current("inline_ptx()", where);
  check_function("inline_ptx()", otherwise, where);
  if (inputs.empty())
    throw CompileError(
        ErrorId::inline_ptx, where,
        {"it has no input", "give a tile of the result's shape"});
  if (auto wrong = wrong_in_ptx(text, inputs.size()))
    throw CompileError(ErrorId::inline_ptx, where,
                       {*wrong, "$0 is the result, $1 and on are the inputs, "
                                "$$ is a dollar sign"});
  Shape shape;
  std::vector<ValueType> scalars;
  for (const Located &each : inputs) {
    shape = common_shape("inline_ptx()", shape, shape_of(each), where);
    scalars.push_back({ValueType::Kind::tile, dtype_of(each), {}});
  }
  scalars.push_back({ValueType::Kind::tile, result, {}});
  for (const ValueType &each : scalars)
    if (!in_ptx(each.dtype))
      throw CompileError(
          ErrorId::inline_ptx, where,
          {"no PTX register holds " + std::string(name(each.dtype)),
           "cast to a dtype of 16, 32 or 64 bits"});
  scalars.pop_back();
  Node node;
  node.op = Op::inline_ptx;
  for (const Located &each : inputs)
    node.inputs.push_back(
        spread(recorder, convert(each, dtype_of(each)), shape, where));
  node.text = text;
  node.line = where;
  auto body = [&](const std::vector<ValueId> &ids) {
    std::vector<Tile> lanes;
    for (ValueId each : ids)
      lanes.push_back(recorder.tile(each, where));
    ValueId made = otherwise(std::move(lanes)).value(where);
    ValueType wanted = {ValueType::Kind::tile, result, {}};
    if (recorder.type(made) != wanted)
      throw CompileError(ErrorId::lanes_result, where,
                         {"inline_ptx()", to_string(recorder.type(made)),
                          to_string(wanted),
                          "cast what the function returns to the result's "
                          "dtype"});
    return std::vector<ValueId>{made};
  };
  node.body = recorder.record_lanes(scalars, body, Op::inline_ptx, where);
  return recorder.tile(
      recorder.add(std::move(node), {ValueType::Kind::tile, result, shape}),
      where);
}

} // namespace girih

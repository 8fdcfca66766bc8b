// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/record.h"

#include "girih/dsl/arrangement.h"
#include "girih/dsl/elementwise.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/text_scanner.h"

#include <algorithm>
#include <set>

namespace girih {
namespace {

void check_count(const KernelSource &source, std::size_t count,
                 const char *what) {
  if (count != source.directions.size())
    throw CompileError(ErrorId::kernel_signature, source.where,
                       {source.name, source.arity(), count, what});
}

// Where these stand for an operand, the text would be read as something else.
bool is_word_of_text(std::string_view name) {
  constexpr std::string_view words[] = {"min",  "max", "operand", "cover",
                                        "body", "dim", "reverse"};
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

void check_name(const KernelSource &source, const std::string &name,
                std::set<std::string> &seen) {
  const char *why = nullptr;
  if (!is_identifier(name))
    why = "names are letters, digits and underscores";
  else if (is_word_of_text(name))
    why = "it is a word of the Program's text";
  else if (!seen.insert(name).second)
    why = "another operand has the same name";
  if (why)
    throw CompileError(ErrorId::operand_name, source.where,
                       {name, why, "an operand"});
}

bool is_printable(char c) {
  return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\';
}

// A constant that nobody asks for is a name misspelt.
void check_constants(const KernelSource &source, const Program &program) {
  std::string known;
  for (const auto &[name, value] : program.constants)
    known += (known.empty() ? "" : ", ") + name;
  for (const auto &[name, value] : source.constants)
    if (!program.constants.contains(name))
      throw CompileError(ErrorId::constexpr_unknown, source.where,
                         {name, source.name, known.empty() ? "none" : known});
}

// A kernel may call others while it is recorded, but not without end.
class NestedRecording {
public:
  explicit NestedRecording(const KernelSource &source) {
    if (depth_ == max_depth)
      throw CompileError(
          Diagnostic(ErrorId::nesting, source.where,
                     {"recordings of kernels, here " +
                          printable_name(source.name) + ",",
                      max_depth})
              .helped("a kernel whose arrangement or application calls the "
                      "kernel itself is never recorded: call it from outside"));
    ++depth_;
  }
  ~NestedRecording() { --depth_; }
  NestedRecording(const NestedRecording &) = delete;
  NestedRecording &operator=(const NestedRecording &) = delete;

private:
  static constexpr int max_depth = 16;
  static thread_local int depth_;
};

thread_local int NestedRecording::depth_ = 0;

} // namespace

void check_source(const KernelSource &source, std::span<const int> ranks) {
  check_function(source, source.application != nullptr, "an application");
  check_count(source, source.operand_names.size(), "operand names");
  check_count(source, ranks.size(), "ranks");
  if (!std::all_of(source.name.begin(), source.name.end(), is_printable))
    throw CompileError(ErrorId::operand_name, source.where,
                       {printable_name(source.name),
                        "quotes, backslashes and control characters do not "
                        "print",
                        "a kernel"});
  std::set<std::string> seen;
  for (const std::string &each : source.operand_names)
    check_name(source, each, seen);
  for (std::size_t i = 0; i < ranks.size(); ++i)
    if (ranks[i] < 0 || ranks[i] > max_tensor_rank)
      throw CompileError(ErrorId::operand_rank, source.where,
                         {source.operand_names[i], ranks[i], max_tensor_rank});
}

void check_same_grids(const std::vector<ArrangedOperand> &operands,
                      const std::vector<std::string> &names,
                      const SourceLine &where) {
  const ArrangedOperand &first = operands[0];
  for (const ArrangedOperand &each : operands) {
    if (each.grid.size() != first.grid.size())
      throw CompileError(ErrorId::grid_rank, where,
                         {first.name, to_string(first.grid, names), each.name,
                          to_string(each.grid, names)});
    for (std::size_t d = 0; d < each.grid.size(); ++d) {
      auto left = first.grid[d].as_constant(),
           right = each.grid[d].as_constant();
      if (left && right && *left != *right)
        throw CompileError(ErrorId::grid_mismatch, where,
                           {d, *left, first.name, *right, each.name});
    }
  }
}

std::string printable_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_printable(c); }, '?');
  return name;
}

std::vector<BlockUse> block_sizes(const KernelSource &source,
                                  std::span<const int> ranks) {
  NestedRecording nested(source);
  check_source(source, ranks);
  std::vector<BlockUse> out;
  run_arrangement(source, ranks, out);
  return out;
}

Program record(const KernelSource &source, std::span<const DType> dtypes,
               std::span<const int> ranks,
               std::span<const OperandClass> classes, const Config &config,
               bool index32) {
  NestedRecording nested(source);
  check_source(source, ranks);
  check_count(source, dtypes.size(), "dtypes");
  if (!classes.empty())
    check_count(source, classes.size(), "classes");
  for (std::size_t i = 0; i < dtypes.size(); ++i)
    check_dtype("operand " + source.operand_names[i], dtypes[i], source.where);
  check_config(config, source.where);
  std::vector<BlockUse> uses;
  Program out;
  Arrangement arrangement =
      run_arrangement(source, ranks, uses, &out.constants);
  Blocks blocks = block_values(source, uses, config);

  out.name = source.name;
  out.config = config;
  out.config.blocks = blocks; // fallbacks included: the Program says them all
  out.index32 = index32;
  {
    ArrangementScope names(source.operand_names);
    out.operands = arrange_all(arrangement, source.directions, blocks);
    for (std::size_t i = 0; i < dtypes.size(); ++i) {
      out.operands[i].dtype = dtypes[i];
      if (!classes.empty())
        out.operands[i].known = classes[i];
    }
  }
  for (const BlockUse &use : uses)
    for (const Expr &size : use.covers)
      out.covers.push_back({size, blocks.at(use.name), use.name});
  check_use(arrangement, out.operands);
  check_offsets(arrangement, out.operands);
  if (out.operands.empty() ||
      std::all_of(out.operands.begin(), out.operands.end(),
                  [](auto &each) { return each.direction == Direction::in; }))
    throw CompileError(ErrorId::no_application_out, source.where,
                       {source.name});
  check_same_grids(out.operands, source.operand_names, arrangement.where);
  {
    ConstantScope constants(source.constants, out.constants);
    Recorder recorder(out);
    source.application(recorder);
    recorder.finish();
  }
  check_constants(source, out);
  canonicalize(out);
  verify(out);
  check_levels(out);
  check_outputs(out, source.where);
  return out;
}

} // namespace girih

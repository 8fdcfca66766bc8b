// SPDX-License-Identifier: Apache-2.0
// Prints what a kernel of the library becomes at any stage of the compiler, for
// any target, on a machine with or without a GPU:
//
//   ./x inspect matmul --stage ptx --arch sm_90a --dtype bf16 --config "BM=128"
//
// and how its arrangement cuts operands, as numbers or as a picture:
//
//   ./x inspect matmul --stage arrangement.svg --output matmul.svg
#include "girih/compiler/compiler.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/dsl/support/similar_names.h"
#include "girih/dsl/visualize.h"
#include "girih/ops/registry.h"

#include "lessons/registry.h"
#include "process.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace girih;

struct Request {
  std::string kernel, stage = "ptx", arch, config, dtype, output;
  std::vector<std::int64_t> sizes;
  bool times = false, remarks = false;
};

const std::vector<std::string> stages = {"arrangement",
                                         "arrangement.svg",
                                         "arrangement.json",
                                         "program",
                                         "tile",
                                         "layout",
                                         "async",
                                         "llvm",
                                         "ptx",
                                         "object",
                                         "cubin",
                                         "sass"};

// What a kernel is called here.
struct Named {
  std::string name;
  const ops::KernelEntry *entry;
};

// Operators of the library, then the lessons' kernels: `lesson:softmax` where
// an operator has the name, too.
std::vector<Named> all_kernels() {
  std::vector<Named> kernels;
  for (const ops::KernelEntry &entry : ops::all_kernels())
    kernels.push_back({std::string(entry.name), &entry});
  for (const ops::KernelEntry &entry : lessons::all_kernels()) {
    const bool taken =
        std::ranges::any_of(ops::all_kernels(), [&](const auto &each) {
          return each.name == entry.name;
        });
    kernels.push_back(
        {fmt::format("{}{}", taken ? "lesson:" : "", entry.name), &entry});
  }
  return kernels;
}

[[noreturn]] void refuse(const std::string &text, const std::string &help) {
  throw RuntimeError(ErrorId::argument, {text, help});
}

// Lessons may be named `lesson:NAME` in any case.
const ops::KernelEntry &find_kernel(std::string_view name) {
  constexpr std::string_view lesson = "lesson:";
  if (name.starts_with(lesson))
    for (const ops::KernelEntry &entry : lessons::all_kernels())
      if (entry.name == name.substr(lesson.size()))
        return entry;
  std::vector<std::string> known;
  for (const Named &each : all_kernels()) {
    if (each.name == name)
      return *each.entry;
    known.push_back(each.name);
  }
  refuse(fmt::format("there is no kernel named '{}'", name),
         similar_names_help(name, known, "the kernels are"));
}

DType chosen_dtype(const Request &request, const ops::KernelEntry &entry) {
  if (request.dtype.empty())
    return entry.dtypes.front();
  const auto dtype = parse_dtype(request.dtype);
  if (dtype && std::ranges::find(entry.dtypes, *dtype) != entry.dtypes.end())
    return *dtype;
  std::vector<std::string_view> names;
  for (DType each : entry.dtypes)
    names.push_back(name(each));
  refuse(fmt::format("{} does not take dtype '{}'", entry.name, request.dtype),
         fmt::format("it takes {}", fmt::join(names, ", ")));
}

// `changes` put over the fields of `config`: a request may name some only.
Config changed(const Config &config, const std::string &changes) {
  std::map<std::string, std::string> fields;
  for (const std::string &text : {config.to_string(), changes}) {
    std::istringstream words(text);
    for (std::string word; words >> word;)
      fields[word.substr(0, word.find('='))] = word;
  }
  std::string merged;
  for (const auto &[name, word] : fields)
    merged += word + " ";
  return parse_config(merged, {});
}

// Blocks of a picture: 2, where the kernel does not need more.
Config picture_config(const ops::KernelEntry &entry, DType dtype,
                      const std::vector<std::int64_t> &sizes) {
  Config config = default_config_for(entry, dtype, sizes, compiler::Target{});
  std::vector<int> ranks;
  for (const ops::OperandShape &operand : entry.operands(dtype, sizes))
    ranks.push_back(static_cast<int>(operand.sizes.size()));
  for (const BlockUse &block : block_sizes(entry.kernel.source(), ranks))
    if (block.covers.empty())
      config.blocks[block.name] = 2;
  return config;
}

// Which elements of each operand every program holds.
std::string tables(const KernelSource &source, const Config &config,
                   const Shapes &shapes) {
  const auto operands = evaluate(source, config, shapes);
  std::string blocks;
  for (const auto &[name, size] : config.blocks)
    blocks += fmt::format(" {}={}", name, size);
  std::string text = source.name + blocks + "\n";
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const auto &levels = operands[i].levels;
    text += fmt::format("\n{}{}: grid {}", source.operand_names[i], shapes[i],
                        levels.front());
    for (std::size_t level = 1; level + 1 < levels.size(); ++level)
      text += fmt::format(", level {}", levels[level]);
    text +=
        fmt::format(", tile {}\n{}\n", levels.back(), operands[i].to_string());
  }
  return text;
}

// The arrangement alone: neither recorded nor compiled.
std::string arrangement(const Request &request, const ops::KernelEntry &entry) {
  const auto &sizes =
      request.sizes.empty() ? entry.picture_sizes : request.sizes;
  const DType dtype = chosen_dtype(request, entry);
  const Config config =
      changed(picture_config(entry, dtype, sizes), request.config);
  Shapes shapes;
  for (const ops::OperandShape &operand : entry.operands(dtype, sizes))
    shapes.push_back(operand.sizes);
  const KernelSource &source = entry.kernel.source();
  if (request.stage == "arrangement")
    return tables(source, config, shapes);
  const Picture picture = visualize(source, config, shapes);
  return request.stage == "arrangement.svg" ? picture.svg : picture.json;
}

// The Program that a call on a device of that target would compile.
Program recorded(const Request &request, const ops::KernelEntry &entry,
                 const compiler::Target &target) {
  const auto &sizes = request.sizes.empty() ? entry.sizes : request.sizes;
  const DType dtype = chosen_dtype(request, entry);
  const Config config =
      changed(default_config_for(entry, dtype, sizes, target), request.config);
  return program_for(entry, dtype, sizes, target, config);
}

// Compiles and keeps the text of every stage that is reached.
struct Compilation {
  std::map<std::string, std::string> text;
  std::vector<std::pair<std::string, double>> times;
  compiler::Artifact artifact;
};

Compilation compile_all(const Program &program,
                        const compiler::Target &target) {
  Compilation result;
  compiler::Options options;
  options.line_info = env_has("GIRIH_DEBUG", "lineinfo");
  options.on_stage = [&](compiler::Stage stage, std::string_view text) {
    result.text[std::string(name(stage))] = text;
  };
  options.on_time = [&](std::string_view pass, double seconds) {
    result.times.emplace_back(pass, seconds);
  };
  result.artifact = compiler::compile(program, target, options);
  return result;
}

// Text goes to the terminal or the file; bytes need a file or a pipe.
void deliver(const Request &request, const std::string &content, bool binary) {
  if (!request.output.empty()) {
    std::ofstream file(request.output, std::ios::binary);
    if (!(file << content).flush())
      throw RuntimeError(ErrorId::file, {"cannot write " + request.output});
    return;
  }
  if (binary && isatty(STDOUT_FILENO)) {
    std::printf("%zu bytes; write them with --output FILE\n", content.size());
    return;
  }
  std::fwrite(content.data(), 1, content.size(), stdout);
  if (!binary && !content.ends_with('\n'))
    std::fputc('\n', stdout);
}

std::string assembled(const Compilation &compilation,
                      const compiler::Target &target) {
  const Assembly assembly =
      assemble_ptx(compilation.artifact.code, target.arch);
  std::fputs(assembly.log.c_str(), stderr);
  return assembly.cubin;
}

void print_extras(const Request &request, const Compilation &compilation) {
  if (request.times)
    for (const auto &[pass, seconds] : compilation.times)
      fmt::print(stderr, "{:>9.3f} ms  {}\n", seconds * 1e3, pass);
  if (request.remarks || env_has("GIRIH_LOG", "remarks"))
    for (const compiler::Remark &remark : compilation.artifact.remarks)
      fmt::print(stderr, "{}{}remark: {}: {}\n", remark.line.to_string(),
                 remark.line.known() ? ": " : "", remark.pass, remark.text);
}

// The GPU of this machine, else a Hopper.
std::string default_arch() {
  if (cuda_device_count() > 0)
    return compiler::nvptx_target(properties(cuda_device(0)).compute_capability)
        .arch;
  return "sm_90a";
}

void inspect(Request request) {
  const ops::KernelEntry &entry = find_kernel(request.kernel);
  if (request.stage.starts_with("arrangement"))
    return deliver(request, arrangement(request, entry), false);
  if (request.arch.empty())
    request.arch = default_arch();
  const compiler::Target target = compiler::parse_target(request.arch);
  const bool host = target.kind == compiler::Target::Kind::host;
  const std::string &stage = request.stage;
  if (host && (stage == "ptx" || stage == "cubin" || stage == "sass"))
    refuse(fmt::format("there is no stage {} for the host", stage),
           "give a GPU: --arch sm_90a");
  if (!host && stage == "object")
    refuse(fmt::format("there is no stage object for {}", request.arch),
           "use --stage cubin, or --arch host");
  const Program program = recorded(request, entry, target);
  if (stage == "program")
    return deliver(request, program.to_string(), false);
  const Compilation compilation = compile_all(program, target);
  print_extras(request, compilation);
  if (stage == "cubin" || stage == "sass") {
    const std::string cubin = assembled(compilation, target);
    return stage == "cubin" ? deliver(request, cubin, true)
                            : deliver(request, disassemble_cubin(cubin), false);
  }
  if (stage == "object") {
    const std::string &object = compilation.artifact.code;
    return request.output.empty()
               ? deliver(request, disassemble_object(object), false)
               : deliver(request, object, true);
  }
  const auto text = compilation.text.find(stage);
  if (text != compilation.text.end())
    return deliver(request, text->second, false);
  std::vector<std::string> reached;
  for (const std::string &name : stages)
    if (compilation.text.contains(name))
      reached.push_back(name);
  refuse(fmt::format("{} for {} has no stage {}", request.kernel, request.arch,
                     stage),
         fmt::format("its stages are {}", fmt::join(reached, ", ")));
}

std::string kernel_list() {
  std::string list;
  for (const auto &[name, entry] : all_kernels())
    list += fmt::format("\n  {:<22} sizes {} (default {})", name,
                        fmt::join(entry->size_names, " "),
                        fmt::join(entry->sizes, " "));
  return list;
}

} // namespace

int main(int argc, char **argv) {
  Request request;
  CLI::App app("Prints a kernel of the library at any stage of the compiler.",
               "inspect");
  app.add_option("kernel", request.kernel, "Kernel:" + kernel_list())
      ->required();
  app.add_option("-s,--stage", request.stage,
                 "Stage; object and sass are disassembled. The arrangement "
                 "(tables, SVG or JSON) is shown for small sizes and blocks, "
                 "which --size and --config change")
      ->check(CLI::IsMember(stages))
      ->capture_default_str();
  app.add_option("-a,--arch", request.arch,
                 "host, sm_80, sm_90a, ...; default: this machine's GPU, "
                 "else sm_90a");
  app.add_option("-c,--config", request.config,
                 "Fields that differ from the default Config, such as "
                 "\"BM=64 num_warps=8\"");
  app.add_option("-d,--dtype", request.dtype, "Element type, such as bf16");
  app.add_option("-n,--size", request.sizes, "Sizes, in the kernel's order");
  app.add_option("-o,--output", request.output, "File for the result");
  app.add_flag("--times", request.times, "Time of each pass, on stderr");
  app.add_flag("--remarks", request.remarks, "Missed optimisations, on stderr");
  CLI11_PARSE(app, argc, argv);
  try {
    inspect(request);
    return 0;
  } catch (const std::exception &error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

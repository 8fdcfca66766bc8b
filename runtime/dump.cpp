// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/dump.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace girih {
namespace {

namespace fs = std::filesystem;

std::string file_of(compiler::Stage stage) {
  using compiler::Stage;
  switch (stage) {
  case Stage::program:
    return "program.txt";
  case Stage::llvm:
    return "llvm.ll";
  case Stage::ptx:
    return "kernel.ptx";
  case Stage::object:
    return "object.o";
  default:
    return std::string(compiler::name(stage)) + ".mlir";
  }
}

/// "matmul-sm_90a-0123456789abcdef": readable, and one for each variant.
std::string folder_name(const Program &program,
                        const compiler::Target &target) {
  // A file system takes some 255 bytes.
  constexpr std::size_t longest = 100;
  std::string name;
  for (char letter : std::string_view(program.name).substr(0, longest))
    name += std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
  return fmt::format("{}-{}-{}", name, target.arch,
                     program.hash().substr(0, 16));
}

} // namespace

bool Dump::wanted() {
  return env("GIRIH_DUMP").has_value() || env("GIRIH_OVERRIDE").has_value();
}

Dump::Dump(const Program &program, const compiler::Target &target) {
  if (const auto root = env("GIRIH_DUMP")) {
    folder_ = fs::path(*root) / folder_name(program, target);
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error)
      fail(ErrorId::file,
           fmt::format("cannot make {}: {}", folder_, error.message()),
           {.help = "GIRIH_DUMP names a folder to write to"});
    write("config.txt",
          program.config.to_string() + "\n" + target.to_string() + "\n");
  }
  if (const auto root = env("GIRIH_OVERRIDE")) {
    if (std::error_code error; !fs::is_directory(*root, error))
      fail(ErrorId::file, fmt::format("GIRIH_OVERRIDE={} is no folder", *root),
           {.help = "name a folder that GIRIH_DUMP wrote and you edited"});
    override_ = fs::path(*root) / folder_name(program, target);
  }
}

Dump::~Dump() {
  if (!folder_.empty() && !times_.empty())
    std::ofstream(folder_ + "/times.txt") << times_;
}

void Dump::write(const std::string &name, std::string_view text) {
  if (folder_.empty())
    return;
  std::ofstream out(folder_ + "/" + name, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out)
    fail(ErrorId::file, fmt::format("cannot write {}/{}", folder_, name),
         {.help = "GIRIH_DUMP names a folder to write to"});
}

std::optional<std::string> Dump::read_back(const std::string &name) {
  const std::string path = override_ + "/" + name;
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return std::nullopt; // this stage is not edited
  last_read_ = path;
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

void Dump::rethrow(const CompileError &error) const {
  Diagnostic diagnostic = error.diagnostic();
  // Stages end in order, and the first broken one is the last that is read.
  if (diagnostic.id == ErrorId::override_file && !last_read_.empty())
    diagnostic.note({}, "the text is that of " + last_read_);
  throw CompileError(std::move(diagnostic));
}

compiler::Options Dump::options() {
  compiler::Options options;
  options.line_info = env_has("GIRIH_DEBUG", "lineinfo");
  if (!override_.empty())
    options.override_stage = [this](compiler::Stage stage, std::string_view) {
      return read_back(file_of(stage));
    };
  if (!folder_.empty()) {
    options.on_stage = [this](compiler::Stage stage, std::string_view text) {
      write(file_of(stage), text);
    };
    options.on_time = [this](std::string_view pass, double seconds) {
      times_ += fmt::format("{:10.3f} ms  {}\n", 1e3 * seconds, pass);
    };
  }
  return options;
}

} // namespace girih

// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/runtime/cuda/assembler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace girih {

namespace {

namespace fs = std::filesystem;

// The first of `names` that is in `folder` or PATH, with its path.
std::string find_program(std::initializer_list<const char *> names,
                         const fs::path &folder) {
  std::vector<fs::path> folders;
  if (!folder.empty())
    folders.push_back(folder);
  const std::string path = env("PATH").value_or("");
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin)
      folders.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  for (const char *name : names)
    for (const fs::path &each : folders)
      if (access((each / name).c_str(), X_OK) == 0)
        return (each / name).string();
  return {};
}

// A file with the given content, gone at the end of the scope.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string &content) {
    std::string pattern =
        (fs::temp_directory_path() / "girih-inspect-XXXXXX").string();
    const int file = mkstemp(pattern.data());
    if (file < 0)
      throw RuntimeError(ErrorId::file, {"cannot make " + pattern});
    close(file);
    path_ = pattern;
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

// Runs a program without a shell and returns what it printed on stdout.
std::string output_of(std::vector<std::string> command) {
  std::vector<char *> arguments;
  for (std::string &each : command)
    arguments.push_back(each.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0)
    throw RuntimeError(ErrorId::file, {"cannot make a pipe"});
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  pid_t child = 0;
  const int failed = posix_spawn(&child, arguments[0], &actions, nullptr,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 1;
  if (failed || waitpid(child, &status, 0) < 0 || status != 0)
    throw RuntimeError(ErrorId::file,
                       {fmt::format("{} failed", fmt::join(command, " "))});
  return text;
}

[[noreturn]] void missing(const char *what, const char *help) {
  throw RuntimeError(ErrorId::file, {what, help});
}

} // namespace

Assembly assemble_ptx(const std::string &ptx, const std::string &arch) {
  const std::string ptxas = cuda::find_ptxas();
  if (ptxas.empty())
    missing("no ptxas: this machine cannot turn PTX into a cubin",
            "install the CUDA toolkit or set GIRIH_PTXAS to a ptxas; --stage "
            "ptx works without");
  cuda::Assembled assembled = cuda::assemble(ptx, arch, ptxas);
  return {std::move(assembled.cubin), std::move(assembled.log)};
}

std::string disassemble_cubin(const std::string &cubin) {
  const fs::path folder = fs::path(cuda::find_ptxas()).parent_path();
  const TemporaryFile file(cubin);
  if (const auto tool = find_program({"nvdisasm"}, folder); !tool.empty())
    return output_of({tool, "--print-code", file.path()});
  if (const auto tool = find_program({"cuobjdump"}, folder); !tool.empty())
    return output_of({tool, "--dump-sass", file.path()});
  missing("no nvdisasm and no cuobjdump: this machine cannot print SASS",
          "install the CUDA toolkit, or write the cubin with --stage cubin "
          "--output FILE");
}

std::string disassemble_object(const std::string &object) {
  const auto tool =
      find_program({"llvm-objdump-22", "llvm-objdump", "objdump"}, {});
  if (tool.empty())
    missing("no llvm-objdump and no objdump: this machine cannot print the "
            "instructions of an object",
            "install binutils, or write the object with --output FILE");
  const TemporaryFile file(object);
  return output_of({tool, "-d", "--no-show-raw-insn", file.path()});
}

} // namespace girih

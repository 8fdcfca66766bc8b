// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cuda/assembler.h"

#include "girih/dsl/support/env.h"
#include "girih/runtime/failure.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

extern char **environ;

namespace girih::cuda {
namespace {

bool runnable(const std::string &path) {
  return ::access(path.c_str(), X_OK) == 0;
}

/// A folder of our own under TMPDIR, deleted with what we put there.
class TemporaryFolder {
public:
  TemporaryFolder() {
    path_ = env("TMPDIR").value_or("/tmp") + "/girih.XXXXXX";
    if (!::mkdtemp(path_.data()))
      fail(ErrorId::file,
           fmt::format("no temporary folder {}: {}", path_,
                       std::strerror(errno)),
           {.help = "set TMPDIR, or GIRIH_PTXAS=off"});
  }
  ~TemporaryFolder() {
    for (const char *name : {"kernel.ptx", "kernel.cubin", "log"})
      ::unlink(file(name).c_str());
    ::rmdir(path_.c_str());
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  std::string file(const char *name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

void write_file(const std::string &path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out)
    fail(ErrorId::file, fmt::format("cannot write {}", path),
         {.help = "set TMPDIR to a folder with space, or GIRIH_PTXAS=off"});
}

std::string read_file(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

/// Runs a program with its output in a file; returns waitpid's status.
int run(const std::vector<std::string> &arguments, const std::string &log) {
  std::vector<char *> pointers;
  for (const std::string &each : arguments)
    pointers.push_back(const_cast<char *>(each.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, pointers[0], &actions, nullptr,
                                  pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    fail(ErrorId::file,
         fmt::format("cannot run {}: {}", arguments[0], std::strerror(error)),
         {.help = "set GIRIH_PTXAS to ptxas, or to `off`"});
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      fail(ErrorId::file,
           fmt::format("lost {}: {}", arguments[0], std::strerror(errno)));
  return status;
}

/// The integer that ends right before `end` of `text`, or 0.
std::int64_t number_before(std::string_view text, std::string_view after) {
  const std::size_t end = text.find(after);
  if (end == std::string_view::npos)
    return 0;
  std::size_t begin = end;
  while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9')
    --begin;
  std::int64_t value = 0;
  std::from_chars(text.data() + begin, text.data() + end, value);
  return value;
}

std::string first_error(const std::string &log) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);)
    if (line.find("error") != std::string::npos ||
        line.find("fatal") != std::string::npos)
      return line;
  return log.empty() ? "it printed nothing" : log.substr(0, log.find('\n'));
}

} // namespace

std::string find_ptxas() {
  if (const auto chosen = env("GIRIH_PTXAS")) {
    if (*chosen == "off")
      return {};
    if (!runnable(*chosen))
      fail(ErrorId::file, fmt::format("GIRIH_PTXAS={} cannot be run", *chosen),
           {.help = "name the ptxas program, or `off`"});
    return *chosen;
  }
  for (const char *variable : {"CUDA_HOME", "CUDA_PATH"})
    if (const auto home = env(variable); home && runnable(*home + "/bin/ptxas"))
      return *home + "/bin/ptxas";
  std::istringstream folders(env("PATH").value_or(""));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (folder.starts_with('/') && runnable(folder + "/ptxas"))
      return folder + "/ptxas";
  const std::string usual = "/usr/local/cuda/bin/ptxas";
  return runnable(usual) ? usual : "";
}

Assembled parse_ptxas_log(std::string log) {
  Assembled result;
  result.registers = static_cast<int>(number_before(log, " registers"));
  result.stack_bytes = number_before(log, " bytes stack frame");
  result.spill_bytes = number_before(log, " bytes spill stores") +
                       number_before(log, " bytes spill loads");
  result.serialized_wgmma =
      log.find("wgmma.mma_async instructions are serialized") !=
      std::string::npos;
  result.log = std::move(log);
  return result;
}

Assembled assemble(std::string_view ptx, const std::string &arch,
                   const std::string &ptxas) {
  const auto start = std::chrono::steady_clock::now();
  const TemporaryFolder folder;
  write_file(folder.file("kernel.ptx"), ptx);
  const int status =
      run({ptxas, "-v", "-arch=" + arch, "-o", folder.file("kernel.cubin"),
           folder.file("kernel.ptx")},
          folder.file("log"));
  Assembled result = parse_ptxas_log(read_file(folder.file("log")));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string what = WIFSIGNALED(status)
                           ? fmt::format("signal {}", WTERMSIG(status))
                           : first_error(result.log);
    Diagnostic diagnostic(
        ErrorId::assembler, {},
        {fmt::format("ptxas for {} failed: {}", arch, what),
         "GIRIH_DUMP keeps the PTX; GIRIH_PTXAS chooses another "
         "ptxas, or `off` the driver's"});
    diagnostic.note({}, ptxas + " printed:\n" + result.log);
    throw CompileError(std::move(diagnostic));
  }
  result.cubin = read_file(folder.file("kernel.cubin"));
  const std::chrono::duration<double> spent =
      std::chrono::steady_clock::now() - start;
  result.seconds = spent.count();
  return result;
}

bool nearly_of_1024_threads(const Assembled &assembled) {
  return assembled.registers > registers_of_1024_threads &&
         assembled.registers <= registers_of_1024_threads * 3 / 2 &&
         assembled.spill_bytes == 0;
}

std::string with_register_limit(std::string_view ptx, int registers) {
  std::string text(ptx);
  const std::size_t entry = text.find(".entry");
  if (entry == std::string::npos ||
      text.find(".entry", entry + 1) != std::string::npos ||
      text.find(".maxnreg") != std::string::npos)
    return text;
  // Directives stand between the parameters and the body.
  const std::size_t body = text.find('{', entry);
  if (body != std::string::npos)
    text.insert(body, fmt::format(".maxnreg {}\n", registers));
  return text;
}

} // namespace girih::cuda

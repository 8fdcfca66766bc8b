// SPDX-License-Identifier: Apache-2.0
// The search's side: processes that are asked, and given up.
#include "girih/autotune/evaluator.h"
#include "girih/autotune/worker_message.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/format.h>

#include <csignal>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

extern char **environ;

namespace girih::autotune {
namespace {

using Got = LineReader::Got;
using Status = Outcome::Status;

/// A process at the other end of a socket.
class Process {
public:
  explicit Process(std::vector<std::string> command)
      : command_(std::move(command)) {}
  ~Process() { end(); }
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  bool alive() const { return id_ > 0; }

  void start() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      fail(std::strerror(errno));
    std::vector<char *> arguments;
    for (std::string &each : command_)
      arguments.push_back(each.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
    // What a worker prints is no answer.
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    // An interrupt from the terminal is the search's to deal with.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int error = posix_spawn(&id_, arguments[0], &actions, &attributes,
                                  arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    socket_ = ends[0];
    reader_ = {};
    if (error != 0) {
      id_ = 0;
      ::close(socket_);
      socket_ = -1;
      fail(std::strerror(error));
    }
  }

  /// Ends it at once, and says how it ended before, if it did.
  std::string end() {
    if (!alive())
      return {};
    ::kill(id_, SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR)
      continue;
    ::close(std::exchange(socket_, -1));
    id_ = 0;
    if (WIFSIGNALED(status))
      return fmt::format("signal {}", WTERMSIG(status));
    return fmt::format("exit status {}", WEXITSTATUS(status));
  }

  bool send(const Json &message) { return send_line(socket_, message); }
  Got receive(double seconds, Json &answer) {
    return reader_.read(socket_, seconds, answer);
  }

private:
  [[noreturn]] void fail(const std::string &why) const {
    throw RuntimeError(
        ErrorId::file,
        {fmt::format("cannot start the worker {}: {}", command_.front(), why)});
  }

  std::vector<std::string> command_;
  pid_t id_ = 0;
  int socket_ = -1;
  LineReader reader_;
};

/// How a process that ended by itself did it: it is given a moment to be seen.
std::string last_words(Process &process) {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const std::string how = process.end();
  return how == "signal 9" ? "the process ended" : how;
}

class Folder {
public:
  Folder() {
    path_ =
        (std::filesystem::temp_directory_path() / "girih-tune-XXXXXX").string();
    if (!mkdtemp(path_.data()))
      throw RuntimeError(ErrorId::file, {"cannot make a folder in TMPDIR"});
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  const std::string &path() const { return path_; }
  /// A process that is killed leaves nothing behind then.
  void drop_if_empty() const {
    std::error_code not_empty;
    std::filesystem::remove(path_, not_empty);
  }

private:
  std::string path_;
};

class WorkerEvaluator : public Evaluator {
public:
  WorkerEvaluator(const Problem &problem, const WorkerOptions &options)
      : problem_(problem), options_(options), measurer_(options.command) {
    if (options.command.empty())
      throw RuntimeError(ErrorId::file,
                         {"there is no girih-tune beside this program"});
    for (int at = 0; at < std::max(options.compilers, 1); ++at)
      compilers_.push_back(std::make_unique<Process>(options.command));
    if (problem.device.kind == Device::Kind::cuda)
      capability_ = properties(problem.device).compute_capability;
    Json directions = Json::array();
    for (const Direction each : problem.kernel.source().directions)
      directions.push_back(static_cast<int>(each));
    statement_ = {{"do", "problem"},
                  {"device", problem.device.to_string()},
                  {"directions", directions},
                  {"operands", operands_to_json(problem, folder_.path())},
                  {"reference", to_json(problem.reference)},
                  {"program", text_of(problem.fallback)}};
    folder_.drop_if_empty();
    if (const std::string why = ready(); !why.empty())
      throw RuntimeError(ErrorId::argument,
                         {fmt::format("{}: the fallback does not run: {}",
                                      problem.label, why)});
  }

  std::vector<Outcome> compile(std::span<const Config> configs) override;
  Outcome measure(const Config &config, Effort effort, double limit) override;
  int width() const override { return static_cast<int>(compilers_.size()); }

private:
  std::string text_of(const Config &config) const {
    return problem_.kernel.launched_program(problem_.arrays, {config, {}})
        .to_string();
  }
  void compile_share(Process &process, std::span<const Config> configs,
                     std::span<Outcome> outcomes,
                     std::atomic<std::size_t> &next);
  void compile_one(Process &process, Outcome &outcome) const;
  std::string ready();

  Problem problem_;
  WorkerOptions options_;
  Folder folder_;
  int capability_ = 0;
  Json statement_; // of the problem
  std::vector<std::unique_ptr<Process>> compilers_;
  Process measurer_;
};

void WorkerEvaluator::compile_one(Process &process, Outcome &outcome) const {
  Json answer;
  try {
    if (!process.alive())
      process.start();
    process.send({{"do", "compile"},
                  {"capability", capability_},
                  {"program", text_of(outcome.config)}});
  } catch (const std::exception &error) {
    outcome.status = Status::failed;
    outcome.note = one_line(error.what());
    return;
  }
  switch (process.receive(options_.compile_seconds, answer)) {
  case Got::line:
    if (answer.value("ok", false)) {
      outcome.compile_seconds = answer.value("seconds", 0.0);
      return;
    }
    outcome.status = Status::failed;
    outcome.note = answer.value("note", "");
    return;
  case Got::nothing:
    process.end();
    outcome.status = Status::timed_out;
    outcome.note =
        fmt::format("not compiled in {} s", options_.compile_seconds);
    return;
  case Got::end:
    outcome.status = Status::crashed;
    outcome.note = "compiling: " + last_words(process);
    return;
  }
}

void WorkerEvaluator::compile_share(Process &process,
                                    std::span<const Config> configs,
                                    std::span<Outcome> outcomes,
                                    std::atomic<std::size_t> &next) {
  for (std::size_t at = next++; at < configs.size(); at = next++) {
    outcomes[at].config = configs[at];
    compile_one(process, outcomes[at]);
  }
}

std::vector<Outcome> WorkerEvaluator::compile(std::span<const Config> configs) {
  std::vector<Outcome> outcomes(configs.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (std::size_t at = 1; at < compilers_.size() && at < configs.size(); ++at)
    threads.emplace_back(
        [&, at] { compile_share(*compilers_[at], configs, outcomes, next); });
  compile_share(*compilers_[0], configs, outcomes, next);
  for (std::thread &each : threads)
    each.join();
  return outcomes;
}

/// A measurer that has the problem; else why there is none.
std::string WorkerEvaluator::ready() {
  if (measurer_.alive())
    return {};
  measurer_.start();
  measurer_.send(statement_);
  Json answer;
  switch (measurer_.receive(options_.compile_seconds + options_.run_seconds,
                            answer)) {
  case Got::line:
    if (answer.value("ok", false))
      return {};
    measurer_.end();
    return answer.value("note", "");
  case Got::nothing:
    measurer_.end();
    return "it takes too long";
  case Got::end:
    return last_words(measurer_);
  }
  return {};
}

Outcome WorkerEvaluator::measure(const Config &config, Effort effort,
                                 double limit) {
  Outcome outcome;
  outcome.config = config;
  outcome.status = Status::failed;
  try {
    if (outcome.note = ready(); !outcome.note.empty())
      return outcome;
    measurer_.send({{"do", "measure"},
                    {"program", text_of(config)},
                    {"effort", static_cast<int>(effort)},
                    {"limit", limit}});
  } catch (const std::exception &error) {
    outcome.note = one_line(error.what());
    return outcome;
  }
  Json answer;
  switch (measurer_.receive(options_.run_seconds, answer)) {
  case Got::line:
    if (answer.value("ok", false)) {
      outcome = outcome_from(answer.at("outcome"), Outcome::Status::failed);
      outcome.config = config;
      // A context that has failed fails everything that comes after.
      if (outcome.status == Status::failed && capability_ != 0)
        measurer_.end();
    } else {
      outcome.note = answer.value("note", "");
    }
    return outcome;
  case Got::nothing:
    measurer_.end();
    outcome.status = Status::timed_out;
    outcome.note = fmt::format("not done in {} s", options_.run_seconds);
    return outcome;
  case Got::end:
    outcome.status = Status::crashed;
    outcome.note = "running: " + last_words(measurer_);
    return outcome;
  }
  return outcome;
}

} // namespace

std::vector<std::string> worker_command() {
  std::error_code error;
  const std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe", error);
  if (self.filename() == "girih")
    return {self.string(), "tune", "worker"};
  const std::filesystem::path beside = self.parent_path() / "girih-tune";
  if (!error && std::filesystem::exists(beside, error))
    return {beside.string(), "worker"};
  return {};
}

std::unique_ptr<Evaluator> worker_evaluator(const Problem &problem,
                                            const WorkerOptions &options) {
  return std::make_unique<WorkerEvaluator>(problem, options);
}

} // namespace girih::autotune

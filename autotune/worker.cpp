// SPDX-License-Identifier: Apache-2.0
// The worker's side.
#include "girih/autotune/evaluator.h"
#include "girih/autotune/worker_message.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/executable.h"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <thread>

namespace girih::autotune {
namespace {

class Worker {
public:
  Json answer(const Json &message) {
    const std::string command = message.at("do").get<std::string>();
    if (command == "problem")
      return set_problem(message);
    if (command == "compile")
      return compile(message);
    if (command == "measure")
      return measure(message);
    throw RuntimeError(ErrorId::argument, {"a worker cannot " + command});
  }

private:
  Json set_problem(const Json &message) {
    const Device device = parse_device(message.at("device").get<std::string>());
    std::vector<Direction> directions;
    for (const Json &each : message.at("directions"))
      directions.push_back(static_cast<Direction>(each.get<int>()));
    bench_.reset();
    bench_.emplace(operands_from(message.at("operands"), device), directions);
    bench_->set_reference(kernel_of(message), {},
                          reference_from(message.at("reference")));
    return {{"ok", true}};
  }

  static Json compile(const Json &message) {
    const int capability = message.at("capability").get<int>();
    const auto start = std::chrono::steady_clock::now();
    compile_ahead(parse_program(message.at("program").get<std::string>()),
                  capability == 0 ? target_of(host_device)
                                  : compiler::nvptx_target(capability));
    return {{"ok", true},
            {"seconds", std::chrono::duration<double>(
                            std::chrono::steady_clock::now() - start)
                            .count()}};
  }

  Json measure(const Json &message) {
    if (!bench_)
      throw RuntimeError(ErrorId::argument, {"there is no problem yet"});
    return {
        {"ok", true},
        {"outcome", to_json(bench_->run(
                        kernel_of(message), {},
                        static_cast<Effort>(message.at("effort").get<int>()),
                        message.at("limit").get<double>()))}};
  }

  static Kernel kernel_of(const Json &message) {
    return Kernel(parse_program(message.at("program").get<std::string>()));
  }

  std::optional<TestBench> bench_;
};

} // namespace

int serve(int socket) {
  // However the search ended, and whatever a candidate is doing: nobody is left
  // to ask for more. (A parent-death signal would come when the thread that
  // started this process ends.)
  std::thread([socket] {
    pollfd waiting{socket, POLLRDHUP, 0};
    while (::poll(&waiting, 1, -1) <= 0)
      continue;
    _exit(1);
  }).detach();
  set_config_provider(nullptr);
  Worker worker;
  LineReader reader;
  Json message;
  while (reader.read(socket, -1, message) == LineReader::Got::line) {
    Json answer;
    try {
      answer = worker.answer(message);
    } catch (const std::exception &error) {
      answer = {{"ok", false}, {"note", one_line(error.what())}};
    }
    if (!send_line(socket, answer))
      return 1;
  }
  return 0;
}

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/worker_message.h"

#include "girih/autotune/inputs.h"
#include "girih/dsl/support/diagnostics.h"

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>

namespace girih::autotune {
namespace {

void write_bytes(const std::string &path, const Array &array) {
  const Array host = span_of(array).to(host_device);
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char *>(host.data()), host.nbytes());
  if (!file.flush())
    throw RuntimeError(ErrorId::file, {fmt::format("cannot write {}", path),
                                       "make room in TMPDIR"});
}

void read_bytes(const std::string &path, const Array &array) {
  const Array all = span_of(array);
  const Array host = Array::empty({all.numel()}, all.dtype(), host_device);
  std::ifstream file(path, std::ios::binary);
  file.read(static_cast<char *>(host.data()), host.nbytes());
  if (!file)
    throw RuntimeError(ErrorId::file, {fmt::format("cannot read {}", path)});
  all.copy_from(host.to(all.device()));
}

} // namespace

Json operands_to_json(const Problem &problem, const std::string &folder) {
  Json all = Json::array();
  for (std::size_t at = 0; at < problem.arrays.size(); ++at) {
    const Array &array = problem.arrays[at];
    Json each{{"dtype", name(array.dtype())},
              {"shape", array.shape()},
              {"strides", array.strides()},
              {"access", static_cast<int>(array.access())}};
    if (array.by_value()) {
      each["value"] = array.to_vector().at(0);
    } else if (has_span(array) && !is_float(array.dtype())) {
      const std::string path = fmt::format("{}/operand{}", folder, at);
      write_bytes(path, array);
      each["file"] = path;
    }
    all.push_back(each);
  }
  return all;
}

std::vector<Array> operands_from(const Json &json, Device device) {
  std::vector<Array> arrays;
  for (const Json &each : json) {
    const DType dtype =
        parse_dtype(each.at("dtype").get<std::string>()).value();
    if (each.contains("value")) {
      const double value = each.at("value").get<double>();
      arrays.push_back(
          is_float(dtype)
              ? Array::scalar(value, dtype)
              : Array::scalar(static_cast<std::int64_t>(value), dtype));
      continue;
    }
    const auto shape = each.at("shape").get<std::vector<std::int64_t>>();
    const auto strides = each.at("strides").get<std::vector<std::int64_t>>();
    // Only its sizes and strides are looked at.
    const Array like(reinterpret_cast<void *>(std::uintptr_t{1} << 44), shape,
                     dtype, device, strides);
    Array made =
        has_span(like) ? twin_of(like) : Array::empty(shape, dtype, device);
    fill_random(made, static_cast<unsigned>(arrays.size()) + 1);
    if (each.contains("file"))
      read_bytes(each.at("file").get<std::string>(), made);
    arrays.push_back(
        made.with_access(static_cast<Access>(each.at("access").get<int>())));
  }
  return arrays;
}

static Json view_to_json(const ReferenceView &view) {
  return {{"operand", view.operand},
          {"shape", view.shape},
          {"strides", view.strides}};
}

static ReferenceView view_from(const Json &json) {
  return {json.at("operand").get<int>(),
          json.at("shape").get<std::vector<std::int64_t>>(),
          json.at("strides").get<std::vector<std::int64_t>>()};
}

Json to_json(const Reference &reference) {
  Json inputs = Json::array();
  for (const ReferenceView &each : reference.inputs)
    inputs.push_back(view_to_json(each));
  return {{"op", reference.op},
          {"inputs", inputs},
          {"out", view_to_json(reference.out)},
          {"number", reference.number}};
}

Reference reference_from(const Json &json) {
  Reference made{.op = json.at("op").get<std::string>(),
                 .inputs = {},
                 .out = view_from(json.at("out")),
                 .number = json.at("number").get<double>()};
  for (const Json &each : json.at("inputs"))
    made.inputs.push_back(view_from(each));
  return made;
}

bool send_line(int socket, const Json &json) {
  const std::string line =
      json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t done =
        ::send(socket, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    sent += static_cast<std::size_t>(done);
  }
  return true;
}

bool LineReader::take(Json &json) {
  const auto end = pending_.find('\n');
  if (end == std::string::npos)
    return false;
  json = Json::parse(pending_.substr(0, end), nullptr, false);
  pending_.erase(0, end + 1);
  return true;
}

LineReader::Got LineReader::read(int socket, double seconds, Json &json) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  while (!take(json)) {
    int wait = -1;
    if (seconds >= 0) {
      const double left =
          seconds - std::chrono::duration<double>(Clock::now() - start).count();
      if (left <= 0)
        return Got::nothing;
      wait = static_cast<int>(1000 * left) + 1;
    }
    pollfd waiting{socket, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, wait);
    if (ready < 0 && errno != EINTR)
      return Got::end;
    if (ready <= 0)
      continue;
    std::array<char, 65536> buffer;
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return Got::end;
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return json.is_discarded() ? Got::end : Got::line;
}

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// What a search and its workers say to one another: lines of JSON on a socket.
// Not installed.
#pragma once

#include "girih/autotune/outcome_json.h"
#include "girih/autotune/problem.h"

#include <optional>
#include <string>

namespace girih::autotune {

/// The operands of a problem, without the data of floats, which workers make
/// up; other data goes into files in `folder`.
Json operands_to_json(const Problem &problem, const std::string &folder);
std::vector<Array> operands_from(const Json &json, Device device);

Json to_json(const Reference &reference);
Reference reference_from(const Json &json);

/// Sends a line; false when the other end is gone.
bool send_line(int socket, const Json &json);

/// Collects what comes from a socket into lines.
class LineReader {
public:
  enum class Got : std::uint8_t { line, nothing, end };
  /// Waits for up to `seconds`; for ever where that is negative.
  Got read(int socket, double seconds, Json &json);

private:
  bool take(Json &json);
  std::string pending_;
};

} // namespace girih::autotune

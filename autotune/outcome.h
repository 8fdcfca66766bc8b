// SPDX-License-Identifier: Apache-2.0
// Outcome: what became of a candidate.
#pragma once

#include "girih/dsl/config.h"
#include "girih/runtime/timing.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace girih::autotune {

struct Outcome {
  enum class Status : std::uint8_t {
    measured,
    failed,    // recording, compiling, assembling or launching threw
    wrong,     // its results are not those of the reference or fallback
    timed_out, // compiling or running took too long
    crashed,   // the process that ran it ended
  };
  Config config;
  Status status = Status::measured;
  double seconds = 0; // median; 0 unless measured
  double spread = 0;  // width of the middle 80 %, relative to the median
  int runs = 0;
  int registers = 0; // of a thread; 0 on the host
  int threads = 0;
  std::int64_t local_bytes = 0; // of a thread: spills
  std::int64_t shared_bytes = 0;
  double compile_seconds = 0; // with assembling
  std::string note;           // why it was not measured

  bool measured() const { return status == Status::measured; }
};

/// "measured", "failed", "wrong", "timed out", "crashed".
std::string_view name(Outcome::Status status);
std::optional<Outcome::Status> parse_status(std::string_view text);

} // namespace girih::autotune

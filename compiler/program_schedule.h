// SPDX-License-Identifier: Apache-2.0
// When a launch's last program ends, where programs take different times.
#pragma once

#include <cstdint>
#include <vector>

namespace girih::compiler {

/// Programs of a grid whose last dimension decides what they take, and the
/// blocks of a device that do them at the same time.
struct ProgramSchedule {
  std::vector<double> times; // by their place along the last dimension
  std::int64_t programs = 1; // whole rows of that dimension
  std::int64_t slots = 1;    // blocks at a time
  bool settled = false;      // which block does what: blocks do several;
                             // else a program goes to whoever is free
  bool descending = false;   // ProgramOrder::Kind::descending

  /// What each slot has to do on average; of fewer programs than slots, what
  /// one program takes.
  double mean() const;
  /// When the last program ends, in the unit of `times`.
  double end() const;
};

} // namespace girih::compiler

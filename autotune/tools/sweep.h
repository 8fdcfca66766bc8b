// SPDX-License-Identifier: Apache-2.0
// A sweep over shapes, as girih-tune runs it.
#pragma once

#include "girih/autotune/cases.h"
#include "girih/autotune/search.h"

#include <string>

namespace girih::autotune {

struct SweepOptions {
  std::string op, shapes, family, dtype = "bf16", device, budget = "10s",
                                  strategy = "guided", out, store,
                                  timeout = "20s";
  std::string command; // for the report
  int workers = 0, most_candidates = 0;
  bool fresh = false, explain = false;
};

/// Tunes each shape, resumes what an earlier sweep left, writes table.txt,
/// candidates.csv and report.html, and prints the table. An interrupt ends it
/// after the candidate under way. Gives the exit status: 0; 1 where a shape
/// could not be tuned; 130 where it was interrupted. Throws RuntimeError for
/// what is wrong with the options or the store.
int sweep(const SweepOptions &options);

/// "500ms", "10s", "2m", "1h", or a number of seconds. Throws RuntimeError
/// [argument].
double parse_duration(const std::string &text);

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// What a sweep ends in: a table for the terminal, CSV, and one HTML page that
// needs no network.
#pragma once

#include "girih/autotune/search.h"

#include <string>
#include <vector>

namespace girih::autotune {

/// The lines of a roofline plot; 0: unknown, not drawn.
struct Roofs {
  double bytes_per_second = 0, flops_per_second = 0;
  std::string source; // where the numbers are from
};
/// Memory as measured by a copy, which takes about 0.2 s; products as published
/// for the device, or on the host the best that the sweep has seen.
Roofs measure_roofs(Device device, const std::vector<SearchResult> &results);

struct Report {
  std::string title;  // "matmul on NVIDIA H200"
  std::string device; // its name and what it has
  std::string compiler;
  std::string command; // that was run
  std::string date;
  Roofs roofs;
  std::vector<SearchResult> results;
};

/// One aligned line for each problem.
std::string table_of(const Report &report);
/// One row for each candidate, dropped ones included.
std::string csv_of(const Report &report);
/// The page: table, roofline, and for each problem best so far, heat map,
/// candidates and what was dropped.
std::string html_of(const Report &report);

/// "12.34 us", four significant digits; "-" for 0.
std::string duration_text(double seconds);
/// How many times faster than the default: "1.25x"; "-" where that is unknown.
std::string gain_text(const SearchResult &result);
/// Text for HTML.
std::string escaped(std::string_view text);

} // namespace girih::autotune

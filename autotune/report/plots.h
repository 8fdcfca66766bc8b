// SPDX-License-Identifier: Apache-2.0
// The pictures of a report, as SVG. Not installed.
#pragma once

#include "girih/autotune/report/report.h"

#include <string>

namespace girih::autotune {

/// Achieved rates of all problems against their operations a byte, both
/// logarithmic, under the roofs; default and tuned are joined by a line.
std::string roofline_plot(const Report &report);

/// The fastest candidate so far against the time of the search.
std::string best_so_far_plot(const SearchResult &result);

} // namespace girih::autotune

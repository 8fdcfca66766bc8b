// SPDX-License-Identifier: Apache-2.0
#include "progress.h"

#include "girih/autotune/report/report.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace girih::autotune {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int bar_width = 24;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600,
                                     whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

} // namespace

Progress::Progress(std::size_t cases, double budget)
    : terminal_(isatty(STDERR_FILENO) == 1), cases_(cases), budget_(budget),
      began_(Clock::now()), drawn_(began_) {}

/// Of candidates, or of the budget where that is over sooner.
double Progress::part_of_case(const SearchResult &so_far,
                              std::size_t planned) const {
  const double tried = static_cast<double>(so_far.trials.size()) /
                       static_cast<double>(std::max<std::size_t>(planned, 1));
  const double spent = budget_ > 0 ? seconds_since(began_) / budget_ : 0;
  return std::clamp(std::max(tried, spent), 0.0, 1.0);
}

/// From what the part of this case has taken, and the cases before it.
std::string Progress::left(double part) const {
  if (part < 0.005)
    return "?";
  const double here = seconds_since(began_),
               each = searched_ > 0
                          ? searched_seconds_ / static_cast<double>(searched_)
                          : here / part;
  return clock_text(here * (1 - part) / part +
                    each * static_cast<double>(cases_ - done_ - 1));
}

void Progress::draw(const std::string &text) {
  if (!terminal_)
    return;
  fmt::print(stderr, "\r{:<{}}", text, width_);
  std::fflush(stderr);
  width_ = text.size();
}

void Progress::begin(const Problem &, std::size_t) { began_ = Clock::now(); }

void Progress::tried(const SearchResult &so_far, std::size_t planned) {
  if (!terminal_ || seconds_since(drawn_) < 0.1)
    return;
  drawn_ = Clock::now();
  const double here = part_of_case(so_far, planned);
  const double part = (static_cast<double>(done_) + here) /
                      static_cast<double>(std::max<std::size_t>(cases_, 1));
  double best = 0;
  for (const Trial &each : so_far.trials)
    if (each.outcome.measured() && (best == 0 || each.outcome.seconds < best))
      best = each.outcome.seconds;
  const auto full = static_cast<std::size_t>(bar_width * part);
  draw(fmt::format("[{}{}] {}/{} {} {}/{} best {} left {}",
                   std::string(full, '#'), std::string(bar_width - full, '.'),
                   done_ + 1, cases_, so_far.problem.label,
                   so_far.trials.size(), planned, duration_text(best),
                   left(here)));
}

void Progress::end(const SearchResult &result) {
  // What the store has whole takes no time.
  if (result.spent_seconds > 0) {
    ++searched_;
    searched_seconds_ += result.spent_seconds;
  }
  const std::size_t stored = static_cast<std::size_t>(
      std::count_if(result.trials.begin(), result.trials.end(),
                    [](const Trial &each) { return each.stored; }));
  say(fmt::format(
      "[{}/{}] {}: {} (default {}) {}{}", done_ + 1, cases_,
      result.problem.label, duration_text(result.seconds),
      duration_text(result.fallback_seconds), result.how,
      stored == 0 ? "" : fmt::format(", {} of them from the store", stored)));
}

void Progress::say(const std::string &line) {
  if (terminal_)
    fmt::print(stderr, "\r{:<{}}\r", "", width_);
  width_ = 0;
  fmt::print(stderr, "{}\n", line);
}

void Progress::finish() { draw(""); }

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/program_schedule.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>

namespace girih::compiler {
namespace {

// So many turns are gone through; more of them are like those.
constexpr std::int64_t settled_turns = 64, free_turns = 4;

/// What the program of that number takes, in the kernel's order.
double time_of(const ProgramSchedule &all, std::int64_t number) {
  const auto length = static_cast<std::int64_t>(all.times.size());
  const std::int64_t place = all.descending
                                 ? length - 1 - number / (all.programs / length)
                                 : number % length;
  return all.times[static_cast<std::size_t>(place)];
}

/// Block b does programs b, b + slots ..., every other row of them backwards
/// where the longest come first (Emitter::inTurn).
double settled_end(const ProgramSchedule &all) {
  std::vector<double> ends(static_cast<std::size_t>(all.slots));
  bool backwards = false;
  for (std::int64_t first = 0; first < all.programs; first += all.slots) {
    const std::int64_t row = std::min(all.slots, all.programs - first);
    for (std::int64_t at = 0; at < row; ++at)
      ends[static_cast<std::size_t>(at)] +=
          time_of(all, first + (backwards ? row - 1 - at : at));
    backwards = all.descending && !backwards;
  }
  return *std::max_element(ends.begin(), ends.end());
}

double free_end(const ProgramSchedule &all) {
  std::priority_queue<double, std::vector<double>, std::greater<>> ends(
      {}, std::vector<double>(static_cast<std::size_t>(all.slots)));
  double last = 0;
  for (std::int64_t number = 0; number < all.programs; ++number) {
    const double end = ends.top() + time_of(all, number);
    ends.pop();
    ends.push(end);
    last = std::max(last, end);
  }
  return last;
}

} // namespace

double ProgramSchedule::mean() const {
  const double sum = std::accumulate(times.begin(), times.end(), 0.0),
               each = sum / static_cast<double>(times.size());
  return each * std::max(1.0, static_cast<double>(programs) /
                                  static_cast<double>(slots));
}

double ProgramSchedule::end() const {
  if (programs <= slots)
    return *std::max_element(times.begin(), times.end());
  const auto length = static_cast<std::int64_t>(times.size());
  const std::int64_t most = slots * (settled ? settled_turns : free_turns);
  ProgramSchedule few = *this;
  few.programs =
      std::min(programs, std::max<std::int64_t>(most / length, 1) * length);
  if (few.programs == programs)
    return settled ? settled_end(few) : free_end(few);
  return settled ? settled_end(few) * mean() / few.mean()
                 : free_end(few) + mean() - few.mean();
}

} // namespace girih::compiler

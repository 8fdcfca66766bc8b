// SPDX-License-Identifier: Apache-2.0
#include "barrier_unit.h"

#include <utility>

namespace girih::testing {

void BarrierUnit::initialise(std::int64_t at, std::int64_t arrivals) {
  if (!barriers.try_emplace(at, Barrier{arrivals, arrivals, 0, 0, {}}).second &&
      error.empty())
    error = "a barrier is made twice";
}

BarrierUnit::Barrier &BarrierUnit::barrierAt(std::int64_t at) {
  auto found = barriers.find(at);
  if (found != barriers.end())
    return found->second;
  if (error.empty())
    error = "there is no barrier at " + std::to_string(at);
  return barriers[at];
}

void BarrierUnit::endPhase(Barrier &barrier) {
  if (barrier.open != 0 || barrier.bytes != 0)
    return;
  barrier.phase ^= 1;
  barrier.open = barrier.arrivals;
}

void BarrierUnit::arrive(std::int64_t at, std::int64_t bytes) {
  Barrier &barrier = barrierAt(at);
  if (barrier.open == 0 && error.empty())
    error = "more arrivals at a barrier than it counts";
  --barrier.open;
  barrier.bytes += bytes;
  endPhase(barrier);
}

void BarrierUnit::expect(std::int64_t at, std::function<void()> land,
                         std::int64_t bytes) {
  barrierAt(at).coming.push_back({std::move(land), bytes});
}

bool BarrierUnit::hasEnded(std::int64_t at, int phase) {
  Barrier &barrier = barrierAt(at);
  for (const Barrier::Coming &each : std::exchange(barrier.coming, {})) {
    each.land();
    if (each.bytes == 0) {
      arrive(at);
      continue;
    }
    barrier.bytes -= each.bytes;
    endPhase(barrier);
  }
  return barrier.phase != phase;
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// mbarriers on the CPU. What is on its way lands no sooner than somebody asks
// for the barrier that tells of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace girih::testing {

class BarrierUnit {
public:
  void initialise(std::int64_t at, std::int64_t arrivals);
  /// Counts an arrival, and announces `bytes`.
  void arrive(std::int64_t at, std::int64_t bytes = 0);
  /// `land` is called later, after which it counts: as an arrival, or as
  /// `bytes` where there are any.
  void expect(std::int64_t at, std::function<void()> land,
              std::int64_t bytes = 0);
  /// Whether this phase, 0 or 1, of the barrier is over.
  bool hasEnded(std::int64_t at, int phase);

  /// What went wrong first.
  std::string error;

private:
  struct Barrier {
    std::int64_t arrivals = 0, open = 0, bytes = 0;
    int phase = 0;
    struct Coming {
      std::function<void()> land;
      std::int64_t bytes;
    };
    std::vector<Coming> coming;
  };

  Barrier &barrierAt(std::int64_t at);
  void endPhase(Barrier &barrier);

  std::map<std::int64_t, Barrier> barriers;
};

} // namespace girih::testing

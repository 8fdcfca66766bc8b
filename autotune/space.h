// SPDX-License-Identifier: Apache-2.0
// Space: the Configs that a search may try.
#pragma once

#include "girih/autotune/problem.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace girih::autotune {

/// A Config of a space. With a reason it is not tried.
struct Candidate {
  Config config;
  std::string dropped; // "shared memory: ..."; empty: it may be tried
  std::string reason;  // the same of all that are dropped for it: no numbers
};

/// Value lists and named constraints. All combinations are candidates; one that
/// breaks a constraint, or that the device cannot run, is dropped before
/// anything is compiled.
class Space {
public:
  /// The values of a block size, or of a field of the Config by its printed
  /// name: num_warps, num_stages, num_ctas, split_k, warp_specialize,
  /// persistent, ping_pong, stream_k, order (0 is row major, N grouped:N, -1
  /// descending, -2 hilbert), pdl. Values of a name that is there already
  /// replace the old ones, and equal values are one. Throws RuntimeError
  /// [argument] for no values, and for a field that Configs have not.
  Space &axis(const std::string &name, std::vector<std::int64_t> values);
  /// Drops what `holds` is false for, giving the name as the reason. Throws
  /// RuntimeError [argument] for no function; so does candidates() where the
  /// function throws.
  Space &constraint(std::string name,
                    std::function<bool(const Config &)> holds);

  /// All combinations over `base`, in the order of the axes, the fallback of
  /// the problem first. Throws RuntimeError [argument] for a space without
  /// axes, or of more than 2^20 combinations.
  std::vector<Candidate> candidates(const Problem &problem) const;

  const std::vector<std::pair<std::string, std::vector<std::int64_t>>> &
  axes() const {
    return axes_;
  }

  /// From the kernel's own blocks, their uses and the sizes of the operands.
  static Space derived(const Problem &problem);

private:
  struct Constraint {
    std::string name;
    std::function<bool(const Config &)> holds;
  };
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> axes_;
  std::vector<Constraint> constraints_;
};

/// The value of an axis in a Config; 0 where it is no number there.
std::int64_t axis_value(const Config &config, std::string_view name);

/// Candidates that may be tried. Throws RuntimeError [argument] saying how many
/// each reason dropped where none may.
std::vector<Config> kept(const std::vector<Candidate> &candidates);

/// How many candidates each reason dropped.
std::map<std::string, int> reasons(const std::vector<Candidate> &candidates);

/// "12 by `wide`, 3 by `shared memory`": reasons() for people.
std::string reasons_text(const std::vector<Candidate> &candidates);

} // namespace girih::autotune

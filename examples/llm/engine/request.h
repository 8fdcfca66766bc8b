// SPDX-License-Identifier: Apache-2.0
// What is asked of the engine, and what it answers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// A request that cannot be served: which part of it, and why.
class RequestError : public std::runtime_error {
public:
  RequestError(std::string_view field, std::string_view message)
      : std::runtime_error(std::string(field) + ": " + std::string(message)) {}
};

/// How tokens are chosen; see ops::sample and ops::apply_penalties.
struct SamplingOptions {
  double temperature = 0; // below 1e-5: always the likeliest
  std::int64_t top_k = 0; // 0: all
  double top_p = 1, min_p = 0;
  double repetition_penalty = 1, presence_penalty = 0, frequency_penalty = 0;
  std::int64_t seed = 0;

  bool sampled() const { return temperature >= 1e-5; }
  bool penalised() const {
    return repetition_penalty != 1 || presence_penalty != 0 ||
           frequency_penalty != 0;
  }
};

/// A token that might have been, and the logarithm of its probability before
/// penalties, temperature and filters.
struct Likelihood {
  std::int32_t token = 0;
  double logprob = 0;
};

/// One generated token.
struct Generated {
  std::int32_t token = 0;
  /// What may be shown now. A character whose bytes are not complete comes
  /// later, and so does what may become a stop string.
  std::string text;
  /// Where asked for: of the token itself, and of the likeliest.
  std::vector<Likelihood> likelihoods;
};

/// Ids to text, one by one; none: what is left at the end.
using TextSource = std::function<std::string(std::optional<std::int32_t>)>;

struct Request {
  std::vector<std::int32_t> prompt;
  std::int64_t max_new = 16;
  SamplingOptions sampling;
  std::vector<std::int64_t> eos;         // any of them ends it; may be empty
  std::vector<std::string> stop_strings; // where there is text
  std::optional<std::int64_t> logprobs;  // how many likeliest beside the token
  TextSource to_text;                    // empty: there is no text
  /// Called for each token, in order; false ends the request.
  std::function<bool(const Generated &)> on_token;
};

enum class Finish { eos, stop_string, length, cancelled };
/// "eos", "stop_string", "length", "cancelled"
std::string_view name(Finish finish);

struct Completion {
  std::int64_t request = 0;         // what submit() gave
  std::vector<std::int32_t> tokens; // an eos that ended it is the last one
  std::string text;                 // without the stop string
  std::vector<std::vector<Likelihood>> likelihoods;
  Finish finish = Finish::length;
  double first_token_seconds = 0; // after submit()
};

} // namespace girih::llm

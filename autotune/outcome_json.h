// SPDX-License-Identifier: Apache-2.0
// Outcomes as JSON, for workers and for stores that are exported. Not
// installed.
#pragma once

#include "girih/autotune/outcome.h"

#include <nlohmann/json.hpp>

#include <optional>

namespace girih::autotune {

using Json = nlohmann::json;

Json to_json(const Outcome &outcome);

/// A status that is not known counts as `unknown`; without one, throws
/// RuntimeError [file]. Throws nlohmann::json's errors and CompileError
/// [config] for what is no outcome.
Outcome outcome_from(const Json &json,
                     std::optional<Outcome::Status> unknown = {});

} // namespace girih::autotune

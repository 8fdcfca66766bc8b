// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/outcome_json.h"

#include "girih/dsl/support/diagnostics.h"

namespace girih::autotune {

Json to_json(const Outcome &each) {
  return {{"config", each.config.to_string()},
          {"status", name(each.status)},
          {"seconds", each.seconds},
          {"spread", each.spread},
          {"runs", each.runs},
          {"registers", each.registers},
          {"threads", each.threads},
          {"local_bytes", each.local_bytes},
          {"shared_bytes", each.shared_bytes},
          {"compile_seconds", each.compile_seconds},
          {"note", each.note}};
}

Outcome outcome_from(const Json &json, std::optional<Outcome::Status> unknown) {
  Outcome each;
  each.config = parse_config(json.at("config").get<std::string>());
  auto status = parse_status(json.at("status").get<std::string>());
  if (!status)
    status = unknown;
  if (!status)
    throw RuntimeError(ErrorId::file, {"an outcome of no kind that is known"});
  each.status = *status;
  json.at("seconds").get_to(each.seconds);
  json.at("spread").get_to(each.spread);
  json.at("runs").get_to(each.runs);
  json.at("registers").get_to(each.registers);
  json.at("threads").get_to(each.threads);
  json.at("local_bytes").get_to(each.local_bytes);
  json.at("shared_bytes").get_to(each.shared_bytes);
  json.at("compile_seconds").get_to(each.compile_seconds);
  json.at("note").get_to(each.note);
  return each;
}

} // namespace girih::autotune

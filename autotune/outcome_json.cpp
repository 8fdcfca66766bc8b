// SPDX-License-Identifier: Apache-2.0
#include "girih/autotune/outcome_json.h"

#include "girih/dsl/support/diagnostics.h"

namespace girih::autotune {

namespace {

/// Fields that are in JSON as they are, of an outcome to read or to write.
template <class Any, class Visitor>
void visit_plain_fields(Any &outcome, const Visitor &visit) {
  visit("seconds", outcome.seconds);
  visit("spread", outcome.spread);
  visit("runs", outcome.runs);
  visit("registers", outcome.registers);
  visit("threads", outcome.threads);
  visit("local_bytes", outcome.local_bytes);
  visit("shared_bytes", outcome.shared_bytes);
  visit("compile_seconds", outcome.compile_seconds);
  visit("note", outcome.note);
}

} // namespace

Json to_json(const Outcome &each) {
  Json json{{"config", each.config.to_string()}, {"status", name(each.status)}};
  visit_plain_fields(
      each, [&](const char *field, const auto &value) { json[field] = value; });
  return json;
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
  visit_plain_fields(each, [&](const char *field, auto &value) {
    json.at(field).get_to(value);
  });
  return each;
}

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// Stores as JSON, and stores into one another.
#include "girih/autotune/outcome_json.h"
#include "girih/autotune/store.h"
#include "girih/autotune/store_rows.h"
#include "girih/dsl/support/diagnostics.h"

namespace girih::autotune {
namespace {

constexpr const char *format_name = "girih-tuned-configs";
constexpr int format_version = 1;

/// Of a key to read or to write.
template <class Any, class Visitor>
void visit_fields(Any &key, const Visitor &visit) {
  visit("kernel", key.kernel);
  visit("dtypes", key.dtypes);
  visit("bucket", key.bucket);
  visit("classes", key.classes);
  visit("device", key.device);
  visit("compiler", key.compiler);
}

Json to_json(const TuningKey &key) {
  Json json;
  visit_fields(
      key, [&](const char *field, const auto &value) { json[field] = value; });
  return json;
}

TuningKey key_from(const Json &json) {
  TuningKey key;
  visit_fields(key, [&](const char *field, auto &value) {
    json.at(field).get_to(value);
  });
  return key;
}

Json to_json(const TimingRow &row) {
  Json json = to_json(row.outcome);
  json["key"] = to_json(row.key);
  json["kernel_name"] = row.kernel_name;
  json["shape"] = row.shape;
  return json;
}

TimingRow timing_from(const Json &json) {
  TimingRow row;
  row.key = key_from(json.at("key"));
  json.at("kernel_name").get_to(row.kernel_name);
  json.at("shape").get_to(row.shape);
  row.outcome = outcome_from(json);
  return row;
}

Json to_json(const ChoiceRow &row) {
  return {{"key", to_json(row.key)}, {"kernel_name", row.kernel_name},
          {"shape", row.shape},      {"config", row.config.to_string()},
          {"seconds", row.seconds},  {"fallback_seconds", row.fallback_seconds},
          {"how", row.how}};
}

ChoiceRow choice_from(const Json &json) {
  ChoiceRow row;
  row.key = key_from(json.at("key"));
  json.at("kernel_name").get_to(row.kernel_name);
  json.at("shape").get_to(row.shape);
  row.config = parse_config(json.at("config").get<std::string>());
  json.at("seconds").get_to(row.seconds);
  json.at("fallback_seconds").get_to(row.fallback_seconds);
  json.at("how").get_to(row.how);
  return row;
}

/// Of two rows of one key.
bool keeps(const Store &store, const TimingRow &row) {
  for (const TimingRow &known : store.timings(row.key))
    if (known.outcome.config == row.outcome.config && known.shape == row.shape)
      return known.outcome.runs >= row.outcome.runs;
  return false;
}

bool keeps(const Store &store, const ChoiceRow &row) {
  const auto known = store.choice(row.key);
  return known && known->seconds <= row.seconds;
}

} // namespace

std::optional<Config> read_config(std::string_view text) {
  try {
    return parse_config(text);
  } catch (const CompileError &) {
    return std::nullopt;
  }
}

std::string Store::export_json() const {
  Json timings = Json::array(), chosen = Json::array();
  for (const TimingRow &row : all_timings())
    timings.push_back(to_json(row));
  for (const ChoiceRow &row : choices())
    chosen.push_back(to_json(row));
  return Json{{"format", format_name},
              {"version", format_version},
              {"timings", timings},
              {"choices", chosen}}
             .dump(1) +
         "\n";
}

int Store::import_json(std::string_view text) {
  std::vector<TimingRow> timings;
  std::vector<ChoiceRow> chosen;
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != format_name ||
        json.at("version") != format_version)
      throw RuntimeError(ErrorId::file, {"another format or version"});
    for (const Json &each : json.at("timings"))
      timings.push_back(timing_from(each));
    for (const Json &each : json.at("choices"))
      chosen.push_back(choice_from(each));
  } catch (const Json::exception &error) {
    throw RuntimeError(
        ErrorId::file,
        {std::string("no export of tuned Configs: ") + error.what(),
         "girih-tune export writes one"});
  } catch (const Error &error) {
    throw RuntimeError(ErrorId::file, {"no export of tuned Configs: " +
                                           error.diagnostic().message,
                                       "girih-tune export writes one"});
  }
  in_transaction([&] {
    for (const TimingRow &row : timings)
      if (!keeps(*this, row))
        put(row);
    for (const ChoiceRow &row : chosen)
      if (!keeps(*this, row))
        put(row);
  });
  return static_cast<int>(timings.size() + chosen.size());
}

int Store::merge(const Store &other) {
  return import_json(other.export_json());
}

} // namespace girih::autotune

// SPDX-License-Identifier: Apache-2.0
// How positions turn heads: transformers 5 has one object, 4 two fields.
#include "girih/examples/llm/config/config_parts.h"

#include "girih/examples/llm/files/json.h"

#include <fmt/format.h>

namespace girih::llm {
namespace {

constexpr std::string_view known_kinds[] = {"default", "linear", "llama3",
                                            "yarn"};
constexpr double most_factor = 1e6, most_theta = 1e15;

// The literal: RotaryScaling::kind outlives the text of the file.
std::string_view read_kind(const JsonFields &scaling) {
  const char *field = scaling.has("rope_type") ? "rope_type" : "type";
  const std::string wanted = scaling.text(field).value_or("default");
  for (std::string_view each : known_kinds)
    if (each == wanted)
      return each;
  scaling.fail(field,
               fmt::format("must be {}, not {}", fmt::join(known_kinds, ", "),
                           printable(wanted)));
}

void read_scaling(const JsonFields &from, const ModelConfig &config,
                  ops::RotaryScaling &scaling) {
  if (scaling.kind == "default")
    return;
  scaling.factor = from.number("factor", 1, most_factor);
  if (scaling.kind == "linear")
    return;
  // transformers takes the context's length where yarn's is not given.
  std::optional<double> fallback;
  if (scaling.kind == "yarn")
    fallback = static_cast<double>(config.max_positions);
  scaling.original_max_position =
      from.number("original_max_position_embeddings", 1,
                  static_cast<double>(most_positions), fallback);
  if (scaling.kind == "llama3") {
    scaling.low_freq_factor = from.number("low_freq_factor", 1e-3, most_factor);
    scaling.high_freq_factor =
        from.number("high_freq_factor", 1e-3, most_factor);
    if (scaling.high_freq_factor <= scaling.low_freq_factor)
      from.fail("high_freq_factor", "must be more than low_freq_factor");
    return;
  }
  scaling.beta_fast = from.number("beta_fast", 1e-3, most_factor, 32);
  scaling.beta_slow = from.number("beta_slow", 1e-3, most_factor, 1);
  if (scaling.beta_fast <= scaling.beta_slow)
    from.fail("beta_fast", "must be more than beta_slow");
  scaling.mscale = from.number("mscale", 0, 100, 0);
  scaling.mscale_all_dim = from.number("mscale_all_dim", 0, 100, 0);
  scaling.attention_factor = from.number("attention_factor", 0, 100, 0);
  if (!from.boolean("truncate", true))
    from.fail("truncate", "must be true: the ramp begins at whole dimensions");
}

/// transformers 5 writes an object for each kind of layer where they differ.
void must_be_of_all_layers(const JsonFields &fields, const char *name) {
  for (const auto &[kind, value] : fields.find(name)->items())
    if (value.is_object())
      fields.fail(fmt::format("{}.{}", name, printable(kind)),
                  "must not be an object: all layers turn alike");
}

void must_turn_whole(const JsonFields &fields) {
  if (fields.number("partial_rotary_factor", 0, 1, 1) != 1)
    fields.fail("partial_rotary_factor", "must be 1: heads turn as a whole");
}

} // namespace

RopeConfig read_rope(const JsonFields &fields, const ModelConfig &config) {
  RopeConfig rope;
  rope.theta = fields.number("rope_theta", 1.001, most_theta, 10000);
  const char *name =
      fields.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const std::optional<JsonFields> from = fields.object(name);
  if (from) {
    must_be_of_all_layers(fields, name);
    if (name == std::string_view("rope_parameters"))
      rope.theta = from->number("rope_theta", 1.001, most_theta, rope.theta);
    rope.scaling.kind = read_kind(*from);
    rope.kind = rope.scaling.kind;
    read_scaling(*from, config, rope.scaling);
  }
  must_turn_whole(fields);
  if (from)
    must_turn_whole(*from);
  rope.interleaved = config.family == Family::deepseek_v3 &&
                     fields.boolean("rope_interleave", true);
  return rope;
}

} // namespace girih::llm

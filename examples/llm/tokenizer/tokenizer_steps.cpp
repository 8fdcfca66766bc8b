// SPDX-License-Identifier: Apache-2.0
// The "pre_tokenizer" and "post_processor" of tokenizer.json.
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <utility>

namespace girih::llm {
namespace {

SplitStep read_split(const JsonNode &step, const std::string &path) {
  const std::string &behavior = step.at("behavior").string();
  if (behavior != "Isolated")
    step.at("behavior")
        .fail("must be Isolated, not '" + printable(behavior) + "'");
  if (step.at("invert").boolean())
    step.at("invert").fail("must be false");
  JsonNode pattern = step.at("pattern");
  if (pattern.object().size() != 1)
    pattern.fail("must have one member, Regex");
  return {pattern.at("Regex").string(), path + ".pattern.Regex"};
}

void read_byte_level(const JsonNode &step, PretokenizerSteps &out) {
  out.add_prefix_space = step.at("add_prefix_space").boolean();
  if (auto trim = step.find("trim_offsets"))
    trim->boolean(); // offsets are not kept
  auto use_regex = step.find("use_regex");
  out.split_byte_level = !use_regex || use_regex->boolean();
}

// Returns whether this step was ByteLevel, after which nothing may come.
bool read_step(const JsonNode &step, const std::string &path,
               PretokenizerSteps &out) {
  const std::string &type = step.at("type").string();
  if (type == "Split") {
    out.splits.push_back(read_split(step, path));
    return false;
  }
  if (type == "ByteLevel") {
    read_byte_level(step, out);
    return true;
  }
  step.at("type").fail("must be Sequence, Split or ByteLevel, not '" +
                       printable(type) + "'");
}

// One token of a template: ids of a special token, or none for the text.
std::vector<std::int32_t> template_ids(const JsonNode &piece,
                                       const JsonNode &special_tokens,
                                       const TokenizerFile &tokens) {
  const std::string &name = piece.at("id").string();
  JsonNode entry = special_tokens.at(name);
  if (const auto &id = entry.at("id").string(); id != name)
    entry.at("id").fail("must be the key, '" + printable(name) + "'");
  JsonNode ids = entry.at("ids"), contents = entry.at("tokens");
  if (ids.array().empty() || ids.array().size() != contents.array().size())
    ids.fail("must have as many elements as tokens, and at least one");
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < ids.array().size(); ++i) {
    auto id =
        static_cast<std::int32_t>(ids.element(i).integer(0, most_tokens - 1));
    const std::string &content = contents.element(i).string();
    if (tokens.id_of(content) != id)
      ids.element(i).fail("is not the id of '" + printable(content) + "'");
    out.push_back(id);
  }
  return out;
}

void read_template(const JsonNode &step, const TokenizerFile &tokens,
                   Surroundings &out) {
  JsonNode single = step.at("single"), special = step.at("special_tokens");
  special.object();
  step.at("pair").array(); // of two texts, which nobody asks for here
  Surroundings own;
  bool text_seen = false;
  for (std::size_t i = 0; i < single.array().size(); ++i) {
    JsonNode piece = single.element(i);
    if (piece.object().size() != 1)
      piece.fail("must have one member, Sequence or SpecialToken");
    if (auto sequence = piece.find("Sequence")) {
      if (sequence->at("id").string() != "A" || text_seen)
        piece.fail("must be the text, A, once");
      text_seen = true;
      continue;
    }
    auto ids = template_ids(piece.at("SpecialToken"), special, tokens);
    auto &side = text_seen ? own.after : own.before;
    side.insert(side.end(), ids.begin(), ids.end());
  }
  if (!text_seen)
    single.fail("has no Sequence: the text itself would be lost");
  // A later processor goes around what earlier ones made.
  out.before.insert(out.before.begin(), own.before.begin(), own.before.end());
  out.after.insert(out.after.end(), own.after.begin(), own.after.end());
}

} // namespace

PretokenizerSteps read_pretokenizer(const JsonNode &root) {
  JsonNode field = root.at("pre_tokenizer");
  PretokenizerSteps out;
  bool byte_level = false;
  if (field.at("type").string() != "Sequence") {
    byte_level = read_step(field, "pre_tokenizer", out);
  } else {
    JsonNode steps = field.at("pretokenizers");
    for (std::size_t i = 0; i < steps.array().size(); ++i) {
      if (byte_level)
        steps.element(i).fail("comes after ByteLevel, which must be last");
      byte_level = read_step(
          steps.element(i),
          "pre_tokenizer.pretokenizers[" + std::to_string(i) + "]", out);
    }
  }
  if (!byte_level)
    field.fail("must end in ByteLevel: only byte-level BPE is known here");
  return out;
}

Surroundings read_post_processor(const JsonNode &step,
                                 const TokenizerFile &tokens) {
  Surroundings out;
  const std::string &type = step.at("type").string();
  if (type == "TemplateProcessing") {
    read_template(step, tokens, out);
  } else if (type == "Sequence") {
    JsonNode processors = step.at("processors");
    for (std::size_t i = 0; i < processors.array().size(); ++i) {
      Surroundings outer = read_post_processor(processors.element(i), tokens);
      out.before.insert(out.before.begin(), outer.before.begin(),
                        outer.before.end());
      out.after.insert(out.after.end(), outer.after.begin(), outer.after.end());
    }
  } else if (type != "ByteLevel") { // it only trims offsets
    step.at("type").fail(
        "must be TemplateProcessing, ByteLevel or Sequence, not '" +
        printable(type) + "'");
  }
  return out;
}

} // namespace girih::llm

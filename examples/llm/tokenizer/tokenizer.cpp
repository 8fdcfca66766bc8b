// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/tokenizer/tokenizer.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/json.h"
#include "girih/examples/llm/files/mapped_file.h"
#include "girih/examples/llm/files/utf8.h"
#include "girih/examples/llm/tokenizer/added_tokens.h"
#include "girih/examples/llm/tokenizer/bpe.h"
#include "girih/examples/llm/tokenizer/byte_map.h"
#include "girih/examples/llm/tokenizer/chat_template.h"
#include "girih/examples/llm/tokenizer/nfc.h"
#include "girih/examples/llm/tokenizer/pretokenizer.h"
#include "girih/examples/llm/tokenizer/text_stream.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace girih::llm {

// Texts are indexed by 32 bits.
static constexpr std::size_t longest_text = std::size_t{1} << 30;

struct Tokenizer::State {
  State(TokenizerFile &&read, const std::string &name);

  bool has(std::int32_t id) const {
    return id >= 0 && static_cast<std::size_t>(id) < tokens.size();
  }

  struct Token {
    std::string bytes; // what it says
    bool special = false;
  };
  std::string file;
  std::unordered_map<std::string, std::int32_t> ids;
  std::vector<Token> tokens;        // by id; holes say nothing
  AddedTokenFinder raw, normalized; // by the text that they are looked for in
  bool nfc;
  Pretokenizer pretokenizer;
  Bpe bpe;
  Surroundings surroundings;
  std::optional<std::int32_t> bos, eos;
  std::optional<ChatFormat> chat;
};

Tokenizer::State::State(TokenizerFile &&read, const std::string &name)
    : file(name), nfc(read.nfc), pretokenizer(read.pretokenizer, name),
      bpe(read.model), surroundings(std::move(read.surroundings)) {
  for (const AddedToken &each : read.added)
    read.model.vocabulary.emplace(each.content, each.id);
  ids = std::move(read.model.vocabulary);
  for (const auto &[token, id] : ids) {
    auto at = static_cast<std::size_t>(id);
    if (at >= tokens.size())
      tokens.resize(at + 1);
    // A character that stands for no byte makes a token say itself.
    tokens[at].bytes = bytes_of_written(token).value_or(token);
  }
  // Special ones first: they win where others look the same when normalized.
  for (bool special : {true, false}) {
    for (const AddedToken &each : read.added) {
      if (each.special != special)
        continue;
      tokens[static_cast<std::size_t>(each.id)].special = special;
      if (each.normalized)
        normalized.add(each, nfc ? to_nfc(each.content) : each.content);
      else
        raw.add(each, each.content);
    }
  }
}

namespace {

// One text on its way to ids.
class Encoding {
public:
  Encoding(bool nfc, const Pretokenizer &pretokenizer, const Bpe &bpe)
      : nfc_(nfc), pretokenizer_(pretokenizer), bpe_(bpe) {}

  void add_text(std::string_view text, const AddedTokenFinder *normalized) {
    std::string composed;
    if (nfc_)
      text = composed = to_nfc(text);
    if (!normalized)
      return add_plain(text);
    for (const TextSegment &segment : normalized->split(text))
      if (segment.id >= 0)
        ids.push_back(segment.id);
      else
        add_plain(segment.text);
  }

  std::vector<std::int32_t> ids;

private:
  void add_plain(std::string_view text) {
    std::vector<std::string> storage;
    for (std::string_view piece : pretokenizer_.split(text, storage))
      bpe_.encode(piece, scratch_, ids);
  }

  bool nfc_;
  const Pretokenizer &pretokenizer_;
  const Bpe &bpe_;
  Bpe::Scratch scratch_;
};

void check_text(std::string_view text) {
  if (text.size() > longest_text)
    throw ModelError("text", "",
                     "has " + std::to_string(text.size()) +
                         " bytes, more than " + std::to_string(longest_text));
  if (auto at = first_invalid_utf8(text))
    throw ModelError("text", "byte " + std::to_string(*at),
                     "is not UTF-8 (" + place_in_text(text, *at) + ")");
}

std::optional<std::int32_t> special_id(const TokenizerFile &read,
                                       const std::optional<std::string> &token,
                                       const std::string &file,
                                       const char *field) {
  if (!token)
    return std::nullopt;
  auto id = read.id_of(*token);
  if (!id)
    throw ModelError(file, field,
                     "'" + printable(*token) +
                         "' is no token of tokenizer.json");
  return id;
}

// An explicit setting of tokenizer_config.json counts more than the
// post-processor: transformers makes a new one of it.
void apply_setting(const std::optional<bool> &add,
                   const std::optional<std::int32_t> &token,
                   std::vector<std::int32_t> &side, bool at_front,
                   const std::string &file, const char *field) {
  if (!add)
    return;
  if (*add && !token)
    throw ModelError(file, field, "is true, but there is no such token");
  if (!token)
    return;
  bool there =
      !side.empty() && (at_front ? side.front() : side.back()) == *token;
  auto place = at_front ? side.begin() : side.end();
  if (*add && !there)
    side.insert(place, *token);
  else if (!*add && there)
    side.erase(at_front ? place : place - 1);
}

} // namespace

Tokenizer::Tokenizer(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

Tokenizer Tokenizer::parse(std::string_view tokenizer_json,
                           std::string_view tokenizer_config_json,
                           const std::string &file,
                           std::string_view chat_template) {
  TokenizerFile read = read_tokenizer_json(tokenizer_json, file);
  std::string config_file =
      std::filesystem::path(file).replace_filename("tokenizer_config.json");
  TokenizerConfig config;
  if (!tokenizer_config_json.empty())
    config = read_tokenizer_config(tokenizer_config_json, config_file);
  if (!chat_template.empty())
    config.chat_template = chat_template;
  auto bos = special_id(read, config.bos, config_file, "bos_token");
  auto eos = special_id(read, config.eos, config_file, "eos_token");
  auto &[before, after] = read.surroundings;
  apply_setting(config.add_bos, bos, before, true, config_file,
                "add_bos_token");
  apply_setting(config.add_eos, eos, after, false, config_file,
                "add_eos_token");
  auto state = std::make_shared<State>(std::move(read), file);
  state->bos = bos;
  state->eos = eos;
  Tokenizer out(state);
  // The tokens that a format needs are looked up in what is made here.
  state->chat = recognize_chat_format(out, config.chat_template);
  return out;
}

Tokenizer Tokenizer::open(const std::filesystem::path &directory) {
  constexpr std::size_t most = std::size_t{64} << 20;
  auto path = directory / "tokenizer.json";
  auto config = read_optional_file(directory / "tokenizer_config.json", most);
  auto chat = read_chat_template(directory);
  return parse(read_file(path, most), config.value_or(""), path.string(),
               chat.value_or(""));
}

std::vector<std::int32_t>
Tokenizer::encode(std::string_view text, const EncodeOptions &options) const {
  check_text(text);
  const auto &[before, after] = state_->surroundings;
  Encoding encoding(state_->nfc, state_->pretokenizer, state_->bpe);
  if (options.add_special_tokens)
    encoding.ids = before;
  if (!options.parse_special) {
    encoding.add_text(text, nullptr);
  } else {
    for (const TextSegment &segment : state_->raw.split(text))
      if (segment.id >= 0)
        encoding.ids.push_back(segment.id);
      else
        encoding.add_text(segment.text, &state_->normalized);
  }
  if (options.add_special_tokens)
    encoding.ids.insert(encoding.ids.end(), after.begin(), after.end());
  return std::move(encoding.ids);
}

std::string Tokenizer::decode(const std::vector<std::int32_t> &ids,
                              bool skip_special_tokens) const {
  TextStream stream(*this, skip_special_tokens);
  std::string out;
  for (std::int32_t id : ids)
    out += stream.push(id);
  return out + stream.finish();
}

std::int64_t Tokenizer::size() const {
  return static_cast<std::int64_t>(state_->tokens.size());
}

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  auto found = state_->ids.find(std::string(token));
  return found == state_->ids.end() ? std::nullopt
                                    : std::optional(found->second);
}

bool Tokenizer::special(std::int32_t id) const {
  return state_->has(id) &&
         state_->tokens[static_cast<std::size_t>(id)].special;
}

std::optional<std::int32_t> Tokenizer::bos() const { return state_->bos; }
std::optional<std::int32_t> Tokenizer::eos() const { return state_->eos; }

std::shared_ptr<const ChatFormat> Tokenizer::chat_format() const {
  if (!state_->chat)
    return nullptr;
  return {state_, &*state_->chat};
}

const std::string &Tokenizer::file() const { return state_->file; }

TextStream::TextStream(const Tokenizer &tokenizer, bool skip_special_tokens)
    : tokenizer_(tokenizer.state_), skip_special_tokens_(skip_special_tokens) {}

std::string TextStream::push(std::int32_t id) {
  if (!tokenizer_->has(id))
    return "";
  const auto &token = tokenizer_->tokens[static_cast<std::size_t>(id)];
  return token.special && skip_special_tokens_ ? "" : bytes_.push(token.bytes);
}

std::string TextStream::finish() { return bytes_.finish(); }

} // namespace girih::llm

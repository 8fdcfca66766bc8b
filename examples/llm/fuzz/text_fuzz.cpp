// SPDX-License-Identifier: Apache-2.0
// Bytes as text for the built-in model's tokenizer, and as a stream of UTF-8
// that ends anywhere.
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/files/utf8.h"
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/tokenizer/nfc.h"
#include "girih/examples/llm/tokenizer/text_stream.h"
#include "girih/examples/llm/weights/default_model.h"

namespace girih::llm {
namespace {

const Tokenizer &tokenizer() {
  static const Tokenizer out =
      Tokenizer::parse(default_model_file("tokenizer.json").text(), "", "fuzz");
  return out;
}

void check_text(std::string_view text) {
  if (first_invalid_utf8(text)) {
    try {
      tokenizer().encode(text);
      require(false);
    } catch (const ModelError &) {
    }
    return;
  }
  for (bool special : {true, false}) {
    auto ids = tokenizer().encode(text, {.parse_special = special});
    // Marks behind a special token are not composed with its last character.
    require(to_nfc(tokenizer().decode(ids)) == to_nfc(text));
  }
}

void check_stream(std::string_view text) {
  LossyUtf8 whole, pieces;
  std::string wanted = whole.push(text) + whole.finish(), got;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1 + static_cast<unsigned char>(text[at]) % 5;
    got += pieces.push(text.substr(at, length));
    require(!first_invalid_utf8(got));
    at += length;
  }
  require(got + pieces.finish() == wanted);
  require(first_invalid_utf8(text) || wanted == text);
}

// Each byte pair is an id.
void check_ids(std::string_view bytes) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    ids.push_back(static_cast<unsigned char>(bytes[i]) |
                  (static_cast<unsigned char>(bytes[i + 1]) & 7) << 8);
  TextStream stream(tokenizer(), false);
  std::string text;
  for (std::int32_t id : ids)
    text += stream.push(id);
  require(text + stream.finish() == tokenizer().decode(ids));
}

} // namespace
} // namespace girih::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace girih::llm;
  const std::string_view text = fuzz_text(data, size);
  check_text(text);
  check_stream(text);
  check_ids(text);
  return 0;
}

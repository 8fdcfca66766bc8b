// SPDX-License-Identifier: Apache-2.0
// A text as tokenizer.json, as tokenizer_config.json and as a chat template. A
// tokenizer that comes of it turns text into ids and back.
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/tokenizer/chat_template.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"
#include "girih/examples/llm/weights/default_model.h"

namespace girih::llm {
namespace {

void use(const Tokenizer &tokenizer) {
  require(tokenizer.size() >= 256);
  const std::string text = "To be,  or not 12345\r\n\n to be <|im_end|>\u00e9";
  const std::vector<std::int32_t> ids = tokenizer.encode(text);
  for (std::int32_t id : ids)
    require(id >= 0 && id < tokenizer.size());
  tokenizer.decode(ids);
  if (tokenizer.chat_format())
    encode_chat(tokenizer, {{"system", "x"}, {"user", text}});
}

void check_tokenizer(std::string_view text) {
  use(Tokenizer::parse(text, "", "fuzz"));
}

void check_config(std::string_view text) {
  read_tokenizer_config(text, "fuzz"); // mostly this already throws
  use(Tokenizer::parse(default_model_file("tokenizer.json").text(), text,
                       "fuzz"));
}

void check_template(std::string_view text) {
  static const std::string_view file =
      default_model_file("tokenizer.json").text();
  static const Tokenizer tokenizer = Tokenizer::parse(file, "", "fuzz");
  recognize_chat_format(tokenizer, std::string(text));
}

} // namespace
} // namespace girih::llm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace girih::llm;
  const std::string_view text = fuzz_text(data, size);
  for (auto *check : {check_tokenizer, check_config, check_template})
    try {
      check(text);
    } catch (const ModelError &) {
    }
  return 0;
}

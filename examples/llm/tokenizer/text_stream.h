// SPDX-License-Identifier: Apache-2.0
// Text of ids as they come.
#pragma once

#include "girih/examples/llm/tokenizer/lossy_utf8.h"
#include "girih/examples/llm/tokenizer/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace girih::llm {

/// Decodes ids one by one into whole characters: holds at most 3 bytes of a
/// character that is not complete, and gives U+FFFD for what never will be. All
/// that it gives, put together, is what decode() gives.
class TextStream {
public:
  explicit TextStream(const Tokenizer &tokenizer,
                      bool skip_special_tokens = true);
  std::string push(std::int32_t id);
  std::string finish();

private:
  std::shared_ptr<const Tokenizer::State> tokenizer_;
  LossyUtf8 bytes_;
  bool skip_special_tokens_;
};

} // namespace girih::llm

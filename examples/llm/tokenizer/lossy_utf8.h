// SPDX-License-Identifier: Apache-2.0
// Bytes that may be no UTF-8, made into text.
#pragma once

#include <string>
#include <string_view>

namespace girih::llm {

/// Bytes that arrive in pieces, made into text: what can never be part of a
/// character becomes U+FFFD, one for each maximal beginning of a character, as
/// the Encoding Standard has it. At most 3 bytes wait for their rest.
class LossyUtf8 {
public:
  std::string push(std::string_view bytes);
  /// What still waits, as U+FFFD.
  std::string finish();

private:
  std::string held_;
};

} // namespace girih::llm

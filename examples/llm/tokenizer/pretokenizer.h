// SPDX-License-Identifier: Apache-2.0
// Cuts text into the pieces within which tokens are merged.
#pragma once

#include "girih/examples/llm/tokenizer/regex.h"
#include "girih/examples/llm/tokenizer/tokenizer_file.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

class Pretokenizer {
public:
  /// Throws ModelError where a regex cannot be used.
  Pretokenizer(const PretokenizerSteps &steps, const std::string &file);

  /// Pieces of valid UTF-8. They point into `text`, or into `storage` where a
  /// space has been put before one. Throws ModelError where a regex that is
  /// not one of the families' takes too many steps.
  std::vector<std::string_view> split(std::string_view text,
                                      std::vector<std::string> &storage) const;

private:
  struct Step {
    Regex regex;
    std::string field;
  };
  void run(const Step &step, std::vector<std::string_view> &pieces) const;

  std::vector<Step> steps_;
  std::optional<Step> byte_level_;
  bool add_prefix_space_;
  std::string file_;
};

} // namespace girih::llm

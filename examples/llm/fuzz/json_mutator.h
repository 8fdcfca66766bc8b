// SPDX-License-Identifier: Apache-2.0
// Changes a JSON text as one who knows what it is about: most of what comes out
// is valid, or has one thing wrong, and so gets past the first check.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

using FuzzRandom = std::mt19937_64;

/// What a field may be. Numbers between two bounds are drawn evenly or as
/// likely small as large, or are one of the bounds or one past it.
struct FuzzField {
  enum class Kind { integer, real, flag, text, integers, texts };
  std::string name; // "rope_parameters.factor" is in an object
  Kind kind = Kind::integer;
  double least = 0, most = 1;
  std::vector<std::string_view> words = {}; // of text and texts
};

/// Fields that go together: all of them are set at once, so that one field
/// decides what others mean.
struct FuzzBlock {
  std::string_view text; // an object, merged into the document
};

struct FuzzVocabulary {
  std::vector<FuzzField> fields;
  std::vector<FuzzBlock> blocks;
};

/// A text made of `text` by a few changes; of one that is no object, an object.
std::string mutate_json(std::string_view text, const FuzzVocabulary &vocabulary,
                        std::uint64_t seed);

} // namespace girih::llm

// SPDX-License-Identifier: Apache-2.0
// Arbitrary damage to the text of a Program.
#pragma once

#include "girih/dsl/program.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace girih::testing {

/// Expects that reading `text` after up to `most` random edits does nothing but
/// throw CompileError, or gives a Program that is read back as it is written.
inline void expect_survives_damage(const std::string &text, unsigned seed,
                                   std::size_t most) {
  std::mt19937 engine(seed);
  auto below = [&](std::size_t n) { return engine() % n; };
  int read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = text;
    for (std::size_t edits = below(most) + 1; edits > 0; --edits) {
      std::size_t at = below(damaged.size());
      switch (below(4)) {
      case 0:
        damaged[at] = static_cast<char>(below(256));
        break;
      case 1:
        damaged.erase(at, below(20));
        break;
      case 2:
        damaged.insert(at, text.substr(below(text.size()), below(30)));
        break;
      default:
        damaged[at] = "0123456789%[]{}()+-*/ n.pt"[below(26)];
      }
      if (damaged.empty())
        damaged = " ";
    }
    try {
      Program program = parse_program(damaged);
      ++read;
      std::string canonical = program.to_string();
      ASSERT_EQ(parse_program(canonical).to_string(), canonical);
    } catch (const CompileError &) {
    }
  }
  EXPECT_GT(read, 0); // else the loop above tested nothing but refusals
}

} // namespace girih::testing

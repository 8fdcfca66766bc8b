// SPDX-License-Identifier: Apache-2.0
// Holds the pictures of docs against what is drawn.
#pragma once

#include "girih/dsl/visualize.h"
#include "girih/tests/support/source_root.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace girih::testing {

/// Expects that docs/pictures/`name`.svg is this picture.
inline void expect_picture(const std::string &name, const Picture &picture) {
  auto path = source_root() / "docs/pictures" / (name + ".svg");
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (text.str() == picture.svg)
    return;
  auto drawn = std::filesystem::temp_directory_path() / (name + ".svg");
  std::ofstream(drawn) << picture.svg;
  ADD_FAILURE() << path << " is not what is drawn now: " << drawn;
}

} // namespace girih::testing

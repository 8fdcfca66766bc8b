// SPDX-License-Identifier: Apache-2.0
// Mistakes in texts and in the environment: no source line, but a place.
#include "expect_error.h"

#include <cstdlib>

namespace girih::testing {
namespace {

TEST(TextErrors, Parse) {
  expect_error(ErrorId::parse, [] { parse_program("kernel"); });
  expect_error(ErrorId::parse, [] { parse_expr("p0 +", {}); });
  try {
    parse_expr("p0 +\n  $", {});
    ADD_FAILURE();
  } catch (const CompileError &error) {
    EXPECT_NE(std::string(error.what()).find("line 2, column 3"),
              std::string::npos)
        << error.what();
  }
}

TEST(TextErrors, Config) {
  expect_error(ErrorId::config, [] { parse_config("num_warps=many"); });
}

TEST(TextErrors, Environment) {
  setenv("GIRIH_CACHE_SIZE", "much", 1);
  expect_error(ErrorId::environment, [] { env_size("GIRIH_CACHE_SIZE"); });
  unsetenv("GIRIH_CACHE_SIZE");
}

TEST(TextErrors, Shapes) {
  auto source = make_source(
      "copy",
      [](Tensor a, Tensor c) { return arranged(a.tile({4}), c.tile({4})); },
      [](In a, Out c) { c = a; });
  Program program = record_kernel(source, 1);
  expect_error(ErrorId::shape, [&] { check_grids(program, {{4}, {3}}); });
  expect_error(ErrorId::size, [&] {
    std::int64_t huge = std::int64_t{1} << 40;
    evaluate(program, 0, {{huge}, {huge}});
  });
}

} // namespace
} // namespace girih::testing

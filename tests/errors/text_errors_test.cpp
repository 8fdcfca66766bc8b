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
  expect_error(ErrorId::config, [] { AT, parse_config("num_warps=many"); });
  // A text by itself has no line.
  expect_error(ErrorId::config, [] { parse_config("num_warps=many", {}); });
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
  // What is missing, and how it is given.
  expect_error(
      ErrorId::shape, [&] { check_grids(program, {{4}}); },
      "give a shape for each operand");
  expect_error(
      ErrorId::kernel_signature,
      [&] {
        AT, source.where = std::source_location::current();
        evaluate(source, {}, {{4}});
      },
      "got 1 shapes");
  expect_error(
      ErrorId::shape, [] { evaluate(Tensor(2).tile({2, 2}), {4}); },
      "no shape is given for dimension 1 of operand number 0");
  expect_error(
      ErrorId::block_missing,
      [] { evaluate(Tensor(1).tile({block_size("B")}), {4}); },
      "give evaluate() or visualize() one: {{\"B\", 64}}");
}

TEST(TextErrors, OperandsThatThereAreNot) {
  auto source = make_source(
      "copy",
      [](Tensor a, Tensor c) { return arranged(a.tile({4}), c.tile({4})); },
      [](In a, Out c) { c = a; });
  Program program = record_kernel(source, 1);
  expect_error(
      ErrorId::argument, [&] { evaluate(program, 5, {{4}, {4}}); },
      "operand number 5 of kernel copy, which has 2");
  expect_error(ErrorId::argument, [&] { evaluate(program, -1, {{4}, {4}}); });
  expect_error(
      ErrorId::operand_rank, [] { evaluate(Tensor(2, -5), {2, 2}); },
      "Tensor a is operand number -5");
  expect_error(ErrorId::operand_rank, [] { Tensor(2, INT32_MAX); });
}

// evaluate() and visualize() refuse what a call refuses.
TEST(TextErrors, EvaluatedAsCalled) {
  auto expect = [](ErrorId id, const Config &config, const Shapes &shapes,
                   std::string_view says) {
    auto source = make_source(
        "copy",
        [](Tensor a, Tensor c) {
          auto B = block_size("B");
          return arranged(a.tile({B}), c.tile({B}));
        },
        [](In a, Out c) { c = a; });
    for (bool drawn : {false, true})
      expect_error(
          id,
          [&] {
            if (catalogue_entry(id).error_class == ErrorClass::compile)
              AT, source.where = std::source_location::current();
            if (drawn)
              visualize(source, config, shapes);
            else
              evaluate(source, config, shapes);
          },
          says);
  };
  const Config two = parse_config("B=2");
  expect(ErrorId::shape, two, {{5}, {50}}, "operands a[5] and b[50]");
  expect(ErrorId::shape, two, {{-5}, {5}}, "operand a is given the shape [-5]");
  Config warps = two;
  warps.num_warps = -1;
  expect(ErrorId::config, warps, {{5}, {5}}, "field num_warps is -1");
  expect(ErrorId::block_unknown, parse_config("B=2 Q=2"), {{5}, {5}},
         "block size Q");
  Program program = record_kernel(
      make_source(
          "copy",
          [](Tensor a, Tensor c) { return arranged(a.tile({4}), c.tile({4})); },
          [](In a, Out c) { c = a; }),
      1);
  expect_error(ErrorId::shape, [&] { evaluate(program, 0, {{5}, {50}}); });
  expect_error(
      ErrorId::shape, [] { evaluate(Tensor(1), {-2}); },
      "Tensor a is given the shape [-2]");
}

TEST(TextErrors, CoveringMoreThanATileHolds) {
  auto source = make_source(
      "rows",
      [](Tensor a, Tensor c) {
        auto N = covering_block("N", a.size(0));
        return arranged(a.tile({N}), c.tile({N}));
      },
      [](In a, Out c) { c = a; });
  for (auto [block, size] : {std::pair(64, 65), std::pair(1 << 20, 2000000)}) {
    Config config;
    config.blocks["N"] = block;
    Program program = record_kernel(source, 1, config);
    expect_error(
        ErrorId::size,
        [&, size = size] { check_grids(program, {{size}, {size}}); },
        block == 64 ? "a Config with a larger N" : "no tile is that large");
  }
}

} // namespace
} // namespace girih::testing

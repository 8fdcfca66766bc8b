// SPDX-License-Identifier: Apache-2.0
// The text of Programs: what it reads back as, and bad texts.
#include "damage.h"
#include "kernels.h"

#include <gtest/gtest.h>

#include <cmath>

namespace girih {
namespace {

using testing::matmul_source;
using testing::record_all;

std::string matmul_text() {
  return record_all(matmul_source(), bf16, 2,
                    {{"BM", 32}, {"BN", 16}, {"BK", 8}})
      .to_string();
}

TEST(ProgramTextTest, RoundTrips) {
  std::string text = matmul_text();
  Program read = parse_program(text);
  EXPECT_EQ(read.to_string(), text);
  EXPECT_EQ(read.hash(), parse_program(text).hash());
  EXPECT_EQ(read.hash().size(), 32U);
}

TEST(ProgramTextTest, OnlyWhatIsReadIsSettled) {
  std::string text = matmul_text();
  const auto end_of_class = [&](const char *operand) {
    return text.find('\n', text.find("class", text.find(operand)));
  };
  text.insert(end_of_class("operand b"), " settled");
  const Program read = parse_program(text);
  EXPECT_EQ(read.to_string(), text);
  EXPECT_FALSE(read.operands[0].known.settled);
  EXPECT_TRUE(read.operands[1].known.settled);
  text.insert(end_of_class("operand c"), " settled");
  EXPECT_THROW(parse_program(text), CompileError);
}

TEST(ProgramTextTest, WhatEightDividesIsPartOfTheClass) {
  std::string text = matmul_text();
  text.insert(text.find('\n', text.find("class")), " eighths 2 1");
  const Program read = parse_program(text);
  EXPECT_EQ(read.to_string(), text);
  EXPECT_EQ(read.operands[0].known.size_div8, 2U);
  EXPECT_EQ(read.operands[0].known.stride_div8, 1U);
}

TEST(ProgramTextTest, EveryOperationRoundTrips) {
  auto source = make_source(
      "all",
      [](Tensor a, Tensor b, Tensor c) {
        return arranged(a.tile({4, 4}).other(-INFINITY), b.tile({4, 4}),
                        partial(c.tile({4, 4})));
      },
      [](In a, InOut b, Out c) {
        Tile x = a, y = cast(b, i32);
        Tile s = exp(x) + exp2(x) + log(x) + log2(x) + sqrt(x) + rsqrt(x) +
                 sin(x) + cos(x) + tanh(x) + erf(x) + floor(x) + ceil(x) +
                 abs(-x) + pow(x, 1e-3) + x / 3 + x % 2.5 + min(x, NAN);
        y = ((y << 2) >> 1) ^ (y | 3) & ~y;
        y = floor_divide(y, 7) % 5 + max(y, -3) - y * y;
        Tile mask =
            (x == s) | (x != s) & (x < s) ^ (x <= s) | (x > s) & !(x >= s);
        for (Index k : range(2, b.size(0) + 5, 3))
          s +=
              where(mask, k * 3 - 1, cast(y, f32)) + dot(s, x, Precision::tf32);
        b = s;
        c = dot(cast(s, f16), cast(x, f16)) + dot(s, s);
      });
  Program program = record_all(source, f32, 2, {});
  std::string text = program.to_string();
  EXPECT_EQ(parse_program(text).to_string(), text);
}

TEST(ProgramTextTest, WordsThatNameOperands) {
  for (const char *name :
       {"program", "config",     "constant", "operand", "grid",  "level",
        "tile",    "index",      "bound",    "class",   "value", "other",
        "rank",    "partial",    "cover",    "of",      "body",  "in",
        "out",     "inout",      "store",    "load",    "loop",  "yield",
        "branch",  "while_loop", "gather",   "offsets", "map",   "dim",
        "reverse", "tf32",       "min",      "max",     "p0",    "i0",
        "t0",      "n0",         "f32",      "true",    "nan"}) {
    auto source = make_source(
        "k",
        [](Tensor a, Tensor c) { return arranged(a.tile({4}), c.tile({4})); },
        [](InOut a, InOut c) {
          Tile at = a.offsets(0) + a.source_size(0);
          a = c + a.gather({at});
          a.atomic_add({at}, 1);
          c += 1;
        },
        {name, "c"});
    std::string text;
    try {
      text = record_all(source, f32, 1, {}).to_string();
    } catch (const CompileError &error) {
      EXPECT_EQ(error.id(), ErrorId::operand_name) << error.what();
      continue;
    }
    EXPECT_EQ(parse_program(text).to_string(), text) << text;
  }
}

// What bounds let through lies in the source: where they do not show it, such
// that do are added. They need not be those that recording writes.
TEST(ProgramTextTest, BoundsCoverTheIndex) {
  auto text = [](const std::string &index, const std::string &bounds) {
    return "program \"k\" index32\nconfig \"\"\noperand b inout f32 rank 1 "
           "other 0 class 0 0 0 0\ngrid [(b.n0 + 59) / 60] tile [60] index [" +
           index + "]\n" + bounds +
           "body {\n%0 = load b[]\n: f32[60]\nstore %0, b[]\n}\n";
  };
  auto bounds = [](const std::string &text) {
    const Program program = parse_program(text);
    EXPECT_EQ(parse_program(program.to_string()).to_string(),
              program.to_string());
    return program.operands[0].bounds.size();
  };
  const std::string bound = "bound p0 * 60 + t0 < b.n0\n";
  for (auto index : {"p0 * 60 + t0", "b.n0 - 1 - p0 * 60 - t0",
                     "(p0 * 60 + t0) / 2", "t0", "p0"})
    EXPECT_EQ(bounds(text(index, bound)), 1) << index;
  for (auto index : {"p0 * 94 + t0", "p0 * 60 + t0 + 1", "p0 * 60 + t0 - 1",
                     "p0 * 60 + t0 * 2", "b.n0 - p0 * 60 - t0", "60",
                     "(p0 * 60 + t0) * b.n0", "b.n0 % 61"})
    EXPECT_EQ(bounds(text(index, bound)), 2) << index;
  EXPECT_EQ(bounds(text("p0 * 60 + t0", "")), 1);
  // Both factors may be negative: of one element t0 / 1 is up to 31.
  EXPECT_EQ(bounds(text("t0 / max(1, b.n0 - 5)",
                        "bound t0 < (b.n0 - 5) * (b.n0 - 9)\n")),
            2);
}

struct BadText {
  const char *from, *to;
};

class BadTextTest : public ::testing::TestWithParam<BadText> {};

TEST_P(BadTextTest, IsRefused) {
  std::string text = matmul_text();
  std::size_t at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos) << GetParam().from;
  text.replace(at, std::string(GetParam().from).size(), GetParam().to);
  try {
    parse_program(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const CompileError &error) {
    EXPECT_TRUE(error.id() == ErrorId::parse || error.id() == ErrorId::config)
        << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Edits, BadTextTest,
    ::testing::Values(
        BadText{"program", "programme"}, BadText{"index32", "index16"},
        BadText{"BK=8", "BK=x"}, BadText{"operand b", "operand a"},
        BadText{"a in", "a through"}, BadText{"bf16 rank 2", "f17 rank 2"},
        BadText{"rank 2", "rank 99"}, BadText{"rank 2", "rank 1"},
        BadText{"other 0", "other zero"},
        BadText{"class 0 0 0 0", "class 0 0 0 0 eighths 4294967296 0"},
        BadText{"class 0 0 0 0", "class 2 0 0 0"},
        BadText{"class 0 0 0 0", "class 0 0 0 4294967296"},
        BadText{"tile [32, 8]", "tile [32, 99999999]"},
        BadText{"tile [32, 8]", "tile [0, 8]"},
        BadText{"tile [32, 8]", "tile [32]"},
        BadText{"p0 * 32 + t0,", "p7 * 32 + t0,"},
        BadText{"p0 * 32 + t0,", "p0 * 32 + t2,"},
        BadText{"p0 * 32 + t0,", "p0 / 0,"},
        BadText{"p0 * 32 + t0,", "p0 * 32 + BM,"},
        BadText{"p0 * 32 + t0,", "i5,"},
        BadText{"p0 * 32 + t0,", "9223372036854775807 + p0 * 2 + 1,"},
        BadText{"p0 * 32 + t0,", "99999999999999999999,"},
        BadText{"bound p0 * 32 + t0 < a.n0", "bound p0 < z.n0"},
        BadText{"bound p0 * 32 + t0 < a.n0", "bound p0 < a.n9"},
        BadText{"constant 0 :", "constant :"},
        BadText{"constant 0 : f32", "constant 300.5 : i8"},
        BadText{"load a[%2]", "load a[]"}, BadText{"load a[%2]", "load c[%2]"},
        BadText{"load a[%2]", "load a[%9]"},
        BadText{"load a[%2]", "load a[%99999999]"},
        BadText{"load a[%2]", "load a[%0]"}, BadText{"%4 = load", "%5 = load"},
        BadText{"dot %4, %5, %3", "dot %5, %4, %3"},
        BadText{"dot %4, %5, %3", "dot %4"},
        BadText{"dot %4, %5, %3", "frobnicate %4"}, BadText{"yield %6", ""},
        BadText{"yield %6", "yield %4"}, BadText{"yield %6", "yield %7"},
        BadText{"store %8, c[]", "store %8, a[]"},
        BadText{"store %8, c[]", "store %7, c[]"},
        BadText{"store %8, c[]", "store %6, c[]"},
        BadText{"store %8, c[]\n}", "store %8, c[]\n} more"},
        BadText{"store %8, c[]\n}", "store %8, c[]"}));

TEST(ProgramTextTest, DeepNestingIsRefused) {
  std::string open(100000, '(');
  EXPECT_THROW(parse_expr(open, {}), CompileError);
  std::string text = matmul_text();
  text.replace(text.find("p0 * 32"), 2, open + "p0");
  EXPECT_THROW(parse_program(text), CompileError);
  std::string loops;
  for (int i = 0; i < 100; ++i)
    loops += "loop %0 (%" + std::to_string(i + 1) + ") {\n";
  std::string body = text.substr(0, text.find("operand")) +
                     "operand a inout f32 rank 0 other 0 class 0 0 0 0 grid [] "
                     "tile [] index [] body { %0 = index 1 : index " +
                     loops;
  EXPECT_THROW(parse_program(body), CompileError);
  std::string sum = "p0";
  for (int i = 0; i < 100000; ++i)
    sum += "+p0";
  EXPECT_THROW(parse_expr(sum, {}), CompileError);
}

TEST(ProgramTextTest, SurvivesDamage) {
  testing::expect_survives_damage(matmul_text(), 11, 4);
}

TEST(ProgramTextTest, VerifyOfRecordedIsInternal) {
  Program program = parse_program(matmul_text());
  program.body.nodes.back().inputs[0] = 99;
  EXPECT_THROW(verify(program), InternalError);
}

} // namespace
} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// Texts of operations on whole tiles and of those that have blocks.
#include "damage.h"
#include "kernels.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

const std::string blocks_text = R"(program "blocks" index32
config ""
operand a in f32 rank 2 other 0
  class 0 0 0 0
  grid [1]
  tile [2, 4]
  index [t0, t1]
  bound t0 < a.n0
  bound t1 < a.n1
operand b inout f32 rank 2 other 0
  class 0 0 0 0
  grid [1]
  tile [2, 4]
  index [t0, t1]
  bound t0 < b.n0
  bound t1 < b.n1
body {
  %0 = load a[] : f32[2, 4]
  %1 = arange -3[] : i64[4]
  %2 = offsets dim 1 a[] : i64[2, 4]
  %3 = in_bounds a[] : bool[2, 4]
  %4 = remap map [t1, t0 * 2] [%0] : f32[2, 2]
  %8 = reduce dim 1 [%0] (%5: f32[], %6: f32[]) {
    %7 = binary add %5, %6 : f32[]
    yield %7
  } : f32[2]
  %12 = scan dim 0 reverse [%0] (%9: f32[], %10: f32[]) {
    %11 = binary max %9, %10 : f32[]
    yield %11
  } : f32[2, 4]
  %13, %14 = sort dim 1 reverse [%0, %2] : f32[2, 4], i64[2, 4]
  %15 = take dim 1 [%0, %14] : f32[2, 4]
  %16 = gather a[%2, %2] : f32[2, 4]
  scatter b[%16, %2, %2]
  %17 = atomic add b[%16, %2, %2] : f32[2, 4]
  %18 = constant 7 : i64[]
  %19, %20, %21, %22 = random [%18, %2] : i32[2, 4], i32[2, 4], i32[2, 4], i32[2, 4]
  print "value\x0a" [%0, %18]
  assertion "inside" [%3]
  %25 = inline_ptx "neg.f32 $0, $1;" [%0] (%23: f32[]) {
    %24 = unary neg %23 : f32[]
    yield %24
  } : f32[2, 4]
  %26 = constant 1 : bool[]
  %28 = branch [%26] () {
    %27 = unary neg %25 : f32[2, 4]
    yield %27
  } () {
    yield %25
  } : f32[2, 4]
  %32 = while_loop [%28] (%29: f32[2, 4]) {
    %30 = constant 0 : bool[]
    yield %30
  } () {
    %31 = unary abs %29 : f32[2, 4]
    yield %31
  } : f32[2, 4]
  %33 = histogram [%2] : i32[5]
  store %32, b[]
}
)";

TEST(ProgramBlocksTextTest, RoundTrips) {
  EXPECT_EQ(parse_program(blocks_text).to_string(), blocks_text);
}

TEST(ProgramBlocksTextTest, RecordedTextsRoundTrip) {
  auto source = make_source(
      "all",
      [](Tensor a, Tensor b, Tensor c) {
        return arranged(a.tile({2, 4}), b.tile({2, 4}),
                        partial(c.tile({2, 4})));
      },
      [](In a, InOut b, Out c) {
        Tile x = a, i = cast(b, i64), best = argmax(a);
        auto [values, places] = topk(x, 2);
        auto [even, odd] = split(join(values, values));
        x = x + sum(cat(even, odd, 0)) + randn(best, i) - mean(x, dim(0));
        x = inline_ptx("add.f32 $0, $1, $1; // \"$$\"\n", {x}, f32,
                       [](std::vector<Tile> l) { return l[0] + l[0]; });
        loop_while([&] { return any(x > 1.f); },
                   [&] {
                     when(
                         best > 3, [&] { x = x / 2; },
                         [&] {
                           for (Index k : range(b.size(0)))
                             x = flip(x, 0) - k;
                         });
                   });
        b.atomic_exchange({i, i}, x);
        c.scatter({0, arange(3)}, 1);
        device_assert(x <= 1.f, "x \x7f is large");
        print("x", {x, places});
        b = x;
      });
  const DType dtypes[] = {f32, f32, f16};
  const int ranks[] = {2, 2, 2};
  std::string text = record(source, dtypes, ranks, {}, {}).to_string();
  EXPECT_EQ(parse_program(text).to_string(), text);
}

struct Edit {
  const char *from, *to;
};

/// Expects what `edit` makes of a text to be refused.
void expect_refused(std::string text, const Edit &edit) {
  std::size_t at = text.find(edit.from);
  ASSERT_NE(at, std::string::npos) << edit.from;
  text.replace(at, std::string(edit.from).size(), edit.to);
  try {
    parse_program(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::parse) << error.what();
  }
}

TEST(ProgramBlocksTextTest, ArrivalsRoundTripAndAreChecked) {
  auto source = make_source(
      "arrivals",
      [](Tensor a, Tensor b) {
        return arranged(a.tile({2, 4}), b.tile({2, 4}));
      },
      [](In a, InOut b) { when(b.last_to_arrive({1, 0}, 3), [&] { b = a; }); });
  const DType dtypes[] = {i32, i32};
  const int ranks[] = {2, 2};
  std::string text = record(source, dtypes, ranks, {}, {}).to_string();
  EXPECT_EQ(parse_program(text).to_string(), text);
  const char *arrival = "arrive b[%0, %1, %2] : bool[]";
  for (const char *bad :
       {"arrive a[%0, %1, %2] : bool[]", "arrive b[%0, %1] : bool[]",
        "arrive b[%0, %1, %2, %2] : bool[]", "arrive b[%1, %1, %2] : bool[]",
        "arrive b[%0, %1, %2] : i32[]", "arrive b[%0, %1, %2] : bool[2]",
        "arrive add b[%0, %1, %2] : bool[]", "arrive [%0, %1, %2] : bool[]"})
    expect_refused(text, {arrival, bad});
  expect_refused(text, {"b inout i32", "b inout f32"});
}

class BadBlocksTest : public ::testing::TestWithParam<Edit> {};

TEST_P(BadBlocksTest, IsRefused) { expect_refused(blocks_text, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Places, BadBlocksTest,
    ::testing::Values(Edit{"arange -3[]", "arange []"},
                      Edit{"arange -3[]", "arange 0.5[]"},
                      Edit{"arange -3[]", "arange 3000000000[]"},
                      Edit{"arange -3[]", "arange nan[]"},
                      Edit{"arange -3[]", "arange -3"},
                      Edit{"arange -3[]", "arange -3[%0]"},
                      Edit{"arange -3[] : i64[4]", "arange -3[] : f32[4]"},
                      Edit{"arange -3[] : i64[4]", "arange -3[] : i64[2, 2]"},
                      Edit{"arange -3[] : i64[4]", "arange -3[] : index"},
                      Edit{"offsets dim 1 a[]", "offsets a[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim 2 a[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim 99 a[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim -1 a[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim 1 z[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim 1 []"},
                      Edit{"offsets dim 1 a[]", "offsets dim 1 reverse a[]"},
                      Edit{"offsets dim 1 a[]", "offsets dim 1 a[%0]"},
                      Edit{"a[] : i64[2, 4]", "a[] : i32[2, 4]"},
                      Edit{"in_bounds a[]", "in_bounds dim 0 a[]"},
                      Edit{"in_bounds a[]", "in_bounds \"text\" a[]"},
                      Edit{"a[] : bool[2, 4]", "a[] : bool[2]"}));

INSTANTIATE_TEST_SUITE_P(
    Remaps, BadBlocksTest,
    ::testing::Values(
        Edit{"t0 * 2", "t0 * 4"}, Edit{"t0 * 2", "t0 * 2 - 1"},
        Edit{"t0 * 2", "t0 * 2 + 2"}, Edit{"[t1, t0 * 2]", "[t1]"},
        Edit{"[t1, t0 * 2]", "[t1, t0, t0]"}, Edit{"[t1, t0 * 2]", "[]"},
        Edit{"map [t1, t0 * 2]", ""}, Edit{"t0 * 2", "t2"},
        Edit{"t0 * 2", "p0"}, Edit{"t0 * 2", "i0"}, Edit{"t0 * 2", "a.n0"},
        Edit{"t0 * 2", "t0 / 0"}, Edit{"t0 * 2", "t0 / t1"},
        Edit{"t0 * 2", "(t0 - 1) / 2"}, Edit{"t0 * 2", "min(t0, 1)"},
        Edit{"t0 * 2", "max(t0, 1)"}, Edit{"t0 * 2", "2000000000"},
        Edit{"t0 * 2", "t0 * 1000000000 * 1000000000"},
        Edit{"t0 * 2", "-9223372036854775808"},
        Edit{"[%0] : f32[2, 2]", "[%0] : f16[2, 2]"},
        Edit{"[%0] : f32[2, 2]", "[%0] : f32[]"},
        Edit{"[%0] : f32[2, 2]", "[%0, %0] : f32[2, 2]"}));

INSTANTIATE_TEST_SUITE_P(
    Lanes, BadBlocksTest,
    ::testing::Values(
        Edit{"reduce dim 1", "reduce"}, Edit{"reduce dim 1", "reduce dim 2"},
        Edit{"reduce dim 1", "reduce dim 1 reverse"},
        Edit{"reduce dim 1", "reduce add dim 1"},
        Edit{"reduce dim 1", "reduce dim 0"},
        Edit{"reduce dim 1 [%0]", "reduce dim 1 [%0, %0]"},
        Edit{"reduce dim 1 [%0]", "reduce dim 1 []"},
        Edit{"(%5: f32[], %6: f32[])", "(%5: f32[])"},
        Edit{"(%5: f32[], %6: f32[])", "()"},
        Edit{"(%5: f32[], %6: f32[])", "(%5: f32[], %6: f16[])"},
        Edit{"(%5: f32[], %6: f32[])", "(%5: f32[4], %6: f32[4])"},
        Edit{"(%5: f32[], %6: f32[])", "(%6: f32[], %5: f32[])"},
        Edit{"add %5, %6 : f32[]", "add %5, %0 : f32[2, 4]"},
        Edit{"add %5, %6 : f32[]", "add %5, %99 : f32[]"},
        Edit{"binary add %5, %6 : f32[]", "load a[] : f32[2, 4]"},
        Edit{"binary add %5, %6 : f32[]", "constant 1 : f32[3]"},
        Edit{"binary add %5, %6 : f32[]", "compare lt %5, %6 : bool[]"},
        Edit{"yield %7", ""}, Edit{"yield %7", "yield %7, %5"},
        Edit{"yield %7", "yield %0"}, Edit{"} : f32[2]\n", "} : f32[4]\n"},
        Edit{"} : f32[2]\n", "}\n"}, Edit{"scan dim 0 reverse", "scan reverse"},
        Edit{"%11 = binary", "print \"x\" []\n %11 = binary"},
        Edit{"neg.f32 $0, $1;", ""}, Edit{"neg.f32 $0, $1;", "$0 $2"},
        Edit{"neg.f32 $0, $1;", "neg.f32"}, Edit{"\"neg.f32 $0, $1;\"", ""},
        Edit{"[%0] (%23: f32[])", "[%3] (%23: bool[])"},
        Edit{"unary neg %23", "unary neg %18"}));

INSTANTIATE_TEST_SUITE_P(
    Others, BadBlocksTest,
    ::testing::Values(
        Edit{"sort dim 1", "sort"}, Edit{"sort dim 1", "sort dim 2"},
        Edit{"sort dim 1 reverse [%0, %2]", "sort dim 1 reverse [%0, %1]"},
        Edit{"sort dim 1 reverse [%0, %2]", "sort dim 1 reverse []"},
        Edit{": f32[2, 4], i64[2, 4]", ": f32[2, 4], i32[2, 4]"},
        Edit{": f32[2, 4], i64[2, 4]", ": f32[2, 4]"},
        Edit{"take dim 1 [%0, %14]", "take dim 1 [%0, %0]"},
        Edit{"histogram [%2]", "histogram [%0]"},
        Edit{"histogram [%2]", "histogram [%2, %2]"},
        Edit{"histogram [%2] : i32[5]", "histogram [%2] : i64[5]"},
        Edit{"histogram [%2] : i32[5]", "histogram [%2] : i32[5, 1]"},
        Edit{"take dim 1 [%0, %14]", "take dim 1 [%0, %1]"},
        Edit{"take dim 1 [%0, %14]", "take dim 0 [%4, %14]"},
        Edit{"take dim 1 [%0, %14]", "take dim 1 [%0]"},
        Edit{"gather a[%2, %2]", "gather a[%2]"},
        Edit{"gather a[%2, %2]", "gather a[%0, %2]"},
        Edit{"gather a[%2, %2]", "gather a[%2, %1]"},
        Edit{"gather a[%2, %2]", "gather [%2, %2]"},
        Edit{"scatter b[", "scatter a["},
        Edit{"scatter b[%16, %2, %2]", "scatter b[%2, %2, %2]"},
        Edit{"scatter b[%16, %2, %2]", "scatter b[]"},
        Edit{"scatter b[%16, %2, %2]", "scatter b[%16, %2, %2] : f32[2, 4]"},
        Edit{"atomic add b", "atomic b"}, Edit{"atomic add b", "atomic add a"},
        Edit{"atomic add b", "atomic neg b"},
        Edit{"atomic add b", "atomic bit_and b"},
        Edit{"atomic add b", "atomic compare_exchange b"},
        Edit{"atomic add b", "atomic lots b"},
        Edit{"constant 7 : i64[]", "constant 7 : i32[]"},
        Edit{"random [%18, %2]", "random [%2, %2]"},
        Edit{"random [%18, %2]", "random [%18, %0]"},
        Edit{"random [%18, %2]", "random [%18]"},
        Edit{"%19, %20, %21, %22 = random", "%19 = random"},
        Edit{"print \"value\\x0a\"", "print"},
        Edit{"print \"value\\x0a\"", "print \"\""},
        Edit{"\"value\\x0a\"", "\"value\\x0"},
        Edit{"\"value\\x0a\"", "\"value\\x0A\""},
        Edit{"\"value\\x0a\"", "\"value\\n\""},
        Edit{"\"value\\x0a\"", "\"value\\ x0a\""},
        Edit{"\"value\\x0a\"", "\"\\x00\""}, Edit{"\"value\\x0a\"", "\"value"},
        Edit{"\"value\\x0a\"", "\"value\n\""},
        Edit{"[%0, %18]", "[%0, %18] : f32[]"},
        Edit{"assertion \"inside\" [%3]", "assertion \"inside\" [%0]"},
        Edit{"assertion \"inside\" [%3]", "assertion \"inside\" []"},
        Edit{"assertion \"inside\" [%3]", "assertion [%3]"}));

INSTANTIATE_TEST_SUITE_P(
    Control, BadBlocksTest,
    ::testing::Values(
        Edit{"branch [%26]", "branch [%3]"}, Edit{"branch [%26]", "branch []"},
        Edit{"branch [%26]", "branch [%18]"},
        Edit{"branch [%26]", "branch dim 1 [%26]"},
        Edit{"branch [%26] ()", "branch [%26] (%27: f32[])"},
        Edit{"} () {\n    yield %25\n  }", "}"},
        Edit{"} () {\n    yield %25\n  }", "} () {\n  }"},
        Edit{"yield %25", "yield %27"}, Edit{"yield %25", "yield %25, %25"},
        Edit{"yield %25", "yield %12, %0"}, Edit{"yield %25", "yield %18"},
        Edit{"yield %27\n  } ()", "} ()"},
        Edit{"%28 = branch", "%28, %29 = branch"},
        Edit{"while_loop [%28]", "while_loop []"},
        Edit{"while_loop [%28]", "while_loop [%28, %28]"},
        Edit{"while_loop [%28]", "while_loop [%27]"},
        Edit{"(%29: f32[2, 4])", "(%29: f32[2, 2])"},
        Edit{"(%29: f32[2, 4])", "()"},
        Edit{"constant 0 : bool[]", "constant 0 : i32[]"},
        Edit{"constant 0 : bool[]", "constant 0 : bool[2]"},
        Edit{"yield %30", "yield %30, %30"}, Edit{"yield %30", ""},
        Edit{"unary abs %29", "unary abs %30"}, Edit{"yield %31", "yield %30"},
        Edit{"yield %31", ""}, Edit{"store %32", "store %31"},
        Edit{"store %32", "store %29"},
        Edit{"unary neg %25", "unary neg dim 1 %25"},
        Edit{"unary neg %25", "unary neg reverse %25"},
        Edit{"unary neg %25", "unary neg \"text\" %25"}));

TEST(ProgramBlocksTextTest, EveryTruncationIsRefused) {
  for (std::size_t size = 0; size + 2 < blocks_text.size(); ++size)
    EXPECT_THROW(parse_program(blocks_text.substr(0, size)), CompileError)
        << size;
}

TEST(ProgramBlocksTextTest, LongTextsAreRefused) {
  for (std::size_t size : {4096U, 4097U}) {
    std::string text = blocks_text;
    text.replace(text.find("inside"), 6, std::string(size, 'x'));
    if (size == 4096)
      EXPECT_EQ(parse_program(text).to_string(), text);
    else
      EXPECT_THROW(parse_program(text), CompileError);
  }
}

TEST(ProgramBlocksTextTest, DeepNestingIsRefused) {
  std::string before = blocks_text.substr(0, blocks_text.find("  %26"));
  auto nested = [&](int depth) {
    std::string text = before + "%26 = constant 1 : bool[]\n";
    for (int i = 0; i < depth; ++i)
      text += "branch [%26] () {\n";
    for (int i = 0; i < depth; ++i)
      text += "} () {}\n";
    return text + "}\n";
  };
  EXPECT_NO_THROW(parse_program(nested(16)));
  EXPECT_THROW(parse_program(nested(17)), CompileError);
  EXPECT_THROW(parse_program(nested(100000)), CompileError);
}

TEST(ProgramBlocksTextTest, SurvivesDamage) {
  testing::expect_survives_damage(blocks_text, 12, 3);
}

} // namespace
} // namespace girih

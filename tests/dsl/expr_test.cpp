// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/expr.h"
#include "girih/dsl/support/diagnostics.h"

#include <gtest/gtest.h>

#include <random>

namespace girih {
namespace {

const std::vector<std::string> names = {"a", "b"};

Expr symbol(SymbolKind kind, int dim, int operand = -1) {
  return Expr(Symbol{kind, operand, dim, ""});
}
Expr p(int dim) { return symbol(SymbolKind::program, dim); }
Expr t(int dim) { return symbol(SymbolKind::lane, dim); }
Expr n(int dim) { return symbol(SymbolKind::size, dim, 0); }
Expr block(const char *name) {
  return Expr(Symbol{SymbolKind::block, -1, -1, name});
}

std::string text(const Expr &expr) { return expr.to_string(names); }

TEST(ExprTest, FoldsConstants) {
  EXPECT_EQ(text(Expr(3) + 4), "7");
  EXPECT_EQ(text(Expr(-7) / 2), "-4");
  EXPECT_EQ(text(Expr(-7) % 2), "1");
  EXPECT_EQ(text(cdiv(7, 2)), "4");
  EXPECT_EQ(text(min(Expr(3), 4) + max(Expr(3), 4)), "7");
}

TEST(ExprTest, Simplifies) {
  EXPECT_EQ(text(p(0) + 0), "p0");
  EXPECT_EQ(text(p(0) * 1), "p0");
  EXPECT_EQ(text(p(0) * 0), "0");
  EXPECT_EQ(text(p(0) * 4 / 4), "p0");
  EXPECT_EQ(text(p(0) * 4 % 4), "0");
  EXPECT_EQ(text(p(0) * 2 + t(0) + p(0) * 3), "p0 * 5 + t0");
  EXPECT_EQ(text(p(0) - p(0)), "0");
  EXPECT_EQ(text((p(0) * 8 + t(0)) / 4), "p0 * 2 + t0 / 4");
  EXPECT_EQ(text((p(0) * 8 + t(0) + 5) % 4), "(t0 + 1) % 4");
  EXPECT_EQ(text((p(0) * n(0) + t(0)) / n(0)), "p0 + t0 / a.n0");
  EXPECT_EQ(text((p(0) * n(0) + t(0)) % n(0)), "t0 % a.n0");
  EXPECT_EQ(text(n(0) / 4 / 8), "a.n0 / 32");
  EXPECT_EQ(text((p(0) * 4 + 6) / 8), "(p0 + 1) / 2");
  EXPECT_EQ(text(max(n(0), 0)), "a.n0");
  EXPECT_EQ(text(min(n(0), n(0) + 2)), "a.n0");
}

TEST(ExprTest, PrintsWhatParses) {
  for (const char *each :
       {"p0 * 128 + t0", "(a.n0 + 127) / 128", "a.n0 - b.n1",
        "min(a.n0 - 1, p0 * 2) % 7", "p0 * -1", "(p0 + 1) * b.n0",
        "a.n0 / (b.n0 + 1) / b.n1", "max(1, a.n1)", "BM * 2 + i3", "-5",
        "(a.n0 + p0) % max(1, b.n0) - 3"}) {
    Expr once = parse_expr(each, names);
    EXPECT_EQ(text(parse_expr(text(once), names)), text(once)) << each;
  }
  EXPECT_EQ(text(parse_expr("t0+128*p0", names)), "p0 * 128 + t0");
  EXPECT_EQ(text(parse_expr("a.n0 - b.n1", names)), "a.n0 - b.n1");
}

TEST(ExprTest, SubstitutesAndEvaluates) {
  Expr size = cdiv(n(0), block("BM"));
  Expr fixed = size.substitute([](const Symbol &symbol) {
    return symbol.kind == SymbolKind::block ? std::optional<Expr>(64)
                                            : std::nullopt;
  });
  EXPECT_EQ(text(fixed), "(a.n0 + 63) / 64");
  EXPECT_EQ(fixed.evaluate([](const Symbol &) { return 100; }), 2);
}

TEST(ExprTest, OverflowAndDivisors) {
  EXPECT_THROW((void)(Expr(INT64_MAX) + 1), CompileError);
  EXPECT_THROW((void)(n(0) / 0), CompileError);
  EXPECT_THROW((void)(n(0) % -2), CompileError);
  auto largest = [](const Symbol &) { return INT64_MAX; };
  EXPECT_EQ(n(0).evaluate(largest), INT64_MAX);
  EXPECT_THROW((n(0) * 2).evaluate(largest), RuntimeError);
  EXPECT_THROW((n(0) + 1).evaluate(largest), RuntimeError);
  // As in every executor, a size of 0 divides like 1.
  auto zero = [](const Symbol &) { return 0; };
  EXPECT_EQ((Expr(7) / p(0)).evaluate(zero), 7);
  EXPECT_EQ((Expr(7) % p(0)).evaluate(zero), 0);
}

TEST(ExprTest, MinimaAndMaxima) {
  EXPECT_EQ(text(min(n(0), n(0) + 3)), "a.n0");
  EXPECT_EQ(text(min(n(0) + n(1), n(0))), "a.n0");
  EXPECT_EQ(text(min(n(0), max(n(0), n(1)))), "a.n0");
  EXPECT_EQ(text(max(min(n(0), n(1)), n(1))), "a.n1");
  EXPECT_EQ(text(min(n(0), max(n(1), 1))), "min(a.n0, max(1, a.n1))");
}

TEST(ExprTest, KnownDivisor) {
  auto by = [](const Symbol &symbol) -> std::int64_t {
    return symbol.kind == SymbolKind::size ? 16 : 1;
  };
  EXPECT_EQ(known_divisor(n(0) * 4 + 32, by), 32);
  EXPECT_EQ(known_divisor(p(0) * 128 + t(0), by), 1);
  EXPECT_EQ(known_divisor(p(0) * 128 + n(0), by), 16);
  EXPECT_EQ(known_divisor(Expr(0), by), 0);
}

// A random expression over p0, t0 and n0, built with and without
// simplification: the values must agree.
struct Random {
  std::mt19937 engine;
  std::int64_t p, t, n;

  std::pair<Expr, std::int64_t> make(int depth) {
    auto pick = engine() % (depth > 0 ? 10 : 4);
    std::int64_t number = static_cast<std::int64_t>(engine() % 9) - 4;
    switch (pick) {
    case 0:
      return {Expr(number), number};
    case 1:
      return {Expr(Symbol{SymbolKind::program, -1, 0, ""}), p};
    case 2:
      return {Expr(Symbol{SymbolKind::lane, -1, 0, ""}), t};
    case 3:
      return {Expr(Symbol{SymbolKind::size, 0, 0, ""}), n};
    default:
      break;
    }
    auto [x, a] = make(depth - 1);
    auto [y, b] = make(depth - 1);
    std::int64_t divisor = static_cast<std::int64_t>(engine() % 6) + 1;
    auto floor = [](std::int64_t u, std::int64_t v) {
      return u / v - (u % v < 0);
    };
    switch (pick) {
    case 4:
      return {x + y, a + b};
    case 5:
      return {x - y, a - b};
    case 6:
      return {x * y, a * b};
    case 7:
      return {x / divisor, floor(a, divisor)};
    case 8:
      return {x % divisor, a - floor(a, divisor) * divisor};
    default:
      return engine() % 2 ? std::pair(min(x, y), std::min(a, b))
                          : std::pair(max(x, y), std::max(a, b));
    }
  }
};

TEST(ExprTest, SimplificationKeepsValues) {
  Random random{std::mt19937(7), 0, 0, 0};
  for (int round = 0; round < 5000; ++round) {
    random.p = random.engine() % 7;
    random.t = random.engine() % 5;
    random.n = random.engine() % 40 + 1;
    auto [expr, value] = random.make(4);
    auto read = [&](const Symbol &symbol) -> std::int64_t {
      return symbol.kind == SymbolKind::program ? random.p
             : symbol.kind == SymbolKind::lane  ? random.t
                                                : random.n;
    };
    ASSERT_EQ(expr.evaluate(read), value) << text(expr);
    ASSERT_EQ(parse_expr(text(expr), names).evaluate(read), value)
        << text(expr);
    ASSERT_EQ(text(parse_expr(text(expr), names)), text(expr));
  }
}

// What can be made can be printed and read, up to the limit.
TEST(ExprTest, LongestReadsBack) {
  const std::vector<std::string> names = {"a"};
  Expr n(Symbol{SymbolKind::size, 0, 0, ""});
  auto grow = [&](auto step) {
    Expr out = n;
    int count = 0;
    try {
      for (;; ++count)
        out = step(out);
    } catch (const CompileError &error) {
      EXPECT_EQ(error.id(), ErrorId::size_arithmetic) << error.what();
    }
    EXPECT_TRUE(parse_expr(out.to_string(names), names).same(out));
    return count;
  };
  EXPECT_GT(grow([&](const Expr &x) { return x * n; }), 500);
  EXPECT_GT(grow([&](const Expr &x) { return x + n / (x + 2); }), 3);
  int k = 1;
  EXPECT_GT(grow([&](const Expr &x) { return x + n / ++k; }), 250);
  EXPECT_GE(grow([&](const Expr &x) { return x / 2 + 3; }), 60);
  EXPECT_GE(grow([&](const Expr &x) { return max(x % 7, 3); }), 30);
  EXPECT_GE(grow([&](const Expr &x) { return element(0, x); }), 60);
}

} // namespace
} // namespace girih

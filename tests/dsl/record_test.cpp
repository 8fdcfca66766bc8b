// SPDX-License-Identifier: Apache-2.0
// What is recorded, and how variables go through loops.
#include "kernels.h"

#include <gtest/gtest.h>

#include <thread>

namespace girih {
namespace {

using testing::add_source;
using testing::body_text;
using testing::matmul_source;
using testing::record_all;

TEST(RecordTest, VectorAdd) {
  Program program = record_all(add_source(), bf16, 1, {{"BLOCK", 1024}});
  EXPECT_EQ(program.to_string(), R"(program "add" index32
config "BLOCK=1024"
operand a in bf16 rank 1 other 0
  class 0 0 0 0
  grid [(a.n0 + 1023) / 1024]
  tile [1024]
  index [p0 * 1024 + t0]
  bound p0 * 1024 + t0 < a.n0
operand b in bf16 rank 1 other 0
  class 0 0 0 0
  grid [(b.n0 + 1023) / 1024]
  tile [1024]
  index [p0 * 1024 + t0]
  bound p0 * 1024 + t0 < b.n0
operand c out bf16 rank 1 other 0
  class 0 0 0 0
  grid [(c.n0 + 1023) / 1024]
  tile [1024]
  index [p0 * 1024 + t0]
  bound p0 * 1024 + t0 < c.n0
body {
  %0 = load a[] : bf16[1024]
  %1 = load b[] : bf16[1024]
  %2 = binary add %0, %1 : bf16[1024]
  store %2, c[]
}
)");
}

TEST(RecordTest, Matmul) {
  Program program = record_all(matmul_source(), bf16, 2,
                               {{"BM", 128}, {"BN", 96}, {"BK", 64}});
  EXPECT_EQ(body_text(program), R"(body {
  %0 = constant 0 : f32[128, 96]
  %1 = index (a.n1 + 63) / 64 : index
  %7 = loop %1 (%2, %3: f32[128, 96] = %0) {
    %4 = load a[%2] : bf16[128, 64]
    %5 = load b[%2] : bf16[64, 96]
    %6 = dot %4, %5, %3 : f32[128, 96]
    yield %6
  }
  %8 = cast %7 : bf16[128, 96]
  store %8, c[]
}
)");
  // The level's own range is implied by the source's: it costs nothing.
  ASSERT_EQ(program.operands[0].bounds.size(), 2U);
  EXPECT_EQ(program.operands[1].index[0].to_string({}), "i0 * 64 + t0");
}

// One kernel with a level to loop over: a[N] in tiles of 4, four to a program.
template <class Application> Program loop_kernel(Application application) {
  auto source =
      make_source("loop",
                  [](Tensor a, Tensor c) {
                    return arranged(a.tile({4}).tile({4}), c.tile({4}));
                  },
                  application, {"a", "c"});
  return record_all(source, f32, 1, {});
}

TEST(RecordTest, AssignmentIsLoopCarried) {
  Program program = loop_kernel([](In a, Out c) {
    Tile sum = zeros(c.shape(), f32), last = zeros(c.shape(), f32);
    Tile unchanged = full(c.shape(), 3, f32);
    for (Index k : range(a.size(0))) {
      last = a[k];
      sum = sum + last * unchanged;
    }
    c = sum + last;
  });
  EXPECT_EQ(body_text(program), R"(body {
  %0 = constant 0 : f32[4]
  %1 = constant 0 : f32[4]
  %2 = constant 3 : f32[4]
  %3 = index 4 : index
  %10, %11 = loop %3 (%4, %5: f32[4] = %1, %6: f32[4] = %0) {
    %7 = load a[%4] : f32[4]
    %8 = binary mul %7, %2 : f32[4]
    %9 = binary add %6, %8 : f32[4]
    yield %7, %9
  }
  %12 = binary add %11, %10 : f32[4]
  store %12, c[]
}
)");
}

TEST(RecordTest, CopiesAreValues) {
  Program program = loop_kernel([](In a, Out c) {
    Tile x = a[0];
    Tile before = x;
    x = x + 1;
    auto twice = [](Tile t) {
      t = t * 2; // a copy: the caller's stays
      return t;
    };
    c = twice(x) + before + x;
  });
  EXPECT_EQ(body_text(program), R"(body {
  %0 = index 0 : index
  %1 = load a[%0] : f32[4]
  %2 = constant 1 : f32[]
  %3 = binary add %1, %2 : f32[4]
  %4 = constant 2 : f32[]
  %5 = binary mul %3, %4 : f32[4]
  %6 = binary add %5, %1 : f32[4]
  %7 = binary add %6, %3 : f32[4]
  store %7, c[]
}
)");
}

TEST(RecordTest, SwapInALoop) {
  Program program = loop_kernel([](In a, Out c) {
    Tile x = a[0], y = a[1];
    for (Index k : range(5)) {
      Tile old = x;
      x = y;
      y = old;
      (void)k;
    }
    c = x - y;
  });
  EXPECT_NE(body_text(program).find("yield %"), std::string::npos);
  const Node &loop =
      *std::find_if(program.body.nodes.begin(), program.body.nodes.end(),
                    [](const Node &node) { return node.op == Op::loop; });
  ASSERT_EQ(loop.body.yields.size(), 2U);
  EXPECT_EQ(loop.body.yields[0], loop.body.arguments[2]);
  EXPECT_EQ(loop.body.yields[1], loop.body.arguments[1]);
}

TEST(RecordTest, NestedLoopsAndIndices) {
  Program program = loop_kernel([](In a, Out c) {
    Tile sum = zeros(c.shape(), f32);
    Index position(0);
    for (Index i : range(2))
      for (Index j : range(1, a.size(0), 2)) {
        sum += a[(i + j) % 4] + a[position];
        position = position + 1;
      }
    c = sum;
  });
  EXPECT_EQ(body_text(program), R"(body {
  %0 = constant 0 : f32[4]
  %1 = index 0 : index
  %2 = index 2 : index
  %25, %26 = loop %2 (%3, %4: index = %1, %5: f32[4] = %0) {
    %6 = index 1 : index
    %7 = index 2 : index
    %23, %24 = loop %7 (%8, %9: index = %4, %10: f32[4] = %5) {
      %11 = index 2 : index
      %12 = index_binary mul %8, %11 : index
      %13 = index_binary add %12, %6 : index
      %14 = index_binary add %3, %13 : index
      %15 = index 4 : index
      %16 = index_binary mod %14, %15 : index
      %17 = load a[%16] : f32[4]
      %18 = load a[%9] : f32[4]
      %19 = binary add %17, %18 : f32[4]
      %20 = binary add %10, %19 : f32[4]
      %21 = index 1 : index
      %22 = index_binary add %9, %21 : index
      yield %22, %20
    }
    yield %23, %24
  }
  store %26, c[]
}
)");
}

TEST(RecordTest, IndicesLeaveTheirLevelSafely) {
  // A level index beyond 3 would reach the next program's tiles: kept out.
  Program program = loop_kernel([](In a, Out c) { c = a[program_id(0) + 7]; });
  std::string text = program.to_string();
  EXPECT_NE(text.find("bound i0 < 4"), std::string::npos) << text;
}

TEST(RecordTest, TilesAreLoadedWhenUsed) {
  Program program = loop_kernel([](In a, Out c) {
    auto tile = a[1]; // not a load
    c = tile + tile;  // two loads
  });
  std::string text = body_text(program);
  std::size_t loads = 0;
  for (std::size_t at = 0; (at = text.find("load", at)) != std::string::npos;
       ++at)
    ++loads;
  EXPECT_EQ(loads, 2U);
}

TEST(RecordTest, UnusedWorkIsLeftOut) {
  Program program = loop_kernel([](In a, Out c) {
    Tile unused = exp(a[1]);
    for (Index k : range(3))
      unused += a[k];
    c = a[0];
  });
  EXPECT_EQ(program.body.nodes.size(), 3U) << body_text(program);
}

TEST(RecordTest, StoresCastAndRepeat) {
  auto source = make_source(
      "fill", [](Tensor c) { return arranged(c.tile({2, 2})); },
      [](Out c) { c = 7; }, {"c"});
  EXPECT_EQ(body_text(record_all(source, f16, 2, {})),
            "body {\n  %0 = constant 7 : f16[2, 2]\n  store %0, c[]\n}\n");
  auto scalar = make_source(
      "fill", [](Tensor c) { return arranged(c.tile({2, 2})); },
      [](Out c) { c = full({}, 1.5, f32); }, {"c"});
  EXPECT_EQ(body_text(record_all(scalar, f16, 2, {})), R"(body {
  %0 = constant 1.5 : f32[]
  %1 = cast %0 : f16[]
  %2 = constant 1 : bool[2, 2]
  %3 = select %2, %1, %1 : f16[2, 2]
  store %3, c[]
}
)");
}

TEST(RecordTest, ReadAndWrite) {
  auto source = make_source(
      "update", [](Tensor c) { return arranged(c.tile({2}).tile({3})); },
      [](InOut c) {
        for (Index k : range(c.size(0))) {
          c[k] += 1;
          c[k] *= c[k];
        }
      });
  Program program = record_all(source, i32, 1, {});
  EXPECT_NE(body_text(program).find("binary mul"), std::string::npos);
}

// Promotion, seen from the dtype that an expression has.
DType dtype_of_expression(DType x, DType y,
                          const std::function<Tile(In &, In &)> &make) {
  DType out = f64;
  auto source = make_source(
      "types",
      [](Tensor a, Tensor b, Tensor c) {
        return arranged(a.tile({4}), b.tile({4}), c.tile({4}));
      },
      [&](In a, In b, Out c) {
        Tile tile = make(a, b);
        out = tile.dtype();
        c = tile;
      });
  const DType dtypes[] = {x, y, f64};
  const int ranks[] = {1, 1, 1};
  record(source, dtypes, ranks, {}, {});
  return out;
}

TEST(RecordTest, DTypesOfExpressions) {
  auto check = [](DType x, DType y, DType expected, auto make) {
    EXPECT_EQ(name(dtype_of_expression(x, y, make)), name(expected));
  };
  auto add = [](In &a, In &b) { return a + b; };
  check(f16, bf16, f32, add);
  check(u8, i8, i16, add);
  check(i64, f16, f16, add);
  check(bf16, f32, bf16, [](In &a, In &) { return a * 2.5; });
  check(bf16, f32, bf16, [](In &a, In &) { return 3 - a; });
  check(i8, f32, i8, [](In &a, In &) { return a + 100; });
  check(i8, f32, f32, [](In &a, In &) { return a + 0.5; });
  check(b1, f32, i64, [](In &a, In &) { return a + 1; });
  check(i32, i32, f32, [](In &a, In &b) { return a / b; });
  check(i32, i32, i32, [](In &a, In &b) { return floor_divide(a, b) % 3; });
  check(i64, i32, f32, [](In &a, In &) { return sqrt(a); });
  check(i64, i32, i64, [](In &a, In &) { return floor(a); });
  check(f16, f16, b1, [](In &a, In &b) { return a < b; });
  check(f16, i8, f16, [](In &a, In &b) { return where(b == 0, a, 1); });
  check(i16, i8, f32, [](In &a, In &) { return where(a > 0, 1.0, 0); });
  check(i16, i8, i16, [](In &a, In &) { return (a & 7) | (~a << 1); });
  check(b1, i8, b1, [](In &a, In &b) { return !a & (b != 1); });
  check(f16, f32, f16, [](In &a, In &b) {
    Tile x = a;
    x += b; // keeps the left side's dtype
    return x;
  });
  check(e4m3, f32, f32, [](In &a, In &) { return cast(a, f32) * 2; });
}

TEST(RecordTest, ClassesAndOtherAreKept) {
  auto source = make_source(
      "copy",
      [](Tensor a, Tensor c) {
        return arranged(a.tile({4}).other(-1.5), c.tile({4}));
      },
      [](In a, Out c) { c = a; }, {"input", "output"});
  const DType dtypes[] = {f32, f32};
  const int ranks[] = {1, 1};
  std::vector<OperandClass> classes(2);
  classes[0].aligned = true;
  classes[0].unit_stride = 1;
  Program program = record(source, dtypes, ranks, classes, {}, false);
  EXPECT_EQ(program.operands[0].other, -1.5);
  EXPECT_EQ(program.operands[0].known, classes[0]);
  EXPECT_FALSE(program.index32);
  EXPECT_EQ(program.operands[1].name, "output");
  // Classes and the rest are part of what is hashed.
  Program plain = record(source, dtypes, ranks, {}, {}, false);
  EXPECT_NE(program.hash(), plain.hash());
}

TEST(RecordTest, BlockSizesHaveFallbacks) {
  auto source = make_source(
      "copy",
      [](Tensor a, Tensor c) {
        auto B = block_size("B", 8);
        return arranged(a.tile({B}), c.tile({B}));
      },
      [](In a, Out c) { c = a; });
  EXPECT_EQ(record_all(source, f32, 1, {}).config.blocks.at("B"), 8);
  EXPECT_EQ(record_all(source, f32, 1, {{"B", 16}}).operands[0].tile[0], 16);
  const int ranks[] = {1, 1};
  ASSERT_EQ(block_sizes(source, ranks).size(), 1U);
  EXPECT_EQ(block_sizes(source, ranks)[0].fallback, 8);
}

TEST(RecordTest, LinesAreKeptButNotHashed) {
  auto record_at = [](const KernelSource &source) {
    return record_all(source, f32, 1, {{"BLOCK", 4}});
  };
  unsigned line = __LINE__ + 1;
  auto other = [](In a, In b, Out c) { c = a + b; };
  auto same = make_source("add", testing::add_arrangement, other);
  Program here = record_at(same), there = record_at(add_source());
  EXPECT_EQ(here.hash(), there.hash());
  for (const Node &node : here.body.nodes)
    EXPECT_EQ(node.line.line, line);
  EXPECT_NE(there.body.nodes[0].line.line, line);
}

TEST(RecordTest, ManyThreadsRecordAtOnce) {
  std::vector<std::string> hashes(8);
  std::vector<std::thread> threads;
  for (auto &each : hashes)
    threads.emplace_back([&each] {
      for (int i = 0; i < 20; ++i)
        each = record_all(matmul_source(), f32, 2,
                          {{"BM", 32}, {"BN", 32}, {"BK", 32}})
                   .hash();
    });
  for (auto &each : threads)
    each.join();
  for (const auto &each : hashes)
    EXPECT_EQ(each, hashes[0]);
}

TEST(RecordTest, RecordingWithinARecording) {
  std::string inner;
  auto source =
      make_source("outer", testing::add_arrangement, [&](In a, In b, Out c) {
        Tile x = a;
        inner = record_all(add_source(), f32, 1, {{"BLOCK", 4}}).hash();
        c = x + b;
      });
  Program outer = record_all(source, f32, 1, {{"BLOCK", 4}});
  EXPECT_EQ(outer.body.nodes.size(), 4U);
  EXPECT_EQ(inner.size(), 32U);
}

} // namespace
} // namespace girih

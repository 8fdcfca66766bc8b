// SPDX-License-Identifier: Apache-2.0
// How variables go through branches and loops, and what is left out.
#include "kernels.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace girih {
namespace {

using testing::a_summed;
using testing::recorded_body;

TEST(RecordControlTest, AnArmsAssignmentIsAResult) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = a, y = b;
              when(a.size(0) > Located(1), [&] { x = x + y; });
              b = x;
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2 = index 2 : index
  %3 = index_to_tile %2 : i64[]
  %4 = constant 1 : i64[]
  %5 = compare gt %3, %4 : bool[]
  %7 = branch [%5] () {
    %6 = binary add %0, %1 : f32[2, 4]
    yield %6
  } () {
    yield %0
  } : f32[2, 4]
  store %7, b[]
}
)");
}

TEST(RecordControlTest, BothArmsAssign) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = a, y = b;
              when(
                  sum(a) > 0,
                  [&] {
                    Tile old = x;
                    x = y;
                    y = old;
                  },
                  [&] { y = x * 2; });
              b = x - y;
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2 = load a[] : f32[2, 4]
  %6 = reduce dim 1 [%2] (%3: f32[], %4: f32[]) {
    %5 = binary add %3, %4 : f32[]
    yield %5
  } : f32[2]
  %10 = reduce dim 0 [%6] (%7: f32[], %8: f32[]) {
    %9 = binary add %7, %8 : f32[]
    yield %9
  } : f32[]
  %11 = constant 0 : f32[]
  %12 = compare gt %10, %11 : bool[]
  %15, %16 = branch [%12] () {
    yield %0, %1
  } () {
    %13 = constant 2 : f32[]
    %14 = binary mul %0, %13 : f32[2, 4]
    yield %14, %0
  } : f32[2, 4], f32[2, 4]
  %17 = binary sub %16, %15 : f32[2, 4]
  store %17, b[]
}
)");
}

TEST(RecordControlTest, IndicesAreCarriedToo) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Index at(0);
              when(sum(a) > 0, [&] { at = at + a.size(1); });
              b.scatter({at, 0}, 1);
            }),
            R"(body {
  %0 = index 0 : index
  %1 = load a[] : f32[2, 4]
  %5 = reduce dim 1 [%1] (%2: f32[], %3: f32[]) {
    %4 = binary add %2, %3 : f32[]
    yield %4
  } : f32[2]
  %9 = reduce dim 0 [%5] (%6: f32[], %7: f32[]) {
    %8 = binary add %6, %7 : f32[]
    yield %8
  } : f32[]
  %10 = constant 0 : f32[]
  %11 = compare gt %9, %10 : bool[]
  %13 = branch [%11] () {
    %12 = index 4 : index
    yield %12
  } () {
    yield %0
  } : index
  %14 = constant 1 : f32[]
  %15 = index_to_tile %13 : i64[]
  %16 = constant 0 : i64[]
  scatter b[%14, %15, %16]
}
)");
}

TEST(RecordControlTest, StoresInBothArms) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              when(sum(a) > 0, [&] { b = a; }, [&] { b = 1; });
            }),
            a_summed + R"(  %9 = constant 0 : f32[]
  %10 = compare gt %8, %9 : bool[]
  branch [%10] () {
    %11 = load a[] : f32[2, 4]
    store %11, b[]
  } () {
    %12 = constant 1 : f32[2, 4]
    store %12, b[]
  }
}
)");
}

TEST(RecordControlTest, While) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = a, unchanged = b, rounds = full({}, 0, i32);
              loop_while([&] { return any(x > unchanged); },
                         [&] {
                           x = x / 2;
                           rounds = rounds + 1;
                         });
              b = x * cast(rounds, f32) + unchanged;
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = load b[] : f32[2, 4]
  %2 = constant 0 : i32[]
  %18, %19 = while_loop [%2, %0] (%3: i32[], %4: f32[2, 4]) {
    %5 = compare gt %4, %1 : bool[2, 4]
    %9 = reduce dim 1 [%5] (%6: bool[], %7: bool[]) {
      %8 = binary bit_or %6, %7 : bool[]
      yield %8
    } : bool[2]
    %13 = reduce dim 0 [%9] (%10: bool[], %11: bool[]) {
      %12 = binary bit_or %10, %11 : bool[]
      yield %12
    } : bool[]
    yield %13
  } () {
    %14 = constant 2 : f32[]
    %15 = binary div %4, %14 : f32[2, 4]
    %16 = constant 1 : i32[]
    %17 = binary add %3, %16 : i32[]
    yield %17, %15
  } : i32[], f32[2, 4]
  %20 = cast %18 : f32[]
  %21 = binary mul %19, %20 : f32[2, 4]
  %22 = binary add %21, %1 : f32[2, 4]
  store %22, b[]
}
)");
}

TEST(RecordControlTest, NestedInEachOther) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a), n = full({}, 0, i64);
              for (Index k : range(a.size(0)))
                loop_while([&] { return x < 10; },
                           [&] {
                             when(
                                 n == Located(k), [&] { x = x + 1; },
                                 [&] {
                                   for (Index j : range(2))
                                     n = n + j;
                                 });
                           });
              b = x + cast(n, f32);
            }),
            a_summed + R"(  %9 = constant 0 : i64[]
  %10 = index 2 : index
  %32, %33 = loop %10 (%11, %12: i64[] = %9, %13: f32[] = %8) {
    %30, %31 = while_loop [%12, %13] (%14: i64[], %15: f32[]) {
      %16 = constant 10 : f32[]
      %17 = compare lt %15, %16 : bool[]
      yield %17
    } () {
      %18 = index_to_tile %11 : i64[]
      %19 = compare eq %14, %18 : bool[]
      %28, %29 = branch [%19] () {
        %20 = constant 1 : f32[]
        %21 = binary add %15, %20 : f32[]
        yield %21, %14
      } () {
        %22 = index 2 : index
        %27 = loop %22 (%23, %24: i64[] = %14) {
          %25 = index_to_tile %23 : i64[]
          %26 = binary add %24, %25 : i64[]
          yield %26
        }
        yield %15, %27
      } : f32[], i64[]
      yield %29, %28
    } : i64[], f32[]
    yield %30, %31
  }
  %34 = cast %32 : f32[]
  %35 = binary add %33, %34 : f32[]
  %36 = constant 1 : bool[2, 4]
  %37 = select %36, %35, %35 : f32[2, 4]
  store %37, b[]
}
)");
}

TEST(RecordControlTest, AVariableDestroyedInAnArm) {
  std::string body = recorded_body([](In a, InOut b) {
    Tile x = sum(a);
    auto gone = std::make_unique<Tile>(x);
    when(x > 0, [&] {
      *gone = *gone + 1;
      x = *gone;
      gone.reset();
    });
    b = x;
  });
  EXPECT_NE(body.find("} : f32[]\n"), std::string::npos) << body;
  // The same in the second arm, after the first has changed it.
  EXPECT_NO_THROW(recorded_body([](In a, InOut b) {
    Tile x = sum(a);
    auto gone = std::make_unique<Tile>(x);
    when(x > 0, [&] { *gone = *gone + 1; }, [&] { gone.reset(); });
    b = x;
  }));
}

TEST(RecordControlTest, AVariableMadeInAnArm) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              std::optional<Tile> late;
              Tile x = sum(a);
              when(x > 0, [&] { late.emplace(x); }, [&] { *late = x * 2; });
              b = *late; // made in one arm of a value from before, changed in
                         // the other
            }),
            a_summed + R"(  %9 = constant 0 : f32[]
  %10 = compare gt %8, %9 : bool[]
  %13 = branch [%10] () {
    yield %8
  } () {
    %11 = constant 2 : f32[]
    %12 = binary mul %8, %11 : f32[]
    yield %12
  } : f32[]
  %14 = constant 1 : bool[2, 4]
  %15 = select %14, %13, %13 : f32[2, 4]
  store %15, b[]
}
)");
}

TEST(RecordControlTest, AVariableDestroyedInAWhile) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a);
              auto gone = std::make_unique<Tile>(x * 3);
              loop_while([&] { return x > 0; },
                         [&] {
                           x = x - *gone;
                           *gone = x;
                           gone.reset();
                         });
              b = x;
            }),
            a_summed + R"(  %9 = constant 3 : f32[]
  %10 = binary mul %8, %9 : f32[]
  %15 = while_loop [%8] (%11: f32[]) {
    %12 = constant 0 : f32[]
    %13 = compare gt %11, %12 : bool[]
    yield %13
  } () {
    %14 = binary sub %11, %10 : f32[]
    yield %14
  } : f32[]
  %16 = constant 1 : bool[2, 4]
  %17 = select %16, %15, %15 : f32[2, 4]
  store %17, b[]
}
)");
}

TEST(RecordControlTest, ACopyOfWhatALoopDoesNotChange) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a), y = x * 2;
              std::unique_ptr<Tile> kept;
              for (Index k : range(2)) {
                kept = std::make_unique<Tile>(x);
                y = x;
                (void)k;
              }
              loop_while([&] { return y > 0; }, [&] { y = *kept; });
              b = y + *kept;
            }),
            a_summed + R"(  %9 = constant 2 : f32[]
  %10 = binary mul %8, %9 : f32[]
  %11 = index 2 : index
  %14 = loop %11 (%12, %13: f32[] = %10) {
    yield %8
  }
  %18 = while_loop [%14] (%15: f32[]) {
    %16 = constant 0 : f32[]
    %17 = compare gt %15, %16 : bool[]
    yield %17
  } () {
    yield %8
  } : f32[]
  %19 = binary add %18, %8 : f32[]
  %20 = constant 1 : bool[2, 4]
  %21 = select %20, %19, %19 : f32[2, 4]
  store %21, b[]
}
)");
}

TEST(RecordControlTest, WhatIsPutBackIsNoChange) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a), y = x;
              when(x > 0, [&] {
                Tile old = x;
                x = x + 1;
                print("x", {x});
                x = old;
              });
              b = x;
            }),
            a_summed + R"(  %9 = constant 0 : f32[]
  %10 = compare gt %8, %9 : bool[]
  branch [%10] () {
    %11 = constant 1 : f32[]
    %12 = binary add %8, %11 : f32[]
    print "x" [%12]
  } () {
  }
  %13 = constant 1 : bool[2, 4]
  %14 = select %13, %8, %8 : f32[2, 4]
  store %14, b[]
}
)");
}

TEST(RecordControlTest, DeadCodeGoesThroughBranches) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a), unused = x, y = x;
              when(
                  x > 0,
                  [&] {
                    unused = exp(x);
                    y = y + 1;
                  },
                  [&] { unused = unused * 2; });
              when(x > 1, [&] { unused = y; }); // nothing of this is left
              b = y;
            }),
            a_summed + R"(  %9 = constant 0 : f32[]
  %10 = compare gt %8, %9 : bool[]
  %13 = branch [%10] () {
    %11 = constant 1 : f32[]
    %12 = binary add %8, %11 : f32[]
    yield %12
  } () {
    yield %8
  } : f32[]
  %14 = constant 1 : bool[2, 4]
  %15 = select %14, %13, %13 : f32[2, 4]
  store %15, b[]
}
)");
}

TEST(RecordControlTest, DeadCodeGoesThroughWhiles) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a), unused = x, needed = x, again = x;
              loop_while([&] { return x > 0; },
                         [&] {
                           unused = unused + again;
                           again = again * 2; // for `unused` only
                           needed = needed + 1;
                           x = x - needed;
                         });
              loop_while([&] { return unused > 0; }, [&] { unused = x; });
              b = x;
            }),
            a_summed +
                R"(  %16, %17 = while_loop [%8, %8] (%9: f32[], %10: f32[]) {
    %11 = constant 0 : f32[]
    %12 = compare gt %10, %11 : bool[]
    yield %12
  } () {
    %13 = constant 1 : f32[]
    %14 = binary add %9, %13 : f32[]
    %15 = binary sub %10, %14 : f32[]
    yield %14, %15
  } : f32[], f32[]
  %18 = constant 1 : bool[2, 4]
  %19 = select %18, %17, %17 : f32[2, 4]
  store %19, b[]
}
)");
}

TEST(RecordControlTest, EffectsKeepBranchesAndWhiles) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = sum(a);
              when(x > 0, {}, [&] { device_assert(x == 0, "is 0"); });
              loop_while([&] { return x > 0; }, [&] { print("x", {x}); });
            }),
            a_summed + R"(  %9 = constant 0 : f32[]
  %10 = compare gt %8, %9 : bool[]
  branch [%10] () {
  } () {
    %11 = constant 0 : f32[]
    %12 = compare eq %8, %11 : bool[]
    assertion "is 0" [%12]
  }
  while_loop [] () {
    %13 = constant 0 : f32[]
    %14 = compare gt %8, %13 : bool[]
    yield %14
  } () {
    print "x" [%8]
  }
}
)");
}

TEST(RecordControlTest, DotsJoinTheirSumWithinABlock) {
  std::string body = recorded_body([](In a, InOut b) {
    Tile square = dot(a, transpose(b)), sum = square;
    when(any(a > 0), [&] { sum = sum + dot(a, transpose(b)); });
    print("r", {sum});
  });
  EXPECT_NE(body.find("dot %"), std::string::npos);
  EXPECT_EQ(body.find("binary add"), std::string::npos) << body;
}

TEST(RecordControlTest, ExceptionsCloseWhatIsOpen) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = sum(a);
              try {
                when(x > 0, [&] {
                  loop_while([&] { return x > 0; }, [&] { throw 7; });
                });
              } catch (int) {
              }
              b = 1;
            }),
            "body {\n  %0 = constant 1 : f32[2, 4]\n  store %0, b[]\n}\n");
}

TEST(RecordControlTest, BoolLiteralsAreBool) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile mask = where(a > 0, true, false);
              when(true, [&] { b = where(mask == true, a, 1); });
            }),
            R"(body {
  %0 = load a[] : f32[2, 4]
  %1 = constant 0 : f32[]
  %2 = compare gt %0, %1 : bool[2, 4]
  %3 = constant 1 : bool[]
  %4 = constant 0 : bool[]
  %5 = select %2, %3, %4 : bool[2, 4]
  %6 = constant 1 : bool[]
  branch [%6] () {
    %7 = constant 1 : bool[]
    %8 = compare eq %5, %7 : bool[2, 4]
    %9 = load a[] : f32[2, 4]
    %10 = constant 1 : f32[]
    %11 = select %8, %9, %10 : f32[2, 4]
    store %11, b[]
  } () {
  }
}
)");
}

} // namespace
} // namespace girih

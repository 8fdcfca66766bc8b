// SPDX-License-Identifier: Apache-2.0
// How variables go through branches and loops, and what is left out.
#include "kernels.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace girih {
namespace {

using testing::recorded_body;

TEST(RecordControlTest, AnArmsAssignmentIsAResult) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Tile x = a, y = b;
              when(a.size(0) > Located(1), [&] { x = x + y; });
              b = x;
            }),
            R"(@)");
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
            R"(@)");
}

TEST(RecordControlTest, IndicesAreCarriedToo) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              Index at(0);
              when(sum(a) > 0, [&] { at = at + a.size(1); });
              b.scatter({at, 0}, 1);
            }),
            R"(@)");
}

TEST(RecordControlTest, StoresInBothArms) {
  EXPECT_EQ(recorded_body([](In a, InOut b) {
              when(sum(a) > 0, [&] { b = a; }, [&] { b = 1; });
            }),
            R"(@)");
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
            R"(@)");
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
            R"(@)");
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
            R"(@)");
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
            R"(@)");
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
            R"(@)");
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
            R"(@)");
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
            R"(@)");
}

TEST(RecordControlTest, EffectsKeepBranchesAndWhiles) {
  EXPECT_EQ(recorded_body([](In a, InOut) {
              Tile x = sum(a);
              when(x > 0, {}, [&] { device_assert(x == 0, "is 0"); });
              loop_while([&] { return x > 0; }, [&] { print("x", {x}); });
            }),
            R"(@)");
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
            R"(@)");
}

} // namespace
} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// Mistakes in branches, loops, and in what is used where. A mistake shares its
// line with AT, so that this file is not formatted.
// clang-format off
#include "expect_error.h"

#include <memory>
#include <optional>

namespace girih::testing {
namespace {

using Id = ErrorId;

TEST(ControlErrors, Conditions) {
  expect_application_error(Id::condition, [](In a, In, Out) { AT; when(a[0] > 0, [] {}); }, "the condition of when() is bool[4, 4]");
  expect_application_error(Id::condition, [](In a, In, Out) { AT; when(sum(a[0]), [] {}); }, "it must be bool, as comparisons give");
  expect_application_error(Id::condition, [](In a, In, Out) { AT; when(a.size(0), [] {}); }, "is i64[]");
  expect_application_error(Id::condition, [](In, In, Out) { AT; when(1, [] {}); });
  expect_application_error(Id::condition, [](In a, In, Out) { AT; when(a[0], [] {}); }, b1, "any() or all() make one");
  expect_application_error(Id::condition, [](In a, In, Out) { AT; loop_while([&] { return a[0] > 0; }, [] {}); }, "the condition of loop_while()");
  expect_application_error(Id::condition, [](In a, In, Out) { AT; loop_while([&] { return sum(a[0]); }, [] {}); });
}
TEST(ControlErrors, ConditionAssigns) {
  expect_application_error(Id::condition, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto less = [&] { AT; x = x - 1; return x > 0; };
    loop_while(less, [] {});
  }, "the condition of loop_while() assigns a variable made outside it");
  expect_application_error(Id::condition, [](In, In, Out) {
    Index i(0);
    auto less = [&] { AT; i = i + 1; return Located(i) < 3; };
    loop_while(less, [] {});
  });
}
TEST(ControlErrors, EmptyFunctions) {
  expect_application_error(Id::missing_argument, [](In, In, Out) { AT; loop_while({}, [] {}); }, "loop_while() got an empty function");
  expect_application_error(Id::missing_argument, [](In, In, Out) { AT; loop_while([] { return Located(1) > 0; }, {}); });
}
TEST(ControlErrors, TypesChangeInArms) {
  expect_application_error(Id::loop_type, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto narrow = [&] { AT; x = cast(x, f16); };
    when(x > 0, narrow);
  }, "changes the type of a variable from f32[] to f16[]");
  expect_application_error(Id::loop_type, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto widen = [&] { AT; x = a[0]; };
    when(x > 0, [] {}, widen);
  }, "from f32[] to f32[4, 4]");
  expect_application_error(Id::loop_type, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto body = [&] { AT; x = x > 1; };
    loop_while([&] { return x > 0; }, body);
  });
}
TEST(ControlErrors, BreakAndReturnInsideArms) {
  expect_application_error(Id::loop_break, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto arm = [&] { AT; for (Index k : range(3)) { (void)k; break; } };
    when(x > 0, arm);
  });
  expect_application_error(Id::loop_break, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto arm = [&] { AT; for (Index k : range(3)) { x = x * k; return; } };
    when(x > 0, [] {}, arm);
  });
  expect_application_error(Id::loop_break, [](In a, In, Out) {
    Tile x = sum(a[0]);
    auto body = [&] { AT; for (Index k : range(3)) { x = x * k; return; } };
    loop_while([&] { return x > 0; }, body);
  }, "loop_while() ends early");
  expect_application_error(Id::loop_break, [](In a, In, Out) {
    Tile x = sum(a[0]);
    AT; for (Index k : range(3)) { when(x > 0, [&] { x = x * k; }); break; }
  });
}
TEST(ControlErrors, ValuesStayInTheirArm) {
  auto check = [](bool second, bool in_while) {
    expect_application_error(Id::value_scope, [&](In a, In, Out c) {
      std::unique_ptr<Tile> kept;
      Tile x = sum(a[0]);
      auto keep = [&] { kept = std::make_unique<Tile>(a[1]); x = x - 1; };
      if (in_while) loop_while([&] { return x > 0; }, keep);
      else if (second) when(x > 0, [] {}, keep);
      else when(x > 0, keep);
      AT; c[0] = *kept;
    });
  };
  check(false, false);
  check(true, false);
  check(false, true);
}
TEST(ControlErrors, ValuesOfOneArmInTheOther) {
  expect_application_error(Id::value_scope, [](In a, In, Out) {
    std::unique_ptr<Tile> kept;
    auto yes = [&] { kept = std::make_unique<Tile>(a[1]); };
    auto no = [&] { AT; Tile y = *kept + 1; };
    when(sum(a[0]) > 0, yes, no);
  }, "declare the variable before the loop or branch");
}
TEST(ControlErrors, ValuesOfAConditionInTheBody) {
  expect_application_error(Id::value_scope, [](In a, In, Out) {
    std::unique_ptr<Tile> kept;
    Tile x = sum(a[0]);
    auto holds = [&] { kept = std::make_unique<Tile>(x * 2); return *kept > 0; };
    auto body = [&] { AT; x = *kept; };
    loop_while(holds, body);
  });
}
TEST(ControlErrors, IndexLeavesItsLoop) {
  expect_application_error(Id::value_scope, [](In a, In, Out) {
    std::unique_ptr<Index> kept;
    for (Index k : range(3)) kept = std::make_unique<Index>(k);
    AT; Tile x = a[*kept];
  }, "a Tile or Index was made inside a loop, branch or function of lanes that has ended");
}
TEST(ControlErrors, Ranges) {
  expect_application_error(Id::loop_step, [](In, In, Out) { AT; for (Index k : range(0, 4, -1)) (void)k; }, "n - 1 - k");
  expect_application_error(Id::loop_reused, [](In, In, Out) {
    AT; Range twice = range(4);
    for (Index k : twice) (void)k;
    for (Index k : twice) (void)k;
  }, "call range() in each `for`");
  expect_application_error(Id::loop_break, [](In, In, Out) {
    AT; Range outer = range(4); Range inner = range(3);
    auto first = outer.begin();
    inner.begin();
    ++first;
  });
  static std::unique_ptr<Range> kept;
  expect_application_error(Id::loop_break, [](In, In, Out) {
    AT; kept.reset(new Range(range(4)));
    kept->begin();
  });
  expect_application_error(Id::index_divisor, [](In a, In, Out c) { AT; Index zero = a.size(0) / 0; c[zero] = 1; }, "an Index is divided by 0");
  expect_application_error(Id::index_divisor, [](In a, In, Out c) { AT; Index zero = a.size(0) % -3; c[zero] = 1; });
}
TEST(ControlErrors, NestedTooDeep) {
  std::function<void(In &, int)> branches = [&](In &a, int depth) {
    AT; when(sum(a[0]) > 0, [&] { if (depth < 40) branches(a, depth + 1); });
  };
  expect_application_error(Id::nesting, [&](In a, In, Out) { branches(a, 0); });
  std::function<void(In &, int)> whiles = [&](In &a, int depth) {
    AT; loop_while([&] { return sum(a[0]) > 0; }, [&] { if (depth < 40) whiles(a, depth + 1); });
  };
  expect_application_error(Id::nesting, [&](In a, In, Out) { whiles(a, 0); });
}
TEST(ControlErrors, Stores) {
  expect_application_error(Id::store_conditional, [](In a, In, Out c) {
    auto yes = [&] { AT; c[0] = 1; };
    when(sum(a[0]) > 0, yes);
  }, "output c is stored in one arm of a branch or in a loop_while()");
  expect_application_error(Id::store_conditional, [](In a, In, Out c) {
    auto no = [&] { AT; c[0] = 1; };
    when(sum(a[0]) > 0, [] {}, no);
  }, "arrange partial(c)");
  expect_application_error(Id::store_conditional, [](In a, In, Out c) {
    Tile x = sum(a[0]);
    auto body = [&] { x = x - 1; AT; c[0] = x; };
    loop_while([&] { return x > 0; }, body);
  });
  expect_application_error(Id::store_conditional, [](In a, In, Out c) {
    for (Index k : range(c.size(0))) {
      auto yes = [&] { AT; c[k] = 1; };
      when(sum(a[k]) > 0, yes);
    }
  });
}
TEST(ControlErrors, StoresOfPlainOutputs) {
  auto expect_plain = [](Id id, auto apply) {
    auto arrange = [](Tensor a, Tensor c) { return arranged(a.tile({4}), c.tile({4})); };
    expect_error(id, [&] { record_kernel(make_source("k", arrange, apply), 1); });
  };
  expect_plain(Id::store_twice, [](In a, Out c) {
    when(sum(a) > 0, [&] { c = 1; }, [&] { c = 2; });
    AT; c = 3;
  });
  expect_plain(Id::store_twice, [](In a, Out c) {
    for (Index k : range(2)) {
      auto yes = [&] { AT; c = 1; };
      auto no = [&] { c = 2; };
      when(sum(a) > Located(k), yes, no);
    }
  });
  expect_plain(Id::store_twice, [](In a, Out c) {
    auto yes = [&] { c = 1; AT; c = 2; };
    when(sum(a) > 0, yes, [&] { c = 2; });
  });
}
TEST(ControlErrors, Texts) {
  const std::string longest(4097, 'x');
  expect_application_error(Id::text, [](In, In, Out) { AT; print(""); }, "print(): its text must have 1 to 4096 characters, none of them 0");
  expect_application_error(Id::text, [&](In, In, Out) { AT; print(longest); });
  expect_application_error(Id::text, [](In, In, Out) { AT; print(std::string_view("a\0b", 3)); });
  expect_application_error(Id::text, [](In a, In, Out) { AT; device_assert(a[0] > 0, ""); }, "device_assert():");
  expect_application_error(Id::text, [&](In a, In, Out) { AT; device_assert(a[0] > 0, longest); });
}
TEST(ControlErrors, Assertions) {
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; device_assert(a[0], "positive"); }, "a device_assert() condition of a tile of dtype f32");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; device_assert(a.size(0), "positive"); });
}
TEST(ControlErrors, Random) {
  expect_application_error(Id::seed, [](In a, In, Out) { AT; rand(a[0], arange(4)); }, i64, "the seed of random numbers is a tile of shape [4, 4]");
  expect_application_error(Id::seed, [](In, In, Out) { AT; randn(0.5, arange(4)); }, "the seed of random numbers is of dtype f32");
  expect_application_error(Id::seed, [](In, In, Out) { AT; random_bits(true, arange(4)); }, "of dtype bool");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; rand(7, a[0]); }, "random numbers at offsets of a tile of dtype f32");
  expect_application_error(Id::dtype_unsupported, [](In a, In, Out) { AT; randn(7, a[0]); }, i4);
  expect_application_error(Id::literal_range, [](In, In, Out) { AT; rand(~std::uint64_t{0}, arange(4)); });
}
TEST(ControlErrors, RangeThatOverflows) {
  expect_application_error(Id::size_arithmetic, [](In, In, Out) { AT; for (Index k : range(0, INT64_MAX, INT64_MAX)) (void)k; });
  expect_application_error(Id::size_arithmetic, [](In, In, Out) { AT; for (Index k : range(INT64_MIN, INT64_MAX, 2)) (void)k; });
  expect_application_error(Id::size_arithmetic, [](In a, In, Out) { Index n = a.size(0); AT; n = n * INT64_MAX; n = n * 4; });
}

TEST(ScopeErrors, OutsideAnApplication) {
  expect_error(Id::not_recording, [] { AT; full({4}, 1, f32); }, "full() is used outside an application");
  expect_error(Id::not_recording, [] { AT; arange(4); }, "arange() is used outside");
  expect_error(Id::not_recording, [] { AT; print("x"); }, "print()");
  expect_error(Id::not_recording, [] { AT; program_id(0); }, "program_id()");
  expect_error(Id::not_recording, [] { AT; range(4); });
  expect_error(Id::not_recording, [] { AT; loop_while([] { return zeros({}, b1); }, [] {}); }, "loop_while()");
  expect_error(Id::not_recording, [] { AT; when(true, [] {}); });
  expect_error(Id::not_recording, [] { AT; Located(1) + 2; });
}
TEST(ScopeErrors, AfterTheApplication) {
  std::optional<Tile> kept;
  auto source = make_source("k", [](Tensor c) { return arranged(c.tile({4})); }, [&](Out c) { kept.emplace(arange(4)); c = *kept; });
  record_kernel(source, 1);
  expect_error(Id::not_recording, [&] { AT; kept->shape(); });
  expect_error(Id::not_recording, [&] { AT; kept->dtype(); });
  expect_error(Id::not_recording, [&] { AT; sum(*kept); });
}
// Records, within a recording of a, b and c, a kernel of one output that does
// this to the outer kernel's operands.
template <class Use> void expect_foreign(Use use) {
  auto arrange = [](Tensor a, Tensor b, Tensor c) { return arranged(a.tile({4}), b.tile({4}), c.tile({4})); };
  expect_error(Id::foreign_value, [&] {
    auto outer = [&](In a, InOut b, Out c) {
      auto inner = [&](Out) { use(a, b, c); };
      record_kernel(make_source("inner", [](Tensor t) { return arranged(t.tile({4})); }, inner), 1);
    };
    record_kernel(make_source("outer", arrange, outer), 1);
  }, "an operand belongs to another recording");
}
TEST(ScopeErrors, OperandsOfAnotherRecording) {
  expect_foreign([](In &a, InOut &, Out &) { AT; Tile x = a; });
  expect_foreign([](In &, InOut &b, Out &) { AT; Tile x = b; });
  expect_foreign([](In &a, InOut &, Out &) { AT; sum(a); });
  expect_foreign([](In &a, InOut &, Out &) { AT; a.size(0); });
  expect_foreign([](In &a, InOut &, Out &) { AT; a.source_size(0); });
  expect_foreign([](In &a, InOut &, Out &) { AT; a.offsets(0); });
  expect_foreign([](In &a, InOut &, Out &) { AT; a.in_bounds(); });
  expect_foreign([](In &a, InOut &, Out &) { AT; a.gather({arange(4)}); });
  expect_foreign([](In &, InOut &, Out &c) { AT; c = 1; });
  expect_foreign([](In &, InOut &, Out &c) { AT; c.scatter({arange(4)}, 1); });
  expect_foreign([](In &, InOut &b, Out &) { AT; b += 1; });
  expect_foreign([](In &, InOut &b, Out &) { AT; b.atomic_add({arange(4)}, 1); });
  expect_foreign([](In &, InOut &b, Out &) { AT; b.last_to_arrive({0}, 1); });
}

} // namespace
} // namespace girih::testing

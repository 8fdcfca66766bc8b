// SPDX-License-Identifier: Apache-2.0
// What GIRIH_DEBUG=bounds,race,nan finds on the host, and what it lets pass.
#include "expect_error.h"

#include "girih/girih.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace girih::testing {
namespace {

using ::testing::HasSubstr;

class RuntimeChecks : public ::testing::Test {
protected:
  ~RuntimeChecks() override { unsetenv("GIRIH_DEBUG"); }
  static void look_for(const char *words) { setenv("GIRIH_DEBUG", words, 1); }
};

template <class T> Array array_of(DType dtype, std::vector<T> values) {
  Array array = Array::zeros({static_cast<std::int64_t>(values.size())}, dtype,
                             host_device);
  std::copy(values.begin(), values.end(), static_cast<T *>(array.data()));
  return array;
}
Array floats(std::vector<float> values) {
  return array_of(f32, std::move(values));
}
Array integers(std::vector<std::int32_t> values) {
  return array_of(i32, std::move(values));
}
Array counted(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.F);
  return floats(values);
}
float at(const Array &array, std::int64_t i) {
  return static_cast<const float *>(array.data())[i];
}

/// Tiles of 4 of each operand; every output may stay partly unwritten.
template <class Apply> Kernel tiles_of_four(Apply apply) {
  return make("checked",
              [](Tensor x, Tensor i, Tensor y) {
                return arranged(x.tile({4}), i.tile({4}), y.tile({4}));
              },
              apply, {"x", "i", "y"});
}

/// Expects error `id` at AT's line, with the call in a note; gives its text.
template <class Call> std::string found(ErrorId id, Call call) {
  expected_line = 0;
  try {
    call();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id_name(), catalogue_entry(id).name) << error.what();
    EXPECT_EQ(error.where().line, expected_line) << error.what();
    EXPECT_THAT(error.where().file, HasSubstr("runtime_checks_test.cpp"));
    EXPECT_THAT(error.what(), HasSubstr("note: in this call of kernel "));
    return error.what();
  }
  ADD_FAILURE() << "nothing was found";
  return {};
}

TEST_F(RuntimeChecks, BoundsOfGather) {
  look_for("bounds");
  const Kernel gather =
      tiles_of_four([](In x, In i, Out y) { AT, y = x.gather({i}); });
  const Array x = counted(6), y = counted(6);
  std::string text = found(ErrorId::bounds,
                           [&] { gather(x, integers({5, 0, 2, 3, 4, 6}), y); });
  EXPECT_THAT(text, HasSubstr("kernel checked: index 6 into dimension 0 of "
                              "operand x, which has size 6, in program 1, "
                              "lane [1]"));
  EXPECT_EQ(at(y, 0), 6); // the first program has run
  gather(x, integers({5, 0, 2, 3, 4, 5}), y);
  EXPECT_EQ(at(y, 5), 6);
}

// Kernels stand outside of gtest's macros, whose arguments have other lines.
TEST_F(RuntimeChecks, BoundsOfScatterAtomicAndTake) {
  look_for("bounds,race,nan");
  const Array x = counted(4), i = integers({0, 1, -1, 3});
  const Kernel scatter =
      tiles_of_four([](In x, In i, InOut y) { AT, y.scatter({i}, x); });
  const Kernel atomic =
      tiles_of_four([](In x, In i, InOut y) { AT, y.atomic_add({i}, x); });
  const Kernel take =
      tiles_of_four([](In x, In i, Out y) { AT, y = gather(x, 0, i + 1); });
  std::string text = found(ErrorId::bounds, [&] { scatter(x, i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("index -1 into dimension 0 of operand y"));
  text = found(ErrorId::bounds, [&] { atomic(x, i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("lane [2]"));
  text = found(ErrorId::bounds, [&] { take(x, i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("index 4 into dimension 0 of a tile, which has "
                              "size 4, in program 0, lane [3]"));
}

TEST_F(RuntimeChecks, NowhereIsNoMistake) {
  look_for("bounds,race,nan");
  const Array x = counted(4), i = integers({0, 1, -1, 3}), y = counted(4);
  const auto place = [](const In &indices) {
    return where(indices < 0, nowhere, indices);
  };
  tiles_of_four([=](In x, In i, Out y) { y = x.gather({place(i)}); })(x, i, y);
  EXPECT_EQ(at(y, 2), 0);
  tiles_of_four([=](In x, In i, InOut y) {
    y.scatter({place(i)}, x);
    y.atomic_add({place(i)}, x);
  })(x, i, y);
  EXPECT_EQ(at(y, 2), 0);
  EXPECT_EQ(at(y, 3), 8);
}

/// Tiles of 4 of x and y as a level, which each of i's programs sees whole.
template <class Apply> Kernel levels_of_four(Apply apply) {
  return make("levels",
              [](Tensor x, Tensor i, Tensor y) {
                const Tensor numbers = i.tile({1}).at(1, squeeze(0));
                const auto level = [&](const Tensor &t) {
                  return t.tile({4}).tile({whole}).expand({numbers.size(0)});
                };
                return arranged(level(x), numbers, level(y));
              },
              apply, {"x", "i", "y"});
}

TEST_F(RuntimeChecks, BoundsOfLevels) {
  look_for("bounds");
  const Array x = counted(8), y = counted(8);
  const Kernel load = levels_of_four(
      [](In x, In i, InOut y) { AT, y[0] = x[as_index(i) + 1]; });
  std::string text =
      found(ErrorId::bounds, [&] { load(x, integers({0, 1}), y); });
  EXPECT_THAT(text, HasSubstr("kernel levels: index 2 into dimension 0 of the "
                              "level of operand x, which has size 2, in "
                              "program 1"));
  EXPECT_EQ(at(y, 0), 5); // the first program has run
  load(x, integers({0, -1}), y);
  const Kernel store =
      levels_of_four([](In x, In i, InOut y) { AT, y[as_index(i)] = x[0]; });
  text = found(ErrorId::bounds, [&] { store(x, integers({1, -1}), y); });
  EXPECT_THAT(text, HasSubstr("index -1 into dimension 0 of the level of "
                              "operand y"));
  const Kernel number =
      levels_of_four([](In x, In i, InOut y) { AT, y[as_index(i)] = x[2]; });
  text = found(ErrorId::bounds, [&] { number(x, integers({0}), y); });
  EXPECT_THAT(text, HasSubstr("index 2 into dimension 0 of the level of "
                              "operand x, which has size 2"));
  number(counted(12), integers({0}), y);
}

TEST_F(RuntimeChecks, BoundsOfCarriedIndices) {
  look_for("bounds");
  const Array x = counted(8), y = counted(8);
  const auto last = [] {
    return levels_of_four([](In x, In i, InOut y) {
      Index place(0);
      for (Index k : range(2))
        when(i > k, [&] { place = as_index(i); });
      AT, y[0] = x[place];
    });
  };
  last()(x, integers({0, 1}), y);
  found(ErrorId::bounds, [&] { last()(x, integers({0, 2}), y); });
}

TEST_F(RuntimeChecks, NowhereInALevelIsNoMistake) {
  look_for("bounds,race,nan");
  const Array x = counted(8), y = counted(8);
  levels_of_four([](In x, In i, InOut y) {
    const Index place = as_index(where(i < 0, nowhere, i));
    y[0] = x[place / 2];
    y[place] = x[1];
    for (Index k : range(3))
      y[0] += x[k - 1]; // neighbours, which may leave the level
  })(x, integers({-1}), y);
  EXPECT_EQ(at(y, 0), 1 + 5);
}

TEST_F(RuntimeChecks, WithoutBoundsOutOfRangeIsOther) {
  look_for("race,nan");
  const Array y = counted(4);
  tiles_of_four([](In x, In i, Out y) { y = x.gather({i}); })(
      counted(4), integers({3, -5, 4, 0}), y);
  EXPECT_EQ(at(y, 0), 4);
  EXPECT_EQ(at(y, 1), 0);
}

TEST_F(RuntimeChecks, WritesOfTwoPrograms) {
  look_for("race");
  const Kernel scatter =
      tiles_of_four([](In x, In i, InOut y) { AT, y.scatter({i}, x); });
  std::string text = found(ErrorId::race, [&] {
    scatter(counted(8), integers({0, 1, 2, 3, 4, 5, 2, 7}), counted(8));
  });
  EXPECT_THAT(text, HasSubstr("element [2] of operand y is written in program "
                              "1, lane [2], but was written in program 0"));
  EXPECT_THAT(text, HasSubstr("note: the element was written here"));
  scatter(counted(8), integers({7, 6, 5, 4, 3, 2, 1, 0}), counted(8));
}

TEST_F(RuntimeChecks, WritesTwiceByOneOperation) {
  look_for("race");
  const Kernel scatter =
      tiles_of_four([](In x, In i, InOut y) { AT, y.scatter({i}, x); });
  std::string text = found(ErrorId::race, [&] {
    scatter(counted(4), integers({0, 1, 2, 1}), counted(4));
  });
  EXPECT_THAT(text, HasSubstr("element [1] of operand y is written in program "
                              "0, lane [3], but was written in program 0"));
  // Also where another operation has written it before.
  const Kernel again = tiles_of_four([](In x, In i, InOut y) {
    y += x;
    AT, y.scatter({i}, x);
  });
  found(ErrorId::race,
        [&] { again(counted(4), integers({0, 1, 2, 1}), counted(4)); });
  // One after the other they are in order, and an InOut may be updated.
  const Array y = counted(4);
  tiles_of_four([](In x, In i, InOut y) {
    y += x;
    y.scatter({i}, x);
    y *= 2.F;
  })(counted(4), integers({0, 1, 2, 3}), y);
  EXPECT_EQ(at(y, 3), 8);
}

TEST_F(RuntimeChecks, WritesTwiceToAnOut) {
  look_for("race");
  const Kernel twice = make(
      "checked",
      [](Tensor x, Tensor i, Tensor y) {
        return arranged(x.tile({4}), i.tile({4}), partial(y.tile({4})));
      },
      [](In x, In i, Out y) {
        y.scatter({i}, x);
        AT, y.scatter({3 - i}, x);
      });
  found(ErrorId::race,
        [&] { twice(counted(4), integers({0, 1, 2, 3}), counted(4)); });
}

TEST_F(RuntimeChecks, ReadsOfWhatOthersWrite) {
  look_for("race");
  const Kernel neighbour = tiles_of_four([](In x, In i, InOut y) {
    Tile there = y.gather({i});
    AT, y = there + x;
  });
  // Program 0 reads what program 1 writes later.
  std::string text = found(ErrorId::race, [&] {
    neighbour(counted(8), integers({0, 1, 2, 4, 4, 4, 4, 4}), counted(8));
  });
  EXPECT_THAT(text, HasSubstr("element [4] of operand y is written in program "
                              "1, lane [0], but was read in program 0"));
  const Kernel before =
      tiles_of_four([](In x, In i, InOut y) { AT, y = y.gather({i}) + x; });
  // Program 1 reads what program 0 has written.
  text = found(ErrorId::race, [&] {
    before(counted(8), integers({0, 1, 2, 3, 4, 5, 3, 7}), counted(8));
  });
  EXPECT_THAT(text, HasSubstr("element [3] of operand y is read in program 1, "
                              "lane [2], but was written in program 0"));
  before(counted(8), integers({1, 0, 3, 2, 7, 6, 5, 4}), counted(8));
}

TEST_F(RuntimeChecks, AtomicsOfAllProgramsAgree) {
  look_for("race");
  const Array y = counted(8);
  tiles_of_four([](In x, In i, InOut y) { y.atomic_add({i}, x); })(
      counted(8), integers({0, 0, 0, 0, 0, 0, 0, 0}), y);
  EXPECT_EQ(at(y, 0), 1 + 36);
  // But not with a plain read of another program.
  const Kernel read = tiles_of_four([](In x, In i, InOut y) {
    Tile old = y;
    AT, y.atomic_add({i}, x + old);
  });
  std::string text = found(ErrorId::race, [&] {
    read(counted(8), integers({0, 1, 2, 3, 4, 5, 6, 0}), counted(8));
  });
  EXPECT_THAT(text, HasSubstr("is updated by an atomic in program 1, lane [3], "
                              "but was read in program 0"));
  const Kernel update = tiles_of_four([](In x, In i, InOut y) {
    y.atomic_add({i}, x);
    AT, y = x;
  });
  text = found(ErrorId::race, [&] {
    update(counted(8), integers({0, 1, 2, 5, 4, 5, 6, 7}), counted(8));
  });
  EXPECT_THAT(text, HasSubstr("is written in program 1, lane [1], but was "
                              "updated by an atomic in program 0"));
}

TEST_F(RuntimeChecks, TheLastToArriveReadsWhatTheOthersWrote) {
  look_for("race");
  // The last program reverses y; `count` says who is the last.
  const auto kernel = [](bool stores_late) {
    return make(
        "arrivals",
        [](Tensor x, Tensor y, Tensor counter, Tensor count) {
          Tensor tiles = x.tile({4});
          auto all = [&](const Tensor &t) {
            return t.tile({1}).tile({whole}).expand({tiles.size(0)});
          };
          return arranged(tiles, all(y), all(counter), all(count));
        },
        [=](In x, InOut y, InOut counter, In count) {
          Tile place = arange(4) + cast(program_id(0), i32) * 4;
          if (!stores_late)
            AT, y.scatter({place}, x);
          Tile last = counter.last_to_arrive({0}, count.gather({0}));
          if (stores_late)
            y.scatter({place}, x);
          when(last, [&] {
            Tile i = arange(8), there = zeros({8}, f32);
            if (stores_late)
              AT, there = y.gather({7 - i});
            else
              there = y.gather({7 - i});
            y.scatter({i}, there);
          });
        },
        {"x", "y", "counter", "count"});
  };
  const Array y = counted(8);
  kernel(false)(counted(8), y, integers({0}), integers({2}));
  EXPECT_EQ(at(y, 0), 8);
  // The first program is taken for the last.
  std::string text = found(ErrorId::race, [&] {
    kernel(false)(counted(8), counted(8), integers({0}), integers({1}));
  });
  EXPECT_THAT(text, HasSubstr("is written in program 1"));
  // What comes behind an arrival is not ordered by it.
  text = found(ErrorId::race, [&] {
    kernel(true)(counted(8), counted(8), integers({0}), integers({2}));
  });
  EXPECT_THAT(text, HasSubstr("is read in program 1, lane [4], but was written "
                              "in program 0"));
}

/// y = x, but of each tile of 4 only `lanes`: recording would refuse it.
Kernel most_lanes(const std::string &dtype, const std::string &lanes) {
  return Kernel(parse_program(
      "program \"most\" index32\nconfig \"\"\noperand x in " + dtype +
      R"( rank 1 other 0
  class 0 0 0 0
  grid [(x.n0 + 3) / 4]
  tile [4]
  index [p0 * 4 + t0]
  bound p0 * 4 + t0 < x.n0
operand y out )" +
      dtype + R"( rank 1 other 0
  class 0 0 0 0
  grid [(y.n0 + 3) / 4]
  tile [4]
  index [p0 * 4 + t0]
  bound p0 * 4 + t0 < y.n0
  bound t0 < )" +
      lanes + "\nbody {\n  %0 = load x[] : " + dtype +
      "[4]\n  store %0, y[]\n}\n"));
}

void expect_unwritten(const Kernel &kernel, const Array &x, const Array &y,
                      const char *what) {
  try {
    kernel(x, y);
    ADD_FAILURE() << "nothing was found";
  } catch (const RuntimeError &error) {
    EXPECT_THAT(error.what(), HasSubstr(what));
  }
}

TEST_F(RuntimeChecks, UnwrittenElements) {
  look_for("race");
  const Kernel most = most_lanes("f32", "3");
  expect_error(ErrorId::unwritten, [&] { AT, most(counted(6), counted(6)); });
  expect_unwritten(most, counted(4), counted(4),
                   "element [3] of output y is never written");
  most(counted(3), counted(3));
  // Two in a byte: the first of them is named.
  const Array x = Array::zeros({8}, i4, host_device);
  expect_unwritten(most_lanes("i4", "2"), x, Array::zeros({8}, i4, host_device),
                   "element [2] of output y is never written");
}

TEST_F(RuntimeChecks, WhereANaNComesFrom) {
  look_for("nan");
  const Kernel logs =
      tiles_of_four([](In x, In i, Out y) { AT, y = exp(log(x)) + i; });
  std::string text = found(ErrorId::nan, [&] {
    logs(floats({1, 2, 3, 4, 5, -2}), integers({0, 0, 0, 0, 0, 0}), counted(6));
  });
  EXPECT_THAT(text, HasSubstr("log of -2 gives NaN in program 1, lane [1]"));
  EXPECT_THAT(text, HasSubstr("note: it is stored to element [5] of operand "
                              "y"));
}

TEST_F(RuntimeChecks, NaNsOfReductionsAndDots) {
  look_for("nan");
  const float inf = std::numeric_limits<float>::infinity();
  const Array i = integers({0, 0, 0, 0});
  const Kernel difference =
      tiles_of_four([](In x, In, Out y) { AT, y = x - max(x); });
  std::string text = found(
      ErrorId::nan, [&] { difference(floats({1, inf, 3, 4}), i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("sub of inf, inf gives NaN in program 0, "
                              "lane [1]"));
  const Kernel total =
      tiles_of_four([](In x, In, Out y) { AT, y = zeros({4}, f32) + sum(x); });
  text = found(ErrorId::nan,
               [&] { total(floats({1, inf, -inf, 4}), i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("gives NaN in program 0\n"));
  const Kernel square = tiles_of_four([](In x, In i, Out y) {
    Tile column = reshape(x, {4, 1}), row = reshape(i.gather({i}), {1, 4});
    AT, y = reshape(dot(row.to(f32), column), {1}) + x;
  });
  text = found(ErrorId::nan,
               [&] { square(floats({1, inf, 0, 4}), i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("dot of 0, 0, 1 gives NaN in program 0, lane "
                              "[0, 0]"));
}

TEST_F(RuntimeChecks, NaNsThatAreNotTheKernelsFault) {
  look_for("nan");
  const float nan = std::nanf("");
  const Array y = counted(6);
  // One that was there before; one that is not selected; lanes past the end
  // of the arrays, where 0 / 0 is never stored.
  tiles_of_four([](In x, In i, Out y) {
    y = where(x > 0.F, log(x), x) + (x - x) / x + i;
  })(floats({nan, 2, -3, 4, 5, 6}), integers({0, 0, 0, 0, 0, 0}), y);
  EXPECT_TRUE(std::isnan(at(y, 0)));
  EXPECT_FALSE(std::isnan(at(y, 2)));
}

TEST_F(RuntimeChecks, AssertionsAndErrorsOfTheCallAreThere) {
  look_for("bounds");
  const Kernel asserting = tiles_of_four([](In x, In, Out y) {
    AT, device_assert(x < 3.F, "small");
    y = x;
  });
  const Array i = integers({0, 0, 0, 0});
  std::string text = found(ErrorId::device_assert,
                           [&] { asserting(counted(4), i, counted(4)); });
  EXPECT_THAT(text, HasSubstr("small: not so in program 0, lane [2]"));
  expect_error(ErrorId::shape,
               [&] { AT, asserting(counted(4), i, counted(5)); });
}

TEST_F(RuntimeChecks, GoodKernelsGiveTheSame) {
  look_for("bounds,race,nan");
  const Kernel matmul = make(
      "matmul",
      [](Tensor a, Tensor b, Tensor c) {
        auto ct = c.tile({8, 8});
        auto at = a.tile({8, 4}).tile({1, whole}).expand({keep, ct.size(1)});
        auto bt = b.tile({4, 8}).tile({whole, 1}).expand({ct.size(0), keep});
        return arranged(at.at(1, squeeze(0)), bt.at(1, squeeze(1)), ct);
      },
      [](In a, In b, Out c) {
        Tile acc = zeros(c.shape(), f32);
        for (Index k : range(a.size(0)))
          acc += dot(a[k], b[k]);
        c = acc;
      });
  const std::int64_t m = 13, n = 21, depth = 10;
  const Array a = counted(m * depth).reshape({m, depth});
  const Array b = counted(depth * n).reshape({depth, n});
  const Array c = Array::zeros({m, n}, f32, host_device);
  matmul(a, b, c);
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < depth; ++k)
        sum += at(a, i * depth + k) * at(b, k * n + j);
      ASSERT_EQ(at(c, i * n + j), sum);
    }
}

TEST_F(RuntimeChecks, OfNoPrograms) {
  look_for("race");
  const Kernel copy = tiles_of_four([](In x, In, Out y) { y = x; });
  copy(floats({}), integers({}), floats({}));
}

TEST_F(RuntimeChecks, OfHalfByteElements) {
  look_for("bounds,race,nan");
  const Kernel copy = make(
      "copy",
      [](Tensor x, Tensor y) {
        return arranged(x.tile({2, 4}), y.tile({2, 4}));
      },
      [](In x, Out y) { y = x; });
  const Array x = Array::zeros({3, 10}, i4, host_device);
  const Array y = Array::zeros({3, 10}, i4, host_device);
  auto *from = static_cast<unsigned char *>(x.data());
  for (int byte = 0; byte < 15; ++byte)
    from[byte] = static_cast<unsigned char>(17 * byte);
  copy(x, y);
  for (int byte = 0; byte < 15; ++byte)
    EXPECT_EQ(static_cast<unsigned char *>(y.data())[byte], 17 * byte);
}

TEST_F(RuntimeChecks, PartialOutputsMayHaveGaps) {
  look_for("race");
  const Kernel some = make(
      "some",
      [](Tensor x, Tensor i, Tensor y) {
        return arranged(x.tile({4}), i.tile({4}), partial(y.tile({4})));
      },
      [](In x, In i, Out y) { y.scatter({i}, x); });
  const Array y = counted(8);
  some(counted(8), integers({7, 1, 5, 3, -1, -1, -1, -1}), y);
  EXPECT_EQ(at(y, 7), 1);
  EXPECT_EQ(at(y, 0), 1);
}

TEST_F(RuntimeChecks, OfAHalfByteNumber) {
  look_for("bounds,race,nan");
  const Kernel fill = make(
      "fill", [](Tensor x, Tensor y) { return arranged(x, y.tile({4})); },
      [](In x, Out y) { y = cast(x, i32); });
  const Array x = Array::zeros({}, i4, host_device), y = integers({9, 9, 9});
  static_cast<char *>(x.data())[0] = 0x75;
  fill(x, y);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(static_cast<std::int32_t *>(y.data())[i], 5);
}

TEST_F(RuntimeChecks, InAGraphAtEachReplay) {
  look_for("bounds");
  const Kernel gather =
      tiles_of_four([](In x, In i, Out y) { AT, y = x.gather({i}); });
  const Array x = counted(4), i = integers({0, 1, 2, 3}), y = counted(4);
  const Stream stream = Stream::create(host_device);
  const Graph graph = Graph::capture(stream, [&] { gather(x, i, y); });
  static_cast<std::int32_t *>(i.data())[0] = 2;
  graph.launch();
  EXPECT_EQ(at(y, 0), 3);
  static_cast<std::int32_t *>(i.data())[0] = 4;
  EXPECT_THROW(graph.launch(), RuntimeError);
}

} // namespace
} // namespace girih::testing

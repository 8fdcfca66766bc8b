// SPDX-License-Identifier: Apache-2.0
// From a call in a test to its status in the list of operators.
#include "call_record.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/examples/op_status.h"
#include "girih/ops/ops.h"
#include "girih/ops/registry.h"
#include "girih/tests/runtime/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace girih::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Observes calls until it goes, and gives the place back as it was: this very
/// test may be recorded.
class OpStatusTest : public ::testing::Test {
protected:
  OpStatusTest() : before_(ops::call_observer.exchange(&note)) {
    calls().clear();
  }
  ~OpStatusTest() override { ops::call_observer = before_; }

  static std::vector<std::string> &calls() {
    static std::vector<std::string> all;
    return all;
  }
  std::string path(const char *file = "tests.txt") const {
    return folder_.path() + "/" + file;
  }
  std::vector<std::string> lines() const {
    std::ifstream file(path());
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);)
      all.push_back(line);
    return all;
  }
  json status(std::string_view op) const {
    const json all =
        json::parse(with_test_status(ops::ops_as_json(), folder_.path()));
    for (const json &each : all)
      if (each["name"] == op)
        return each["tests"];
    return {};
  }

private:
  static void note(const ops::ObservedCall &call) {
    calls().push_back(text_of(call));
  }
  TemporaryFolder folder_;
  ops::CallObserver before_;
};

Array host(std::initializer_list<std::int64_t> shape, DType dtype = f32) {
  return Array::zeros(shape, dtype, host_device);
}

TEST_F(OpStatusTest, CallsAreSeenByTheDtypeOfTheRegistry) {
  if (env("GIRIH_DEBUG"))
    GTEST_SKIP() << "launches are interpreted";
  ops::add(1, host({3}, bf16));
  ops::embedding(host({2}, i32), host({3, 4}, f16));
  ops::eq_out(host({3}), host({3}), host({3}, b1));
  ops::rand(std::vector<std::int64_t>{3}, 1, 0, f16, host_device);
  ops::transpose(host({2, 3}, i8), 0, 1);
  EXPECT_THAT(calls(),
              ElementsAre("add bf16 host", "embedding f16 host", "eq f32 host",
                          "rand f16 host", "transpose i8 host"));
}

TEST_F(OpStatusTest, WhatIsRefusedOrEmptyIsNotSeen) {
  EXPECT_THROW(ops::exp(host({3}, e4m3)), RuntimeError);
  ops::exp(host({0}));
  EXPECT_THAT(calls(), ElementsAre());
}

TEST_F(OpStatusTest, ARecordKeepsWhatDidNotRun) {
  std::ofstream(path()) << "passed\tA.one\texp f32 host\n"
                        << "passed\tA.two\texp f32 host\n"
                        << "passed\tA.three\texp f32 host\n"
                        << "passed\tA.gone\texp f32 host\n";
  CallRecord record(path());
  record.begin({"A.one", "A.two", "A.three", "A.new"},
               {"A.two", "A.three", "A.new"});
  ASSERT_TRUE(record.save());
  EXPECT_THAT(lines(), ElementsAre("passed\tA.one\texp f32 host"));
  record.begin_test();
  ops::neg(host({3}, i64));
  ops::neg(host({3}, i64));
  ops::abs(host({3}));
  record.end_test("A.two", false);
  record.skip_test("A.three");
  record.begin_test();
  record.end_test("A.new", true); // calls nothing
  ASSERT_TRUE(record.save());
  const std::string where = env("GIRIH_DEBUG") ? "interpreter" : "host";
  EXPECT_THAT(lines(), ElementsAre("passed\tA.one\texp f32 host",
                                   "passed\tA.three\texp f32 host",
                                   "failed\tA.two\tabs f32 " + where +
                                       "\tneg i64 " + where));
}

TEST_F(OpStatusTest, TestsOfAllFilesAreCounted) {
  std::ofstream(path("a.txt"))
      << "passed\tA.one\texp f32 host\texp bf16 host\texp f32 cuda\n"
      << "failed\tA.two\texp bf16 host\tneg i8 interpreter\n";
  std::ofstream(path("b.txt")) << "passed\tB.one\texp f32 host\n";
  std::ofstream(path("b.txt.new")) << "pass";
  const json exp = status("exp"), neg = status("neg"), abs = status("abs");
  EXPECT_EQ(exp["host"]["status"], "failed");
  EXPECT_EQ(exp["host"]["tests"], 3);
  EXPECT_EQ(exp["host"]["dtypes"]["f32"], "passed");
  EXPECT_EQ(exp["host"]["dtypes"]["bf16"], "failed");
  EXPECT_EQ(exp["host"]["dtypes"]["f64"], "not run");
  EXPECT_EQ(exp["cuda"]["status"], "passed");
  EXPECT_EQ(exp["cuda"]["tests"], 1);
  EXPECT_EQ(exp["interpreter"]["status"], "not run");
  EXPECT_EQ(neg["interpreter"]["dtypes"]["i8"], "failed");
  EXPECT_EQ(abs["host"]["status"], "not run");
  EXPECT_EQ(abs["host"]["tests"], 0);
}

TEST_F(OpStatusTest, AFileOfSomethingElseIsNamed) {
  std::ofstream(path()) << "passed\tA.one\texp f32 host\nsomething\n";
  try {
    status("exp");
    ADD_FAILURE() << "no error";
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), ErrorId::file);
    EXPECT_THAT(std::string(error.what()), HasSubstr("tests.txt, line 2: "));
  }
}

} // namespace
} // namespace girih::testing

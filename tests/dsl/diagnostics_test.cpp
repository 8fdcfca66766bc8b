// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/env.h"
#include "girih/dsl/support/similar_names.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace girih {
namespace {

TEST(DiagnosticsTest, TextForm) {
  Diagnostic diagnostic(ErrorId::rank_mismatch, {"kernel.cpp", 22},
                        {"tile()", 3, "sizes", 2, "a[M, K]"});
  EXPECT_EQ(diagnostic.to_string(),
            "kernel.cpp:22: error: [rank-mismatch] tile() got 3 sizes for a "
            "rank-2 tensor a[M, K]");
  diagnostic.note({"kernel.cpp", 10}, "made here");
  diagnostic.help = "give 2 sizes";
  EXPECT_EQ(CompileError(diagnostic).what(), diagnostic.to_string());
  EXPECT_NE(diagnostic.to_string().find(
                "\nkernel.cpp:10: note: made here\nhelp: give 2 sizes"),
            std::string::npos);
}

TEST(DiagnosticsTest, SimilarNames) {
  const std::vector<std::string> known{"softmax", "log_softmax", "sum", "sub"};
  const auto help = [&](const char *name) {
    return similar_names_help(name, known, "the kernels are");
  };
  EXPECT_EQ(help("softmx"), "did you mean softmax?");
  EXPECT_EQ(help("softmax2"), "did you mean softmax?");
  EXPECT_EQ(help("soft"), "did you mean softmax or log_softmax?");
  EXPECT_EQ(help("suc"), "did you mean sum or sub?");
  for (const char *name : {"", "conv"})
    EXPECT_EQ(help(name), "the kernels are softmax, log_softmax, sum, sub");
}

TEST(DiagnosticsTest, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const CatalogueEntry &each : catalogue())
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
}

TEST(DiagnosticsTest, InternalErrorSaysWhere) {
  try {
    ensure(false, "broken");
    FAIL();
  } catch (const InternalError &error) {
    EXPECT_EQ(error.where().line, __LINE__ - 3);
    EXPECT_EQ(error.id_name(), "internal");
  }
}

class EnvTest : public ::testing::Test {
protected:
  void TearDown() override {
    unsetenv("GIRIH_DEBUG");
    unsetenv("GIRIH_CACHE_SIZE");
    unsetenv("GIRIH_NUM_THREADS");
  }
};

TEST_F(EnvTest, ReadsAnew) {
  EXPECT_FALSE(env("GIRIH_DEBUG"));
  setenv("GIRIH_DEBUG", "lineinfo,sync", 1);
  EXPECT_TRUE(env_has("GIRIH_DEBUG", "sync"));
  EXPECT_TRUE(env_has("GIRIH_DEBUG", "lineinfo"));
  setenv("GIRIH_DEBUG", "sync", 1);
  EXPECT_TRUE(env_has("GIRIH_DEBUG", "sync"));
  EXPECT_FALSE(env_has("GIRIH_DEBUG", "lineinfo"));
  setenv("GIRIH_DEBUG", "bonds", 1);
  EXPECT_THROW(env_has("GIRIH_DEBUG", "sync"), RuntimeError);
  EXPECT_THROW(env("GIRIH_NO_SUCH_THING"), InternalError);
}

TEST_F(EnvTest, Numbers) {
  setenv("GIRIH_CACHE_SIZE", "512M", 1);
  EXPECT_EQ(env_size("GIRIH_CACHE_SIZE"), std::int64_t{512} << 20);
  setenv("GIRIH_CACHE_SIZE", "17", 1);
  EXPECT_EQ(env_size("GIRIH_CACHE_SIZE"), 17);
  for (const char *bad : {"512T", "-1", "x", "9223372036854775807G", "1 M"}) {
    setenv("GIRIH_CACHE_SIZE", bad, 1);
    EXPECT_THROW(env_size("GIRIH_CACHE_SIZE"), RuntimeError) << bad;
  }
  setenv("GIRIH_NUM_THREADS", "8", 1);
  EXPECT_EQ(env_integer("GIRIH_NUM_THREADS", 1, 64), 8);
  setenv("GIRIH_NUM_THREADS", "0", 1);
  EXPECT_THROW(env_integer("GIRIH_NUM_THREADS", 1, 64), RuntimeError);
}

TEST_F(EnvTest, TableHasOurs) {
  EXPECT_NE(environment_table().find("`GIRIH_DUMP`"), std::string::npos);
  EXPECT_EQ(environment_table().find("`HOME`"), std::string::npos);
}

} // namespace
} // namespace girih

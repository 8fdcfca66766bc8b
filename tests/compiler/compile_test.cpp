// SPDX-License-Identifier: Apache-2.0
// The driver: stages in order, replacing them, times, remarks, errors.
#include "girih/compiler/compiler.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/tests/interpreter/one_tile.h"
#include "girih/tests/interpreter/programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace girih::testing {
namespace {

using compiler::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Stage> stages_of(const compiler::Target &target) {
  std::vector<Stage> seen;
  compiler::Options options;
  options.on_stage = [&](Stage stage, std::string_view text) {
    EXPECT_FALSE(text.empty()) << compiler::name(stage);
    seen.push_back(stage);
  };
  compiler::compile(matmul(f32, f32, 16, 16, 16), target, options);
  return seen;
}

TEST(Compile, StagesComeInOrder) {
  std::vector<Stage> host = stages_of(compiler::host_target());
  EXPECT_EQ(host.front(), Stage::program);
  EXPECT_EQ(host[1], Stage::tile);
  EXPECT_EQ(host.back(), Stage::object);
  EXPECT_TRUE(std::is_sorted(host.begin(), host.end()));

  std::vector<Stage> gpu = stages_of(compiler::parse_target("sm_80"));
  EXPECT_EQ(gpu.front(), Stage::program);
  EXPECT_EQ(gpu.back(), Stage::ptx);
  EXPECT_TRUE(std::is_sorted(gpu.begin(), gpu.end()));
}

TEST(Compile, TheSameTextTwice) {
  auto target = compiler::parse_target("sm_80");
  Program program = matmul(f16, f32, 32, 32, 16);
  EXPECT_EQ(compiler::compile(program, target).code,
            compiler::compile(program, target).code);
}

TEST(Compile, AReplacedTileStageIsWhatIsCompiled) {
  compiler::Options options;
  options.override_stage = [](Stage stage, std::string_view text) {
    std::optional<std::string> edited;
    if (stage == Stage::tile) {
      edited = std::string(text);
      auto at = edited->find("arith.addf");
      edited->replace(at, 10, "arith.mulf");
    }
    return edited;
  };
  auto target = compiler::parse_target("sm_80");
  std::string code =
      compiler::compile(vector_add(f32, 128), target, options).code;
  EXPECT_THAT(code, HasSubstr("mul"));
  EXPECT_NE(code, compiler::compile(vector_add(f32, 128), target).code);
}

TEST(Compile, AReplacedProgramIsWhatIsCompiled) {
  compiler::Options options;
  Program other = vector_add(f64, 64);
  options.override_stage = [&](Stage stage, std::string_view) {
    return stage == Stage::program ? std::optional(other.to_string())
                                   : std::nullopt;
  };
  auto target = compiler::parse_target("sm_80");
  EXPECT_EQ(compiler::compile(vector_add(f32, 128), target, options).code,
            compiler::compile(other, target).code);
}

TEST(Compile, AReplacementThatDoesNotParseIsAnError) {
  compiler::Options options;
  options.override_stage = [](Stage stage, std::string_view) {
    return stage == Stage::tile ? std::optional<std::string>("nonsense")
                                : std::nullopt;
  };
  try {
    compiler::compile(vector_add(f32, 128), compiler::parse_target("sm_80"),
                      options);
    FAIL() << "no error";
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::override_file);
    EXPECT_THAT(error.what(), HasSubstr("tile"));
  }
}

TEST(Compile, AReplacementThatIsBrokenIsAnErrorAtEachStage) {
  const std::vector<std::pair<Stage, std::string>> broken{
      {Stage::program, "nonsense"},
      {Stage::tile, "module { }"},
      {Stage::llvm, "nonsense"},
      {Stage::llvm, "define void @f() { ret void }"},
      // Not what LLVM allows, though it parses.
      {Stage::llvm, "define i32 @f() { ret void }"}};
  for (const char *arch : {"host", "sm_80"})
    for (const auto &[at, text] : broken) {
      compiler::Options options;
      options.override_stage = [&](Stage stage, std::string_view) {
        return stage == at ? std::optional(text) : std::nullopt;
      };
      try {
        compiler::compile(vector_add(f32, 128), compiler::parse_target(arch),
                          options);
        ADD_FAILURE() << arch << " takes " << text;
      } catch (const CompileError &error) {
        EXPECT_EQ(error.id(), ErrorId::override_file) << error.what();
        EXPECT_THAT(error.what(), HasSubstr(std::string(name(at)))) << arch;
      }
    }
}

TEST(Compile, AReplacedObjectThatIsBrokenIsAnError) {
  Program program = vector_add(f32, 128);
  std::string good = compiler::compile(program, compiler::host_target()).code;
  for (const std::string &text :
       {std::string("nonsense"), std::string(), good.substr(0, 100),
        compiler::compile(matmul(f32, f32, 16, 16, 16), compiler::host_target())
            .code}) {
    compiler::Options options;
    options.override_stage = [&](Stage stage, std::string_view) {
      return stage == Stage::object ? std::optional(text) : std::nullopt;
    };
    try {
      compiler::compile(program, compiler::host_target(), options);
      ADD_FAILURE() << "takes " << text.size() << " bytes";
    } catch (const CompileError &error) {
      EXPECT_EQ(error.id(), ErrorId::override_file) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("stage object"));
    }
  }
}

TEST(Compile, LineInfoNamesTheFilesOfTheLines) {
  Program program = vector_add(f32, 128);
  std::uint_least32_t number = 20;
  for (Node &node : program.body.nodes)
    node.line = SourceLine("folder/kernel.cpp", number++);
  program.body.nodes[1].line = SourceLine("other/helper.h", 7);
  compiler::Options options;
  options.line_info = true;
  auto target = compiler::parse_target("sm_90a");
  const std::string code = compiler::compile(program, target, options).code;
  EXPECT_EQ(code.find("unknown"), std::string::npos) << code;
  for (const auto &[file, line] :
       {std::pair("folder/kernel.cpp", "20"), {"other/helper.h", "7"}}) {
    const std::size_t at = code.find(" \"" + std::string(file) + "\"");
    ASSERT_NE(at, std::string::npos) << code;
    // `.file 1 "name"`, then `.loc 1 line column` where its code is.
    const std::size_t before = code.find_last_of(" \t", at - 1) + 1;
    const std::string id = code.substr(before, at - before);
    EXPECT_THAT(code, HasSubstr(".loc\t" + id + " " + line + " ")) << code;
  }
}

// Looking at both operands of each would take 2^60 looks.
TEST(Compile, IndicesThatAreUsedTwiceAgainAndAgain) {
  TestArray x(f32, {8}), y(f32, {8});
  const Program program = one_tile(
      [](In x, Out y) {
        Tile sum = x;
        for (Index round : range(x.size(0))) {
          Index chain = round;
          for (int i = 0; i < 60; ++i)
            chain = chain / 3 + chain / 5;
          sum = sum + chain;
        }
        y = sum;
      },
      {&x, &y});
  for (const char *arch : {"host", "sm_80"})
    compiler::compile(program, compiler::parse_target(arch));
}

TEST(Compile, TimesEveryPassAndStage) {
  std::vector<std::string> seen;
  compiler::Options options;
  options.on_time = [&](std::string_view pass, double seconds) {
    EXPECT_GE(seconds, 0);
    seen.emplace_back(pass);
  };
  compiler::compile(vector_add(f32, 128), compiler::parse_target("sm_80"),
                    options);
  for (const char *name :
       {"program", "tile-elide-bounds", "canonicalize", "tile", "ptx"})
    EXPECT_THAT(seen, ::testing::Contains(std::string(name)));
}

TEST(Compile, FrontendErrorsKeepTheUsersLine) {
  Program program = vector_add(f32, 128);
  program.body.nodes[1].line = SourceLine("kernel.cpp", 22);
  const Expr lane(Symbol{SymbolKind::lane, -1, 0, ""});
  program.operands[1].index[0] = lane * lane; // not affine
  try {
    compiler::compile(program, compiler::host_target());
    FAIL() << "no error";
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::unsupported);
  }
}

TEST(Compile, FieldsThatChangeNothingAreRemarkedOn) {
  Program program = vector_add(f32, 128);
  for (const auto &target :
       {compiler::host_target(), compiler::parse_target("sm_80"),
        compiler::parse_target("sm_90a")}) {
    // There only kernels that multiply could have such warps, and share rounds:
    // a pass says so.
    const bool hopper = target.arch == "sm_90a";
    program.config = {};
    EXPECT_TRUE(compiler::compile(program, target).remarks.empty());
    program.config.num_ctas = 2;
    program.config.warp_specialize = program.config.persistent = true;
    program.config.split_k = 3;
    std::vector<std::string> fields;
    for (const compiler::Remark &remark :
         compiler::compile(program, target).remarks) {
      EXPECT_EQ(remark.pass, remark.text.starts_with("rounds")
                                 ? "tile-split-rounds"
                                 : "config");
      fields.push_back(remark.text.substr(0, remark.text.find(' ')));
    }
    std::vector<std::string> unused{"warp_specialize=1", "persistent=1",
                                    "num_ctas=2", "split_k=3"};
    if (hopper)
      unused = {"rounds"};
    EXPECT_EQ(fields, unused);
  }
}

void set_lines(Block &block) {
  for (Node &node : block.nodes) {
    node.line = SourceLine("kernel.cpp", 22);
    set_lines(node.body);
  }
}

void set_precision(Block &block, Precision precision) {
  for (Node &node : block.nodes) {
    node.precision = node.op == Op::dot ? precision : node.precision;
    set_precision(node.body, precision);
  }
}

TEST(Compile, DotsOfF32WithoutMatrixInstructionsAreRemarkedOn) {
  Program program = matmul(f32, f32, 64, 64, 32);
  set_lines(program.body);
  const auto target = compiler::parse_target("sm_90a");
  const auto of_dots = [&](Precision precision) {
    set_precision(program.body, precision);
    std::vector<compiler::Remark> found;
    for (compiler::Remark &each : compiler::compile(program, target).remarks)
      if (each.text.starts_with("dot runs on CUDA cores"))
        found.push_back(std::move(each));
    return found;
  };
  const auto found = of_dots(Precision::ieee);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].text, HasSubstr("Precision::ieee"));
  EXPECT_EQ(found[0].line.line, 22u);
  EXPECT_TRUE(of_dots(Precision::tf32).empty());
}

/// The error that compiling for sm_80 throws, all of it on one line.
CompileError error_of(Program program) {
  set_lines(program.body);
  try {
    compiler::compile(program, compiler::parse_target("sm_80"));
  } catch (const CompileError &error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorId::internal, {}};
}

TEST(Compile, TilesThatNoThreadHolds) {
  Program program = vector_add(f32, 1 << 18);
  program.config.num_warps = 4;
  CompileError error = error_of(program);
  EXPECT_EQ(error.id(), ErrorId::registers);
  EXPECT_EQ(error.where().line, 22U);
  EXPECT_THAT(error.what(), HasSubstr("a tile of 262144 elements takes 2048"));
  EXPECT_THAT(error.what(), HasSubstr("more than 1024"));
  EXPECT_THAT(error.what(), HasSubstr("help: use smaller blocks or "
                                      "num_warps=8"));
  program = vector_add(f32, 1 << 20);
  program.config.num_warps = 4;
  EXPECT_THAT(error_of(program).what(),
              HasSubstr("help: use smaller blocks or num_warps=32"));
  // What threads can hold is compiled.
  program = vector_add(f32, 1 << 12);
  program.config.num_warps = 1;
  EXPECT_NO_THROW(compiler::compile(program, compiler::parse_target("sm_80")));
}

TEST(Compile, TooMuchSharedMemoryHasALine) {
  Program program = matmul(f16, f32, 256, 256, 64);
  program.config.num_stages = 5;
  program.config.num_warps = 16;
  CompileError error = error_of(program);
  EXPECT_EQ(error.id(), ErrorId::shared_memory);
  EXPECT_EQ(error.where().line, 22U) << error.what();
}

TEST(Compile, ManyThreads) {
  auto target = compiler::parse_target("sm_80");
  std::string wanted = compiler::compile(vector_add(f32, 128), target).code;
  std::vector<std::string> codes(4);
  std::vector<std::thread> threads;
  for (std::string &code : codes)
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i)
        code = compiler::compile(vector_add(f32, 128), target).code;
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const std::string &code : codes)
    EXPECT_EQ(code, wanted);
}

TEST(Target, ParsesWhatItPrints) {
  EXPECT_EQ(compiler::parse_target("host"), compiler::host_target());
  EXPECT_EQ(compiler::parse_target("sm_90a").arch, "sm_90a");
  EXPECT_EQ(compiler::parse_target("sm_80").arch, "sm_80");
}

TEST(Target, RefusesUnknownNames) {
  for (const char *text :
       {"", "gpu", "sm_", "sm_90b", "sm_75", "sm_80 ", "sm_80a", "sm_86a",
        "sm_87f", "sm_89f", "sm_90f", "sm_95", "sm_100af", "sm_999a"})
    try {
      compiler::parse_target(text);
      ADD_FAILURE() << text << " is taken";
    } catch (const CompileError &error) {
      EXPECT_EQ(error.id(), ErrorId::unsupported_arch) << text;
    }
}

TEST(Target, EveryNameCompiles) {
  for (const char *text :
       {"sm_80", "sm_86", "sm_87", "sm_89", "sm_90a", "sm_100a", "sm_100f",
        "sm_103a", "sm_103f", "sm_110a", "sm_110f", "sm_120a", "sm_120f",
        "sm_121a", "sm_121f"}) {
    auto target = compiler::parse_target(text);
    EXPECT_THAT(compiler::compile(vector_add(f32, 128), target).code,
                HasSubstr(".target " + std::string(text) + "\n"))
        << text;
  }
}

TEST(Stage, NamesParseBack) {
  for (int i = 0; i <= static_cast<int>(Stage::object); ++i) {
    auto stage = static_cast<Stage>(i);
    EXPECT_EQ(compiler::parse_stage(compiler::name(stage)), stage);
  }
  EXPECT_FALSE(compiler::parse_stage("sass").has_value());
}

TEST(BuildId, NamesTheVersion) {
  EXPECT_THAT(std::string(compiler::build_id()),
              ::testing::MatchesRegex("[0-9.]+-[0-9a-f]+"));
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
#include "error_text.h"
#include "fake_toolchain.h"

#include "girih/dsl/support/diagnostics.h"
#include "girih/runtime/cuda/assembler.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace girih {
namespace {

using cuda::assemble;
using cuda::find_ptxas;
using cuda::parse_ptxas_log;
using testing::error_of;
using testing::has;
using testing::ScopedEnv;
using testing::TemporaryFolder;
namespace fs = std::filesystem;

constexpr std::string_view good_ptx = R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry twice(.param .u64 p) {
  .reg .b64 %rd<3>; .reg .f32 %f<3>;
  ld.param.u64 %rd1, [p];
  ld.global.f32 %f1, [%rd1];
  add.f32 %f2, %f1, %f1;
  st.global.f32 [%rd1], %f2;
  ret;
}
)";

std::string script(const TemporaryFolder &folder, const std::string &body) {
  const std::string path = folder.path() + "/ptxas";
  std::ofstream(path) << "#!/bin/sh\n" << body;
  fs::permissions(path, fs::perms::owner_all);
  return path;
}

TEST(Ptxas, LogIsRead) {
  const auto read = parse_ptxas_log(
      "ptxas info    : Compiling entry function 'k' for 'sm_90a'\n"
      "    16 bytes stack frame, 24 bytes spill stores, 40 bytes spill loads\n"
      "ptxas info    : Used 168 registers, used 1 barriers\n"
      "ptxas info    : (C7510) Potential Performance Loss: "
      "wgmma.mma_async instructions are serialized due to ...\n");
  EXPECT_EQ(read.registers, 168);
  EXPECT_EQ(read.stack_bytes, 16);
  EXPECT_EQ(read.spill_bytes, 64);
  EXPECT_TRUE(read.serialized_wgmma);
  const auto empty = parse_ptxas_log("");
  EXPECT_EQ(empty.registers, 0);
  EXPECT_EQ(empty.spill_bytes, 0);
  EXPECT_FALSE(empty.serialized_wgmma);
}

TEST(Ptxas, RealOneAssembles) {
  const std::string ptxas = find_ptxas();
  if (ptxas.empty())
    GTEST_SKIP() << "there is no ptxas here";
  const auto made = assemble(good_ptx, "sm_90a", ptxas);
  EXPECT_EQ(made.cubin.substr(0, 4), "\x7f"
                                     "ELF");
  EXPECT_GT(made.registers, 0);
  EXPECT_EQ(made.spill_bytes, 0);
  const std::string broken = error_of<CompileError>(ErrorId::assembler, [&] {
    assemble(std::string(good_ptx) + "bogus", "sm_90a", ptxas);
  });
  EXPECT_TRUE(has(broken, "line 12")) << broken;
  error_of<CompileError>(ErrorId::assembler,
                         [&] { assemble(good_ptx, "sm_80", ptxas); });
  error_of<CompileError>(ErrorId::assembler,
                         [&] { assemble(good_ptx, "sm_1", ptxas); });
}

TEST(Ptxas, TakesALimitOfRegisters) {
  const std::string limited = cuda::with_register_limit(good_ptx, 24);
  EXPECT_TRUE(has(limited, "u64 p) .maxnreg 24\n{")) << limited;
  EXPECT_EQ(cuda::with_register_limit(limited, 32), limited);
  EXPECT_EQ(cuda::with_register_limit("// nothing", 32), "// nothing");
  const std::string ptxas = find_ptxas();
  if (ptxas.empty())
    GTEST_SKIP() << "there is no ptxas here";
  EXPECT_LE(assemble(limited, "sm_90a", ptxas).registers, 24);
}

TEST(Ptxas, ManyAtOnce) {
  const TemporaryFolder folder;
  const std::string ptxas = script(folder, "sleep 0.1; cp \"$5\" \"$4\"\n");
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 8; ++at)
      threads.emplace_back([&, at] {
        const std::string ptx = "text " + std::to_string(at);
        good += assemble(ptx, "sm_90a", ptxas).cubin == ptx ? 1 : 0;
      });
  }
  EXPECT_EQ(good, 8);
}

TEST(Ptxas, FailuresHaveItsText) {
  const TemporaryFolder folder;
  const std::string failing =
      script(folder, "echo 'ptxas fatal : no more licence' >&2; exit 3\n");
  EXPECT_TRUE(
      has(error_of<CompileError>(ErrorId::assembler,
                                 [&] { assemble("x", "sm_90a", failing); }),
          "no more licence"));
  const std::string killed = script(folder, "kill -9 $$\n");
  EXPECT_TRUE(
      has(error_of<CompileError>(ErrorId::assembler,
                                 [&] { assemble("x", "sm_90a", killed); }),
          "signal 9"));
  error_of<RuntimeError>(ErrorId::file,
                         [&] { assemble("x", "sm_90a", "/does/not/exist"); });
  const ScopedEnv nowhere("TMPDIR", "/does/not/exist");
  EXPECT_TRUE(has(error_of<RuntimeError>(
                      ErrorId::file, [&] { assemble("x", "sm_90a", killed); }),
                  "TMPDIR"));
}

TEST(Ptxas, LeavesNoFilesBehind) {
  const TemporaryFolder folder;
  const TemporaryFolder temporary;
  const std::string ptxas = script(folder, "cp \"$5\" \"$4\"\n");
  const ScopedEnv env("TMPDIR", temporary.path());
  assemble("x", "sm_90a", ptxas);
  const std::string failing = script(folder, "exit 1\n");
  EXPECT_THROW(assemble("x", "sm_90a", failing), CompileError);
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST(Ptxas, WhereItIsLookedFor) {
  const TemporaryFolder folder;
  const std::string ptxas = script(folder, "");
  {
    const ScopedEnv env("GIRIH_PTXAS", "off");
    EXPECT_EQ(find_ptxas(), "");
  }
  {
    const ScopedEnv env("GIRIH_PTXAS", ptxas);
    EXPECT_EQ(find_ptxas(), ptxas);
  }
  const ScopedEnv env("GIRIH_PTXAS", folder.path() + "/nothing");
  EXPECT_TRUE(has(error_of<RuntimeError>(ErrorId::file, [] { find_ptxas(); }),
                  "GIRIH_PTXAS"));
}

} // namespace
} // namespace girih

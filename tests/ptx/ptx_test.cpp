// SPDX-License-Identifier: Apache-2.0
// The PTX of every case for every architecture: accepted by ptxas where there
// is one, without spills in the hot kernels, with the instructions that matter.
#include "attention_text.h"
#include "cases.h"
#include "tile_kernels.h"

#include "girih/compiler/backend.h"
#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/pipeline.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace girih;
using namespace girih::testing;

namespace {

compiler::BackendResult emit(const std::string &text, const std::string &arch,
                             bool lineInfo = false) {
  mlir::DialectRegistry registry;
  compiler::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(
      text, mlir::ParserConfig(&context), "kernel.mlir");
  if (!module)
    throw std::runtime_error("the module does not parse");
  mlir::PassManager passes(&context);
  compiler::buildTilePipeline(passes);
  Config config;
  for (auto kernel : module->getOps<mlir::func::FuncOp>())
    config = parse_config(std::string_view(
        kernel->getAttrOfType<mlir::StringAttr>(tile::TileDialect::configAttr)
            .getValue()));
  compiler::Target target = compiler::parse_target(arch);
  auto endStage = [](compiler::Stage, mlir::ModuleOp) { return true; };
  auto endText = [](compiler::Stage, std::string &) { return true; };
  compiler::BackendContext backend{target, config, lineInfo, endStage, endText};
  if (failed(passes.run(*module)))
    throw std::runtime_error("the passes failed");
  auto result = compiler::emitNvptx(*module, backend);
  if (failed(result))
    throw std::runtime_error("no PTX");
  return *result;
}

std::optional<std::string> findPtxas() {
  auto found = llvm::sys::findProgramByName("ptxas");
  return found ? std::optional(*found) : std::nullopt;
}

/// ptxas -v: its log, or its complaints and `ok` false.
std::string assemble(const std::string &ptxas, const std::string &ptx,
                     const std::string &arch, bool &ok) {
  llvm::SmallString<64> input, log;
  int handle;
  llvm::sys::fs::createTemporaryFile("girih", "ptx", handle, input);
  llvm::raw_fd_ostream(handle, true) << ptx;
  llvm::sys::fs::createTemporaryFile("girih", "log", log);
  std::string option = "-arch=" + arch;
  std::optional<llvm::StringRef> redirects[] = {
      std::nullopt, llvm::StringRef(log), llvm::StringRef(log)};
  ok = llvm::sys::ExecuteAndWait(
           ptxas, {ptxas, option, "-v", input, "-o", "/dev/null"}, std::nullopt,
           redirects) == 0;
  auto text = llvm::MemoryBuffer::getFile(log);
  llvm::sys::fs::remove(input);
  std::string result = text ? (*text)->getBuffer().str() : "";
  llvm::sys::fs::remove(log);
  return result;
}

void expectAssembles(const std::string &text, const std::string &arch, bool hot,
                     bool groups = false) {
  std::optional<std::string> ptxas = findPtxas();
  compiler::BackendResult result = emit(text, arch);
  if (!ptxas)
    return;
  bool ok = false;
  std::string log = assemble(*ptxas, result.code, arch, ok);
  EXPECT_TRUE(ok) << arch << "\n" << log;
  if (hot) {
    EXPECT_NE(log.find(" 0 bytes spill stores"), std::string::npos) << log;
  }
  if (groups) {
    // Products one after the other; registers that stay as they were dealt.
    EXPECT_EQ(log.find("serialized"), std::string::npos) << log;
    EXPECT_EQ(log.find("setmaxnreg"), std::string::npos) << log;
  }
}

const char *const architectures[] = {"sm_80", "sm_89", "sm_90a", "sm_100a",
                                     "sm_120a"};

class PtxMatmul : public ::testing::TestWithParam<const char *> {};

TEST_P(PtxMatmul, HotKernelsDoNotSpill) {
  if (!findPtxas())
    GTEST_SKIP() << "no ptxas in PATH";
  for (const MatmulCase &c : hotCases()) {
    SCOPED_TRACE(c.name);
    expectAssembles(matmulText(c), GetParam(), true);
  }
  expectAssembles(addText("bf16", 1024, 16, 16, 4), GetParam(), true);
  expectAssembles(addText("f32", 512, 16, 16, 4), GetParam(), true);
}

TEST_P(PtxMatmul, EveryKernelAssembles) {
  if (!findPtxas())
    GTEST_SKIP() << "no ptxas in PATH";
  std::string arch = GetParam();
  std::vector<MatmulCase> all = otherCases();
  for (std::string type : {"f8E4M3FN", "f8E5M2"})
    all.push_back({.name = type,
                   .element = type,
                   .result = "f32",
                   .m = 64,
                   .n = 64,
                   .k = 64,
                   .unitB = 0});
  for (const MatmulCase &c : all) {
    // 144 KiB of shared memory are too much for these.
    if (c.name == "wide" && (arch == "sm_89" || arch == "sm_120a"))
      continue;
    SCOPED_TRACE(c.name);
    expectAssembles(matmulText(c), arch, false);
  }
}

TEST_P(PtxMatmul, OperationsOnTilesAssemble) {
  if (!findPtxas())
    GTEST_SKIP() << "no ptxas in PATH";
  for (auto [name, text] : tileKernels()) {
    SCOPED_TRACE(name);
    expectAssembles(text, GetParam(), false);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, PtxMatmul,
                         ::testing::ValuesIn(architectures));

int count(const std::string &text, const std::string &what) {
  int found = 0;
  for (size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + 1))
    ++found;
  return found;
}

TEST(Ptx, MatmulUsesTheMatrixUnits) {
  compiler::BackendResult result = emit(matmulText({.name = "mm"}), "sm_80");
  EXPECT_EQ(result.threads, 128);
  EXPECT_EQ(result.entry, "mm");
  EXPECT_EQ(result.sharedBytes, 3 * (128 * 32 + 32 * 128) * 2);
  // One warp's 64x64 over 32 of K: 4 * 8 * 2 products of 16x8x16.
  EXPECT_EQ(count(result.code, "mma.sync.aligned.m16n8k16"), 64);
  EXPECT_EQ(count(result.code, "ldmatrix.sync.aligned.m8n8.x4.shared"), 8);
  EXPECT_EQ(count(result.code, "ldmatrix.sync.aligned.m8n8.x4.trans"), 8);
  // Eight copies of 16 bytes in each of three places.
  EXPECT_EQ(count(result.code, "cp.async.cg.shared.global"), 24);
  EXPECT_EQ(count(result.code, "st.global.v4.b32"), 16);
  EXPECT_EQ(count(result.code, "ld.global"), 0);
}

TEST(Ptx, AttentionKeepsItsTilesInRegisters) {
  std::string code = emit(attentionText({.name = "attention"}), "sm_80").code;
  // One round: 2 * 8 * 8 products of 16x8x16 for the scores, as many for the
  // sums. Two rows of shuffles for each of 4 rows of a thread; at the end two
  // for two of the 64 words of the result.
  EXPECT_EQ(count(code, "mma.sync.aligned.m16n8k16"), 256);
  EXPECT_EQ(count(code, "shfl.sync.bfly"), 16 + 64);
  // Shared memory is for what dots read.
  EXPECT_EQ(count(code, "st.shared"), 0);
  EXPECT_EQ(count(code, "ld.shared"), 0);
  EXPECT_EQ(count(code, "ld.global"), 0);
  EXPECT_EQ(count(code, "st.global.v4.b32"), 16);
  // Before the loop 2, a round 1.
  EXPECT_EQ(count(code, "bar.sync") + count(code, "barrier.sync"), 3);
}

TEST(Ptx, AttentionByWarpGroupsKeepsItsTilesInRegisters) {
  std::string code =
      emit(attentionText({.name = "attention", .warps = 8}), "sm_90a").code;
  // Along a depth of 128, and along 64 keys: in a round, and behind the last.
  EXPECT_EQ(count(code, "wgmma.mma_async.sync.aligned.m64n64k16"), 8);
  EXPECT_EQ(count(code, "wgmma.mma_async.sync.aligned.m64n128k16"), 2 * 4);
  EXPECT_EQ(count(code, "mma.sync"), 0);
  EXPECT_EQ(count(code, "shfl.sync.bfly"), 8 + 32);
  // The scores are waited for while the weights are being multiplied.
  EXPECT_EQ(count(code, "wgmma.wait_group.sync.aligned 1"), 1);
  EXPECT_EQ(count(code, "wgmma.wait_group.sync.aligned 0"), 2);
  // Probabilities go from the one dot to the other in registers, and so does
  // the result to memory.
  EXPECT_EQ(count(code, "st.shared"), 0);
}

TEST_P(PtxMatmul, AttentionDoesNotSpill) {
  if (!findPtxas())
    GTEST_SKIP() << "no ptxas in PATH";
  for (const AttentionCase &c :
       {AttentionCase{.name = "four_warps", .queries = 64},
        {.name = "eight_warps", .warps = 8},
        {.name = "permuted", .warps = 8, .permuted = true}}) {
    SCOPED_TRACE(c.name);
    expectAssembles(attentionText(c), GetParam(), true);
  }
}

TEST(Ptx, WarpGroupsNeitherSpillNorTakeTurns) {
  if (!findPtxas())
    GTEST_SKIP() << "no ptxas in PATH";
  const MatmulCase wide{
      .name = "wide", .n = 256, .k = 64, .warps = 8, .stages = 4};
  for (auto [specialised, persistent] :
       {std::pair(false, false), {true, false}, {true, true}})
    for (int unitB : {0, 1}) {
      MatmulCase c = wide;
      c.specialised = specialised;
      c.persistent = persistent;
      c.unitB = unitB;
      SCOPED_TRACE(persistent    ? "program by program"
                   : specialised ? "copied by others"
                                 : "copied by all");
      expectAssembles(matmulText(c), "sm_90a", true, true);
      c.m = 256;
      c.n = 128;
      expectAssembles(matmulText(c), "sm_90a", true, true);
      c.m = c.n = 64;
      c.warps = 4;
      c.blocks = 4;
      expectAssembles(matmulText(c), "sm_90a", true, true);
      for (std::int64_t depth : {64, 128})
        expectAssembles(attentionText({.name = "attention",
                                       .keys = 128,
                                       .depth = depth,
                                       .warps = 8,
                                       .specialised = specialised,
                                       .persistent = persistent}),
                        "sm_90a", true, true);
    }
}

TEST(Ptx, AddMovesSixteenBytesAtATime) {
  std::string code = emit(addText("bf16", 1024, 16, 16, 4), "sm_90a").code;
  EXPECT_EQ(count(code, "ld.global.v4.b32"), 2);
  EXPECT_EQ(count(code, "st.global.v4.b32"), 1);
  EXPECT_EQ(count(code, "setp"), 1); // one mask for all
  EXPECT_EQ(count(code, ".reqntid 128"), 1);
}

std::string tileKernel(const std::string &wanted) {
  for (auto [name, text] : tileKernels())
    if (name == wanted)
      return text;
  return {};
}

TEST(Ptx, AtomicsAreInstructionsWhereTheyCanBe) {
  EXPECT_EQ(count(emit(tileKernel("add of f32"), "sm_80").code, "atom."), 2);
  EXPECT_EQ(count(emit(tileKernel("add of f16"), "sm_80").code,
                  "atom.global.add.noftz.f16"),
            2);
  EXPECT_EQ(count(emit(tileKernel("add of bf16"), "sm_90a").code,
                  "atom.global.add.noftz.bf16"),
            2);
  EXPECT_EQ(count(emit(tileKernel("max of i64"), "sm_80").code,
                  "atom.global.max.s64"),
            2);
}

TEST(Ptx, WhatFollowsAnArrivalIsReadBehindIt) {
  std::string code = emit(tileKernel("arrival"), "sm_90a").code;
  // A barrier before one thread counts, and one that tells the others.
  size_t stored = code.find("st.global"), waited = code.find("bar.sync"),
         counted = code.find("atom.acq_rel.gpu.global.inc.u32"),
         told = code.find("bar.red.or.pred"), read = code.rfind("ld.global");
  for (size_t place : {stored, waited, counted, told, read})
    ASSERT_NE(place, std::string::npos) << code;
  EXPECT_LT(stored, waited);
  EXPECT_LT(waited, counted);
  EXPECT_LT(counted, told);
  EXPECT_LT(told, read);
  EXPECT_EQ(count(code, "atom."), 1);
  EXPECT_EQ(count(code, ".nc"), 0); // another program has written it
}

TEST(Ptx, ShortSortsAreLoopsOfANetwork) {
  std::string code = emit(tileKernel("sort tensor<100xf32>"), "sm_90a").code;
  // Two words of two lanes, in two places: a short and a long merge.
  EXPECT_EQ(count(code, "shfl.sync"), 8);
  EXPECT_EQ(count(code, "vote."), 0);
  EXPECT_LT(count(code, "\n"), 1000);
}

TEST(Ptx, LongSortsCountDigits) {
  // A pass is there once: 8 ballots for each of a thread's elements.
  std::string code = emit(tileKernel("sort tensor<4096xf32>"), "sm_90a").code;
  EXPECT_EQ(count(code, "vote.sync.ballot"), 32 * 8);
  // A sum over a warp, and then over warps.
  EXPECT_EQ(count(code, "shfl.sync.up"), 5);
  // Warps with rows of their own do not wait for each other between passes.
  std::string rows = emit(tileKernel("sort tensor<7x130xbf16>"), "sm_90a").code;
  EXPECT_EQ(count(rows, "vote.sync.ballot"), 5 * 8);
  EXPECT_EQ(count(rows, "bar.sync") + count(rows, "barrier.sync"), 3);
}

TEST(Ptx, LongFunctionsAreWrittenOnce) {
  std::string one =
      emit(tileKernel("functions of tensor<128xf64>"), "sm_80").code;
  std::string many =
      emit(tileKernel("functions of tensor<4096xf64>"), "sm_80").code;
  EXPECT_GT(count(one, "fma.rn.f64"), 300);
  // What stays is math.fma, one for each of 32 registers.
  EXPECT_EQ(count(many, "fma.rn.f64"), count(one, "fma.rn.f64") + 31);
}

/// The same kernel under a Config with `pdl`.
std::string dependent(std::string text) {
  text.insert(text.find("num_warps"), "pdl=1 ");
  return text;
}

TEST_P(PtxMatmul, WaitsOnceBeforeGlobalMemory) {
  std::optional<std::string> ptxas = findPtxas();
  std::string arch = GetParam();
  std::vector<std::pair<std::string, std::string>> kernels = tileKernels();
  kernels.emplace_back("attention", attentionText({.name = "attention"}));
  for (const MatmulCase &c : hotCases())
    kernels.emplace_back(c.name, matmulText(c));
  for (const auto &[name, text] : kernels) {
    SCOPED_TRACE(name);
    std::string code = emit(dependent(text), arch).code;
    int waits = arch == "sm_80" || arch == "sm_89" ? 0 : 1;
    EXPECT_EQ(count(code, "griddepcontrol.wait;"), waits);
    EXPECT_EQ(count(code, "griddepcontrol.launch_dependents;"), waits);
    if (!waits)
      continue;
    // Functions of the module read their own tables only.
    std::string entry = code.substr(code.find(".entry"));
    size_t wait = entry.find("griddepcontrol.wait;");
    EXPECT_LT(wait, entry.find("griddepcontrol.launch_dependents;"));
    for (const char *access : {"ld.global", "st.global", ".shared.global",
                               "atom.", "red.", "prefetch"})
      EXPECT_LT(wait, entry.find(access)) << access;
    if (ptxas && name == "attention") {
      bool ok = false;
      std::string log = assemble(*ptxas, code, arch, ok);
      EXPECT_TRUE(ok) << log;
    }
  }
}

TEST(Ptx, ProductsAndSumsStayApart) {
  std::string code = emit(addText("f32", 512, 16, 16, 4), "sm_90a").code;
  EXPECT_GT(count(code, "add.rn.f32"), 0);
}

TEST(Ptx, TooMuchSharedMemoryIsSaid) {
  EXPECT_THROW(emit(matmulText({.name = "wide", .n = 256, .k = 64, .warps = 8}),
                    "sm_120a"),
               std::runtime_error);
}

TEST(Ptx, LineInfoReachesPtx) {
  std::string text = addText("f32", 512, 16, 16, 4);
  std::string code = emit(text, "sm_90a", true).code;
  EXPECT_GT(count(code, ".loc"), 0);
  EXPECT_EQ(count(code, ".file"), 1);
  EXPECT_EQ(count(code, "kernel.mlir\""), 1) << code;
  EXPECT_EQ(count(emit(text, "sm_90a", false).code, ".loc"), 0);
  std::string called = tileKernel("functions of tensor<128xf32>");
  EXPECT_GT(count(emit(called, "sm_90a", true).code, ".loc"), 0);
}

} // namespace

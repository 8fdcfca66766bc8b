// SPDX-License-Identifier: Apache-2.0
// Program -> tile dialect: what the module says, and what is refused.
#include "girih/compiler/context.h"
#include "girih/compiler/frontend/frontend.h"
#include "girih/compiler/tile_module.h"
#include "girih/dsl/dsl.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/tests/interpreter/programs.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

compiler::ThreadState &test_state() {
  static compiler::ThreadState state;
  return state;
}

std::string printed(mlir::ModuleOp module, bool locations = false) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::OpPrintingFlags flags;
  flags.enableDebugInfo(locations).printGenericOpForm(false);
  module->print(stream, flags);
  return text;
}

std::string imported(const Program &program, bool locations = false) {
  auto module = compiler::importProgram(program, test_state().context);
  EXPECT_TRUE(mlir::succeeded(mlir::verify(*module)));
  return printed(*module, locations);
}

std::string tiled(const Program &program) {
  auto &thread = test_state();
  compiler::DiagnosticCollector diagnostics(thread.context);
  return printed(*compiler::makeTileModule(program, thread, diagnostics));
}

std::size_t count(const std::string &text, const std::string &what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;
       at += what.size())
    ++found;
  return found;
}

OperandClass aligned_class() {
  return {
      .aligned = true, .size_div16 = 3, .unit_stride = 2, .stride_div16 = 1};
}

TEST(Frontend, KernelAttributes) {
  Program program = matmul(bf16, f32, 64, 32, 16, aligned_class());
  program.config.order = {ProgramOrder::Kind::grouped, 4};
  std::string text = imported(program);
  EXPECT_THAT(text, HasSubstr("func.func @girih_matmul("));
  EXPECT_THAT(text, HasSubstr("!tile.view<element = bf16, sizes = [16, 16], "
                              "strides = [16, 1], unit = 1, align = 16>"));
  EXPECT_THAT(text, HasSubstr("tile.directions = [\"in\", \"in\", \"out\"]"));
  EXPECT_THAT(text, HasSubstr("tile.index_bits = 32"));
  EXPECT_THAT(text, HasSubstr("tile.order = #tile.order<grouped, 4>"));
  EXPECT_THAT(text, HasSubstr("affine_map<()[s0, s1, s2, s3, s4, s5] -> "
                              "((s4 + 63) floordiv 64, "
                              "(s5 + 31) floordiv 32)>"));
}

TEST(Frontend, UnalignedClass) {
  std::string text = imported(vector_add(f16, 32));
  EXPECT_THAT(text, HasSubstr("!tile.view<element = f16, sizes = [1], "
                              "strides = [1], unit = -1, align = 2>"));
}

TEST(Frontend, SizesAndProgramsAreReadOnce) {
  std::string text = imported(matmul(f32, f32, 16, 16, 16));
  EXPECT_EQ(count(text, "tile.program_id 0"), 1u);
  EXPECT_EQ(count(text, "tile.program_id 1"), 1u);
  // a.n0, a.n1, b.n0, b.n1, c.n0, c.n1
  EXPECT_EQ(count(text, "= tile.size "), 6u);
}

TEST(Frontend, MatmulAccumulatesInTheDot) {
  std::string text = tiled(matmul(bf16, f32, 16, 16, 16));
  EXPECT_EQ(count(text, "tile.dot"), 1u);
  EXPECT_THAT(text, Not(HasSubstr("arith.addf")));
  EXPECT_EQ(count(text, "tile.load"), 2u);
}

TEST(Frontend, LowerBoundsAreDropped) {
  std::string text = tiled(vector_add(f32, 128));
  EXPECT_THAT(text, HasSubstr("(-d0 - s0 * 128 + s1 - 1 >= 0)"));
  // One constraint is left of 0 <= index < size.
  EXPECT_EQ(count(text, ">= 0"), count(text, "affine_set<"));
}

TEST(Frontend, DivisibleTilesNeedNoBounds) {
  OperandClass known{.aligned = true, .size_div16 = 1, .unit_stride = 1};
  EXPECT_THAT(tiled(vector_add(f32, 16, known)), Not(HasSubstr("bounds")));
  EXPECT_THAT(tiled(vector_add(f32, 32, known)), HasSubstr("bounds"));
  // The rows of b are counted by a's columns: that they agree is not known.
  std::string text = tiled(matmul(f32, f32, 16, 16, 16, aligned_class()));
  EXPECT_EQ(count(text, "bounds"), 1u) << text;
}

TEST(Frontend, LinesBecomeLocations) {
  Program program = vector_add(f32, 16);
  program.body.nodes[2].line = SourceLine("dir/kernel.cpp", 42);
  EXPECT_THAT(imported(program, true),
              HasSubstr("loc(\"dir/kernel.cpp\":42:0)"));
}

TEST(Frontend, SymbolsHoldTheProgramsName) {
  Program program = vector_add(f32, 16);
  program.name = "a-b c";
  EXPECT_EQ(compiler::kernelName(program), "girih_a_b_c");
}

TEST(Frontend, UnsignedIntegers) {
  std::string text = imported(elementwise(
      u8, u8, 16,
      "  %10 = binary max %x, %x : u8[#]\n  %result = binary mod %10, %x : "
      "u8[#]"));
  EXPECT_THAT(text, HasSubstr("arith.maxui"));
  EXPECT_THAT(text, HasSubstr("arith.remui"));
  EXPECT_THAT(text, HasSubstr("element = i8"));
}

template <typename Function> std::string error_of(Function function) {
  try {
    function();
  } catch (const CompileError &error) {
    EXPECT_EQ(error.id(), ErrorId::unsupported);
    return error.what();
  }
  ADD_FAILURE() << "no CompileError";
  return {};
}

/// c = a as i4, where the last dimension of c is cut and indexed as is told.
std::string nibble_store(std::int64_t block, Expr (*index)(Expr)) {
  Program program = elementwise(f32, i4, block, "  %result = cast %x : i4[#]");
  program.body.nodes.back().line = SourceLine("kernel.cpp", 9);
  ArrangedOperand &out = program.operands[1];
  out.index[0] = index(out.index[0]);
  for (Bound &bound : out.bounds)
    bound.value = index(bound.value);
  return error_of([&] { imported(program); });
}

TEST(Frontend, StoresOf4BitTypesFillBytes) {
  const std::string text = nibble_store(7, [](Expr index) { return index; });
  EXPECT_THAT(text, HasSubstr("kernel.cpp:9: error: [unsupported]"));
  EXPECT_THAT(text, HasSubstr("the store to y (i4, two elements in a byte) has "
                              "an odd number of elements in a row"));
  EXPECT_THAT(text, HasSubstr("with an even block size"));
  EXPECT_THAT(nibble_store(8, [](Expr index) { return index + 1; }),
              HasSubstr("may begin inside a byte"));
  EXPECT_THAT(nibble_store(8, [](Expr index) { return index * 2; }),
              HasSubstr("does not walk the array's last dimension"));
}

TEST(Frontend, StoresOf4BitTypesEndAtBytes) {
  Program program = elementwise(f32, i4, 8, "  %result = cast %x : i4[#]");
  imported(program); // up to the array's size, which is even
  program.operands[1].bounds[0].limit = 5;
  EXPECT_THAT(error_of([&] { imported(program); }),
              HasSubstr("may end inside a byte"));
  program.operands[1].bounds[0].limit = 6;
  imported(program);
}

TEST(Frontend, Refuses4BitTypesInIndirectAccesses) {
  const auto arrangement = [](Tensor x, Tensor index, Tensor y) {
    return arranged(x.tile({8}), index.tile({8}), y.tile({8}));
  };
  const KernelSource source =
      make_source("gather", arrangement,
                  [](In x, In index, Out y) { y = x.gather({index}); });
  const DType dtypes[] = {u4, i32, u4};
  const int ranks[] = {1, 1, 1};
  const Program program = record(source, dtypes, ranks, {}, {});
  EXPECT_THAT(
      error_of([&] { imported(program); }),
      HasSubstr("operand a has dtype u4, two elements in a byte, and is "
                "accessed indirectly"));
}

TEST(Frontend, RefusesWhatIsNotAffineInTheLanes) {
  Program program = vector_add(f32, 16);
  program.body.nodes[0].line = SourceLine("kernel.cpp", 7);
  Expr lane(Symbol{SymbolKind::lane, -1, 0, ""});
  Expr size(Symbol{SymbolKind::size, 0, 0, ""});
  auto message = [&](Expr index) {
    program.operands[0].index[0] = index;
    return error_of([&] { imported(program); });
  };
  EXPECT_THAT(message(min(lane, size)),
              HasSubstr("kernel.cpp:7: error: [unsupported] kernel add: an "
                        "index map takes the minimum or maximum over lanes"));
  EXPECT_THAT(message(lane * lane), HasSubstr("multiplies two lane"));
  EXPECT_THAT(message(size / (lane + 1)), HasSubstr("divides by a lane"));
}

TEST(Frontend, MinimumOverSizesIsAScalar) {
  Program program = vector_add(f32, 16);
  Expr size(Symbol{SymbolKind::size, 0, 0, ""});
  program.operands[0].bounds[0].limit = min(size, Expr(100));
  EXPECT_THAT(imported(program), HasSubstr("arith.minsi"));
}

} // namespace
} // namespace girih::testing

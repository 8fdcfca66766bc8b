// SPDX-License-Identifier: Apache-2.0
// From MLIR's diagnostics to exceptions, in the one place that does it.
#include "girih/compiler/diagnostics.h"

#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using ::testing::HasSubstr;

class Diagnostics : public ::testing::Test {
protected:
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  compiler::DiagnosticCollector collector{context};
  mlir::Location at(unsigned line) {
    return mlir::FileLineColLoc::get(&context, "kernel.cpp", line, 0);
  }
  std::string compile_error() {
    try {
      collector.raise("a pass");
    } catch (const CompileError &error) {
      return error.what();
    }
    return "no CompileError";
  }
  std::string internal_error() {
    try {
      collector.raise("a pass");
    } catch (const InternalError &error) {
      return error.what();
    }
    return "no InternalError";
  }
};

TEST_F(Diagnostics, CatalogueIdsBecomeCompileErrors) {
  auto error = mlir::emitError(at(22), "[shared-memory] too much of it");
  error.attachNote(at(7)) << "asked for here";
  error.attachNote(at(1)) << "help: use smaller block sizes";
  error.report();
  EXPECT_EQ(compile_error(),
            "kernel.cpp:22: error: [shared-memory] too much of it\n"
            "kernel.cpp:7: note: asked for here\n"
            "help: use smaller block sizes");
}

TEST_F(Diagnostics, AnythingElseIsInternal) {
  mlir::emitError(at(3), "op has a problem");
  mlir::emitError(at(4), "another one");
  std::string text = internal_error();
  EXPECT_THAT(text, HasSubstr("kernel.cpp:3"));
  EXPECT_THAT(text, HasSubstr("a pass: op has a problem"));
  EXPECT_THAT(text, HasSubstr("kernel.cpp:4: note: another one"));
}

TEST_F(Diagnostics, UnknownIdsAreInternal) {
  mlir::emitError(at(3), "[no-such-id] text");
  EXPECT_THAT(internal_error(), HasSubstr("[no-such-id] text"));
}

TEST_F(Diagnostics, SilentFailuresAreInternal) {
  EXPECT_THAT(internal_error(), HasSubstr("a pass failed without a message"));
}

TEST_F(Diagnostics, RemarksAreTakenApart) {
  mlir::emitRemark(at(5), "dot: on CUDA cores because K is 3");
  mlir::emitRemark(at(6), "no pass named");
  auto remarks = collector.takeRemarks();
  ASSERT_EQ(remarks.size(), 2u);
  EXPECT_EQ(remarks[0].pass, "dot");
  EXPECT_EQ(remarks[0].text, "on CUDA cores because K is 3");
  EXPECT_EQ(remarks[0].line.line, 5u);
  EXPECT_EQ(remarks[1].pass, "");
  EXPECT_EQ(remarks[1].text, "no pass named");
}

TEST_F(Diagnostics, LinesOfFusedAndNamedLocations) {
  auto fused = mlir::FusedLoc::get(
      &context, {mlir::UnknownLoc::get(&context), at(9), at(10)});
  EXPECT_EQ(compiler::sourceLine(fused).line, 9u);
  EXPECT_EQ(compiler::sourceLine(mlir::UnknownLoc::get(&context)).line, 0u);
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// girih-ptx FILE --arch sm_90a [--stage layout|async|llvm|ptx]: the nvptx back
// end on a module of the tile dialect, without the layers above.
#include "girih/compiler/backend.h"
#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/pipeline.h"
#include "girih/dsl/support/diagnostics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;
using namespace girih;

static Config configOf(ModuleOp module) {
  for (auto kernel : module.getOps<func::FuncOp>())
    if (auto text =
            kernel->getAttrOfType<StringAttr>(tile::TileDialect::configAttr))
      return parse_config(std::string_view(text.getValue()), {});
  return {};
}

static int compileFile(StringRef file, const compiler::Target &target,
                       compiler::Stage wanted, bool lineInfo, bool timing) {
  DialectRegistry registry;
  compiler::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(file, sources, &context);
  if (!module)
    return 1;
  PassManager passes(&context);
  compiler::buildTilePipeline(passes);
  if (failed(passes.run(*module)))
    return 1;
  Config config = configOf(*module);
  auto start = std::chrono::steady_clock::now();
  auto elapsed = [&](compiler::Stage stage) {
    std::chrono::duration<double, std::milli> time =
        std::chrono::steady_clock::now() - start;
    if (timing)
      llvm::errs() << compiler::name(stage) << ": " << time.count() << " ms\n";
  };
  auto endStage = [&](compiler::Stage stage, ModuleOp at) {
    elapsed(stage);
    if (stage == wanted)
      at->print(llvm::outs());
    return true;
  };
  auto endTextStage = [&](compiler::Stage stage, std::string &text) {
    elapsed(stage);
    if (stage == wanted)
      llvm::outs() << text;
    return true;
  };
  compiler::BackendContext backend{
      target,   config,       lineInfo,
      endStage, endTextStage, wanted == compiler::Stage::llvm};
  auto result = compiler::emitNvptx(*module, backend);
  if (failed(result))
    return 1;
  llvm::errs() << "// " << result->entry << ": " << result->threads
               << " threads, " << result->sharedBytes
               << " bytes of shared memory\n";
  return 0;
}

int main(int argc, char **argv) {
  llvm::cl::opt<std::string> file(llvm::cl::Positional, llvm::cl::init("-"));
  llvm::cl::opt<std::string> arch("arch", llvm::cl::init("sm_90a"));
  llvm::cl::opt<std::string> stage("stage", llvm::cl::init("ptx"));
  llvm::cl::opt<bool> lineInfo("line-info");
  llvm::cl::opt<bool> timing("timing");
  llvm::cl::ParseCommandLineOptions(argc, argv);
  try {
    auto wanted = compiler::parse_stage(std::string_view(stage));
    if (!wanted) {
      llvm::errs() << "no stage is called '" << stage << "'\n";
      return 1;
    }
    return compileFile(file, compiler::parse_target(std::string_view(arch)),
                       *wanted, lineInfo, timing);
  } catch (const std::exception &error) {
    llvm::errs() << error.what() << "\n";
    return 1;
  }
}

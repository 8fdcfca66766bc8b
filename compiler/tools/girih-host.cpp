// SPDX-License-Identifier: Apache-2.0
// girih-host FILE [--features +avx2,...]: the host back end's LLVM IR
// for a module of the tile dialect, without the layers above.
#include "girih/compiler/conversion/host/host.h"
#include "girih/compiler/host_jit.h"
#include "girih/compiler/pipeline.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace girih;

static int emitFile(StringRef file, const compiler::Target &target) {
  DialectRegistry registry;
  compiler::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(file, sources, &context);
  if (!module)
    return 1;
  llvm::LLVMContext llvmContext;
  auto made = compiler::host::emitHostModule(*module, target, llvmContext);
  if (failed(made))
    return 1;
  made->llvm->print(llvm::outs(), nullptr);
  llvm::outs() << "; scratch: " << made->scratchBytes << " bytes\n";
  return 0;
}

int main(int argc, char **argv) {
  llvm::cl::opt<std::string> file(llvm::cl::Positional, llvm::cl::init("-"));
  llvm::cl::opt<std::string> features(
      "features",
      llvm::cl::desc("LLVM feature string; the widest vectors "
                     "otherwise"),
      llvm::cl::init("+avx2,+fma,+f16c,+avx512f,+avx512bw,+avx512vl,"
                     "+avx512dq"));
  llvm::cl::ParseCommandLineOptions(argc, argv);
  return emitFile(file, {compiler::Target::Kind::host, "x86-64-v3", features});
}

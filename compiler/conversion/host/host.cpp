// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/conversion/host/host.h"

#include "girih/compiler/backend.h"
#include "girih/compiler/code_generation.h"
#include "girih/compiler/conversion/host/kernel.h"
#include "girih/compiler/host_jit.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"

namespace girih::compiler {

namespace host {

Machine machineOf(const Target &target) {
  llvm::SmallVector<llvm::StringRef> features;
  llvm::StringRef(target.features).split(features, ',');
  auto has = [&](llvm::StringRef feature) {
    return llvm::is_contained(features, feature);
  };
  Machine machine;
  machine.vectorBytes = 16;
  if (has("+avx2"))
    machine.vectorBytes = 32;
  // Masks of bytes and of narrower vectors come with BW and VL.
  if (has("+avx512f") && has("+avx512bw") && has("+avx512vl") &&
      has("+avx512dq")) {
    machine.vectorBytes = 64;
    machine.registers = 32;
    machine.dotProduct16 = has("+avx512vnni");
    machine.scales = true;
    machine.roundsBf16 = has("+avx512bf16");
  }
  return machine;
}

mlir::FailureOr<HostModule> emitHostModule(mlir::ModuleOp module,
                                           const Target &target,
                                           llvm::LLVMContext &context) {
  mlir::func::FuncOp kernel;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    if (function->hasAttr(tile::TileDialect::kernelAttr))
      kernel = function;
  if (!kernel)
    return module.emitError(
        "[override] no function has the attribute tile.kernel");
  HostModule result;
  result.llvm = std::make_unique<llvm::Module>(kernel.getName(), context);
  result.entry = ("girih_" + kernel.getName()).str();
  auto scratch =
      emitKernel(kernel, *result.llvm, result.entry, machineOf(target));
  if (mlir::failed(scratch))
    return mlir::failure();
  result.scratchBytes = *scratch;
  if (llvm::Error error = configureForHost(*result.llvm, target))
    return kernel.emitError(llvm::toString(std::move(error)));
#ifndef NDEBUG
  std::string problem;
  llvm::raw_string_ostream stream(problem);
  if (llvm::verifyModule(*result.llvm, &stream))
    return kernel.emitError("the emitted LLVM IR is not valid: " + problem);
#endif
  return result;
}

} // namespace host

/// Ends stage `llvm`: its text is shown, and read back where it was edited.
static mlir::LogicalResult endLlvmStage(mlir::ModuleOp module,
                                        const BackendContext &backend,
                                        host::HostModule &made) {
  std::string text;
  if (backend.wantsText) {
    llvm::raw_string_ostream stream(text);
    made.llvm->print(stream, nullptr);
  }
  if (backend.endTextStage(Stage::llvm, text))
    return mlir::success();
  std::string problem;
  auto edited = parseEdited(text, made.entry, made.llvm->getContext(), problem);
  if (!edited)
    return module.emitError(problem);
  made.llvm = std::move(edited);
  return mlir::success();
}

mlir::FailureOr<BackendResult> emitHost(mlir::ModuleOp module,
                                        const BackendContext &backend) {
  llvm::LLVMContext context;
  auto made = host::emitHostModule(module, backend.target, context);
  if (mlir::failed(made))
    return mlir::failure();
  if (mlir::failed(endLlvmStage(module, backend, *made)))
    return mlir::failure();
  auto object = compileToObject(*made->llvm, backend.target);
  if (!object)
    return module.emitError(llvm::toString(object.takeError()));
  backend.endTextStage(Stage::object, *object);
  BackendResult result;
  result.code = std::move(*object);
  result.entry = made->entry;
  result.scratchBytes = made->scratchBytes;
  return result;
}

} // namespace girih::compiler

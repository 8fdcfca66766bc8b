// SPDX-License-Identifier: Apache-2.0
// Tile dialect -> layouts -> asynchronous form -> LLVM -> PTX.
#include "girih/compiler/backend.h"
#include "girih/compiler/code_generation.h"
#include "girih/compiler/conversion/nvptx/emitter.h"
#include "girih/compiler/conversion/nvptx/lower.h"
#include "girih/compiler/pipeline.h"
#include "girih/compiler/ptx_fences.h"
#include "girih/compiler/target_nvptx.h"
#include "girih/compiler/transforms/Passes.h"

#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace girih::compiler {

static func::FuncOp findKernel(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(tile::TileDialect::kernelAttr))
      return function;
  return {};
}

static LogicalResult
runPipeline(ModuleOp module, const Config &config, int capability,
            function_ref<void(OpPassManager &, const Config &, int)> build) {
  PassManager manager(module->getContext());
  build(manager, config, capability);
  return manager.run(module);
}

FailureOr<Lowered> lowerToLLVM(ModuleOp module, const NvptxOptions &options) {
  func::FuncOp kernel = findKernel(module);
  if (!kernel) {
    module.emitError("[override] no function has the attribute tile.kernel");
    return failure();
  }
  module.getContext()->loadDialect<LLVM::LLVMDialect>();
  Lowered lowered;
  lowered.entry = kernel.getName().str();
  lowered.module = ModuleOp::create(module.getLoc());
  Emitter emitter(kernel, *lowered.module, options);
  if (failed(emitter.run()))
    return failure();
  lowered.sharedBytes = emitter.sharedBytes();
  lowered.blocks = static_cast<int>(emitter.blocks());
  lowered.persistent = emitter.isPersistent();
  lowered.tensorMaps = emitter.copyMaps();
  lowered.streamBytes = emitter.streamBytes();
  lowered.streamFlags = static_cast<int>(emitter.streamFlagCount());
  lowered.threads = static_cast<int>(emitter.threads());
  lowered.ptxVersion = emitter.ptxVersion();
  return lowered;
}

bool fitsShared(func::FuncOp kernel, const NvptxOptions &options) {
  OwningOpRef<ModuleOp> unused = ModuleOp::create(kernel.getLoc());
  return Emitter(kernel, *unused, options).fitsShared();
}

/// Debug information of functions, after which LLVM takes lines to be of the
/// function's file: those of another say which.
static LogicalResult addScopes(ModuleOp module) {
  PassManager manager(module->getContext());
  manager.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
  if (failed(manager.run(module)))
    return failure();
  for (auto function : module.getOps<LLVM::LLVMFuncOp>()) {
    auto fused = function.getLoc()
                     ->findInstanceOf<FusedLocWith<LLVM::DISubprogramAttr>>();
    if (!fused)
      continue;
    LLVM::DISubprogramAttr scope = fused.getMetadata();
    auto home = function.getLoc()->findInstanceOf<FileLineColLoc>();
    function.getBody().walk([&](Operation *op) {
      auto line = op->getLoc()->findInstanceOf<FileLineColLoc>();
      if (!line || (home && line.getFilename() == home.getFilename()))
        return;
      StringRef path = line.getFilename();
      auto file = LLVM::DIFileAttr::get(module->getContext(),
                                        llvm::sys::path::filename(path),
                                        llvm::sys::path::parent_path(path));
      op->setLoc(FusedLoc::get(
          {line}, LLVM::DILexicalBlockFileAttr::get(scope, file, 0),
          module->getContext()));
    });
  }
  return success();
}

static FailureOr<std::string> toPtx(const Lowered &lowered,
                                    const BackendContext &context) {
  ModuleOp module = *lowered.module;
  llvm::LLVMContext llvmContext;
  auto translated = translateModuleToLLVMIR(module, llvmContext, "girih");
  if (!translated)
    return module.emitError("LLVM IR could not be made");
  // Parameters by value are read where the driver puts them.
  for (llvm::Argument &argument :
       translated->getFunction(lowered.entry)->args())
    if (argument.hasByValAttr())
      argument.addAttr(llvm::Attribute::get(llvmContext, "nvvm.grid_constant"));
  std::string text;
  if (context.wantsText) {
    llvm::raw_string_ostream stream(text);
    translated->print(stream, nullptr);
  }
  if (!context.endTextStage(Stage::llvm, text)) {
    std::string problem;
    translated = parseEdited(text, lowered.entry, llvmContext, problem);
    if (!translated)
      return module.emitError(problem);
  }
  std::string error;
  std::optional<std::string> ptx =
      makePtx(*translated, withPtx(context.target, lowered.ptxVersion), error);
  if (!ptx)
    return module.emitError("no PTX: ") << error;
  std::optional<std::string> fence = missingFence(*ptx);
  context.endTextStage(Stage::ptx, *ptx);
  if (fence)
    return module.emitError("there is no ") << *fence;
  return *ptx;
}

/// Elements of one tile in a thread, which has 255 registers: beyond this
/// everything is spilled, and code takes minutes to make.
static constexpr int64_t mostElements = 1024;

/// Refuses tiles that threads cannot hold.
static LogicalResult checkRegisters(ModuleOp module, int warps) {
  WalkResult result = module.walk([&](Operation *op) {
    // Dots read their operands piece by piece.
    if (isa<tile::SharedLoadOp>(op) ||
        (!op->use_empty() &&
         llvm::all_of(op->getUsers(), llvm::IsaPred<tile::DotOp>)))
      return WalkResult::advance();
    for (Type type : op->getResultTypes()) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || !tensor.getEncoding())
        continue;
      int64_t held = Emitter::layoutOf(tensor).size(Axis::reg);
      if (held <= mostElements)
        continue;
      auto error = op->emitError("[registers] a tile of ")
                   << tensor.getNumElements() << " elements takes " << held
                   << " of each thread's registers with num_warps=" << warps
                   << ", more than " << mostElements;
      int64_t wanted =
          llvm::PowerOf2Ceil(llvm::divideCeil(held * warps, mostElements));
      error.attachNote() << "help: use smaller blocks"
                         << (wanted <= 32
                                 ? " or num_warps=" + std::to_string(wanted)
                                 : std::string());
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// Copies that go ahead. Blocks that do several programs copy for the next one
/// while this one ends, so that nothing shares memory with their copies: where
/// that is too much, each does one.
static LogicalResult copyAhead(ModuleOp module, const Config &config,
                               const NvptxOptions &options) {
  func::FuncOp kernel = findKernel(module);
  func::FuncOp before = config.persistent ? kernel.clone() : func::FuncOp();
  auto build = [&](const Config &with) {
    return runPipeline(module, with, options.capability,
                       buildNvptxAsyncPipeline);
  };
  LogicalResult made = build(config);
  if (!before || failed(made) || fitsShared(kernel, options)) {
    if (before)
      before->destroy();
    return made;
  }
  kernel.emitRemark() << "tile-specialise-warps: each block does one program, "
                         "as shared memory has no room for copies of the next";
  kernel.erase();
  module.push_back(before);
  Config one = config;
  one.persistent = false;
  one.num_ctas = 1;
  return build(one);
}

LogicalResult lowerToAsync(ModuleOp module, const Config &config,
                           const NvptxOptions &options) {
  if (failed(copyAhead(module, config, options)))
    return failure();
  func::FuncOp kernel = findKernel(module);
  if (!kernel || kernel.getBody().front().getOps<tile::ProducerOp>().empty())
    return success();
  OwningOpRef<ModuleOp> unused = ModuleOp::create(kernel.getLoc());
  int64_t room = Emitter(kernel, *unused, options).roomBeside();
  PassManager manager(module->getContext());
  manager.nest<func::FuncOp>().addPass(
      createTileStoreBulk({options.warps, room}));
  manager.nest<func::FuncOp>().addPass(createTileCheckAsync({options.warps}));
  return manager.run(module);
}

FailureOr<BackendResult> emitNvptx(ModuleOp module,
                                   const BackendContext &context) {
  NvptxOptions options;
  options.warps = context.config.num_warps;
  options.capability = capabilityOf(context.target);
  options.sharedLimit = sharedMemoryLimit(options.capability);
  options.lineInfo = context.lineInfo;
  options.pdl = context.config.pdl.value_or(false);
  if (options.warps < 1 || options.warps > 32)
    return module.emitError("[config] num_warps must be from 1 to 32, not ")
           << options.warps;
  if (failed(runPipeline(module, context.config, options.capability,
                         buildNvptxLayoutPipeline)) ||
      !context.endStage(Stage::layout, module))
    return failure();
  if (failed(lowerToAsync(module, context.config, options)) ||
      !context.endStage(Stage::async, module))
    return failure();
  if (failed(checkRegisters(module, options.warps)))
    return failure();
  FailureOr<Lowered> lowered = lowerToLLVM(module, options);
  if (failed(lowered))
    return failure();
  if (options.lineInfo && failed(addScopes(*lowered->module)))
    return failure();
  FailureOr<std::string> ptx = toPtx(*lowered, context);
  if (failed(ptx))
    return failure();
  BackendResult result;
  result.code = std::move(*ptx);
  result.entry = lowered->entry;
  result.sharedBytes = lowered->sharedBytes;
  result.threads = lowered->threads;
  result.blocks = lowered->blocks;
  result.persistent = lowered->persistent;
  result.tensorMaps = lowered->tensorMaps;
  result.streamBytes = lowered->streamBytes;
  result.streamFlags = lowered->streamFlags;
  return result;
}

} // namespace girih::compiler

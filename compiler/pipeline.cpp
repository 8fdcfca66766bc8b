// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/pipeline.h"

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace girih::compiler {

void registerDialects(DialectRegistry &registry) {
  registry.insert<tile::TileDialect, arith::ArithDialect, func::FuncDialect,
                  math::MathDialect, scf::SCFDialect, tensor::TensorDialect,
                  LLVM::LLVMDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

/// Canonical forms that change no result: upstream also drops the rounding to
/// f32 of `i32 -> f32 -> bf16`. Patterns are named as the compiler that built
/// MLIR spells anonymous namespaces.
static std::unique_ptr<Pass> createExactCanonicalizer() {
  std::vector<std::string> disabled;
  for (std::string scope : {"(anonymous namespace)::", "{anonymous}::"})
    for (const char *name : {"TruncFSIToFPToSIToFP", "TruncFUIToFPToUIToFP"})
      disabled.push_back(scope + name);
  return createCanonicalizerPass(GreedyRewriteConfig(), disabled);
}

void buildTilePipeline(OpPassManager &manager) {
  OpPassManager &kernel = manager.nest<func::FuncOp>();
  kernel.addPass(createExactCanonicalizer());
  kernel.addPass(createCSEPass());
  kernel.addPass(createTileElideBounds());
  kernel.addPass(createTileFoldDotAccumulator());
  kernel.addPass(createTileFoldRemaps());
  kernel.addPass(createTileMergeLoads());
  kernel.addPass(createExactCanonicalizer());
}

/// Whether the device has warp groups that multiply, and clusters.
static bool isHopper(int capability) { return capability == 90; }

void buildNvptxLayoutPipeline(OpPassManager &manager, const Config &config,
                              int capability) {
  OpPassManager &kernel = manager.nest<func::FuncOp>();
  if (isHopper(capability))
    kernel.addPass(createTileJoinLoads({config.num_warps, capability}));
  kernel.addPass(createTileReadWindows({config.num_warps}));
  kernel.addPass(createTilePromoteDots({config.num_warps, capability}));
  if (config.split_k > 1 && isHopper(capability))
    kernel.addPass(
        createTileSplitRounds({config.split_k, config.num_warps, capability}));
  if (config.stream_k && isHopper(capability))
    kernel.addPass(createTileStreamRounds());
  kernel.addPass(createTileStaggerDots({config.num_warps, capability}));
  kernel.addPass(createTileAssignLayouts({config.num_warps, capability}));
}

void buildNvptxAsyncPipeline(OpPassManager &manager, const Config &config,
                             int capability) {
  OpPassManager &kernel = manager.nest<func::FuncOp>();
  int stages = config.num_stages, warps = config.num_warps;
  bool copiers = config.warp_specialize && isHopper(capability) && stages > 1;
  if (copiers)
    kernel.addPass(createTileDeferSums({config.ping_pong ? 2 * warps : warps}));
  kernel.addPass(createTileOverlapDots({stages}));
  if (copiers)
    kernel.addPass(
        createTileSpecialiseWarps({stages, warps, config.persistent,
                                   config.num_ctas, config.ping_pong ? 2 : 1}));
  if (config.num_ctas > 1 && !config.persistent && isHopper(capability))
    kernel.addPass(createTileSpreadWarps({config.num_ctas, warps}));
  kernel.addPass(createTileKeepTiles({warps, capability}));
  kernel.addPass(createTilePipelineLoads({stages, warps}));
  if (stages > 1)
    kernel.addPass(createTilePrefetchLoads());
  if (copiers) {
    kernel.addPass(createTileTestAhead());
    kernel.addPass(createTileUnrollRounds());
  }
}

void registerPasses() {
  registerGirihPasses();
  registerTransformsPasses();
  PassPipelineRegistration<>("tile-pipeline",
                             "the passes that every target shares",
                             buildTilePipeline);
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// The driver: Program -> tile dialect -> back end -> Artifact.
#include "girih/compiler/compiler.h"

#include "girih/compiler/backend.h"
#include "girih/compiler/context.h"
#include "girih/compiler/diagnostics.h"
#include "girih/compiler/nvptx_generations.h"
#include "girih/compiler/tile_module.h"

#include "mlir/IR/AsmState.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

using namespace mlir;

namespace girih::compiler {

namespace {

/// Ends stages: dumps their text, replaces it, takes their time.
class Stages {
public:
  explicit Stages(const Options &options) : options(options) {}

  bool wantsText() const { return options.on_stage || options.override_stage; }

  /// False when there is a replacement; it is then in `text`.
  bool endText(Stage stage, std::string &text) {
    if (options.on_time)
      options.on_time(name(stage), seconds());
    std::optional<std::string> edited;
    if (options.override_stage)
      edited = options.override_stage(stage, text);
    if (edited)
      text = std::move(*edited);
    if (edited && stage == Stage::object)
      objectIsEdited = true;
    if (options.on_stage)
      options.on_stage(stage, text);
    restart();
    return !edited;
  }

  /// False when the replacement does not parse.
  bool endModule(Stage stage, ModuleOp module) {
    std::string text;
    if (wantsText()) {
      llvm::raw_string_ostream stream(text);
      OpPrintingFlags flags;
      flags.enableDebugInfo(options.line_info);
      module->print(stream, flags);
    }
    if (endText(stage, text) || replace(module, text))
      return true;
    unreadable = stage;
    return false;
  }

  bool failedOverride() const { return unreadable.has_value(); }

  /// Throws for the replacement that did not parse.
  [[noreturn]] void raiseOverride(const DiagnosticCollector &diagnostics) {
    throw CompileError(ErrorId::override_file, {},
                       {"the text given for stage " +
                        std::string(name(*unreadable)) +
                        " is not a module: " + diagnostics.firstError()});
  }

  /// Throws for an object that the user gave and that cannot be loaded.
  void checkObject(const Artifact &artifact) const {
    if (!objectIsEdited)
      return;
    try {
      load_host(artifact);
    } catch (const InternalError &error) {
      throw CompileError(ErrorId::override_file, {},
                         {"what is given for stage object cannot be loaded: " +
                          error.diagnostic().message});
    }
  }

  /// Sets the clock to zero, for the stage that begins.
  void restart() { begin = Clock::now(); }

private:
  using Clock = std::chrono::steady_clock;

  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

  static bool replace(ModuleOp module, const std::string &text) {
    OwningOpRef<ModuleOp> edited =
        parseSourceString<ModuleOp>(text, module.getContext());
    if (!edited)
      return false;
    module.getBodyRegion().takeBody(edited->getBodyRegion());
    module->setAttrs((*edited)->getAttrDictionary());
    return true;
  }

  const Options &options;
  Clock::time_point begin = Clock::now();
  std::optional<Stage> unreadable;
  bool objectIsEdited = false;
};

/// The Program to compile: `program`, or what the user edited.
Program endProgramStage(const Program &program, Stages &stages) {
  std::string text = stages.wantsText() ? program.to_string() : std::string();
  if (stages.endText(Stage::program, text))
    return program;
  try {
    return parse_program(text);
  } catch (const CompileError &error) {
    throw CompileError(ErrorId::override_file, {},
                       {"the text given for stage program is not a Program: " +
                        error.diagnostic().message});
  }
}

/// Says of fields that were asked for and change nothing.
void remarkUnused(const Config &config, const Target &target, Location where) {
  auto remark = [&](StringRef field, int64_t value, int64_t usual) {
    if (value != usual)
      emitRemark(where) << "config: " << field << "=" << value
                        << " changes nothing: the compiler has no use for it";
  };
  bool groups = hasWarpgroups(target);
  if (!groups)
    remark("warp_specialize", config.warp_specialize, 0);
  if (!groups || !config.warp_specialize)
    remark("persistent", config.persistent, 0);
  if (!groups || (config.persistent && !config.warp_specialize))
    remark("num_ctas", config.num_ctas, 1);
  if (!groups || !config.warp_specialize || !config.persistent) {
    remark("ping_pong", config.ping_pong, 0);
    remark("stream_k", config.stream_k, 0);
  }
  if (!groups)
    remark("split_k", config.split_k, 1);
}

} // namespace

Artifact compile(const Program &given, const Target &target,
                 const Options &options) {
  Stages stages(options);
  Program program = endProgramStage(given, stages);
  CompilationScope scope;
  ThreadState &thread = scope.thread;
  thread.onTime = options.on_time;
  DiagnosticCollector diagnostics(thread.context);
  OwningOpRef<ModuleOp> module = makeTileModule(program, thread, diagnostics);
  if (!stages.endModule(Stage::tile, *module))
    stages.raiseOverride(diagnostics);

  remarkUnused(program.config, target, module->getLoc());
  auto endStage = [&](Stage stage, ModuleOp at) {
    return stages.endModule(stage, at);
  };
  auto endTextStage = [&](Stage stage, std::string &text) {
    return stages.endText(stage, text);
  };
  BackendContext context{target,   program.config, options.line_info,
                         endStage, endTextStage,   stages.wantsText()};
  bool isHost = target.kind == Target::Kind::host;
  FailureOr<BackendResult> result =
      isHost ? emitHost(*module, context) : emitNvptx(*module, context);
  if (failed(result) && stages.failedOverride())
    stages.raiseOverride(diagnostics);
  if (failed(result))
    diagnostics.raise(isHost ? "the host back end" : "the nvptx back end");

  Artifact artifact;
  artifact.target = target;
  artifact.entry = std::move(result->entry);
  artifact.code = std::move(result->code);
  artifact.shared_bytes = result->sharedBytes;
  artifact.tensor_maps = std::move(result->tensorMaps);
  artifact.scratch_bytes = result->scratchBytes;
  artifact.threads = result->threads;
  artifact.blocks = result->blocks;
  artifact.persistent = result->persistent;
  artifact.stream_bytes = result->streamBytes;
  artifact.stream_flags = result->streamFlags;
  artifact.remarks = diagnostics.takeRemarks();
  stages.checkObject(artifact);
  return artifact;
}

} // namespace girih::compiler

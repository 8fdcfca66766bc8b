// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/target_nvptx.h"

#include "girih/compiler/code_generation.h"
#include "girih/compiler/hoist_divisions.h"
#include "girih/compiler/ptx_extrema.h"
#include "girih/dsl/support/diagnostics.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/Sink.h"

#include <mutex>

// Only NVPTX is wanted of LLVM's targets, by name: the umbrella functions of
// TargetSelect.h would link all of them into the bundle.
extern "C" void LLVMInitializeNVPTXTarget();
extern "C" void LLVMInitializeNVPTXTargetInfo();
extern "C" void LLVMInitializeNVPTXTargetMC();
extern "C" void LLVMInitializeNVPTXAsmPrinter();

namespace girih::compiler {

namespace {

std::unique_ptr<llvm::TargetMachine> makeMachine(const Target &target,
                                                 std::string &error) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return nullptr;
  llvm::TargetOptions options;
  // Products and sums are fused only where the program says so (dot).
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return std::unique_ptr<llvm::TargetMachine>(found->createTargetMachine(
      triple, target.arch, target.features, options, llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Default));
}

/// The emitter writes what it wants; what is left is to share what is computed
/// twice, to take what does not change out of loops, and to compute what is
/// needed late no sooner: ptxas keeps it in registers through all loops.
void optimise(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(
      llvm::LICMPass(llvm::LICMOptions()), /*UseMemorySSA=*/true));
  passes.addPass(HoistDivisions());
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(llvm::SinkingPass());
  runOnFunctions(module, machine, passes);
}

bool isInteger(const llvm::Instruction &instruction) {
  unsigned opcode = instruction.getOpcode();
  return opcode == llvm::Instruction::Add || opcode == llvm::Instruction::Sub ||
         opcode == llvm::Instruction::Mul || opcode == llvm::Instruction::Shl ||
         opcode == llvm::Instruction::GetElementPtr;
}

bool isWarpgroupDot(const llvm::Instruction &instruction) {
  auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  auto *text = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand())
                    : nullptr;
  return text && text->getAsmString().contains("wgmma.mma_async");
}

/// Whether straight line strength reduction is worth its time, which grows with
/// the square of the integer computations: of few of them, and of more beside
/// the dots of warp groups, where no register is left. Elsewhere it finds
/// little, as lanes differ by constants alone (withoutConstant, decision 73).
bool reducesStrength(const llvm::Function &function) {
  constexpr int64_t few = 150, beside_dots = 1000;
  auto all = llvm::instructions(function);
  return llvm::count_if(all, isInteger) <=
         (llvm::any_of(all, isWarpgroupDot) ? beside_dots : few);
}

/// Leaves it out of modules without such a function.
class StrengthReductionGate : public llvm::OptPassGate {
public:
  explicit StrengthReductionGate(llvm::Module &module)
      : context(module.getContext()), before(context.getOptPassGate()),
        enabled(llvm::none_of(module, reducesStrength)) {
    context.setOptPassGate(*this);
  }
  ~StrengthReductionGate() override { context.setOptPassGate(before); }
  StrengthReductionGate(const StrengthReductionGate &) = delete;
  StrengthReductionGate &operator=(const StrengthReductionGate &) = delete;

  bool isEnabled() const override { return enabled; }
  bool shouldRunPass(llvm::StringRef pass, llvm::StringRef) const override {
    return pass != "slsr";
  }

private:
  llvm::LLVMContext &context;
  llvm::OptPassGate &before;
  bool enabled;
};

} // namespace

Target withPtx(Target target, int version) {
  llvm::StringRef features(target.features);
  int own = 0;
  if (features.consume_front("+ptx") && !features.consumeInteger(10, own) &&
      own < version)
    target.features = "+ptx" + std::to_string(version);
  return target;
}

Target nvptx_target(int capability) {
  if (capability < generations().front().capability)
    throw CompileError(ErrorId::unsupported_arch, {},
                       {"no code is made for devices of compute capability " +
                            std::to_string(capability / 10) + "." +
                            std::to_string(capability % 10),
                        "the oldest supported one is 8.0 (sm_80)"});
  const Generation &generation = generationOf(capability);
  Target target;
  target.kind = Target::Kind::nvptx;
  target.arch = generation.arch;
  if (generation.capability != capability)
    target.arch = llvm::StringRef(target.arch).rtrim("a").str();
  target.features = "+ptx" + std::to_string(generation.ptx);
  return target;
}

std::optional<Target> nvptxTargetNamed(int capability, llvm::StringRef suffix) {
  const auto generation = llvm::find_if(
      generations(), [&](auto &each) { return each.capability == capability; });
  if (generation == generations().end())
    return std::nullopt;
  Target target = nvptx_target(capability);
  if (suffix.empty() || llvm::StringRef(target.arch).ends_with(suffix))
    return target;
  if (suffix != "f" || generation->familyPtx == 0)
    return std::nullopt;
  target.arch.back() = 'f';
  target.features = "+ptx" + std::to_string(generation->familyPtx);
  return target;
}

std::optional<std::string> makePtx(llvm::Module &module, const Target &target,
                                   std::string &error) {
  auto machine = makeMachine(target, error);
  if (!machine)
    return std::nullopt;
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  optimise(module, *machine);
  const StrengthReductionGate gate(module);
  auto text =
      generateCode(module, *machine, llvm::CodeGenFileType::AssemblyFile);
  if (!text) {
    error = "LLVM cannot write PTX";
    return std::nullopt;
  }
  return withoutNegatedExtrema(std::move(*text));
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
#include "emulator.h"
#include "ptx_interpreter.h"

#include "girih/compiler/dialect/Tile.h"
#include "girih/compiler/pipeline.h"
#include "girih/dsl/config.h"
#include "girih/dsl/support/float_formats.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/bit.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/Support/TargetSelect.h"

#include <stdexcept>

using namespace mlir;

namespace girih::testing {

namespace {

/// A call of a host function instead of what a CPU does not have.
class Rewriter {
public:
  explicit Rewriter(llvm::Module &module)
      : module(module), i64(llvm::Type::getInt64Ty(module.getContext())),
        i32(llvm::Type::getInt32Ty(module.getContext())) {}

  void run() {
    // Shared memory is addressed by offsets from what a block says.
    for (llvm::GlobalVariable &global : module.globals())
      if (global.getAddressSpace() == 3)
        addressShared(global);
    for (llvm::StringRef name : {"vprintf", "__assertfail"})
      if (llvm::Function *function = module.getFunction(name))
        function->setName("emulated_" + name.ltrim('_'));
    for (llvm::Function &function : module) {
      function.setCallingConv(llvm::CallingConv::C);
      for (llvm::Argument &argument : function.args())
        argument.removeAttr(llvm::Attribute::ByVal);
      std::vector<llvm::CallInst *> calls;
      for (llvm::Instruction &instruction : llvm::instructions(function))
        if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction))
          calls.push_back(call);
      for (llvm::CallInst *call : calls)
        replace(call);
    }
  }

private:
  void addressShared(llvm::GlobalVariable &global) {
    llvm::convertUsersOfConstantsToInstructions({&global});
    for (llvm::Use &use : llvm::make_early_inc_range(global.uses())) {
      auto *user = llvm::cast<llvm::Instruction>(use.getUser());
      llvm::IRBuilder<> builder(user);
      llvm::Value *base = builder.CreateCall(
          module.getOrInsertFunction("emulated_shared", i32));
      use.set(builder.CreateIntToPtr(base, global.getType()));
    }
  }

  void replace(llvm::CallInst *call) {
    llvm::IRBuilder<> builder(call);
    if (call->isInlineAsm())
      return replaceAssembly(call, builder);
    llvm::StringRef name = call->getCalledFunction()->getName();
    const char *host = name.contains("tid.x") && !name.contains("ctaid")
                           ? "emulated_thread"
                       : name.contains("nctaid.x") ? "emulated_blocks"
                       : name.contains("ctaid.x")  ? "emulated_program"
                       : name.contains("ctarank")  ? "emulated_rank"
                                                   : nullptr;
    if (name.consume_front("llvm.nvvm.barrier.cluster."))
      return emulate(call,
                     internAssembly("barrier.cluster." + name.str() + ";", ""),
                     builder);
    if (name.consume_front("llvm.nvvm.shfl.sync.") ||
        name.contains("bar.warp.sync")) {
      std::string text = name.contains("bar.warp.sync")
                             ? "bar.warp.sync;"
                             : "shfl.sync." + name.str() + ";";
      return emulate(call, internAssembly(text, ""), builder);
    }
    if (host) {
      auto callee = module.getOrInsertFunction(host, i32);
      call->replaceAllUsesWith(builder.CreateCall(callee));
      call->eraseFromParent();
    } else if (name.contains("barrier.cta.red.or")) {
      auto callee =
          module.getOrInsertFunction("emulated_barrier_or", i32, i32, i32, i32);
      llvm::Value *said = call->getArgOperand(call->arg_size() - 1);
      llvm::Value *told = builder.CreateCall(
          callee, {call->getArgOperand(0), meeting(call, name),
                   builder.CreateZExt(said, i32)});
      call->replaceAllUsesWith(builder.CreateTrunc(told, builder.getInt1Ty()));
      call->eraseFromParent();
    } else if (name.contains("barrier")) {
      auto callee = module.getOrInsertFunction(
          "emulated_barrier", llvm::Type::getVoidTy(module.getContext()), i32,
          i32);
      builder.CreateCall(callee, {call->getArgOperand(0), meeting(call, name)});
      call->eraseFromParent();
    } else if (name == "llvm.nvvm.exit") {
      builder.CreateCall(module.getOrInsertFunction(
          "emulated_exit", llvm::Type::getVoidTy(module.getContext())));
      call->eraseFromParent();
    } else if (name.contains("redux.sync")) {
      replaceRedux(call, builder);
    }
  }

  /// The threads that a barrier is for; 0 for all.
  llvm::Value *meeting(llvm::CallInst *call, llvm::StringRef name) {
    return name.ends_with(".count") ? call->getArgOperand(1)
                                    : llvm::ConstantInt::get(i32, 0);
  }

  void replaceRedux(llvm::CallInst *call, llvm::IRBuilder<> &builder) {
    llvm::StringRef name = call->getCalledFunction()->getName();
    name.consume_front("llvm.nvvm.redux.sync.");
    std::string text =
        "redux.sync." + name.split('.').first.str() + ".b32 $0, $1, $2;";
    replaceWith(call, builder, internAssembly(text, "=r,r,r"),
                {call->getArgOperand(0), call->getArgOperand(1)});
  }

  llvm::Value *slot(llvm::Value *array, unsigned index,
                    llvm::IRBuilder<> &builder) {
    return builder.CreateConstGEP1_32(i64, array, index);
  }

  void replaceAssembly(llvm::CallInst *call, llvm::IRBuilder<> &builder) {
    auto *assembly = llvm::cast<llvm::InlineAsm>(call->getCalledOperand());
    emulate(call,
            internAssembly(assembly->getAsmString().str(),
                           assembly->getConstraintString().str()),
            builder);
  }

  void emulate(llvm::CallInst *call, unsigned id, llvm::IRBuilder<> &builder) {
    llvm::SmallVector<llvm::Value *> operands(call->args());
    replaceWith(call, builder, id, operands);
  }

  void replaceWith(llvm::CallInst *call, llvm::IRBuilder<> &builder,
                   unsigned id, llvm::ArrayRef<llvm::Value *> operands) {
    // One pair of arrays for the function: stacks of fibers are small.
    if (owner != call->getFunction()) {
      owner = call->getFunction();
      llvm::IRBuilder<> entry(&owner->getEntryBlock().front());
      values = entry.CreateAlloca(i64, entry.getInt32(320));
      results = entry.CreateAlloca(i64, entry.getInt32(256));
    }
    for (auto [i, operand] : llvm::enumerate(operands))
      builder.CreateStore(operand, slot(values, i, builder));
    auto callee = module.getOrInsertFunction(
        "emulated_assembly", llvm::Type::getVoidTy(module.getContext()), i32,
        builder.getPtrTy(), builder.getPtrTy());
    builder.CreateCall(callee, {builder.getInt32(id), results, values});
    llvm::Type *type = call->getType();
    if (auto *structure = llvm::dyn_cast<llvm::StructType>(type)) {
      llvm::Value *result = llvm::PoisonValue::get(type);
      for (unsigned i = 0; i < structure->getNumElements(); ++i)
        result = builder.CreateInsertValue(
            result,
            builder.CreateLoad(structure->getElementType(i),
                               slot(results, i, builder)),
            i);
      call->replaceAllUsesWith(result);
    } else if (!type->isVoidTy()) {
      call->replaceAllUsesWith(builder.CreateLoad(type, results));
    }
    call->eraseFromParent();
  }

  llvm::Module &module;
  llvm::Type *i64, *i32;
  llvm::Function *owner = nullptr;
  llvm::Value *values = nullptr, *results = nullptr;
};

/// void entry(i64 *params): calls the kernel with its parameters.
void addEntry(llvm::Module &module, llvm::Function &kernel) {
  llvm::IRBuilder<> builder(module.getContext());
  auto *type =
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false);
  auto *entry = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                                       "emulated_entry", module);
  builder.SetInsertPoint(
      llvm::BasicBlock::Create(module.getContext(), "", entry));
  std::vector<llvm::Value *> arguments;
  for (llvm::Argument &argument : kernel.args())
    arguments.push_back(builder.CreateLoad(
        argument.getType(),
        builder.CreateConstGEP1_32(builder.getInt64Ty(), entry->getArg(0),
                                   argument.getArgNo())));
  builder.CreateCall(&kernel, arguments);
  builder.CreateRetVoid();
}

[[noreturn]] void fail(const std::string &what) {
  throw std::runtime_error(what);
}

__bf16 bf16OfFloat(float value) {
  return llvm::bit_cast<__bf16>(float_to_bf16(value));
}

template <typename T> T check(llvm::Expected<T> value) {
  if (!value)
    fail(llvm::toString(value.takeError()));
  return std::move(*value);
}

} // namespace

struct EmulatedKernel::State {
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void (*entry)(const std::int64_t *) = nullptr;
  std::vector<compiler::TensorMap> tensorMaps;
  std::vector<int> ranks; // of the operands
};

/// What `map` says of its operand, whose parameters begin at `params`.
static CopiedOperand describe(const compiler::TensorMap &map,
                              const std::int64_t *params, int rank) {
  CopiedOperand operand;
  operand.data = reinterpret_cast<const char *>(params[0]);
  operand.rank = rank;
  operand.elementBytes = map.element_bytes;
  operand.swizzleBytes = map.swizzle_bytes;
  for (int i = 0; i < rank; ++i) {
    operand.sizes[i] = params[1 + map.dims[i]];
    operand.strides[i] = params[1 + rank + map.dims[i]] * map.element_bytes;
    operand.box[i] = map.box[i];
  }
  return operand;
}

static void lower(ModuleOp module, compiler::NvptxOptions &options,
                  compiler::Lowered &lowered) {
  Config config;
  for (auto kernel : module.getOps<func::FuncOp>())
    config = parse_config(std::string_view(
        kernel->getAttrOfType<StringAttr>(tile::TileDialect::configAttr)
            .getValue()));
  options.warps = config.num_warps;
  options.pdl = config.pdl.value_or(false);
  PassManager passes(module.getContext());
  compiler::buildTilePipeline(passes);
  compiler::buildNvptxLayoutPipeline(passes, config, options.capability);
  if (failed(passes.run(module)) ||
      failed(compiler::lowerToAsync(module, config, options)))
    fail("the passes failed");
  auto result = compiler::lowerToLLVM(module, options);
  if (failed(result))
    fail("no LLVM");
  lowered = std::move(*result);
}

EmulatedKernel::EmulatedKernel(const std::string &text, int capability)
    : state(std::make_unique<State>()) {
  static const bool initialised = [] {
    return !llvm::InitializeNativeTarget() &&
           !llvm::InitializeNativeTargetAsmPrinter();
  }();
  (void)initialised;
  DialectRegistry registry;
  compiler::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    fail("the module does not parse");
  compiler::NvptxOptions options;
  options.capability = capability;
  compiler::Lowered lowered;
  lower(*module, options, lowered);
  state->tensorMaps = lowered.tensorMaps;
  for (auto kernel : module->getOps<func::FuncOp>())
    for (Type type : kernel.getArgumentTypes())
      state->ranks.push_back(
          static_cast<int>(cast<tile::ViewType>(type).getRank()));
  sharedBytes = lowered.sharedBytes;
  threads = lowered.threads;
  blocks = lowered.blocks;
  persistent = lowered.persistent;
  streamBytes = lowered.streamBytes;
  streamFlags = lowered.streamFlags;
  auto llvmContext = std::make_unique<llvm::LLVMContext>();
  auto llvmModule = translateModuleToLLVMIR(*lowered.module, *llvmContext);
  if (!llvmModule)
    fail("no LLVM IR");
  Rewriter(*llvmModule).run();
  addEntry(*llvmModule, *llvmModule->getFunction(lowered.entry));
  // Conversions to bf16 by instruction flush denormals, unlike a GPU's: take
  // those of a function.
  auto machine = check(llvm::orc::JITTargetMachineBuilder::detectHost());
  machine.addFeatures({"-avx512bf16", "-avxneconvert"});
  state->jit = check(llvm::orc::LLJITBuilder()
                         .setJITTargetMachineBuilder(std::move(machine))
                         .create());
  llvmModule->setDataLayout(state->jit->getDataLayout());
  llvm::orc::SymbolMap symbols;
  for (auto [name, address] : hostFunctions())
    symbols[state->jit->mangleAndIntern(name)] = {
        llvm::orc::ExecutorAddr::fromPtr(address),
        llvm::JITSymbolFlags::Exported};
  symbols[state->jit->mangleAndIntern("__truncsfbf2")] = {
      llvm::orc::ExecutorAddr::fromPtr(&bf16OfFloat),
      llvm::JITSymbolFlags::Exported};
  llvm::cantFail(state->jit->getMainJITDylib().define(
      llvm::orc::absoluteSymbols(std::move(symbols))));
  llvm::cantFail(state->jit->addIRModule(llvm::orc::ThreadSafeModule(
      std::move(llvmModule), std::move(llvmContext))));
  state->entry = check(state->jit->lookup("emulated_entry"))
                     .toPtr<void (*)(const std::int64_t *)>();
}

EmulatedKernel::~EmulatedKernel() = default;

bool EmulatedKernel::copies(int operand) const {
  return llvm::any_of(state->tensorMaps, [&](const compiler::TensorMap &map) {
    return map.operand == operand;
  });
}

void *EmulatedKernel::variable(const std::string &name) {
  auto found = state->jit->lookup(name);
  if (found)
    return found->toPtr<void *>();
  llvm::consumeError(found.takeError());
  return nullptr;
}

void EmulatedKernel::run(const std::vector<std::int64_t> &params,
                         std::int64_t programs) {
  std::vector<CopiedOperand> copied;
  for (const compiler::TensorMap &map : state->tensorMaps) {
    const std::int64_t *at = params.data();
    for (int i = 0; i < map.operand; ++i)
      at += 1 + 2 * state->ranks[i];
    copied.push_back(describe(map, at, state->ranks[map.operand]));
  }
  std::vector<std::int64_t> all = params;
  for (const CopiedOperand &operand : copied)
    all.push_back(reinterpret_cast<std::int64_t>(&operand));
  const std::int64_t launched = streamFlags ? 3
                                : persistent
                                    ? std::min<std::int64_t>(programs, 2)
                                    : programs;
  const auto left = static_cast<std::size_t>(launched * blocks);
  std::vector<std::int8_t> sums(
      left * static_cast<std::size_t>(streamBytes) + 16, -1);
  std::vector<std::int32_t> flags(left * static_cast<std::size_t>(streamFlags));
  if (streamFlags) {
    const auto start = reinterpret_cast<std::int64_t>(sums.data());
    all.insert(all.end(), {(start + 15) / 16 * 16,
                           reinterpret_cast<std::int64_t>(flags.data())});
  }
  for (std::int64_t program = 0; program < launched; ++program)
    runProgram(state->entry, all.data(), program,
               {blocks, threads, sharedBytes, launched * blocks});
  if (std::count(flags.begin(), flags.end(), 0) !=
      static_cast<std::ptrdiff_t>(flags.size()))
    throw std::runtime_error("a flag is left");
}

} // namespace girih::testing

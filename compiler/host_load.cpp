// SPDX-License-Identifier: Apache-2.0
// Host objects into this process: JITLink alone, with a fixed table of the
// symbols that generated code may call. Nothing of MLIR is touched.
#include "girih/compiler/compiler.h"
#include "girih/compiler/host_runtime.h"
#include "girih/dsl/support/diagnostics.h"
#include "girih/dsl/support/float_formats.h"

#include "llvm/ExecutionEngine/JITLink/JITLink.h"
#include "llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h"
#include "llvm/Support/Process.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <mutex>

namespace girih::compiler {

namespace {

namespace jitlink = llvm::jitlink;
namespace orc = llvm::orc;

template <class Result, class... Arguments>
orc::ExecutorAddr addressOf(Result (*function)(Arguments...)) {
  return orc::ExecutorAddr::fromPtr(function);
}

template <class Real> using Unary = Real (*)(Real);
template <class Real> using Binary = Real (*)(Real, Real);

// Where LLVM sees that a float is exact it converts a double to f16 at once,
// and without F16C every conversion of f16 is a call.
_Float16 halfOfDouble(double value) {
  return std::bit_cast<_Float16>(
      static_cast<std::uint16_t>(encode(DType::f16, value)));
}
_Float16 halfOfFloat(float value) { return halfOfDouble(value); }
float floatOfHalf(_Float16 value) {
  return static_cast<float>(
      decode(DType::f16, std::bit_cast<std::uint16_t>(value)));
}

/// libm's functions on floats and doubles, and what LLVM calls on its own.
orc::ExecutorAddr runtimeSymbol(llvm::StringRef name) {
  struct Entry {
    llvm::StringRef name;
    orc::ExecutorAddr address;
  };
#define GIRIH_UNARY(NAME)                                                      \
  Entry{#NAME, addressOf(static_cast<Unary<double>>(std::NAME))},              \
      Entry{#NAME "f", addressOf(static_cast<Unary<float>>(std::NAME))}
#define GIRIH_BINARY(NAME)                                                     \
  Entry{#NAME, addressOf(static_cast<Binary<double>>(std::NAME))}, Entry {     \
    #NAME "f", addressOf(static_cast<Binary<float>>(std::NAME))                \
  }
  static const Entry table[] = {
      GIRIH_UNARY(exp),
      GIRIH_UNARY(exp2),
      GIRIH_UNARY(expm1),
      GIRIH_UNARY(log),
      GIRIH_UNARY(log2),
      GIRIH_UNARY(log1p),
      GIRIH_UNARY(sin),
      GIRIH_UNARY(cos),
      GIRIH_UNARY(tan),
      GIRIH_UNARY(asin),
      GIRIH_UNARY(acos),
      GIRIH_UNARY(atan),
      GIRIH_UNARY(sinh),
      GIRIH_UNARY(cosh),
      GIRIH_UNARY(tanh),
      GIRIH_UNARY(asinh),
      GIRIH_UNARY(acosh),
      GIRIH_UNARY(atanh),
      GIRIH_UNARY(erf),
      GIRIH_UNARY(floor),
      GIRIH_UNARY(ceil),
      GIRIH_UNARY(trunc),
      GIRIH_UNARY(sqrt),
      {"roundeven", addressOf(static_cast<Unary<double>>(std::nearbyint))},
      {"roundevenf", addressOf(static_cast<Unary<float>>(std::nearbyint))},
      GIRIH_BINARY(pow),
      GIRIH_BINARY(atan2),
      GIRIH_BINARY(fmod),
      GIRIH_BINARY(fmax),
      GIRIH_BINARY(fmin),
      {"fma",
       addressOf(static_cast<double (*)(double, double, double)>(std::fma))},
      {"fmaf",
       addressOf(static_cast<float (*)(float, float, float)>(std::fma))},
      {"__truncdfhf2", addressOf(&halfOfDouble)},
      {"__truncsfhf2", addressOf(&halfOfFloat)},
      {"__extendhfsf2", addressOf(&floatOfHalf)},
      {"memcpy", addressOf(&std::memcpy)},
      {"memmove", addressOf(&std::memmove)},
      {"memset", addressOf(&std::memset)},
      {"girih_sort_row", addressOf(&girih_sort_row)},
      {"girih_print_text", addressOf(&girih_print_text)},
      {"girih_print_tile", addressOf(&girih_print_tile)},
      {"girih_assert_failed", addressOf(&girih_assert_failed)},
  };
#undef GIRIH_UNARY
#undef GIRIH_BINARY
  for (const Entry &entry : table)
    if (entry.name == name)
      return entry.address;
  return {};
}

/// One link: remembers the entry's address and the memory, or the error.
struct LinkResult {
  orc::ExecutorAddr entry;
  jitlink::JITLinkMemoryManager::FinalizedAlloc memory;
  std::string error;
};

class LinkContext : public jitlink::JITLinkContext {
public:
  LinkContext(jitlink::JITLinkMemoryManager &manager, std::string entry,
              LinkResult &result)
      : JITLinkContext(nullptr), manager(manager), entry(std::move(entry)),
        result(result) {}

  jitlink::JITLinkMemoryManager &getMemoryManager() override { return manager; }
  void notifyFailed(llvm::Error error) override {
    result.error = llvm::toString(std::move(error));
  }
  void lookup(const LookupMap &symbols,
              std::unique_ptr<jitlink::JITLinkAsyncLookupContinuation>
                  continuation) override {
    jitlink::AsyncLookupResult found;
    for (const auto &[symbol, flags] : symbols) {
      orc::ExecutorAddr address = runtimeSymbol(*symbol);
      if (!address)
        return continuation->run(llvm::createStringError(
            "generated code calls %s, which is not provided",
            (*symbol).str().c_str()));
      found[symbol] = {address, llvm::JITSymbolFlags::Exported};
    }
    continuation->run(std::move(found));
  }
  llvm::Error notifyResolved(jitlink::LinkGraph &graph) override {
    for (jitlink::Symbol *symbol : graph.defined_symbols())
      if (symbol->hasName() && *symbol->getName() == entry)
        result.entry = symbol->getAddress();
    if (!result.entry)
      return llvm::createStringError("no symbol %s in the object",
                                     entry.c_str());
    return llvm::Error::success();
  }
  void notifyFinalized(
      jitlink::JITLinkMemoryManager::FinalizedAlloc memory) override {
    result.memory = std::move(memory);
  }

private:
  jitlink::JITLinkMemoryManager &manager;
  std::string entry;
  LinkResult &result;
};

jitlink::InProcessMemoryManager &memoryManager() {
  // Never destroyed: code may be unloaded by other objects at exit.
  static auto *manager = new jitlink::InProcessMemoryManager(
      llvm::sys::Process::getPageSizeEstimate());
  return *manager;
}

class LoadedCode : public HostCode {
public:
  explicit LoadedCode(LinkResult linked) : linked(std::move(linked)) {}
  ~LoadedCode() override {
    llvm::consumeError(memoryManager().deallocate(std::move(linked.memory)));
  }
  HostEntry entry() const override { return linked.entry.toPtr<HostEntry>(); }

private:
  LinkResult linked;
};

} // namespace

std::unique_ptr<HostCode> load_host(const Artifact &artifact) {
  auto pool = std::make_shared<orc::SymbolStringPool>();
  llvm::MemoryBufferRef buffer(artifact.code, artifact.entry);
  auto graph = jitlink::createLinkGraphFromObject(buffer, pool);
  if (!graph)
    throw InternalError("host object: " + llvm::toString(graph.takeError()));
  LinkResult result;
  jitlink::link(
      std::move(*graph),
      std::make_unique<LinkContext>(memoryManager(), artifact.entry, result));
  if (!result.error.empty())
    throw InternalError("host object: " + result.error);
  return std::make_unique<LoadedCode>(std::move(result));
}

} // namespace girih::compiler

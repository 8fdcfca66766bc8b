// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/context.h"

#include "girih/compiler/pipeline.h"

#include "mlir/Pass/PassInstrumentation.h"

#include <chrono>
#include <memory>
#include <utility>

using namespace mlir;

namespace girih::compiler {

namespace {

const DialectRegistry &dialects() {
  static const DialectRegistry registry = [] {
    DialectRegistry made;
    registerDialects(made);
    return made;
  }();
  return registry;
}

class PassTimer : public PassInstrumentation {
public:
  explicit PassTimer(ThreadState &state) : state(state) {}

  void runBeforePass(Pass *, Operation *) override {
    starts.push_back(Clock::now());
  }
  void runAfterPass(Pass *pass, Operation *) override { report(pass); }
  void runAfterPassFailed(Pass *pass, Operation *) override { report(pass); }

private:
  using Clock = std::chrono::steady_clock;

  void report(Pass *pass) {
    std::chrono::duration<double> taken = Clock::now() - starts.pop_back_val();
    // Adaptors that only hold nested passes have no name of their own.
    if (state.onTime && !pass->getArgument().empty())
      state.onTime(pass->getArgument(), taken.count());
  }

  ThreadState &state;
  SmallVector<Clock::time_point> starts;
};

} // namespace

ThreadState::ThreadState()
    : context(dialects(), MLIRContext::Threading::DISABLED),
      tilePipeline(&context) {
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  buildTilePipeline(tilePipeline);
  tilePipeline.addInstrumentation(std::make_unique<PassTimer>(*this));
}

namespace {

struct ThreadSlot {
  std::unique_ptr<ThreadState> state;
  int uses = 0, depth = 0;
};
thread_local ThreadSlot slot;

ThreadState &acquire() {
  constexpr int usesPerContext = 256;
  bool isWorn = slot.uses >= usesPerContext && slot.depth == 0;
  if (!slot.state || isWorn) {
    slot.state = std::make_unique<ThreadState>();
    slot.uses = 0;
  }
  ++slot.uses;
  ++slot.depth;
  return *slot.state;
}

} // namespace

CompilationScope::CompilationScope()
    : thread(acquire()), outerOnTime(std::exchange(thread.onTime, nullptr)) {}

CompilationScope::~CompilationScope() {
  thread.onTime = std::move(outerOnTime);
  --slot.depth;
}

} // namespace girih::compiler

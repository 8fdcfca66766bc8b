// SPDX-License-Identifier: Apache-2.0
#include "ptx_interpreter.h"
#include "ptx_machine.h"

#include <set>
#include <stdexcept>
#include <utility>

namespace girih::testing {

Machine *machine = nullptr;
std::deque<Machine> *cluster = nullptr;

void complain(const std::string &what) {
  if (machine->error.empty())
    machine->error = what;
}

void yieldFor(Waits waits) {
  Fiber &fiber = machine->fibers[machine->current];
  fiber.waits = waits;
  swapcontext(&fiber.context, &machine->scheduler);
}

namespace {

void fiberMain() {
  machine->entry(machine->params);
  yieldFor(Waits::done);
}

/// Lets threads go on that all wait at the barrier of this number.
bool releaseAt(int number) {
  auto isThere = [&](const Fiber &fiber) {
    return fiber.waits == Waits::program && fiber.meetsAt == number;
  };
  int waiting = 0, meets = 0;
  for (const Fiber &fiber : machine->fibers)
    if (isThere(fiber)) {
      ++waiting;
      meets =
          fiber.meets ? fiber.meets : static_cast<int>(machine->fibers.size());
    }
  if (waiting != meets)
    return false; // some threads ended, others wait at a barrier
  for (Fiber &fiber : machine->fibers)
    if (isThere(fiber))
      fiber.waits = Waits::nothing;
  Meeting &meeting = machine->meetings[number];
  meeting.told = std::exchange(meeting.said, false);
  return true;
}

/// Lets threads that all wait for each other go on; false when none can.
bool release() {
  std::set<int> numbers;
  for (const Fiber &fiber : machine->fibers)
    if (fiber.waits == Waits::program)
      numbers.insert(fiber.meetsAt);
  bool some = false;
  for (int number : numbers)
    some |= releaseAt(number);
  return some;
}

/// Lets blocks that wait for each other go on.
bool releaseCluster() {
  bool waiting = false;
  for (Machine &block : *cluster)
    for (Fiber &fiber : block.fibers) {
      waiting |= fiber.waits == Waits::cluster;
      if (fiber.waits != Waits::done && !fiber.arrived)
        return false;
    }
  if (!waiting)
    return false;
  for (Machine &block : *cluster) {
    block.met = true;
    for (Fiber &fiber : block.fibers) {
      fiber.met = fiber.arrived && fiber.waits != Waits::cluster;
      fiber.arrived = false;
      if (fiber.waits == Waits::cluster)
        fiber.waits = Waits::nothing;
    }
  }
  return true;
}

/// Lets each thread that can run do so once; false if none could.
bool runThreads() {
  bool progress = false;
  for (int thread = 0, end = static_cast<int>(machine->fibers.size());
       thread < end; ++thread) {
    Fiber &fiber = machine->fibers[thread];
    if (fiber.waits == Waits::barrier &&
        machine->barriers.hasEnded(fiber.barrier, fiber.phase))
      fiber.waits = Waits::nothing;
    if (fiber.waits != Waits::nothing)
      continue;
    progress = true;
    machine->current = thread;
    swapcontext(&machine->scheduler, &fiber.context);
  }
  return progress;
}

/// What went wrong in the block, which cannot go on.
std::string errorOf(Machine &block) {
  for (Fiber &fiber : block.fibers)
    if (block.error.empty() && fiber.waits != Waits::done)
      block.error = "threads that wait for ever";
  if (block.error.empty())
    block.error = block.matrix.error;
  if (block.error.empty())
    block.error = block.barriers.error;
  if (block.error.empty() && !block.matrix.isIdle())
    block.error = "wgmma is in flight at the end";
  for (Fiber &fiber : block.fibers)
    if (block.error.empty() && !fiber.stores.isIdle())
      block.error = "a bulk store is in flight at the end";
  return block.error;
}

void startThreads(Machine &block, int threads) {
  for (int thread = 0; thread < threads; ++thread) {
    Fiber &fiber = block.fibers.emplace_back(block.matrix);
    // Its pages are touched as far as they are used.
    constexpr std::size_t size = 256 * 1024;
    fiber.stack = std::make_unique_for_overwrite<char[]>(size);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = size;
    makecontext(&fiber.context, &fiberMain, 0);
  }
}

} // namespace

void runProgram(void (*entry)(const std::int64_t *), const std::int64_t *params,
                std::int64_t program, const ProgramShape &shape) {
  std::deque<Machine> blocks;
  cluster = &blocks;
  for (int rank = 0; rank < shape.blocks; ++rank) {
    Machine &block = blocks.emplace_back();
    block.entry = entry;
    block.params = params;
    block.rank = rank;
    block.block = program * shape.blocks + rank;
    block.launched = shape.launched;
    block.shared.assign(shape.sharedBytes, static_cast<char>(0xff));
    startThreads(block, shape.threads);
  }
  bool running = true;
  while (running) {
    running = false;
    for (Machine &block : blocks) {
      machine = &block;
      running |= block.error.empty() && (runThreads() || release());
    }
    running = running || releaseCluster();
  }
  machine = nullptr;
  for (Machine &block : blocks)
    if (std::string error = errorOf(block); !error.empty())
      throw std::runtime_error(error);
}

} // namespace girih::testing

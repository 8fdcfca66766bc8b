// SPDX-License-Identifier: Apache-2.0
#include "ptx_interpreter.h"

#include "float_unit.h"
#include "ptx_instruction.h"
#include "ptx_print.h"
#include "warp_unit.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>

namespace girih::testing {

namespace {

std::vector<Instruction> &instructions() {
  static std::vector<Instruction> all;
  return all;
}

// Addresses of shared memory have the block's rank, from 1 on, above these
// bits, as they have on a device with clusters.
constexpr unsigned rankShift = 24;

std::uint64_t addressIn(std::int64_t rank, std::int64_t offset) {
  return static_cast<std::uint64_t>(rank + 1) << rankShift | offset;
}

} // namespace

std::int64_t ownOffset(std::uint64_t address) {
  auto word = static_cast<std::uint32_t>(address);
  if (word >> rankShift != static_cast<std::uint32_t>(machine->rank) + 1)
    complain("an address of another block");
  return word & ((1U << rankShift) - 1);
}

char *sharedAt(std::int64_t offset, std::int64_t size) {
  static char nowhere[64];
  if (offset < 0 || offset % size ||
      offset + size > static_cast<std::int64_t>(machine->shared.size())) {
    complain("shared memory at " + std::to_string(offset));
    return nowhere;
  }
  return machine->shared.data() + offset;
}

void inBlock(std::uint64_t rank, const std::function<void()> &something) {
  if (rank >= cluster->size())
    return complain("a block that the cluster lacks");
  Machine *self = std::exchange(machine, &(*cluster)[rank]);
  bool ended = std::ranges::all_of(machine->fibers, [](const Fiber &fiber) {
    return fiber.waits == Waits::done;
  });
  if (ended)
    machine->error = "a block has ended that others write to";
  something();
  machine = self;
}

std::vector<PtxOperand> parseOperands(llvm::StringRef text) {
  std::vector<PtxOperand> operands;
  text = text.drop_until([](char c) { return c == ' '; });
  while (!text.empty()) {
    llvm::StringRef piece =
        text.take_while([](char c) { return !strchr(" ,{}[];", c); });
    text = text.drop_front(std::max<size_t>(piece.size(), 1));
    if (piece.empty())
      continue;
    PtxOperand operand;
    if (piece.consume_front("$"))
      piece.consumeInteger(10, operand.slot);
    piece.consume_front("+");
    if (!piece.empty())
      piece.consumeInteger(10, operand.added);
    operands.push_back(operand);
  }
  return operands;
}

namespace {

/// As the block whose shared memory has the address.
void whereItIs(std::uint32_t address, const std::function<void()> &something) {
  if (!machine->met)
    complain("memory of a block that may not have begun");
  inBlock((address >> rankShift) - 1, something);
}

char *remoteAt(std::uint32_t address, std::int64_t size) {
  char *at = nullptr;
  whereItIs(address, [&] { at = sharedAt(ownOffset(address), size); });
  static char nowhere[64];
  return at ? at : nowhere;
}

/// Ends the thread, which cannot go on.
void giveUp(const std::string &why) {
  complain(why);
  yieldFor(Waits::done);
}

/// Values that are named where they stand.
void keep(const Instruction &instruction, Slots results, Slots values) {
  for (size_t i = 0; i < instruction.tied.size(); ++i)
    results[i] = values[instruction.tied[i] - instruction.outputs];
}

void move(const Instruction &instruction, Slots results, Slots values) {
  llvm::StringRef text(instruction.text);
  bool load = text.starts_with("ld."), remote = text.contains("::cluster"),
       shared = text.contains(".shared.");
  bool active = instruction.predicate < 0 ||
                (values[instruction.predicate - instruction.outputs] & 1);
  std::int64_t bytes = text.contains(".b32")   ? 4
                       : text.contains(".b16") ? 2
                                               : 1;
  std::vector<PtxOperand> operands = parseOperands(text);
  size_t count = operands.size() - 1;
  PtxOperand address = load ? operands.back() : operands.front();
  std::uint64_t base =
      values[address.slot - instruction.outputs] + address.added;
  keep(instruction, results, values);
  if (!active)
    return;
  if (shared)
    base = static_cast<std::uint64_t>(ownOffset(base));
  if (base % (bytes * count))
    complain("misaligned: " + instruction.text);
  char *at = shared   ? sharedAt(base, bytes * count)
             : remote ? remoteAt(base, bytes * count)
                      : reinterpret_cast<char *>(base);
  for (size_t i = 0; i < count; ++i) {
    int slot = operands[load ? i : i + 1].slot;
    if (load) {
      results[slot] = 0;
      std::memcpy(&results[slot], at + i * bytes, bytes);
      // Blocks run one after the other: nobody will set it.
      if (text.contains(".acquire.") && results[slot] == 0)
        giveUp("waits for ever for another block");
    } else {
      std::memcpy(at + i * bytes, &values[slot - instruction.outputs], bytes);
    }
  }
  if (shared && !load)
    machine->matrix.wrote(machine->current, at - machine->shared.data(),
                          static_cast<std::int64_t>(bytes * count));
}

/// st.async: lands when somebody asks for that block's barrier.
void sendElsewhere(const Instruction &instruction, Slots values) {
  if (instruction.predicate >= 0 && !(values[instruction.predicate] & 1))
    return;
  std::vector<PtxOperand> operands = parseOperands(instruction.text);
  const std::int64_t size =
      llvm::StringRef(instruction.text).contains(".b64") ? 8 : 4;
  const auto to = static_cast<std::uint32_t>(values[operands[0].slot]),
             at = static_cast<std::uint32_t>(values[operands[2].slot]);
  if (to >> rankShift != at >> rankShift)
    complain("a store and its barrier in different blocks");
  whereItIs(to, [&] {
    char *target = sharedAt(ownOffset(to + operands[0].added), size);
    machine->barriers.expect(
        ownOffset(at) + operands[2].added,
        [=, value = values[operands[1].slot]] {
          std::memcpy(target, &value, size);
        },
        size);
  });
}

/// One more in a counter in shared memory.
void countOne(const Instruction &instruction, Slots values) {
  if (instruction.predicate >= 0 && !(values[instruction.predicate] & 1))
    return;
  PtxOperand place = parseOperands(instruction.text).front();
  char *at = sharedAt(ownOffset(values[place.slot] + place.added), 4);
  std::uint32_t count = 0;
  std::memcpy(&count, at, 4);
  ++count;
  std::memcpy(at, &count, 4);
  machine->matrix.wrote(machine->current, at - machine->shared.data(), 4);
}

void startCopy(const Instruction &instruction, Slots values) {
  if (instruction.predicate >= 0 && !(values[instruction.predicate] & 1))
    return;
  std::vector<PtxOperand> operands = parseOperands(instruction.text);
  Copy copy;
  copy.to = ownOffset(values[operands[0].slot]) + operands[0].added;
  copy.from = reinterpret_cast<const char *>(values[operands[1].slot]);
  copy.size = copy.read = operands[2].added;
  if (operands.size() > 3)
    copy.read = static_cast<std::uint32_t>(values[operands[3].slot]);
  if (copy.read && reinterpret_cast<std::uint64_t>(copy.from) % copy.size)
    complain("misaligned copy");
  machine->matrix.mayWrite(copy.to, copy.size);
  machine->fibers[machine->current].open.push_back(copy);
}

void land(const Copy &copy) {
  char *to = sharedAt(copy.to, copy.size);
  std::memset(to, 0, copy.size);
  std::memcpy(to, copy.from, copy.read);
  machine->matrix.mayWrite(copy.to, copy.size);
}

void finishCopies(size_t pending) {
  auto &groups = machine->fibers[machine->current].groups;
  while (groups.size() > pending) {
    for (const Copy &copy : groups.front())
      land(copy);
    groups.erase(groups.begin());
  }
}

/// An arrival of each block's lane at that block's barrier.
void arriveElsewhere(Slots values) {
  const std::int64_t at = ownOffset(values[1]);
  if (values[0] & 1)
    inBlock(static_cast<std::uint32_t>(values[2]),
            [&] { machine->barriers.arrive(at); });
  yieldFor(Waits::nothing);
}

/// mbarrier.*, and the arrival of what a thread has copied.
void useBarrier(const Instruction &instruction, Slots results, Slots values) {
  llvm::StringRef text(instruction.text);
  Fiber &fiber = machine->fibers[machine->current];
  bool asks = text.consume_front("{ .reg .pred p; mbarrier.test_wait.parity");
  if (asks || text.consume_front("{ .reg .pred p; mbarrier.try_wait.parity")) {
    std::vector<PtxOperand> operands = parseOperands(text.split(';').first);
    fiber.barrier = ownOffset(values[operands[1].slot - 1]);
    fiber.phase = static_cast<int>(values[operands[2].slot - 1] & 1);
    // Who only asks may hear of an end late.
    static unsigned asked = 0;
    results[0] = asks && (++asked % 3 == 0 || !machine->barriers.hasEnded(
                                                  fiber.barrier, fiber.phase));
    return asks ? void() : yieldFor(Waits::barrier);
  }
  if (instruction.predicate >= 0 && !(values[instruction.predicate] & 1))
    return;
  std::vector<PtxOperand> operands = parseOperands(text);
  const PtxOperand &place = operands[text.contains(" _, ") ? 1 : 0];
  std::int64_t at = ownOffset(values[place.slot]) + place.added;
  if (text.starts_with("mbarrier.init"))
    return machine->barriers.initialise(at, operands.back().added);
  if (text.starts_with("cp.async")) {
    machine->barriers.expect(at, [copies = std::exchange(fiber.open, {})] {
      for (const Copy &copy : copies)
        land(copy);
    });
    return;
  }
  machine->barriers.arrive(
      at, text.contains("expect_tx") ? operands.back().added : 0);
  yieldFor(Waits::nothing); // others may come first
}

void matrixLoad(WarpLane *warp, const Instruction &instruction) {
  llvm::StringRef text(instruction.text);
  bool transposed = text.contains(".trans");
  int matrices = text.contains(".x4") ? 4 : text.contains(".x2") ? 2 : 1;
  PtxOperand address = parseOperands(text).back();
  for (int matrix = 0; matrix < matrices; ++matrix) {
    std::uint16_t rows[8][8];
    for (int row = 0; row < 8; ++row) {
      WarpLane &owner = warp[matrix * 8 + row];
      std::int64_t at = ownOffset(owner.values[0]) + address.added;
      std::memcpy(rows[row], sharedAt(at, 16), 16);
    }
    for (int lane = 0; lane < 32; ++lane) {
      std::uint32_t word = 0;
      for (int half : {0, 1}) {
        int major = lane / 4, minor = lane % 4 * 2 + half;
        std::uint32_t value =
            transposed ? rows[minor][major] : rows[major][minor];
        word |= value << (16 * half);
      }
      warp[lane].results[matrix] = word;
    }
  }
}

/// stmatrix: rows of matrices go where lanes point.
void matrixStore(WarpLane *warp, const Instruction &instruction) {
  std::vector<PtxOperand> operands = parseOperands(instruction.text);
  for (int lane = 0; lane < 32; ++lane) {
    WarpLane &owner = warp[lane];
    std::int64_t at =
        ownOffset(owner.values[operands[0].slot]) + operands[0].added;
    char *row = sharedAt(at, 16);
    for (int column = 0; column < 4; ++column)
      std::memcpy(
          row + 4 * column,
          &warp[lane % 8 * 4 + column].values[operands[1 + lane / 8].slot], 4);
    machine->matrix.wrote(machine->current / 32 * 32 + lane, at, 16);
  }
}

/// Instructions that tests write themselves.
bool arithmetic(llvm::StringRef text, Slots results, Slots values) {
  if (!text.starts_with("add.s") && !text.starts_with("xor.") &&
      !text.starts_with("fma.rn.f") && !text.starts_with("mov.b32"))
    return false;
  std::vector<PtxOperand> operands = parseOperands(text);
  auto word = [&](int i) { return values[operands[i].slot - 1]; };
  auto number = [&](int i) { return llvm::bit_cast<double>(word(i)); };
  auto single = [&](int i) {
    return llvm::bit_cast<float>(static_cast<std::uint32_t>(word(i)));
  };
  if (text.starts_with("add.s"))
    results[0] = word(1) + word(2);
  else if (text.starts_with("mov."))
    results[0] = word(1);
  else if (text.starts_with("xor."))
    results[0] = (word(1) ^ word(2)) & (text.contains("pred") ? 1 : 0xffff);
  else if (text.contains(".f64"))
    results[0] = llvm::bit_cast<std::uint64_t>(
        std::fma(number(1), number(2), number(3)));
  else
    results[0] = llvm::bit_cast<std::uint32_t>(
        std::fma(single(1), single(2), single(3)));
  return true;
}

bool isWarpgroups(llvm::StringRef text) {
  return text.starts_with("wgmma.") || text.starts_with("{ .reg .pred p, q;");
}

bool isElection(llvm::StringRef text) {
  return text.starts_with("{ .reg .pred p; elect.sync _|p, -1;");
}

/// Lanes that find those with the same digit.
bool isBallots(llvm::StringRef text) {
  return text.contains("vote.sync.ballot.b32 $0, p, -1");
}

/// What warp groups do; this is the part of one warp.
void useMatrixUnit(const WarpLane *warp, const Instruction &instruction) {
  int number = machine->current / 32;
  llvm::StringRef text(instruction.text);
  if (text.consume_front("wgmma.commit_group"))
    return machine->matrix.commit(number);
  if (text.consume_front("wgmma.wait_group.sync.aligned ")) {
    size_t pending = 0;
    text.consumeInteger(10, pending);
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < instruction.outputs; ++i)
        warp[lane].results[i] =
            warp[lane].values[instruction.tied[i] - instruction.outputs];
    return machine->matrix.wait(number, pending);
  }
  std::array<MatrixUnit::Lane, 32> lanes;
  for (int lane = 0; lane < 32; ++lane)
    lanes[lane] = {warp[lane].results, warp[lane].values};
  machine->matrix.multiply(instruction.text, instruction.outputs,
                           instruction.tied, number, lanes);
}

/// The last lane to come does the work of the warp.
void meetWarp(unsigned id, Slots results, Slots values) {
  int first = machine->current / 32 * 32;
  Fiber &self = machine->fibers[machine->current];
  self.id = id;
  self.results = results;
  self.values = values;
  int arrived = 1;
  for (int lane = first; lane < first + 32; ++lane)
    if (lane != machine->current && machine->fibers[lane].waits == Waits::warp)
      ++arrived;
  if (arrived < 32)
    return yieldFor(Waits::warp);
  // A deque's fibers are not contiguous: gather what the work needs.
  static WarpLane gathered[32];
  for (int lane = 0; lane < 32; ++lane) {
    Fiber &fiber = machine->fibers[first + lane];
    if (fiber.id != id)
      complain("lanes of a warp at different instructions");
    gathered[lane].results = fiber.results;
    gathered[lane].values = fiber.values;
    fiber.waits = Waits::nothing;
  }
  const Instruction &instruction = instructions()[id];
  llvm::StringRef text(instruction.text);
  bool wholeWarp = true;
  if (text.consume_front("redux.sync."))
    combineWords(gathered, text.split('.').first.str());
  else if (text.starts_with("ldmatrix"))
    matrixLoad(gathered, instruction);
  else if (text.starts_with("stmatrix.sync.aligned.m8n8.x4.shared.b16"))
    matrixStore(gathered, instruction);
  else if (isBallots(text))
    matchDigits(gathered);
  else if (isElection(text))
    electOne(gathered);
  else if (text.starts_with("shfl."))
    wholeWarp = shuffle(gathered, instruction.text);
  else if (text.starts_with("mma."))
    matrixMultiply(gathered, instruction.text);
  else if (isWarpgroups(text))
    useMatrixUnit(gathered, instruction);
  if (!wholeWarp)
    complain("a shuffle of some lanes only");
}

/// Of programmatic dependent launch. Whatever is first among accesses of global
/// memory and inline assembly is seen here; plain loads are not.
void depend(Fiber &fiber, llvm::StringRef what) {
  bool waits = what == "wait";
  if (!waits && what != "launch_dependents")
    complain("unknown instruction: griddepcontrol." + what.str());
  if (waits && (fiber.touched || fiber.awaited))
    complain("a late or second griddepcontrol.wait");
  fiber.awaited |= waits;
}

/// Of barrier.cluster.arrive and barrier.cluster.wait.
void meetCluster(Fiber &fiber, bool waits) {
  if (!waits)
    fiber.arrived = true;
  else if (!std::exchange(fiber.met, false))
    yieldFor(Waits::cluster);
}

extern "C" std::int32_t emulated_thread() { return machine->current; }
extern "C" std::int32_t emulated_program() {
  return static_cast<std::int32_t>(machine->block);
}
extern "C" std::int32_t emulated_blocks() {
  return static_cast<std::int32_t>(machine->launched);
}
extern "C" std::int32_t emulated_rank() { return machine->rank; }
extern "C" std::int32_t emulated_shared() {
  return static_cast<std::int32_t>(addressIn(machine->rank, 0));
}
extern "C" void emulated_barrier(std::int32_t number, std::int32_t threads) {
  machine->fibers[machine->current].meets = threads;
  machine->fibers[machine->current].meetsAt = number;
  yieldFor(Waits::program);
}
extern "C" std::int32_t emulated_barrier_or(std::int32_t number,
                                            std::int32_t threads,
                                            std::int32_t says) {
  machine->meetings[number].said |= says != 0;
  emulated_barrier(number, threads);
  return machine->meetings[number].told ? 1 : 0;
}
extern "C" void emulated_exit() { yieldFor(Waits::done); }

extern "C" void emulated_assertfail(const char *message, const char *file,
                                    std::int32_t line, const char *function,
                                    std::int64_t) {
  complain(std::string(file) + ":" + std::to_string(line) + ": " + function +
           ": " + message);
  yieldFor(Waits::done);
}

extern "C" void emulated_assembly(std::int32_t id, Slots results,
                                  Slots values) {
  const Instruction &instruction = instructions()[id];
  llvm::StringRef text(instruction.text);
  Fiber &fiber = machine->fibers[machine->current];
  if (text.consume_front("griddepcontrol."))
    return depend(fiber, text);
  if (text.empty())
    return keep(instruction, results, values);
  fiber.touched |= text.contains(".global");
  if (text.starts_with("st.async."))
    return sendElsewhere(instruction, values);
  if (text.starts_with("ld.") || text.starts_with("st."))
    return move(instruction, results, values);
  if (text.starts_with("red.shared.add.u32"))
    return countOne(instruction, values);
  if (text.starts_with("cp.async.commit_group")) {
    fiber.groups.push_back(std::move(fiber.open));
    fiber.open.clear();
    return;
  }
  if (text.consume_front("cp.async.wait_group ")) {
    size_t pending = 0;
    text.consumeInteger(10, pending);
    return finishCopies(pending);
  }
  if (text.consume_front("barrier.cluster."))
    return meetCluster(fiber, text.starts_with("wait"));
  if (text.starts_with("mapa."))
    return void(results[0] = addressIn(parseOperands(text).back().added,
                                       ownOffset(values[0])));
  if (useCopyEngine(instruction, values))
    return;
  if (text.starts_with("{ .reg .b32 theirs; "))
    return arriveElsewhere(values);
  if (text.contains("mbarrier.") && !text.starts_with("fence."))
    return useBarrier(instruction, results, values);
  if (text.starts_with("fence.mbarrier_init") || text.starts_with("setmaxnreg"))
    return;
  if (text.starts_with("fence.proxy.async"))
    return machine->matrix.fence(machine->current);
  if (text.starts_with("cp.async."))
    return startCopy(instruction, values);
  if (text.starts_with("atom.acq_rel.gpu.global.inc.u32")) {
    auto &counter = *reinterpret_cast<std::uint32_t *>(values[0]);
    auto limit = static_cast<std::uint32_t>(values[1]);
    results[0] = counter;
    counter = counter >= limit ? 0 : counter + 1;
    return;
  }
  if (arithmetic(text, results, values))
    return;
  if (text.starts_with("ldmatrix") || text.starts_with("stmatrix") ||
      text.starts_with("mma.") || text.starts_with("shfl.") ||
      text.starts_with("redux.sync.") || text.starts_with("bar.warp.sync") ||
      isBallots(text) || isElection(text) || isWarpgroups(text))
    return meetWarp(id, results, values);
  if (!computeFloat(text, results, values))
    complain("unknown instruction: " + instruction.text);
}

} // namespace

unsigned internAssembly(const std::string &text,
                        const std::string &constraints) {
  Instruction instruction;
  llvm::StringRef rest(text);
  rest = rest.rtrim(';');
  if (rest.consume_front("@$")) {
    rest.consumeInteger(10, instruction.predicate);
    rest = rest.ltrim();
  }
  instruction.text = rest.str();
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(constraints).split(parts, ',', -1, false);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with("="))
      ++instruction.outputs;
    if (llvm::isDigit(parts[i][0]))
      instruction.tied.push_back(static_cast<int>(i));
  }
  instructions().push_back(std::move(instruction));
  return instructions().size() - 1;
}

std::vector<std::pair<const char *, void *>> hostFunctions() {
  return {
      {"emulated_thread", reinterpret_cast<void *>(&emulated_thread)},
      {"emulated_program", reinterpret_cast<void *>(&emulated_program)},
      {"emulated_blocks", reinterpret_cast<void *>(&emulated_blocks)},
      {"emulated_rank", reinterpret_cast<void *>(&emulated_rank)},
      {"emulated_shared", reinterpret_cast<void *>(&emulated_shared)},
      {"emulated_barrier", reinterpret_cast<void *>(&emulated_barrier)},
      {"emulated_barrier_or", reinterpret_cast<void *>(&emulated_barrier_or)},
      {"emulated_exit", reinterpret_cast<void *>(&emulated_exit)},
      {"emulated_vprintf", reinterpret_cast<void *>(&emulated_vprintf)},
      {"emulated_assertfail", reinterpret_cast<void *>(&emulated_assertfail)},
      {"emulated_assembly", reinterpret_cast<void *>(&emulated_assembly)}};
}

} // namespace girih::testing

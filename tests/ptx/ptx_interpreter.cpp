// SPDX-License-Identifier: Apache-2.0
#include "ptx_interpreter.h"

#include "float_unit.h"
#include "matrix_unit.h"
#include "ptx_print.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>

namespace girih::testing {

namespace {

using Slots = std::uint64_t *;

struct Instruction {
  std::string text; // without predicate and semicolon
  int predicate = -1;
  int outputs = 0;
  std::vector<int> tied; // input position of each output's initial value
};

std::vector<Instruction> &instructions() {
  static std::vector<Instruction> all;
  return all;
}

struct Copy {
  std::int64_t to, size;
  const char *from;
  std::int64_t read;
};

enum class Waits { nothing, program, warp, done };

struct Fiber {
  ucontext_t context;
  std::vector<char> stack;
  Waits waits = Waits::nothing;
  std::vector<std::vector<Copy>> groups;
  std::vector<Copy> open;
  // What this lane brings to an instruction of the whole warp.
  unsigned id = 0;
  Slots results = nullptr, values = nullptr;
  bool touched = false, awaited = false; // global memory, the kernel ahead
};

struct Machine {
  std::deque<Fiber> fibers;
  std::vector<char> shared;
  ucontext_t scheduler;
  int current = 0;
  std::int64_t program = 0;
  void (*entry)(const std::int64_t *);
  const std::int64_t *params;
  MatrixUnit matrix{shared};
  bool said = false, told = false; // at the next barrier, at the last one
  std::string error;
};

Machine *machine = nullptr;

/// No exception can leave JIT-compiled code: it is raised by the scheduler.
void complain(const std::string &what) {
  if (machine->error.empty())
    machine->error = what;
}

void yieldFor(Waits waits) {
  Fiber &fiber = machine->fibers[machine->current];
  fiber.waits = waits;
  swapcontext(&fiber.context, &machine->scheduler);
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

/// An operand: register number and added constant, or a constant alone.
struct Operand {
  int slot = -1;
  std::int64_t added = 0;
};

/// Everything between brackets, braces and commas, in order.
std::vector<Operand> parseOperands(llvm::StringRef text) {
  std::vector<Operand> operands;
  text = text.drop_until([](char c) { return c == ' '; });
  while (!text.empty()) {
    llvm::StringRef piece =
        text.take_while([](char c) { return !strchr(" ,{}[];", c); });
    text = text.drop_front(std::max<size_t>(piece.size(), 1));
    if (piece.empty())
      continue;
    Operand operand;
    if (piece.consume_front("$"))
      piece.consumeInteger(10, operand.slot);
    piece.consume_front("+");
    if (!piece.empty())
      piece.consumeInteger(10, operand.added);
    operands.push_back(operand);
  }
  return operands;
}

void move(const Instruction &instruction, Slots results, Slots values) {
  llvm::StringRef text(instruction.text);
  bool load = text.starts_with("ld."), shared = text.contains(".shared.");
  bool active = instruction.predicate < 0 ||
                (values[instruction.predicate - instruction.outputs] & 1);
  std::int64_t bytes = text.contains(".b32")   ? 4
                       : text.contains(".b16") ? 2
                                               : 1;
  std::vector<Operand> operands = parseOperands(text);
  size_t count = operands.size() - 1;
  Operand address = load ? operands.back() : operands.front();
  std::uint64_t base =
      values[address.slot - instruction.outputs] + address.added;
  if (shared)
    base = static_cast<std::uint32_t>(base);
  for (size_t i = 0; i < instruction.tied.size(); ++i)
    results[i] = values[instruction.tied[i] - instruction.outputs];
  if (!active)
    return;
  if (base % (bytes * count))
    complain("misaligned: " + instruction.text);
  char *at =
      shared ? sharedAt(base, bytes * count) : reinterpret_cast<char *>(base);
  for (size_t i = 0; i < count; ++i) {
    int slot = operands[load ? i : i + 1].slot;
    if (load) {
      results[slot] = 0;
      std::memcpy(&results[slot], at + i * bytes, bytes);
    } else {
      std::memcpy(at + i * bytes, &values[slot - instruction.outputs], bytes);
    }
  }
  if (shared && !load)
    machine->matrix.wrote(machine->current, at - machine->shared.data(),
                          static_cast<std::int64_t>(bytes * count));
}

void startCopy(const Instruction &instruction, Slots values) {
  if (instruction.predicate >= 0 && !(values[instruction.predicate] & 1))
    return;
  std::vector<Operand> operands = parseOperands(instruction.text);
  Copy copy;
  copy.to =
      static_cast<std::uint32_t>(values[operands[0].slot]) + operands[0].added;
  copy.from = reinterpret_cast<const char *>(values[operands[1].slot]);
  copy.size = copy.read = operands[2].added;
  if (operands.size() > 3)
    copy.read = static_cast<std::uint32_t>(values[operands[3].slot]);
  if (copy.read && reinterpret_cast<std::uint64_t>(copy.from) % copy.size)
    complain("misaligned copy");
  machine->matrix.mayWrite(copy.to, copy.size);
  machine->fibers[machine->current].open.push_back(copy);
}

void finishCopies(size_t pending) {
  auto &groups = machine->fibers[machine->current].groups;
  while (groups.size() > pending) {
    for (const Copy &copy : groups.front()) {
      char *to = sharedAt(copy.to, copy.size);
      std::memset(to, 0, copy.size);
      std::memcpy(to, copy.from, copy.read);
      machine->matrix.mayWrite(copy.to, copy.size);
    }
    groups.erase(groups.begin());
  }
}

void matrixLoad(Fiber *warp, const Instruction &instruction) {
  llvm::StringRef text(instruction.text);
  bool transposed = text.contains(".trans");
  int matrices = text.contains(".x4") ? 4 : text.contains(".x2") ? 2 : 1;
  Operand address = parseOperands(text).back();
  for (int matrix = 0; matrix < matrices; ++matrix) {
    std::uint16_t rows[8][8];
    for (int row = 0; row < 8; ++row) {
      Fiber &owner = warp[matrix * 8 + row];
      std::int64_t at =
          static_cast<std::uint32_t>(owner.values[0]) + address.added;
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

double element(std::uint64_t word, int index, llvm::StringRef type) {
  auto number = [&](const llvm::fltSemantics &semantics, int bits) {
    llvm::APInt value(bits, word >> (index * bits) &
                                ((std::uint64_t(1) << bits) - 1));
    return llvm::APFloat(semantics, value).convertToDouble();
  };
  if (type == "bf16")
    return number(llvm::APFloat::BFloat(), 16);
  if (type == "f16")
    return number(llvm::APFloat::IEEEhalf(), 16);
  if (type == "tf32")
    return number(llvm::APFloat::IEEEsingle(), 32);
  if (type == "e4m3")
    return number(llvm::APFloat::Float8E4M3FN(), 8);
  if (type == "e5m2")
    return number(llvm::APFloat::Float8E5M2(), 8);
  std::uint8_t byte = word >> (index * 8);
  return type == "u8" ? byte : static_cast<std::int8_t>(byte);
}

void matrixMultiply(Fiber *warp, const Instruction &instruction) {
  llvm::SmallVector<llvm::StringRef> names;
  llvm::StringRef(instruction.text).split(' ').first.split(names, '.');
  llvm::StringRef left = names[7], right = names[8], sums = names[6];
  int depth = left == "tf32" ? 8 : left.ends_with("16") ? 16 : 32;
  int perWord = depth / 8;
  std::vector<double> a(16 * depth), b(depth * 8);
  for (int lane = 0; lane < 32; ++lane) {
    int group = lane / 4, in = lane % 4;
    for (int word = 0; word < 4; ++word)
      for (int i = 0; i < perWord; ++i)
        a[(group + word % 2 * 8) * depth + in * perWord + i +
          word / 2 * 4 * perWord] = element(warp[lane].values[word], i, left);
    for (int word = 0; word < 2; ++word)
      for (int i = 0; i < perWord; ++i)
        b[(in * perWord + i + word * 4 * perWord) * 8 + group] =
            element(warp[lane].values[4 + word], i, right);
  }
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      int row = lane / 4 + i / 2 * 8, column = lane % 4 * 2 + i % 2;
      double sum = 0;
      for (int k = 0; k < depth; ++k)
        sum += a[row * depth + k] * b[k * 8 + column];
      std::uint32_t word = warp[lane].values[6 + i];
      if (sums == "s32") {
        word += static_cast<std::int32_t>(sum);
      } else {
        float total = llvm::bit_cast<float>(word) + static_cast<float>(sum);
        word = llvm::bit_cast<std::uint32_t>(total);
      }
      warp[lane].results[i] = word;
    }
}

void shuffle(Fiber *warp, llvm::StringRef text) {
  for (int lane = 0; lane < 32; ++lane) {
    const Slots values = warp[lane].values; // members, value, b, c
    int b = values[2] & 31, segment = values[3] >> 8 & 31,
        clamp = values[3] & 31;
    int least = lane & segment, most = least | (clamp & ~segment);
    int from = text.contains(".up.")     ? lane - b
               : text.contains(".down.") ? lane + b
               : text.contains(".bfly.") ? lane ^ b
                                         : least | (b & ~segment);
    bool valid = text.contains(".up.") ? from >= most : from <= most;
    warp[lane].results[0] =
        static_cast<std::uint32_t>(warp[valid ? from : lane].values[1]);
    if (static_cast<std::uint32_t>(values[0]) != 0xffffffff)
      complain("a shuffle of some lanes only");
  }
}

/// Instructions that tests write themselves.
bool arithmetic(llvm::StringRef text, Slots results, Slots values) {
  if (!text.starts_with("add.s") && !text.starts_with("xor.") &&
      !text.starts_with("fma.rn.f"))
    return false;
  std::vector<Operand> operands = parseOperands(text);
  auto word = [&](int i) { return values[operands[i].slot - 1]; };
  auto number = [&](int i) { return llvm::bit_cast<double>(word(i)); };
  auto single = [&](int i) {
    return llvm::bit_cast<float>(static_cast<std::uint32_t>(word(i)));
  };
  if (text.starts_with("add.s"))
    results[0] = word(1) + word(2);
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

/// redux.sync: all words become one.
void combineWords(Fiber *warp, llvm::StringRef operation) {
  auto word = [&](int lane) {
    return static_cast<std::uint32_t>(warp[lane].values[0]);
  };
  std::uint32_t all = word(0);
  for (int lane = 1; lane < 32; ++lane) {
    std::uint32_t each = word(lane);
    auto a = static_cast<std::int32_t>(all),
         b = static_cast<std::int32_t>(each);
    all = operation == "add"    ? all + each
          : operation == "and"  ? all & each
          : operation == "or"   ? all | each
          : operation == "xor"  ? all ^ each
          : operation == "umin" ? std::min(all, each)
          : operation == "umax" ? std::max(all, each)
          : operation == "min"  ? static_cast<std::uint32_t>(std::min(a, b))
                                : static_cast<std::uint32_t>(std::max(a, b));
  }
  for (int lane = 0; lane < 32; ++lane)
    warp[lane].results[0] = all;
}

bool isWarpgroups(llvm::StringRef text) {
  return text.starts_with("wgmma.") || text.starts_with("{ .reg .pred p, q;");
}

/// What warp groups do; this is the part of one warp.
void useMatrixUnit(const Fiber *warp, const Instruction &instruction) {
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
  static Fiber gathered[32];
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
  if (text.consume_front("redux.sync."))
    combineWords(gathered, text.split('.').first);
  else if (text.starts_with("ldmatrix"))
    matrixLoad(gathered, instruction);
  else if (text.starts_with("shfl."))
    shuffle(gathered, text);
  else if (text.starts_with("mma."))
    matrixMultiply(gathered, instruction);
  else if (isWarpgroups(text))
    useMatrixUnit(gathered, instruction);
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

extern "C" std::int32_t emulated_thread() { return machine->current; }
extern "C" std::int32_t emulated_program() {
  return static_cast<std::int32_t>(machine->program);
}
extern "C" void emulated_barrier() { yieldFor(Waits::program); }
extern "C" std::int32_t emulated_barrier_or(std::int32_t says) {
  machine->said |= says != 0;
  yieldFor(Waits::program);
  return machine->told ? 1 : 0;
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
  fiber.touched |= text.contains(".global");
  if (text.starts_with("ld.") || text.starts_with("st."))
    return move(instruction, results, values);
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
  if (text.starts_with("ldmatrix") || text.starts_with("mma.") ||
      text.starts_with("shfl.") || text.starts_with("redux.sync.") ||
      text.starts_with("bar.warp.sync") || isWarpgroups(text))
    return meetWarp(id, results, values);
  if (!computeFloat(text, results, values))
    complain("unknown instruction: " + instruction.text);
}

void fiberMain() {
  machine->entry(machine->params);
  yieldFor(Waits::done);
}

/// Lets threads that all wait for each other go on; false when none can.
bool release() {
  bool allDone = true;
  for (Fiber &fiber : machine->fibers) {
    if (fiber.waits == Waits::warp)
      return false;
    allDone &= fiber.waits == Waits::done;
  }
  if (allDone)
    return false;
  for (Fiber &fiber : machine->fibers) {
    if (fiber.waits != Waits::program)
      return false; // some threads ended, others wait at a barrier
    fiber.waits = Waits::nothing;
  }
  machine->told = std::exchange(machine->said, false);
  return true;
}

} // namespace

double wordElement(std::uint64_t word, int index, const std::string &type) {
  return element(word, index, type);
}

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
      {"emulated_barrier", reinterpret_cast<void *>(&emulated_barrier)},
      {"emulated_barrier_or", reinterpret_cast<void *>(&emulated_barrier_or)},
      {"emulated_exit", reinterpret_cast<void *>(&emulated_exit)},
      {"emulated_vprintf", reinterpret_cast<void *>(&emulated_vprintf)},
      {"emulated_assertfail", reinterpret_cast<void *>(&emulated_assertfail)},
      {"emulated_assembly", reinterpret_cast<void *>(&emulated_assembly)}};
}

void runProgram(void (*entry)(const std::int64_t *), const std::int64_t *params,
                std::int64_t program, int threads, std::int64_t sharedBytes) {
  Machine state;
  machine = &state;
  state.entry = entry;
  state.params = params;
  state.program = program;
  state.shared.assign(sharedBytes, static_cast<char>(0xff));
  for (int thread = 0; thread < threads; ++thread) {
    Fiber &fiber = state.fibers.emplace_back();
    fiber.stack.resize(256 * 1024);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    makecontext(&fiber.context, &fiberMain, 0);
  }
  bool running = true;
  while (running && state.error.empty()) {
    bool progress = false;
    for (int thread = 0; thread < threads; ++thread) {
      Fiber &fiber = state.fibers[thread];
      if (fiber.waits != Waits::nothing)
        continue;
      progress = true;
      state.current = thread;
      swapcontext(&state.scheduler, &fiber.context);
    }
    running = progress || release();
  }
  for (Fiber &fiber : state.fibers)
    if (state.error.empty() && fiber.waits != Waits::done)
      state.error = "threads that wait for ever";
  if (state.error.empty())
    state.error = state.matrix.error;
  if (state.error.empty() && !state.matrix.isIdle())
    state.error = "wgmma is in flight at the end";
  machine = nullptr;
  if (!state.error.empty())
    throw std::runtime_error(state.error);
}

} // namespace girih::testing

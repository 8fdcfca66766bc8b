// SPDX-License-Identifier: Apache-2.0
// The blocks of a program and their threads, which are fibers.
#pragma once

#include "barrier_unit.h"
#include "bulk_stores.h"
#include "matrix_unit.h"

#include <ucontext.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace girih::testing {

/// Operands, of which narrow ones leave the rest of their slot undefined.
using Slots = std::uint64_t *;

struct Copy {
  std::int64_t to, size;
  const char *from;
  std::int64_t read;
};

enum class Waits { nothing, program, warp, barrier, cluster, done };

struct Fiber {
  explicit Fiber(MatrixUnit &matrix) : stores(matrix) {}

  ucontext_t context;
  std::unique_ptr<char[]> stack;
  Waits waits = Waits::nothing;
  std::vector<std::vector<Copy>> groups;
  std::vector<Copy> open;
  BulkStores stores; // that this thread has asked for
  // What this lane brings to an instruction of the whole warp.
  unsigned id = 0;
  Slots results = nullptr, values = nullptr;
  bool touched = false, awaited = false; // global memory, the kernel ahead
  bool arrived = false;                  // at the cluster's barrier
  bool met = false;                      // there, and has not waited yet
  int meets = 0;                         // threads at the program's barrier
  int meetsAt = 0;                       // the number of that barrier
  std::int64_t barrier = 0;              // that it waits for, in this phase
  int phase = 0;
};

/// A barrier of a program's threads.
struct Meeting {
  bool said = false, told = false; // at the next one, at the last one
};

struct Machine {
  std::deque<Fiber> fibers;
  std::vector<char> shared;
  ucontext_t scheduler;
  int current = 0;
  int rank = 0;     // among the blocks of the program
  bool met = false; // the others: all have begun
  std::int64_t block = 0, launched = 1;
  void (*entry)(const std::int64_t *);
  const std::int64_t *params;
  MatrixUnit matrix{shared};
  BarrierUnit barriers;
  std::map<int, Meeting> meetings; // by number
  std::string error;
};

extern Machine *machine;             // the block that runs
extern std::deque<Machine> *cluster; // all of the program

/// No exception can leave JIT-compiled code: it is raised by the scheduler.
void complain(const std::string &what);

/// Lets other threads run, and this one once it is told to go on.
void yieldFor(Waits waits);

} // namespace girih::testing

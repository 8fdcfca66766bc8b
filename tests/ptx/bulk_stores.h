// SPDX-License-Identifier: Apache-2.0
// Copies from shared memory to operands, on the CPU: shared memory is read no
// sooner than a thread waits for that, operands are written no sooner than it
// waits for the end.
#pragma once

#include "matrix_unit.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace girih::testing {

class BulkStores {
public:
  explicit BulkStores(MatrixUnit &memory) : memory(memory) {}

  /// Copies `size` bytes of shared memory from `at` on; `read` is called later,
  /// and gives what writes the operand later still.
  using Write = std::function<void()>;
  void start(std::int64_t at, std::int64_t size, std::function<Write()> read);
  /// Closes a group of copies.
  void commit();
  /// Of all groups but the last `pending`: memory is free, or all is done.
  void awaitRead(std::size_t pending);
  void awaitDone(std::size_t pending);
  bool isIdle() const { return open.empty() && groups.empty(); }

private:
  struct Copy {
    std::int64_t at, size;
    std::function<Write()> read;
  };
  struct Group {
    std::vector<Copy> copies; // to be read
    std::vector<Write> writes;
  };

  void read(Group &group);

  MatrixUnit &memory;
  std::vector<Copy> open;
  std::deque<Group> groups;
};

} // namespace girih::testing

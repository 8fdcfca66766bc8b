// SPDX-License-Identifier: Apache-2.0
// wgmma on the CPU, and what must hold around it and the copy engine: writes of
// threads to shared memory pass a proxy fence before these read them, and stay
// while they are in flight.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace girih::testing {

class MatrixUnit {
public:
  explicit MatrixUnit(std::vector<char> &shared) : shared(shared) {}

  /// A thread has stored to shared memory, or a copy of its writes there at any
  /// time from now on; a thread has passed a fence.proxy.async.
  void wrote(int thread, std::int64_t at, std::int64_t size);
  void mayWrite(std::int64_t at, std::int64_t size);
  void fence(int thread);
  /// The copy engine reads these bytes from now on, and has read them.
  void hold(std::int64_t at, std::int64_t size);
  void release(std::int64_t at, std::int64_t size);

  /// What a lane brings: `tied` holds the number of each output's initial
  /// value among `values`, or nothing.
  struct Lane {
    std::uint64_t *results = nullptr;
    const std::uint64_t *values = nullptr;
  };
  /// The part of one warp, all of whose lanes have come, of the instructions in
  /// `text`; outputs are numbered before values.
  void multiply(const std::string &text, int outputs,
                const std::vector<int> &tied, int warp,
                const std::array<Lane, 32> &lanes);
  /// Of a warp: closes a group, waits until `pending` are left.
  void commit(int warp);
  void wait(int warp, std::size_t pending);
  bool isIdle() const;

  /// What went wrong first.
  std::string error;

private:
  struct Warp { // addresses that it reads, by groups in flight
    std::deque<std::vector<std::int64_t>> groups;
    std::vector<std::int64_t> open;
  };

  class Step;

  char read(std::int64_t at, int warp);
  void startRead(std::int64_t at);
  void complain(const std::string &what) {
    if (error.empty())
      error = what;
  }

  std::vector<char> &shared;
  std::vector<char> unfenced;
  std::vector<int> readers; // in flight, by address
  std::deque<std::vector<std::pair<std::int64_t, std::int64_t>>> written;
  std::deque<Warp> warps;
};

/// Element `index` of a register's word, as a number.
double wordElement(std::uint64_t word, int index, const std::string &type);

} // namespace girih::testing

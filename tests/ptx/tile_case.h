// SPDX-License-Identifier: Apache-2.0
// Kernels of a few lines of the tile dialect on whole tiles, run by the
// emulator: operands in and out, text in between.
#pragma once

#include "emulator.h"

#include "llvm/ADT/bit.h"

#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace girih::testing {

/// Memory of one operand, packed, with poison around it that must stay.
class Memory {
public:
  Memory(std::int64_t bytes, std::int64_t align);
  char *data() { return bytes.data() + offset; }
  template <typename T> T *as() { return reinterpret_cast<T *>(data()); }
  /// Whether nothing was written outside of the operand.
  bool isIntact() const;

private:
  std::vector<char> bytes;
  std::int64_t size, offset;
};

/// One kernel. Operand number i is `%a<i>` of type `!V<i>`.
class TileCase {
public:
  using Shape = std::vector<std::int64_t>;
  explicit TileCase(int warps, int indexBits = 32, int programs = 1)
      : warps(warps), indexBits(indexBits), programs(programs) {}

  /// An operand that is only pointed at.
  int view(const std::string &element, const Shape &shape);
  /// An operand that is read whole into `%x<i>`, of type tensor(i).
  int in(const std::string &element, const Shape &shape);
  /// Text of the body.
  TileCase &body(const std::string &text);
  /// More fields of the Config.
  TileCase &configured(const std::string &fields) {
    config = " " + fields;
    return *this;
  }
  /// A new operand that becomes the value called `name`.
  int out(const std::string &name, const std::string &element,
          const Shape &shape);

  /// `tensor<4x8xf32>`, of operand i or as asked.
  std::string tensor(int operand) const;
  static std::string tensor(const std::string &element, const Shape &shape);
  std::string text() const;

  Memory &operator[](int operand) { return memories[operand]; }
  std::int64_t elements(int operand) const;
  /// Called before programs run.
  void onStart(std::function<void(EmulatedKernel &)> call) {
    start = std::move(call);
  }
  /// Runs all programs. Throws what the emulator throws.
  void run(int capability = 80);

private:
  std::string access(int operand) const;

  struct Operand {
    std::string element;
    Shape shape;
    bool written;
  };
  int warps, indexBits, programs;
  std::vector<Operand> operands;
  std::vector<Memory> memories;
  std::string lines, config;
  std::function<void(EmulatedKernel &)> start;
};

std::int64_t elementBytes(const std::string &element);

/// Random bits.
template <typename T>
std::vector<T> randomValues(std::int64_t count, int seed) {
  std::mt19937_64 random(static_cast<std::uint64_t>(seed) + 1);
  std::vector<T> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<T>(random()));
  return values;
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
#include "matrix_unit.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/bit.h"

#include <cstring>

namespace girih::testing {

namespace {

/// A dot's operand in shared memory, as its descriptor tells.
struct Description {
  std::int64_t start, leading, stride, width; // in bytes

  explicit Description(std::uint64_t bits)
      : start(static_cast<std::int64_t>(bits & 0x3fff) << 4),
        leading(static_cast<std::int64_t>(bits >> 16 & 0x3fff) << 4),
        stride(static_cast<std::int64_t>(bits >> 32 & 0x3fff) << 4),
        width(16 << ((4 - (bits >> 62)) & 3)) {}

  /// Where the element at `free` of M or N and `k` begins: 16-byte chunks are
  /// exchanged as bits 7 and up of the address say.
  std::int64_t address(std::int64_t free, std::int64_t k, std::int64_t bytes,
                       bool alongFree) const {
    std::int64_t row = alongFree ? k : free;
    std::int64_t column = (alongFree ? free : k) * bytes;
    std::int64_t at = start + row / 8 * stride + row % 8 * width +
                      column / width * leading + column % width;
    return at ^ ((at >> 7 & (width / 16 - 1)) << 4);
  }
};

/// Names of an instruction, then its operands in order.
struct Parsed {
  llvm::SmallVector<llvm::StringRef> names;
  std::vector<std::string> operands;

  explicit Parsed(llvm::StringRef text) {
    text.split(' ').first.split(names, '.');
    llvm::StringRef rest = text.split(' ').second;
    while (!rest.empty()) {
      llvm::StringRef piece =
          rest.take_while([](char c) { return !strchr(" ,{}", c); });
      rest = rest.drop_front(std::max<size_t>(piece.size(), 1));
      if (!piece.empty())
        operands.push_back(piece.str());
    }
  }
};

int number(llvm::StringRef text) {
  int value = -1;
  text.consumeInteger(10, value);
  return value;
}

} // namespace

void MatrixUnit::wrote(int thread, std::int64_t at, std::int64_t size) {
  if (written.size() <= static_cast<size_t>(thread))
    written.resize(thread + 1);
  unfenced.resize(shared.size());
  mayWrite(at, size);
  written[thread].emplace_back(at, size);
  std::memset(unfenced.data() + at, 1, size);
}

void MatrixUnit::mayWrite(std::int64_t at, std::int64_t size) {
  for (std::int64_t i = at; i < at + size; ++i)
    if (static_cast<size_t>(i) < readers.size() && readers[i] > 0)
      complain("shared memory is overwritten while wgmma or a bulk store that "
               "reads it is in flight");
}

void MatrixUnit::fence(int thread) {
  if (written.size() <= static_cast<size_t>(thread))
    return;
  for (auto [at, size] : written[thread])
    std::memset(unfenced.data() + at, 0, size);
  written[thread].clear();
}

void MatrixUnit::startRead(std::int64_t at) {
  if (!unfenced.empty() && unfenced[at])
    complain("wgmma or a bulk store reads what no proxy fence has passed");
  readers.resize(shared.size());
  ++readers[at];
}

void MatrixUnit::hold(std::int64_t at, std::int64_t size) {
  if (at < 0 || at + size > static_cast<std::int64_t>(shared.size()))
    return complain("a bulk store of shared memory at " + std::to_string(at));
  for (std::int64_t i = at; i < at + size; ++i)
    startRead(i);
}

void MatrixUnit::release(std::int64_t at, std::int64_t size) {
  for (std::int64_t i = at; i < at + size; ++i)
    if (static_cast<size_t>(i) < readers.size())
      --readers[i];
}

char MatrixUnit::read(std::int64_t at, int warp) {
  if (at < 0 || at >= static_cast<std::int64_t>(shared.size())) {
    complain("wgmma reads shared memory at " + std::to_string(at));
    return 0;
  }
  startRead(at);
  warps[warp].open.push_back(at);
  return shared[at];
}

/// One instruction, taken apart.
class MatrixUnit::Step {
public:
  Step(MatrixUnit &unit, const std::string &instruction, int outputs, int warp,
       const std::array<Lane, 32> &lanes,
       const std::array<std::uint64_t, 2> &names)
      : unit(unit), parsed(instruction), outputs(outputs), warp(warp),
        lanes(lanes), names(names) {
    // wgmma . mma_async . sync . aligned . mMnNkK . sum . a . b
    llvm::StringRef shape = parsed.names[4];
    columns = number(shape.split('n').second);
    depth = number(shape.split('k').second);
    integer = parsed.names[5] == "s32";
    half = depth == 16;
    bytes = 32 / depth;
    next = columns / 2;
    // Behind the descriptors: p, and signs and directions of other than
    // integers.
    described = static_cast<int>(parsed.operands.size()) <=
                next + 2 + (integer ? 1 : 5);
  }

  void run() {
    std::vector<double> a = described ? describedA() : heldA();
    next += described ? 1 : 4;
    std::vector<double> b = operandB();
    bool adds = parsed.operands[next + 1] == "p";
    int first = number(parsed.operands[0].substr(1)); // of the sums
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < columns / 2; ++i)
        add(lanes[lane].results[first + i], adds,
            product(a, b, lane / 4 + i / 2 % 2 * 8,
                    i / 4 * 8 + lane % 4 * 2 + i % 2));
  }

private:
  std::uint64_t value(int lane, const std::string &name) const {
    if (name == "x" || name == "y")
      return names[name == "y"];
    return lanes[lane].values[number(name.substr(1)) - outputs];
  }

  double element(const Description &from, std::int64_t free, std::int64_t k,
                 bool alongFree, const std::string &type) {
    std::uint64_t word = 0;
    std::int64_t at = from.address(free, k, bytes, alongFree);
    for (std::int64_t i = 0; i < bytes; ++i)
      word |= static_cast<std::uint64_t>(
                  static_cast<std::uint8_t>(unit.read(at + i, warp)))
              << (8 * i);
    return wordElement(word, 0, type);
  }

  std::vector<double> describedA() {
    Description from(value(0, parsed.operands[next]));
    bool alongFree = half && parsed.operands[parsed.operands.size() - 2] == "1";
    std::vector<double> a;
    for (int row = 0; row < 16; ++row)
      for (int k = 0; k < depth; ++k)
        a.push_back(element(from, warp % 4 * 16 + row, k, alongFree,
                            parsed.names[6].str()));
    return a;
  }

  std::vector<double> heldA() {
    std::vector<double> a(16 * depth);
    int perWord = depth / 8;
    for (int lane = 0; lane < 32; ++lane)
      for (int word = 0; word < 4; ++word)
        for (int i = 0; i < perWord; ++i)
          a[(lane / 4 + word % 2 * 8) * depth + lane % 4 * perWord + i +
            word / 2 * 4 * perWord] =
              wordElement(value(lane, parsed.operands[next + word]), i,
                          parsed.names[6].str());
    return a;
  }

  std::vector<double> operandB() {
    Description from(value(0, parsed.operands[next]));
    for (int lane = 1; lane < 32; ++lane)
      if (value(lane, parsed.operands[next]) != value(0, parsed.operands[next]))
        unit.complain("a descriptor that differs within a warp");
    bool alongFree = half && parsed.operands.back() == "1";
    std::vector<double> b(depth * columns);
    for (int column = 0; column < columns; ++column)
      for (int k = 0; k < depth; ++k)
        b[k * columns + column] =
            element(from, column, k, alongFree, parsed.names[7].str());
    return b;
  }

  double product(const std::vector<double> &a, const std::vector<double> &b,
                 int row, int column) const {
    double sum = 0;
    for (int k = 0; k < depth; ++k)
      sum += a[row * depth + k] * b[k * columns + column];
    return sum;
  }

  void add(std::uint64_t &result, bool adds, double sum) const {
    auto word = static_cast<std::uint32_t>(adds ? result : 0);
    if (integer)
      word += static_cast<std::int32_t>(sum);
    else
      word = llvm::bit_cast<std::uint32_t>(llvm::bit_cast<float>(word) +
                                           static_cast<float>(sum));
    result = word;
  }

  MatrixUnit &unit;
  Parsed parsed;
  int outputs, warp;
  const std::array<Lane, 32> &lanes;
  const std::array<std::uint64_t, 2> &names;
  int columns, depth, bytes, next;
  bool integer, half, described;
};

void MatrixUnit::multiply(const std::string &text, int outputs,
                          const std::vector<int> &tied, int warp,
                          const std::array<Lane, 32> &lanes) {
  if (warps.size() <= static_cast<size_t>(warp))
    warps.resize(warp + 1);
  for (const Lane &lane : lanes)
    for (size_t i = 0; i < tied.size(); ++i)
      lane.results[i] = lane.values[tied[i] - outputs];
  std::array<std::uint64_t, 2> names{};
  llvm::StringRef rest(text);
  while (!rest.empty()) {
    auto [line, after] = rest.split(';');
    rest = after;
    // The first brace opens the scope of names.
    line = line.trim();
    line.consume_front("{ ");
    if (line.consume_front("add.s64 ")) {
      llvm::SmallVector<llvm::StringRef> parts;
      line.split(parts, ", ");
      names[parts[0] == "y"] =
          lanes[0].values[number(parts[1].drop_front()) - outputs] +
          number(parts[2]);
    } else if (line.starts_with("wgmma.mma_async")) {
      Step(*this, line.str(), outputs, warp, lanes, names).run();
    }
  }
}

void MatrixUnit::commit(int warp) {
  if (warps.size() <= static_cast<size_t>(warp))
    warps.resize(warp + 1);
  warps[warp].groups.push_back(std::move(warps[warp].open));
  warps[warp].open.clear();
}

void MatrixUnit::wait(int warp, std::size_t pending) {
  if (warps.size() <= static_cast<size_t>(warp))
    return;
  auto &groups = warps[warp].groups;
  while (groups.size() > pending) {
    for (std::int64_t at : groups.front())
      --readers[at];
    groups.pop_front();
  }
}

bool MatrixUnit::isIdle() const {
  for (const Warp &warp : warps)
    if (!warp.groups.empty() || !warp.open.empty())
      return false;
  return true;
}

} // namespace girih::testing

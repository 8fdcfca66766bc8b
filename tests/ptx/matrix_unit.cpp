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
      complain("an operand of wgmma is overwritten while it is in flight");
}

void MatrixUnit::fence(int thread) {
  if (written.size() <= static_cast<size_t>(thread))
    return;
  for (auto [at, size] : written[thread])
    std::memset(unfenced.data() + at, 0, size);
  written[thread].clear();
}

char MatrixUnit::read(std::int64_t at, int warp) {
  if (at < 0 || at >= static_cast<std::int64_t>(shared.size())) {
    complain("wgmma reads shared memory at " + std::to_string(at));
    return 0;
  }
  if (!unfenced.empty() && unfenced[at])
    complain("wgmma reads what no proxy fence has passed");
  readers.resize(shared.size());
  ++readers[at];
  warps[warp].open.push_back(at);
  return shared[at];
}

void MatrixUnit::step(const std::string &instruction, int outputs, int warp,
                      const std::array<Lane, 32> &lanes,
                      const std::array<std::uint64_t, 2> &names) {
  Parsed parsed(instruction);
  // wgmma . mma_async . sync . aligned . mMnNkK . sum . a . b
  llvm::StringRef shape = parsed.names[4];
  int columns = number(shape.split('n').second), depth = 0;
  depth = number(shape.split('k').second);
  std::string typeA = parsed.names[6].str(), typeB = parsed.names[7].str();
  bool integer = parsed.names[5] == "s32";
  auto value = [&](int lane, const std::string &name) {
    if (name == "x" || name == "y")
      return names[name == "y"];
    return lanes[lane].values[number(name.substr(1)) - outputs];
  };
  int next = columns / 2;
  // The sums begin at output number `first`.
  int first = number(parsed.operands[0].substr(1));
  // Behind the descriptors: p, and signs and directions of other than integers.
  bool described =
      static_cast<int>(parsed.operands.size()) <= next + 2 + (integer ? 1 : 5);
  bool half = depth == 16;
  std::int64_t bytes = 32 / depth;
  std::vector<double> a(16 * depth), b(depth * columns);
  auto element = [&](const Description &from, std::int64_t free, std::int64_t k,
                     bool alongFree, const std::string &type) {
    std::uint64_t word = 0;
    std::int64_t at = from.address(free, k, bytes, alongFree);
    for (std::int64_t i = 0; i < bytes; ++i)
      word |= static_cast<std::uint64_t>(
                  static_cast<std::uint8_t>(read(at + i, warp)))
              << (8 * i);
    return wordElement(word, 0, type);
  };
  size_t flags = parsed.operands.size() - (described ? 2 : 1);
  if (described) {
    Description from(value(0, parsed.operands[next++]));
    bool alongFree = half && parsed.operands[flags] == "1";
    for (int row = 0; row < 16; ++row)
      for (int k = 0; k < depth; ++k)
        a[row * depth + k] =
            element(from, warp % 4 * 16 + row, k, alongFree, typeA);
  } else {
    int perWord = depth / 8;
    for (int lane = 0; lane < 32; ++lane)
      for (int word = 0; word < 4; ++word)
        for (int i = 0; i < perWord; ++i)
          a[(lane / 4 + word % 2 * 8) * depth + lane % 4 * perWord + i +
            word / 2 * 4 * perWord] =
              wordElement(value(lane, parsed.operands[next + word]), i, typeA);
    next += 4;
  }
  Description from(value(0, parsed.operands[next]));
  for (int lane = 1; lane < 32; ++lane)
    if (value(lane, parsed.operands[next]) != value(0, parsed.operands[next]))
      complain("a descriptor that differs within a warp");
  bool alongFree = half && parsed.operands.back() == "1";
  bool adds = parsed.operands[next + 1] == "p";
  for (int column = 0; column < columns; ++column)
    for (int k = 0; k < depth; ++k)
      b[k * columns + column] = element(from, column, k, alongFree, typeB);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < columns / 2; ++i) {
      int row = lane / 4 + i / 2 % 2 * 8;
      int column = i / 4 * 8 + lane % 4 * 2 + i % 2;
      double sum = 0;
      for (int k = 0; k < depth; ++k)
        sum += a[row * depth + k] * b[k * columns + column];
      auto word =
          static_cast<std::uint32_t>(adds ? lanes[lane].results[first + i] : 0);
      if (integer)
        word += static_cast<std::int32_t>(sum);
      else
        word = llvm::bit_cast<std::uint32_t>(llvm::bit_cast<float>(word) +
                                             static_cast<float>(sum));
      lanes[lane].results[first + i] = word;
    }
}

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
      step(line.str(), outputs, warp, lanes, names);
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

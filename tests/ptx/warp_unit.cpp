// SPDX-License-Identifier: Apache-2.0
#include "warp_unit.h"

#include "matrix_unit.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/bit.h"

#include <algorithm>
#include <vector>

namespace girih::testing {

static double element(std::uint64_t word, int index, llvm::StringRef type) {
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

double wordElement(std::uint64_t word, int index, const std::string &type) {
  return element(word, index, type);
}

void matrixMultiply(WarpLane *warp, const std::string &text) {
  llvm::SmallVector<llvm::StringRef> names;
  llvm::StringRef(text).split(' ').first.split(names, '.');
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

bool shuffle(WarpLane *warp, const std::string &instruction) {
  llvm::StringRef text(instruction);
  bool whole = true;
  for (int lane = 0; lane < 32; ++lane) {
    const std::uint64_t *values = warp[lane].values; // members, value, b, c
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
    whole &= static_cast<std::uint32_t>(values[0]) == 0xffffffff;
  }
  return whole;
}

void electOne(WarpLane *warp) {
  for (int lane = 0; lane < 32; ++lane)
    warp[lane].results[0] = lane == 17;
}

void matchDigits(WarpLane *warp) {
  for (int lane = 0; lane < 32; ++lane) {
    std::uint64_t peers = 0;
    for (int other = 0; other < 32; ++other)
      if ((warp[lane].values[0] & 255) == (warp[other].values[0] & 255))
        peers |= std::uint64_t(1) << other;
    warp[lane].results[0] = peers;
  }
}

void combineWords(WarpLane *warp, const std::string &operation) {
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

} // namespace girih::testing

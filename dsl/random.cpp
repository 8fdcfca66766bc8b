// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/random.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <numbers>

namespace girih {
namespace {

void check_integer(const char *what, const Located &x) {
  DType dtype = dtype_of(x);
  if (!is_integer(dtype) || !is_arithmetic(dtype))
    unsupported_dtype(what, dtype, x.where);
}

// The upper 24 bits as a float below 2^24.
Tile upper_bits(const Tile &word) {
  return cast((word >> 8) & 0xffffff, DType::f32);
}

} // namespace

std::array<Tile, 4> random_bits(const Located &seed, const Located &offsets,
                                std::source_location where) {
  check_integer("the seed of random numbers", seed);
  check_integer("the offsets of random numbers", offsets);
  if (!shape_of(seed).empty())
    throw CompileError(
        ErrorId::tile_index, where,
        {"the seed of random numbers", "it is not a scalar", ""});
  Recorder &recorder = recorder_of(offsets);
  Node node;
  node.op = Op::random;
  node.inputs = {convert(seed, DType::i64), convert(offsets, DType::i64)};
  node.line = where;
  ValueType word = {ValueType::Kind::tile, DType::i32, shape_of(offsets)};
  std::vector<ValueId> words =
      recorder.add_all(std::move(node), {word, word, word, word});
  auto tile = [&](std::size_t i) { return recorder.tile(words[i], where); };
  return {tile(0), tile(1), tile(2), tile(3)};
}

Tile rand(const Located &seed, const Located &offsets,
          std::source_location where) {
  return upper_bits(random_bits(seed, offsets, where)[0]) * 0x1p-24;
}

Tile randn(const Located &seed, const Located &offsets,
           std::source_location where) {
  auto words = random_bits(seed, offsets, where);
  // In (0, 1]: the logarithm is finite.
  Tile radius = (upper_bits(words[0]) + 1) * 0x1p-24;
  Tile angle = upper_bits(words[1]) * (2 * std::numbers::pi * 0x1p-24);
  return sqrt(log(radius) * -2) * cos(angle);
}

} // namespace girih

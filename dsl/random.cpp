// SPDX-License-Identifier: Apache-2.0
#include "girih/dsl/random.h"

#include "girih/dsl/elementwise.h"
#include "girih/dsl/functions.h"
#include "girih/dsl/program_text.h"
#include "girih/dsl/recorder.h"
#include "girih/dsl/support/diagnostics.h"

#include <numbers>

namespace girih {
namespace {

bool is_counter(const Located &x) {
  return is_integer(dtype_of(x)) && is_arithmetic(dtype_of(x));
}

using Where = std::source_location;

// The upper 24 bits as a float below 2^24, in the user's line.
Tile upper_bits(const Tile &word, Where where) {
  Tile shifted = Located(word, where) >> Located(8, where);
  Tile bits = Located(shifted, where) & Located(0xffffff, where);
  return cast(Located(bits, where), DType::f32, where);
}

Tile scaled(const Tile &x, double factor, Where where) {
  return Located(x, where) * Located(factor, where);
}

} // namespace

std::array<Tile, 4> random_bits(const Located &seed, const Located &offsets,
                                std::source_location where) {
  if (!is_counter(seed))
    throw CompileError(ErrorId::seed, where,
                       {"of dtype " + std::string(name(dtype_of(seed)))});
  if (!is_counter(offsets))
    unsupported_dtype("random numbers at offsets", dtype_of(offsets), where);
  if (!shape_of(seed).empty())
    throw CompileError(ErrorId::seed, where,
                       {"a tile of shape " + to_string(shape_of(seed))});
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
  auto words = random_bits(seed, offsets, where);
  return scaled(upper_bits(words[0], where), 0x1p-24, where);
}

Tile randn(const Located &seed, const Located &offsets,
           std::source_location where) {
  auto words = random_bits(seed, offsets, where);
  // In (0, 1]: the logarithm is finite.
  Tile above = Located(upper_bits(words[0], where), where) + Located(1, where);
  Tile length = log(Located(scaled(above, 0x1p-24, where), where));
  Tile radius = sqrt(Located(scaled(length, -2, where), where));
  constexpr double step = 2 * std::numbers::pi * 0x1p-24;
  Tile angle = scaled(upper_bits(words[1], where), step, where);
  return Located(radius, where) * Located(cos(Located(angle, where)), where);
}

} // namespace girih

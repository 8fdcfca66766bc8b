// SPDX-License-Identifier: Apache-2.0
// Philox 4x32-10 in plain arithmetic, so that every target gives the same bits.
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#include "girih/compiler/frontend/importer.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace girih::compiler {

namespace {

constexpr std::int64_t multipliers[] = {0xD2511F53, 0xCD9E8D57};
constexpr std::int64_t weyl[] = {0x9E3779B9, 0xBB67AE85};
constexpr int rounds = 10;

} // namespace

void Importer::importRandom(const Node &node) {
  const ValueType &counter = typeOf(node.inputs[1]);
  Type word = tileType(typeOf(node.results[0]));
  Type wide = tileType(counter);
  Value offset = value(node.inputs[1]);
  Value seed = spread(value(node.inputs[0]), counter.shape);
  auto low = [&](Value x) -> Value {
    return arith::TruncIOp::create(builder, loc, word, x);
  };
  auto high = [&](Value x) -> Value {
    return low(
        arith::ShRUIOp::create(builder, loc, x, filledInteger(wide, 32)));
  };
  auto number = [&](Type type, std::int64_t value) {
    return filledInteger(type, value);
  };
  auto mix = [&](Value x, Value y, Value key) -> Value {
    return arith::XOrIOp::create(
        builder, loc, arith::XOrIOp::create(builder, loc, x, y), key);
  };
  Value c[4] = {low(offset), high(offset), number(word, 0), number(word, 0)};
  Value key[2] = {low(seed), high(seed)};
  for (int round = 0; round < rounds; ++round) {
    Value products[2];
    for (int i : {0, 1})
      products[i] = arith::MulIOp::create(
          builder, loc, arith::ExtUIOp::create(builder, loc, wide, c[2 * i]),
          number(wide, multipliers[i]));
    Value next[4] = {mix(high(products[1]), c[1], key[0]), low(products[1]),
                     mix(high(products[0]), c[3], key[1]), low(products[0])};
    std::copy(std::begin(next), std::end(next), c);
    for (int i : {0, 1})
      key[i] = arith::AddIOp::create(
          builder, loc, key[i],
          number(word, static_cast<std::int32_t>(weyl[i])));
  }
  for (auto [id, each] : llvm::zip_equal(node.results, c))
    values[id] = each;
}

} // namespace girih::compiler

// SPDX-License-Identifier: Apache-2.0
// Random arrangements and operands, made backwards: from the shape that all
// operands of a kernel share to sources that give it.
#pragma once

#include "girih/dsl/program.h"
#include "girih/dsl/tensor.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace girih::testing {

using Sizes = std::vector<std::int64_t>;

/// Random numbers that are the same with every standard library.
class Dice {
public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// In [low, high].
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(
                     engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return pick(1, n) == 1; }
  template <class T> T any(std::initializer_list<T> list) {
    return *(list.begin() +
             pick(0, static_cast<std::int64_t>(list.size()) - 1));
  }
  std::vector<int> permutation(std::size_t rank);

private:
  std::mt19937_64 engine_;
};

/// A source and the meta-operations that make a logical shape of it.
struct View {
  Sizes shape;
  std::vector<std::function<Tensor(const Tensor &)>> steps;
  std::string text;
  Tensor apply(Tensor tensor) const;
};

/// A view of `logical`. That of an output names each element at most once.
View random_view(Dice &dice, const Sizes &logical, bool output);

/// Strides in elements: any order, gaps, negative, and for inputs 0.
Sizes random_strides(Dice &dice, const Sizes &shape, bool output);

/// How every operand of an elementwise kernel is cut.
struct Cut {
  enum class Kind { none, tiles, nested, whole, strided };
  Kind kind = Kind::tiles;
  Sizes tile, count, stride, dilation;
  Rounding rounding = Rounding::ceil;
  bool named = false;     // tile sizes are block sizes
  std::vector<int> inner; // permutation of the innermost level, or empty
  bool flat = false;      // the innermost level is flattened
  Config config;
  std::string text() const;
  /// `backwards`: dimensions are reversed while cutting.
  Tensor apply(Tensor tensor, bool backwards) const;
  int levels() const { // middle dimensions
    return kind == Kind::nested || kind == Kind::whole
               ? static_cast<int>(tile.size())
               : 0;
  }
};
Cut random_cut(Dice &dice, const Sizes &logical);

/// A size with its neighbours and primes more often than chance has them.
std::int64_t random_size(Dice &dice, std::int64_t most);
std::int64_t random_tile(Dice &dice, std::int64_t size, std::int64_t most);

} // namespace girih::testing

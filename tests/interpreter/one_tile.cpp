// SPDX-License-Identifier: Apache-2.0
#include "girih/tests/interpreter/one_tile.h"

#include "girih/compiler/compiler.h"

#include <cmath>
#include <limits>

namespace girih::testing {

KernelSource one_tile_source(std::vector<Direction> directions,
                             std::function<void(Recorder &)> application,
                             std::vector<Shape> tiles) {
  KernelSource source;
  source.name = "one_tile";
  source.directions = std::move(directions);
  source.operand_names = default_operand_names(source.arity());
  source.application = std::move(application);
  source.arrangement = [tiles](std::span<const Tensor> tensors) {
    Arrangement out;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      Tensor tensor = tensors[i];
      Extents sizes(tiles[i].begin(), tiles[i].end());
      // The grid has one dimension, whatever the operand's rank.
      tensor = tensor.tile(sizes);
      tensor = tiles[i].empty() ? tensor.unsqueeze(0) : tensor.flatten();
      out.operands.push_back(tensor);
    }
    return out;
  };
  return source;
}

Program record_for(const KernelSource &source,
                   const std::vector<TestArray *> &arrays) {
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  for (const TestArray *array : arrays) {
    dtypes.push_back(array->dtype());
    ranks.push_back(static_cast<int>(array->shape().size()));
  }
  return record(source, dtypes, ranks, {}, {});
}

void interpret_on(const Program &program, std::vector<TestArray *> arrays,
                  bool all_f64) {
  auto params = parameter_block(std::move(arrays));
  compiler::interpret(program, params.data(), all_f64);
}

void fill_random(TestArray &array, unsigned seed, bool specials) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> values(is_signed(array.dtype()) ? -4 : 0,
                                            array.dtype() == b1 ? 1 : 4);
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double special[] = {std::nan(""), -0.0, inf, -inf};
  for (std::int64_t i = 0; i < array.numel(); ++i) {
    bool is_special = specials && is_float(array.dtype()) && random() % 2 == 0;
    array.set(i, is_special ? special[random() % 4] : values(random));
  }
}

void fill_indices(TestArray &array, std::int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int64_t> index(-2, size + 1);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(i, static_cast<double>(index(random)));
}

bool same_number(double a, double b) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

std::vector<std::int64_t> unravel(std::int64_t number, const Shape &shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t dim = shape.size(); dim-- > 0; number /= shape[dim])
    index[dim] = number % shape[dim];
  return index;
}

std::int64_t ravel(const std::vector<std::int64_t> &index, const Shape &shape) {
  std::int64_t number = 0;
  for (std::size_t dim = 0; dim < shape.size(); ++dim)
    number = number * shape[dim] + index[dim];
  return number;
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Elements by index, and where they come from: references of operators that
// move elements.
#pragma once

#include "operands.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace girih::testing {

using Place = std::vector<std::int64_t>;

/// Row-major elements with a shape.
struct Dense {
  Place shape;
  std::vector<double> values;

  std::size_t flat(const Place &place) const {
    std::int64_t at = 0;
    for (std::size_t d = 0; d < shape.size(); ++d)
      at = at * shape[d] + place[d];
    return static_cast<std::size_t>(at);
  }
  double operator[](const Place &place) const { return values[flat(place)]; }
  double &at(const Place &place) { return values[flat(place)]; }
};

/// Calls visit(place) for each place of a shape, row-major.
template <class Visit> void for_each_place(const Place &shape, Visit visit) {
  Place place(shape.size(), 0);
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    count *= size;
  for (std::int64_t n = 0; n < count; ++n) {
    visit(place);
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++place[d] < shape[d])
        break;
      place[d] = 0;
    }
  }
}

inline Place shape_of(const Array &array) {
  return {array.shape().begin(), array.shape().end()};
}
inline Dense dense(const Array &array) {
  return {shape_of(array), array.to_vector()};
}
inline Dense dense(const Operand &operand) {
  return {shape_of(operand.array()), operand.values()};
}

/// Elements of `from` at the places that `source` gives; 0 where it gives none.
inline std::vector<double>
taken(const Dense &from, const Place &shape,
      const std::function<std::optional<Place>(const Place &)> &source) {
  std::vector<double> out;
  for_each_place(shape, [&](const Place &place) {
    const auto found = source(place);
    out.push_back(found ? from[*found] : 0);
  });
  return out;
}

/// An input of the layout, with whole numbers.
inline Operand whole_numbers(const Place &shape, DType dtype, Device device,
                             Layout layout = Layout::contiguous) {
  static thread_local std::uint64_t calls = 0;
  auto random = random_engine();
  random.discard(++calls % 1000);
  return {shape, dtype, device, layout, Values::integers, random};
}

} // namespace girih::testing

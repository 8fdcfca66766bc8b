// SPDX-License-Identifier: Apache-2.0
// What tests of convolutions and pooling share: views with channels last, and
// going over windows.
#pragma once

#include "operands.h"

#include "girih/dsl/support/diagnostics.h"

#include <array>
#include <numeric>

namespace girih::testing {

using Sizes = std::vector<std::int64_t>;
using Triple = std::array<std::int64_t, 3>;

inline std::string text_of(const Sizes &sizes) {
  std::string out = "[";
  for (const std::int64_t size : sizes)
    out += (out.size() > 1 ? ", " : "") + std::to_string(size);
  return out + "]";
}

inline std::int64_t product_of(const Sizes &sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1},
                         std::multiplies());
}

/// One number for all, or one for each dimension, with `rest` behind.
inline Triple triple(const Sizes &given, int dims, std::int64_t rest) {
  Triple out{rest, rest, rest};
  for (int i = 0; i < dims; ++i)
    out[static_cast<std::size_t>(i)] =
        given[given.size() == 1 ? 0 : static_cast<std::size_t>(i)];
  return out;
}

/// How an operand of rank 3 or more lies in memory: a Layout, or with its
/// dimension 1 last.
struct WindowLayout {
  Layout layout = Layout::contiguous;
  bool channels_last = false;
};

/// An Operand, seen with channels moved to dimension 1 where they are last.
class WindowOperand {
public:
  WindowOperand(const Sizes &shape, DType dtype, Device device,
                WindowLayout layout, Values values, std::mt19937_64 &random)
      : last_(layout.channels_last && shape.size() > 2),
        operand_(stored(shape), dtype, device, layout.layout, values, random) {}
  WindowOperand(const Sizes &shape, DType dtype, Device device,
                WindowLayout layout)
      : last_(layout.channels_last && shape.size() > 2),
        operand_(stored(shape), dtype, device, layout.layout) {}

  Array array() const {
    Array out = operand_.array();
    for (int dim = out.rank() - 1; last_ && dim > 1; --dim)
      out = out.transpose(dim, dim - 1);
    return out;
  }
  /// Row major, as the view has them.
  std::vector<double> values() const {
    return array().to(host_device).to_vector();
  }
  ::testing::AssertionResult untouched_outside() const {
    return operand_.untouched_outside();
  }

private:
  Sizes stored(Sizes shape) const {
    if (last_)
      std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
    return shape;
  }
  bool last_;
  Operand operand_;
};

/// Runs `call` and expects a RuntimeError `id` whose text has `part`.
template <class F> void expect_refused(ErrorId id, const char *part, F call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown; expected: " << part;
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
        << error.what();
  }
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Activation functions, one row of the table each, against long double.
#include "elements.h"

#include "girih/ops/ops.h"
#include "girih/ops/registry.h"

#include <cmath>
#include <numbers>
#include <set>
#include <string>

namespace girih::testing {
namespace {

using Real = long double;

struct ActivationRow {
  const char *name;
  Array (*make)(const Array &);
  void (*into)(const Array &, const Array &);
  Real (*exact)(Real);
  Allowed allowed;
  Takes takes = Takes::floats;
};

// What an exponential beyond the largest number of f32 leaves out is below its
// smallest normal number; it is told as a part of x.
constexpr double lost = 1e-30;

Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
Real gelu(Real x) {
  return x / 2 * (1 + std::erf(x / std::numbers::sqrt2_v<Real>));
}
Real gelu_tanh(Real x) {
  const Real scale =
      std::numbers::sqrt2_v<Real> * std::numbers::inv_sqrtpi_v<Real>;
  return x / 2 * (1 + std::tanh(scale * (x + 0.044715L * x * x * x)));
}
Real softplus(Real x, Real beta, Real threshold) {
  return beta * x > threshold ? x : std::log1p(std::exp(beta * x)) / beta;
}
Real bounded(Real x, Real low, Real high) {
  return std::isnan(x) ? x : std::min(std::max(x, low), high);
}

#define GIRIH_ACTIVATION(name, ...)                                            \
  [](const Array &x) { return ops::name(x __VA_OPT__(, ) __VA_ARGS__); },      \
      [](const Array &x, const Array &out) {                                   \
        ops::name##_out(x, out __VA_OPT__(, ) __VA_ARGS__);                    \
      }

const ActivationRow rows[] = {
    {"relu",
     GIRIH_ACTIVATION(relu),
     [](Real x) { return x > 0 || std::isnan(x) ? x : 0; },
     {},
     Takes::numbers},
    {"gelu", GIRIH_ACTIVATION(gelu), gelu, {4, 1}},
    {"gelu tanh", GIRIH_ACTIVATION(gelu, "tanh"), gelu_tanh, {4, 1}},
    {"silu",
     GIRIH_ACTIVATION(silu),
     [](Real x) { return x * sigmoid(x); },
     {4, lost}},
    {"sigmoid",
     GIRIH_ACTIVATION(sigmoid),
     sigmoid,
     {4, lost},
     Takes::numbers_and_bool},
    {"hardswish",
     GIRIH_ACTIVATION(hardswish),
     [](Real x) { return x * bounded(x + 3, 0, 6) / 6; },
     {}},
    {"hardsigmoid",
     GIRIH_ACTIVATION(hardsigmoid),
     [](Real x) { return bounded(x + 3, 0, 6) / 6; },
     {}},
    {"leaky_relu",
     GIRIH_ACTIVATION(leaky_relu, 0.25),
     [](Real x) { return x > 0 ? x : x / 4; },
     {}},
    {"elu",
     GIRIH_ACTIVATION(elu, 1.5),
     [](Real x) { return x > 0 ? x : 1.5L * std::expm1(x); },
     {4}},
    {"celu",
     GIRIH_ACTIVATION(celu, 1.5),
     [](Real x) { return x > 0 ? x : 1.5L * std::expm1(x / 1.5L); },
     {4}},
    {"softplus",
     GIRIH_ACTIVATION(softplus),
     [](Real x) { return softplus(x, 1, 20); },
     {6, lost}},
    {"softplus",
     GIRIH_ACTIVATION(softplus, 0.5, 3),
     [](Real x) { return softplus(x, 0.5L, 3); },
     {6, lost}},
    {"mish",
     GIRIH_ACTIVATION(mish),
     [](Real x) { return x * std::tanh(std::log1p(std::exp(x))); },
     {6, lost}},
    {"threshold",
     [](const Array &x) { return ops::threshold(x, 1, 5); },
     [](const Array &x, const Array &out) { ops::threshold_out(x, 1, 5, out); },
     [](Real x) { return x <= 1 ? 5 : x; },
     {},
     Takes::numbers},
};

class ActivationsTest : public OnDevice {
protected:
  void check(const ActivationRow &row, const std::vector<double> &values,
             DType dtype) {
    const DType result =
        is_float(dtype) || row.takes == Takes::numbers ? dtype : f32;
    std::vector<double> exact;
    for (double x : result == dtype ? values : rounded(values, result))
      exact.push_back(wrapped(static_cast<double>(row.exact(x)), result));
    const Array x = Array::from(
        values, {static_cast<std::int64_t>(values.size())}, dtype, device());
    const Array out = poisoned(x.shape(), result, device());
    row.into(x, out);
    EXPECT_TRUE(near_exact(elements(out), exact, values, result, row.allowed));
  }
};
GIRIH_ON_EACH_DEVICE(ActivationsTest);

TEST_P(ActivationsTest, EveryDtype) {
  auto random = random_engine();
  for (const ActivationRow &row : rows)
    for (DType dtype : dtypes_of(row.takes, on_interpreter())) {
      SCOPED_TRACE(std::string(row.name) + " " +
                   std::string(girih::name(dtype)));
      std::vector<double> values = special_values(dtype);
      const auto others = random_values(1009, dtype, -9, 9, random);
      values.insert(values.end(), others.begin(), others.end());
      check(row, values, dtype);
    }
}

/// The neighbour of a number of bf16 towards larger ones, in size.
double bf16_step(double value) {
  return std::ldexp(1, std::max(std::ilogb(value), -126) - 7);
}

// Functions of 8 digits, which short polynomials do for: over all numbers that
// bf16 has next to none is rounded otherwise than the exact result.
TEST_P(ActivationsTest, EveryNumberOfBf16) {
  struct Row {
    const char *name;
    void (*into)(const Array &, const Array &);
    Real (*exact)(Real);
    double lost = 0; // what a sum with 1 in f32 loses, as a part of x
  };
  // On a GPU 1 + erf x is a sum.
  const double sum = device() == host_device && !on_interpreter() ? 0 : 0x1p-22;
  const Row functions[] = {
      {"exp", [](auto &x, auto &out) { ops::exp_out(x, out); }, std::exp},
      {"exp2", [](auto &x, auto &out) { ops::exp2_out(x, out); }, std::exp2},
      {"sigmoid", [](auto &x, auto &out) { ops::sigmoid_out(x, out); },
       sigmoid},
      {"silu", [](auto &x, auto &out) { ops::silu_out(x, out); },
       [](Real x) { return x * sigmoid(x); }},
      {"gelu", [](auto &x, auto &out) { ops::gelu_out(x, out); },
       [](Real x) {
         return x / 2 * std::erfc(-x / std::numbers::sqrt2_v<Real>);
       },
       sum},
      {"gelu tanh", [](auto &x, auto &out) { ops::gelu_out(x, out, "tanh"); },
       [](Real x) {
         const Real scale =
             std::numbers::sqrt2_v<Real> * std::numbers::inv_sqrtpi_v<Real>;
         return x / (1 + std::exp(-2 * scale * (x + 0.044715L * x * x * x)));
       },
       sum}};
  std::vector<double> codes;
  for (int code = -32768; code < 32768; code += on_interpreter() ? 64 : 1)
    codes.push_back(code);
  const auto count = static_cast<std::int64_t>(codes.size());
  const Array bits = Array::from(codes, {count}, i16, device());
  const Array x(bits.data(), {count}, bf16, device());
  const std::vector<double> values = elements(x);
  for (const Row &row : functions) {
    SCOPED_TRACE(row.name);
    const Array out = poisoned(x.shape(), bf16, device());
    row.into(x, out);
    const std::vector<double> actual = elements(out);
    std::vector<double> exact;
    for (double value : values)
      exact.push_back(static_cast<double>(row.exact(value)));
    const std::vector<double> nearest = rounded(exact, bf16);
    int otherwise = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (actual[i] == nearest[i] ||
          (std::isnan(actual[i]) && std::isnan(nearest[i])))
        continue;
      ++otherwise;
      // Beyond what f32 can hold on the way there is nothing.
      const double allowed =
          bf16_step(exact[i]) + row.lost * std::abs(values[i]) + 0x1p-119;
      ASSERT_LE(std::abs(actual[i] - exact[i]), allowed) << "of " << values[i];
    }
    EXPECT_LT(otherwise, count / 200);
  }
}

TEST_P(ActivationsTest, StridedInputs) {
  auto random = random_engine();
  for (const ActivationRow &row : rows) {
    if (on_interpreter() && row.takes == Takes::floats)
      continue;
    SCOPED_TRACE(row.name);
    const auto values = random_values(7 * 19, f16, -9, 9, random);
    std::vector<double> exact;
    for (double x : values)
      exact.push_back(static_cast<double>(row.exact(x)));
    const Array out = row.make(stepped(values, 7, f16, device()));
    ASSERT_EQ(out.dtype(), f16);
    EXPECT_TRUE(near_exact(elements(out), exact, values, f16, row.allowed));
    EXPECT_EQ(row.make(Array::zeros({0, 4}, f32, device())).numel(), 0);
  }
}

// Other numbers compile nothing anew: they are values of one kernel.
TEST_P(ActivationsTest, NumbersAreValues) {
  const double values[] = {-2, -1, 3};
  const Array x = Array::from(values, {3}, f32, device());
  for (double slope : {0.5, 2.0, -1.0})
    EXPECT_TRUE(same_values(elements(ops::leaky_relu(x, slope)),
                            {-2 * slope, -slope, 3}));
  EXPECT_TRUE(same_values(elements(ops::threshold(x, -1.5, 8)), {8, -1, 3}));
}

TEST_P(ActivationsTest, ClampsToNumbers) {
  const std::vector<double> values{-5, -1, 0, 2, 7};
  for (DType dtype : dtypes_of(Takes::numbers, on_interpreter())) {
    if (dtype == u8)
      continue;
    SCOPED_TRACE(girih::name(dtype));
    const Array x = Array::from(values, {5}, dtype, device());
    EXPECT_TRUE(same_values(elements(ops::clamp(x, -1, 3)), {-1, -1, 0, 2, 3}));
    EXPECT_TRUE(same_values(elements(ops::clamp(x, 1)), {1, 1, 1, 2, 7}));
    EXPECT_TRUE(same_values(elements(ops::clamp(x, {}, 1)), {-5, -1, 0, 1, 1}));
    EXPECT_TRUE(
        same_values(elements(ops::clamp(x, 3, -1)), {-1, -1, -1, -1, -1}));
  }
  const Array whole = Array::from(values, {5}, i8, device());
  EXPECT_TRUE(same_values(elements(ops::clamp(whole, -300, 300)), values));
  const Array halves = ops::clamp(whole, -0.5, {});
  EXPECT_EQ(halves.dtype(), f32);
  EXPECT_TRUE(same_values(elements(halves), {-0.5, -0.5, 0, 2, 7}));
  const Array odd =
      Array::from(std::vector<double>{NAN, INFINITY}, {2}, bf16, device());
  EXPECT_TRUE(same_values(elements(ops::clamp(odd, 0, 1)), {NAN, 1}));
}

TEST_P(ActivationsTest, ClampsToArrays) {
  auto random = random_engine();
  const auto x = random_values(4 * 17, bf16, -9, 9, random);
  const auto low = random_values(17, bf16, -5, 1, random);
  std::vector<double> exact;
  for (std::size_t i = 0; i < x.size(); ++i)
    exact.push_back(std::min(std::max(x[i], low[i % 17]), 2.0));
  const Array out = ops::clamp(
      stepped(x, 4, bf16, device()), Array::from(low, {17}, bf16, device()),
      Array::from(std::vector<double>{2}, {1, 1}, bf16, device()));
  ASSERT_EQ(out.dtype(), bf16);
  EXPECT_TRUE(same_values(elements(out), exact));
}

struct GatedCase {
  const char *name;
  Array (*make)(const Array &, const Array &);
  Real (*exact)(Real);
};
const GatedCase gated[] = {
    {"swiglu",
     [](const Array &gate, const Array &up) { return ops::swiglu(gate, up); },
     [](Real x) { return x * sigmoid(x); }},
    {"geglu",
     [](const Array &gate, const Array &up) { return ops::geglu(gate, up); },
     gelu},
    {"geglu tanh",
     [](const Array &gate, const Array &up) {
       return ops::geglu(gate, up, "tanh");
     },
     gelu_tanh},
};

TEST_P(ActivationsTest, GatedUnits) {
  const std::int64_t columns = on_interpreter() ? 13 : 129;
  for (const GatedCase &each : gated)
    for (DType dtype : dtypes_of(Takes::floats, on_interpreter()))
      for (Layout layout : all_layouts) {
        if (on_interpreter() && layout != Layout::padded)
          continue;
        SCOPED_TRACE(std::string(each.name) + " " +
                     std::string(girih::name(dtype)) + " " + name(layout));
        auto random = random_engine();
        const Operand gate({13, columns}, dtype, device(), layout,
                           Values::reals, random);
        const Operand up({13, columns}, dtype, device(), Layout::contiguous,
                         Values::reals, random);
        const auto g = gate.values(), u = up.values();
        std::vector<double> exact, sizes;
        for (std::size_t i = 0; i < g.size(); ++i) {
          exact.push_back(static_cast<double>(each.exact(g[i]) * u[i]));
          sizes.push_back(g[i] * u[i]);
        }
        EXPECT_TRUE(near_exact(elements(each.make(gate.array(), up.array())),
                               exact, sizes, dtype, {4, 1}));
      }
}

// The two halves of the columns of one matrix, as a fused projection leaves
// them, and the feed-forward sizes of the listings that operators come from.
TEST_P(ActivationsTest, HalvesOfOneMatrix) {
  auto random = random_engine();
  for (DType dtype : {f32, f16, bf16})
    for (auto [rows_count, columns] :
         {std::pair{2, 3}, {on_interpreter() ? 3 : 64, 256}}) {
      const auto values =
          random_values(static_cast<std::size_t>(2 * rows_count * columns),
                        dtype, -3, 3, random);
      const Array both =
          Array::from(values, {rows_count, 2 * columns}, dtype, device());
      const Array out = ops::swiglu(both.slice(1, 0, columns),
                                    both.slice(1, columns, 2 * columns));
      std::vector<double> exact;
      for (int i = 0; i < rows_count; ++i)
        for (int j = 0; j < columns; ++j) {
          const auto at = static_cast<std::size_t>(2 * i * columns + j);
          exact.push_back(static_cast<double>(
              values[at] * sigmoid(values[at]) *
              values[at + static_cast<std::size_t>(columns)]));
        }
      EXPECT_TRUE(near_exact(elements(out), exact,
                             std::vector(exact.size(), 0.0), dtype, {4}));
    }
}

TEST(ActivationsTableTest, IsComplete) {
  std::set<std::string> named{"clamp", "swiglu", "geglu"};
  for (const ActivationRow &row : rows)
    named.insert(row.name);
  for (const ops::OpEntry &op : ops::all_ops())
    if (op.category == "activations")
      EXPECT_TRUE(named.contains(std::string(op.name()))) << op.name();
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
#include "elements.h"
#include "tolerance.h"

#include <cmath>
#include <limits>

namespace girih::testing {

std::span<const DType> dtypes_of(Takes takes) {
  static constexpr DType all[] = {f64, f32, f16, bf16, i64,
                                  i32, i16, i8,  u8,   b1};
  const std::span<const DType> list(all);
  switch (takes) {
  case Takes::floats:
    return list.first(4);
  case Takes::numbers:
    return list.first(9);
  case Takes::numbers_and_bool:
    return list;
  case Takes::integers_and_bool:
    return list.last(6);
  }
  return {};
}

std::vector<DType> dtypes_of(Takes takes, bool few) {
  std::vector<DType> chosen;
  for (DType dtype : dtypes_of(takes))
    if (!few || dtype == f32 || dtype == i16 || dtype == b1)
      chosen.push_back(dtype);
  return chosen;
}

DType result_of(Gives gives, DType dtype) {
  if (gives == Gives::mask)
    return b1;
  return gives == Gives::real && !is_float(dtype) ? f32 : dtype;
}

double wrapped(double value, DType dtype) {
  if (is_float(dtype) || dtype == i64)
    return value;
  if (dtype == b1)
    return value != 0;
  const double range = std::ldexp(1.0, bits(dtype));
  double rest = value - std::floor(value / range) * range;
  if (is_signed(dtype) && rest >= range / 2)
    rest -= range;
  return rest;
}

::testing::AssertionResult near_exact(const std::vector<double> &actual,
                                      const std::vector<double> &exact,
                                      const std::vector<double> &sizes,
                                      DType dtype, Allowed allowed) {
  if (actual.size() != exact.size())
    return ::testing::AssertionFailure()
           << actual.size() << " elements, expected " << exact.size();
  const std::vector<double> best = rounded(exact, dtype);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const bool same =
        actual[i] == best[i] || (std::isnan(actual[i]) && std::isnan(exact[i]));
    const double size = std::isfinite(sizes[i]) ? std::abs(sizes[i]) : 0;
    const double bound =
        is_float(dtype) && std::isfinite(exact[i])
            ? element_bound(dtype, exact[i], allowed.cancelling * size,
                            allowed.units)
            : 0;
    if (!same && !(std::abs(actual[i] - exact[i]) <= bound))
      return ::testing::AssertionFailure()
             << "element " << i << " is " << actual[i] << ", expected "
             << exact[i] << " within " << bound;
    if (actual[i] == 0 && exact[i] == 0 && is_float(dtype) &&
        std::signbit(actual[i]) != std::signbit(exact[i]))
      return ::testing::AssertionFailure()
             << "element " << i << " is the zero of the other sign";
  }
  return ::testing::AssertionSuccess();
}

std::vector<double> special_values(DType dtype) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (dtype == b1)
    return {0, 1};
  if (!is_float(dtype)) {
    if (dtype == i64)
      return {0, 1, -1, 2, 3, -5, 0x1p52, -0x1p52};
    const double top =
        std::ldexp(1.0, bits(dtype) - (is_signed(dtype) ? 1 : 0));
    if (!is_signed(dtype))
      return {0, 1, 2, 3, top - 1};
    return {0, 1, -1, 2, 3, -5, top - 1, -top};
  }
  std::vector<double> values{0,    -0.0, 1,    -1,    0.5,  -0.5, 1.5,
                             -1.5, 2,    -2.5, inf,   -inf, nan,  100,
                             -100, 1e-5, -3e4, 1e-40, 3e38};
  return rounded(values, dtype);
}

std::vector<double> random_values(std::size_t count, DType dtype, double low,
                                  double high, std::mt19937_64 &random) {
  std::vector<double> values(count);
  std::uniform_real_distribution<double> real(low, high);
  std::uniform_int_distribution<int> whole(is_signed(dtype) ? -4 : 0,
                                           dtype == b1 ? 1 : 4);
  for (double &value : values)
    value = is_float(dtype) ? real(random) : whole(random);
  return rounded(values, dtype);
}

Array stepped(const std::vector<double> &values, std::int64_t rows, DType dtype,
              Device device) {
  const auto columns = static_cast<std::int64_t>(values.size()) / rows;
  std::vector<double> spread;
  for (double value : values)
    spread.insert(spread.end(), {value, 77});
  return Array::from(spread, {rows, 2 * columns}, dtype, device)
      .slice(1, 0, 2 * columns, 2);
}

Array poisoned(std::span<const std::int64_t> shape, DType dtype,
               Device device) {
  const Array array = Array::empty(shape, dtype, device);
  array.fill_bytes(0xff);
  return array;
}

std::vector<double> elements(const Array &array) {
  return array.to(host_device).to_vector();
}

} // namespace girih::testing

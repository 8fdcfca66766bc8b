// SPDX-License-Identifier: Apache-2.0
// Attention in f64 by its definition, for tests of all its forms.
#pragma once

#include "operands.h"
#include "tolerance.h"

#include "girih/dsl/support/diagnostics.h"

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace girih::testing {

/// One query's attention: the result, and what bounds its error.
struct AttendedRow {
  std::vector<double> exact, absolute; // of Dv values; sum of p |v|
  double log_sum = -std::numeric_limits<double>::infinity();
};

/// Scores (already scaled, capped, biased) of keys; minus infinity: not
/// visible. `value(j, d)` is value element d of key j.
inline AttendedRow
attended(const std::vector<double> &scores, std::size_t width,
         const std::function<double(std::size_t, std::size_t)> &value,
         double sink = -std::numeric_limits<double>::infinity()) {
  AttendedRow row{std::vector<double>(width), std::vector<double>(width)};
  double top = sink;
  for (double each : scores)
    top = std::max(top, each);
  if (std::isinf(top))
    return row;
  double total = std::exp(sink - top);
  for (double each : scores)
    total += std::exp(each - top);
  for (std::size_t j = 0; j < scores.size(); ++j) {
    const double p = std::exp(scores[j] - top) / total;
    if (p == 0)
      continue;
    for (std::size_t d = 0; d < width; ++d) {
      row.exact[d] += p * value(j, d);
      row.absolute[d] += p * std::abs(value(j, d));
    }
  }
  row.log_sum = top + std::log(total);
  return row;
}

/// Bound of an attention's error: `score_error` is that of a score, which is a
/// relative error of its weight; weights are rounded to `dtype`.
inline double attention_bound(DType dtype, std::int64_t keys, double absolute,
                              double exact, double score_error) {
  const Tolerance &row = tolerance(dtype);
  const double weight = 2 * score_error + row.output + 8 * row.accumulate +
                        static_cast<double>(keys) * row.accumulate;
  return 2 * weight * absolute + row.output * std::abs(exact) + row.smallest +
         static_cast<double>(keys) * row.smallest;
}

/// Whether a row of results is within its bounds.
inline ::testing::AssertionResult within_bounds(const double *actual,
                                                const AttendedRow &row,
                                                DType dtype, std::int64_t keys,
                                                double score_error) {
  for (std::size_t d = 0; d < row.exact.size(); ++d) {
    const double bound = attention_bound(dtype, keys, row.absolute[d],
                                         row.exact[d], score_error);
    if (!(std::abs(actual[d] - row.exact[d]) <= bound))
      return ::testing::AssertionFailure()
             << "element " << d << " is " << actual[d] << ", expected "
             << row.exact[d] << " within " << bound;
  }
  return ::testing::AssertionSuccess();
}

/// The error of a score of `terms` products of sum `absolute`.
inline double score_bound(DType dtype, std::int64_t terms, double absolute,
                          double score) {
  const double unit = tolerance(dtype).accumulate;
  return unit *
         (static_cast<double>(terms) * absolute + 8 * std::abs(score) + 8);
}

/// Expects that `mistake` throws error `id` with these words.
template <class Mistake>
void expect_failure(ErrorId id, Mistake mistake, std::string_view says) {
  try {
    mistake();
    ADD_FAILURE() << "no error; expected " << says;
  } catch (const Error &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(says), std::string_view::npos)
        << "does not say: " << says << "\n"
        << error.what();
  }
}

} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// Divisions of flattened dimensions leave the loops that a tile is read in.
#include "girih/compiler/compiler.h"
#include "girih/dsl/make.h"
#include "girih/tests/fuzz/emulated_run.h"
#include "girih/tests/interpreter/one_tile.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace girih::testing {
namespace {

constexpr std::int64_t columns = 16;

/// y[A B, N] = the sum over k of x[A, B, K] * w[K, N]: a row of x is two
/// divisions away.
Program product(const std::vector<TestArray *> &arrays) {
  const KernelSource source = make_source(
      "flat_product",
      [](Tensor x, Tensor w, Tensor y) {
        auto xt =
            x.flatten(0, 2).tile({16, 16}).tile({1, whole}).at(1, squeeze(0));
        auto wt =
            w.tile({16, columns}).tile({whole, 1}).expand({xt.size(0), keep});
        return arranged(xt, wt.at(1, squeeze(1)), y.tile({16, columns}));
      },
      [](In x, In w, Out y) {
        Tile acc = zeros(y.shape(), f32);
        for (Index k : range(x.size(0)))
          acc += dot(x[k], w[k]);
        y = acc;
      },
      {"x", "w", "y"});
  std::vector<DType> dtypes;
  std::vector<int> ranks;
  std::vector<OperandClass> classes;
  for (const TestArray *array : arrays) {
    dtypes.push_back(array->dtype());
    ranks.push_back(static_cast<int>(array->shape().size()));
    OperandClass known;
    known.aligned = true;
    known.unit_stride = std::uint32_t{1} << (ranks.back() - 1);
    known.size_div16 = known.unit_stride;
    known.stride_div16 = known.unit_stride - 1;
    classes.push_back(known);
  }
  return record(source, dtypes, ranks, classes, Config{});
}

/// Divisions between a label and a branch back to it.
int divisions_in_loops(const std::string &ptx) {
  std::map<std::string, std::size_t> labels;
  std::vector<std::string> lines;
  std::istringstream text(ptx);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("$L") && line.find(':') != std::string::npos)
      labels[line.substr(0, line.find(':'))] = lines.size();
    lines.push_back(line);
  }
  std::vector<bool> repeated(lines.size());
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::size_t branch = lines[at].find("bra");
    const std::size_t name = lines[at].find("$L");
    if (branch == std::string::npos || name == std::string::npos)
      continue;
    const auto found =
        labels.find(lines[at].substr(name, lines[at].find(';') - name));
    if (found != labels.end() && found->second < at)
      std::fill(repeated.begin() + static_cast<std::ptrdiff_t>(found->second),
                repeated.begin() + static_cast<std::ptrdiff_t>(at), true);
  }
  int count = 0;
  for (std::size_t at = 0; at < lines.size(); ++at)
    count += repeated[at] && lines[at].find("div.") != std::string::npos;
  return count;
}

TEST(HoistDivisions, OfRowsLeaveTheLoop) {
  TestArray x(bf16, {3, 5, 64}), w(bf16, {64, columns}), y(f32, {15, columns});
  std::string ptx;
  compiler::Options options;
  options.on_stage = [&](compiler::Stage stage, std::string_view text) {
    if (stage == compiler::Stage::ptx)
      ptx = text;
  };
  compiler::compile(product({&x, &w, &y}), compiler::nvptx_target(80), options);
  EXPECT_NE(ptx.find("div."), std::string::npos);
  EXPECT_EQ(divisions_in_loops(ptx), 0) << ptx;
}

TEST(HoistDivisions, ResultsStay) {
  for (const std::int64_t outer : {0, 1, 7})
    for (const std::int64_t inner : {0, 1, 3, 16})
      for (const std::int64_t depth : {0, 16, 160}) {
        TestArray x(bf16, {outer, inner, depth}), w(bf16, {depth, columns}),
            y(f32, {outer * inner, columns});
        fill_random(x, 3);
        fill_random(w, 4);
        run_emulated(product({&x, &w, &y}), parameter_block({&x, &w, &y}),
                     (outer * inner + 15) / 16);
        for (std::int64_t row = 0; row < outer * inner; ++row)
          for (std::int64_t n = 0; n < columns; ++n) {
            double sum = 0;
            for (std::int64_t k = 0; k < depth; ++k)
              sum += x.get(row * depth + k) * w.get(k * columns + n);
            ASSERT_EQ(y.get(row * columns + n), sum) << row << ", " << n;
          }
      }
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
// What the nvptx back end emits computes what it should, without a GPU.
#include "cases.h"
#include "emulator.h"
#include "matmul_run.h"

#include <gtest/gtest.h>

using namespace girih::testing;

namespace {

class EmulatedMatmul : public ::testing::TestWithParam<MatmulCase> {};

TEST_P(EmulatedMatmul, IsExact) { expectExactProducts(GetParam()); }

std::vector<MatmulCase> allCases() {
  std::vector<MatmulCase> all = hotCases();
  for (const MatmulCase &c : otherCases())
    all.push_back(c);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, EmulatedMatmul, ::testing::ValuesIn(allCases()),
                         [](const auto &info) { return info.param.name; });

TEST(EmulatedAdd, EveryTailAndAlignment) {
  for (std::string type : {"f64", "f32", "i8", "i32"})
    for (std::int64_t block : {1, 13, 64, 1000, 1024})
      for (bool aligned : {false, true}) {
        SCOPED_TRACE(type + " " + std::to_string(block) +
                     (aligned ? " aligned" : ""));
        std::int64_t bytes = bytesOf(type), divisor = aligned ? 16 : 1;
        EmulatedKernel kernel(
            addText(type, block, divisor, aligned ? 16 : bytes, 4), 80);
        for (std::int64_t size :
             {divisor, divisor * 7, (block + 1) / divisor * divisor}) {
          std::vector<Matrix> m(
              3, Matrix(1, size, type, 1, divisor, aligned ? 16 : bytes));
          std::vector<char> expected = m[2].memory;
          std::vector<std::int64_t> params;
          for (Matrix &matrix : m)
            params.insert(
                params.end(),
                {reinterpret_cast<std::int64_t>(matrix.data()), size, 1});
          for (std::int64_t i = 0; i < size; ++i) {
            write(m[0].at(0, i), type, static_cast<double>(i % 50));
            write(m[1].at(0, i), type, static_cast<double>(i % 7));
            write(expected.data() + (m[2].at(0, i) - m[2].memory.data()), type,
                  static_cast<double>(i % 50 + i % 7));
          }
          ASSERT_NO_THROW(kernel.run(params, (size + block - 1) / block));
          EXPECT_TRUE(expected == m[2].memory) << size;
        }
      }
}

} // namespace

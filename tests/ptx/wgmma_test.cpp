// SPDX-License-Identifier: Apache-2.0
// Dots by warp groups compute what they should, without a GPU, and keep to the
// rules of shared memory that other units read.
#include "cases.h"
#include "matmul_run.h"

#include <gtest/gtest.h>

using namespace girih::testing;

namespace {

class EmulatedWarpgroups : public ::testing::TestWithParam<MatmulCase> {};

TEST_P(EmulatedWarpgroups, IsExact) { expectExactProducts(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Cases, EmulatedWarpgroups,
                         ::testing::ValuesIn(warpgroupCases()),
                         [](const auto &info) { return info.param.name; });

} // namespace

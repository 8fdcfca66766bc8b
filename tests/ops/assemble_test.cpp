// SPDX-License-Identifier: Apache-2.0
// Every kernel of the library, in each of its dtypes, compiled for each GPU
// architecture and assembled where this machine has ptxas.
#include "girih/ops/registry.h"
#include "girih/runtime/cuda/assembler.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace girih::testing {
namespace {

class AssembleTest : public ::testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, AssembleTest,
                         ::testing::Values("sm_80", "sm_89", "sm_90a",
                                           "sm_100a", "sm_120a"),
                         [](const auto &information) {
                           return std::string(information.param);
                         });

// Whether no such code has been seen for the architecture: that of dtypes of
// one width may be the same. What sm_80 runs sm_89 runs alike.
bool is_new(const std::string &ptx, std::string_view arch) {
  static std::map<std::string_view, std::set<std::size_t>> seen;
  const std::string_view code =
      std::string_view(ptx).substr(ptx.find(".address_size"));
  return seen[arch == "sm_89" ? "sm_80" : arch]
      .insert(std::hash<std::string_view>()(code))
      .second;
}

TEST_P(AssembleTest, NoKernelSpills) {
  const compiler::Target target = compiler::parse_target(GetParam());
  const std::string ptxas = cuda::find_ptxas();
  for (const ops::KernelEntry &entry : ops::all_kernels())
    for (DType dtype : entry.dtypes) {
      SCOPED_TRACE(std::string(entry.name) + " " + std::string(name(dtype)));
      if (entry.capability != 0 &&
          !target.arch.starts_with("sm_" + std::to_string(entry.capability)))
        continue;
      const Config config =
          default_config_for(entry, dtype, entry.sizes, target);
      const compiler::Artifact artifact = compiler::compile(
          program_for(entry, dtype, entry.sizes, target, config), target);
      EXPECT_NE(artifact.code.find(artifact.entry), std::string::npos);
      if (entry.name.ends_with("_spread"))
        EXPECT_EQ(artifact.blocks, config.num_ctas);
      if (ptxas.empty() || !is_new(artifact.code, GetParam()))
        continue;
      const cuda::Assembled assembled =
          cuda::assemble(artifact.code, target.arch, ptxas);
      // One register may be saved, as around the call of a slow path, and a few
      // where a thread has all registers that there are.
      const bool full =
          assembled.log.find("Used 255 registers") != std::string::npos;
      EXPECT_LE(assembled.spill_bytes, full ? 32 : 8) << assembled.log;
      EXPECT_FALSE(assembled.cubin.empty());
    }
  if (ptxas.empty())
    GTEST_SKIP() << "compiled, but not assembled: no ptxas on this machine";
}

} // namespace
} // namespace girih::testing

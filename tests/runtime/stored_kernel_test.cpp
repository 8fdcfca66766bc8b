// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/cache/stored_kernel.h"

#include <gtest/gtest.h>

namespace girih {
namespace {

StoredKernel example() {
  StoredKernel kernel;
  kernel.form = StoredKernel::Form::cubin;
  kernel.target = "sm_90a+ptx80";
  kernel.entry = "matmul";
  kernel.code = std::string("\x7f"
                            "ELF\0\1\2",
                            7);
  kernel.shared_bytes = 65536;
  kernel.scratch_bytes = 12;
  kernel.threads = 128;
  kernel.blocks = 4;
  kernel.persistent = true;
  kernel.spill_bytes = 4;
  kernel.pdl = true;
  kernel.tensor_maps = {{.operand = 1,
                         .element_bytes = 2,
                         .dims = {1, 0},
                         .box = {64, 128},
                         .swizzle_bytes = 128},
                        {.operand = 0, .dims = {2}, .box = {16}}};
  kernel.parameters = {{8, 8}, {4, 4}, {16, 8}};
  kernel.remarks.push_back({"layout", "dot on CUDA cores", {"k.cpp", 22}});
  return kernel;
}

constexpr std::string_view key = "build 1\ntarget sm_90a\nprogram matmul ...";

TEST(StoredKernel, RoundTrip) {
  const StoredKernel kernel = example();
  const auto read = read_entry(write_entry(kernel, key), key, kernel.target);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->form, kernel.form);
  EXPECT_EQ(read->target, kernel.target);
  EXPECT_EQ(read->entry, kernel.entry);
  EXPECT_EQ(read->code, kernel.code);
  EXPECT_EQ(read->shared_bytes, 65536);
  EXPECT_EQ(read->scratch_bytes, 12);
  EXPECT_EQ(read->threads, 128);
  EXPECT_EQ(read->blocks, 4);
  EXPECT_TRUE(read->persistent);
  EXPECT_EQ(read->spill_bytes, 4);
  EXPECT_TRUE(read->pdl);
  EXPECT_EQ(read->tensor_maps, kernel.tensor_maps);
  EXPECT_EQ(read->parameters, kernel.parameters);
  ASSERT_EQ(read->remarks.size(), 1u);
  EXPECT_EQ(read->remarks[0].text, "dot on CUDA cores");
  EXPECT_EQ(read->remarks[0].line.file, "k.cpp");
  EXPECT_EQ(read->remarks[0].line.line, 22u);
  EXPECT_EQ(write_entry(*read, key), write_entry(kernel, key));
}

TEST(StoredKernel, EveryTruncationIsRefused) {
  const std::string whole = write_entry(example(), key);
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(read_entry(whole.substr(0, length), key, example().target))
        << length;
}

TEST(StoredKernel, EveryFlippedByteIsRefused) {
  const std::string whole = write_entry(example(), key);
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int flip : {0x01, 0x80, 0xff}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      EXPECT_FALSE(read_entry(broken, key, example().target)) << at;
    }
}

TEST(StoredKernel, ForeignEntriesAreRefused) {
  const std::string whole = write_entry(example(), key);
  EXPECT_TRUE(read_entry(whole, key, "sm_90a+ptx80"));
  EXPECT_FALSE(read_entry(whole, "another key", "sm_90a+ptx80"));
  EXPECT_FALSE(read_entry(whole, key, "sm_90+ptx80"));
  EXPECT_FALSE(read_entry(whole + "x", key, "sm_90a+ptx80"));
  EXPECT_FALSE(read_entry("", key, "sm_90a+ptx80"));
  EXPECT_FALSE(read_entry(std::string(1000, '\0'), key, "sm_90a+ptx80"));
}

TEST(StoredKernel, NamesDiffer) {
  EXPECT_EQ(entry_name("a").size(), 32u);
  EXPECT_EQ(entry_name("a"), entry_name("a"));
  EXPECT_NE(entry_name("a"), entry_name("b"));
}

} // namespace
} // namespace girih

// SPDX-License-Identifier: Apache-2.0
// Damaged files: whatever happens to the bytes, there is an error of the
// format, or a header that keeps its promises.
#include "safetensors_bytes.h"

#include "girih/examples/llm/weights/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

namespace girih::testing {
namespace {

const std::string &small_file() {
  static const std::string file = safetensors_bytes(
      R"({"__metadata__":{"format":"pt"},)"
      R"("w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("é":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},)"
      R"("q":{"dtype":"F4","shape":[2,2],"data_offsets":[32,34]}}  )",
      "abcdefghijklmnopqrstuvwxyz01234567");
  return file;
}

// True: the file was taken. Copied to memory of its very size, so that a
// sanitizer sees a read past its end.
bool survives(const std::string &file) {
  auto bytes = std::make_unique<std::byte[]>(file.size());
  std::memcpy(bytes.get(), file.data(), file.size());
  try {
    const llm::SafetensorsHeader header =
        llm::parse_safetensors({bytes.get(), file.size()}, "damaged");
    std::uint64_t end = 0;
    for (const llm::SafetensorsTensor &each : header.tensors) {
      EXPECT_EQ(each.begin, end);
      EXPECT_LE(each.begin, each.end);
      std::uint64_t bits = static_cast<std::uint64_t>(each.type->bits);
      for (std::int64_t size : each.shape) {
        EXPECT_GE(size, 0);
        bits *= static_cast<std::uint64_t>(size);
      }
      EXPECT_EQ(bits, 8 * (each.end - each.begin));
      end = each.end;
    }
    EXPECT_EQ(header.data_begin + end, file.size());
    return true;
  } catch (const llm::SafetensorsError &error) {
    EXPECT_EQ(error.file(), "damaged");
    return false;
  }
}

TEST(SafetensorsHostile, WholeFileIsTaken) {
  EXPECT_TRUE(survives(small_file()));
}

TEST(SafetensorsHostile, EveryTruncation) {
  for (std::size_t size = 0; size < small_file().size(); ++size)
    EXPECT_FALSE(survives(small_file().substr(0, size))) << size;
}

TEST(SafetensorsHostile, EveryExtension) {
  for (std::size_t more : {1u, 2u, 8u, 4096u})
    EXPECT_FALSE(survives(small_file() + std::string(more, '\0'))) << more;
}

// Values of each byte: all 255 others. In the data nothing is seen of it, nor
// in the metadata's strings and the names; elsewhere hardly anything is taken.
TEST(SafetensorsHostile, EveryByteChanged) {
  const std::size_t data = small_file().size() - 34;
  int taken = 0;
  for (std::size_t at = 0; at < small_file().size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string file = small_file();
      file[at] = static_cast<char>(value);
      const bool ok = survives(file);
      if (at >= data)
        EXPECT_TRUE(ok);
      else
        taken += ok;
    }
  EXPECT_GT(taken, static_cast<int>(data)); // each byte as it was, and more
  EXPECT_LT(taken, static_cast<int>(data) * 256 / 4);
}

TEST(SafetensorsHostile, EveryByteRemovedOrTwice) {
  const std::size_t data = small_file().size() - 34;
  for (std::size_t at = 0; at < data; ++at) {
    std::string less = small_file(), more = small_file();
    less.erase(at, 1);
    more.insert(at, 1, more[at]);
    survives(less);
    survives(more);
  }
}

TEST(SafetensorsHostile, RandomDamage) {
  std::mt19937 random(20261126);
  for (int round = 0; round < 20'000; ++round) {
    std::string file = small_file();
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      const std::size_t at = random() % file.size();
      switch (random() % 4) {
      case 0:
        file[at] = static_cast<char>(random());
        break;
      case 1:
        file[at] = "{}[]\":,0123456789eE.-"[random() % 21];
        break;
      case 2:
        file.erase(at, 1 + random() % 9);
        break;
      default:
        file.insert(at, file.substr(random() % file.size(), random() % 30));
      }
      if (file.empty())
        break;
    }
    survives(file);
  }
}

} // namespace
} // namespace girih::testing

// SPDX-License-Identifier: Apache-2.0
#include "expect_model_error.h"
#include "safetensors_bytes.h"

#include "girih/examples/llm/files/mapped_file.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace girih::testing {
namespace {

using llm::MappedFile;

std::string text(const MappedFile &file) {
  return {reinterpret_cast<const char *>(file.bytes().data()),
          file.bytes().size()};
}

TEST(LlmMappedFile, Bytes) {
  ModelFolder folder;
  folder.write("a", "some bytes");
  folder.write("empty", "");
  std::optional<MappedFile> first = MappedFile::open(folder.path() / "a");
  MappedFile second = *first;
  first.reset();
  EXPECT_EQ(text(second), "some bytes");
  EXPECT_TRUE(MappedFile::open(folder.path() / "empty").bytes().empty());
}

// Another file of the same name leaves what is mapped as it was.
TEST(LlmMappedFile, Replaced) {
  ModelFolder folder;
  folder.write("a", "some bytes");
  MappedFile file = MappedFile::open(folder.path() / "a");
  folder.write("b", "less");
  std::filesystem::rename(folder.path() / "b", folder.path() / "a");
  EXPECT_EQ(text(file), "some bytes");
}

TEST(LlmMappedFile, Errors) {
  ModelFolder folder;
  const auto path = folder.path() / "absent";
  expect_model_error([&] { MappedFile::open(path); }, path.string(), "",
                     "cannot be opened: No such file");
  expect_model_error([&] { MappedFile::open(folder.path()); },
                     folder.path().string(), "", "is not a regular file");
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_model_error([&] { MappedFile::open(pipe); }, pipe.string(), "",
                     "is not a regular file");
}

TEST(LlmMappedFile, Texts) {
  ModelFolder folder;
  folder.write("a", "some bytes");
  const auto a = folder.path() / "a", absent = folder.path() / "absent";
  EXPECT_EQ(llm::read_file(a, 10), "some bytes");
  EXPECT_EQ(llm::read_optional_file(a, 10), "some bytes");
  EXPECT_EQ(llm::read_optional_file(absent, 10), std::nullopt);
  expect_model_error([&] { llm::read_file(absent, 10); }, absent.string(), "",
                     "there is no such file");
  expect_model_error([&] { llm::read_file(a, 9); }, a.string(), "",
                     "has 10 bytes, more than the 9");
  expect_model_error([&] { llm::read_file(folder.path(), 9); },
                     folder.path().string(), "", "is not a regular file");
  expect_model_error([&] { llm::read_optional_file(a / "b", 9); },
                     (a / "b").string(), "", "cannot be opened");
}

} // namespace
} // namespace girih::testing

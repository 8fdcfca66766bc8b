// SPDX-License-Identifier: Apache-2.0
// The rules of the safetensors format, one by one.
#include "safetensors_bytes.h"

#include "girih/examples/llm/weights/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace girih::testing {
namespace {

using llm::SafetensorsError;
using Kind = llm::SafetensorsErrorKind;

llm::SafetensorsHeader parse(const std::string &file) {
  return llm::parse_safetensors(as_bytes(file), "test.safetensors");
}

void expect_error(const std::string &file, Kind kind, const std::string &field,
                  const std::string &words) {
  try {
    parse(file);
    ADD_FAILURE() << "no error " << llm::name(kind) << ": " << words;
  } catch (const SafetensorsError &error) {
    EXPECT_EQ(llm::name(error.kind()), llm::name(kind)) << error.what();
    EXPECT_EQ(error.file(), "test.safetensors");
    EXPECT_EQ(error.field(), field) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(words));
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr("[" + std::string(llm::name(kind)) + "]"));
  }
}

// One tensor "t", its fields as given.
std::string one(const std::string &dtype, const std::string &shape,
                const std::string &offsets, const std::string &data = "") {
  return safetensors_bytes(R"({"t":{"dtype":")" + dtype + R"(","shape":)" +
                               shape + R"(,"data_offsets":)" + offsets + "}}",
                           data);
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirBytes) {
  const std::string header =
      R"({"__metadata__":{"format":"pt","a":"b"},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[6,14]},)"
      R"("a":{"shape":[3,1],"data_offsets":[0,6],"dtype":"BF16"}})";
  auto got = parse(safetensors_bytes(header, "0123456789abcd"));
  EXPECT_EQ(got.data_begin, 8 + header.size());
  EXPECT_EQ(got.metadata,
            (std::map<std::string, std::string>{{"format", "pt"}, {"a", "b"}}));
  ASSERT_EQ(got.tensors.size(), 2u);
  EXPECT_EQ(got.tensors[0].name, "a");
  EXPECT_EQ(got.tensors[0].type->dtype, bf16);
  EXPECT_EQ(got.tensors[0].shape, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(got.tensors[0].begin, 0u);
  EXPECT_EQ(got.tensors[0].end, 6u);
  EXPECT_EQ(got.tensors[1].name, "b");
  EXPECT_EQ(got.tensors[1].begin, 6u);
}

TEST(Safetensors, WhatIsLegal) {
  EXPECT_TRUE(parse(safetensors_bytes("{}")).tensors.empty());
  EXPECT_TRUE(parse(safetensors_bytes("{}    ")).tensors.empty()); // padding
  EXPECT_TRUE(
      parse(safetensors_bytes(R"({"__metadata__":{}})")).metadata.empty());
  EXPECT_TRUE(
      parse(safetensors_bytes(R"({"__metadata__":null})")).metadata.empty());
  EXPECT_TRUE(
      parse(one("F32", "[]", "[0,4]", "1234")).tensors[0].shape.empty());
  EXPECT_EQ(parse(one("F32", "[3,0]", "[0,0]")).tensors[0].shape.size(), 2u);
  EXPECT_EQ(parse(one("F4", "[3,2]", "[0,3]", "123")).tensors[0].type->bits, 4);
  EXPECT_EQ(parse(one("F6_E2M3", "[4]", "[0,3]", "123")).tensors[0].end, 3u);
  // A field that the format does not know, whatever it holds.
  const char *unknown =
      R"({"t":{"x":[1,{"y":[null]},-2.5],"dtype":"U8","z":{},"shape":[1],)"
      R"("w":true,"data_offsets":[0,1]}})";
  EXPECT_EQ(parse(safetensors_bytes(unknown, "1")).tensors[0].shape[0], 1);
  // Tensors without bytes share an offset.
  const char *empty = R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},)"
                      R"("b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                      R"("c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_EQ(parse(safetensors_bytes(empty, "1")).tensors.size(), 3u);
}

TEST(Safetensors, KnowsAllDtypes) {
  const std::pair<const char *, int> all[] = {
      {"BOOL", 8},    {"F4", 4},          {"F6_E2M3", 6},     {"F6_E3M2", 6},
      {"U8", 8},      {"I8", 8},          {"F8_E5M2", 8},     {"F8_E4M3", 8},
      {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
      {"U16", 16},    {"F16", 16},        {"BF16", 16},       {"I32", 32},
      {"U32", 32},    {"F32", 32},        {"C64", 64},        {"F64", 64},
      {"I64", 64},    {"U64", 64}};
  int readable = 0;
  for (auto [name, bits] : all) {
    const std::string data(static_cast<std::size_t>(bits), 'x');
    auto got =
        parse(one(name, "[8]", "[0," + std::to_string(bits) + "]", data));
    EXPECT_EQ(got.tensors[0].type->name, name);
    EXPECT_EQ(got.tensors[0].type->bits, bits);
    if (auto dtype = got.tensors[0].type->dtype) {
      EXPECT_EQ(girih::bits(*dtype), bits) << name;
      ++readable;
    }
  }
  EXPECT_EQ(readable, 14);
}

TEST(Safetensors, HeaderTooSmall) {
  for (std::size_t size = 0; size < 8; ++size)
    expect_error(std::string(size, '\0'), Kind::header_too_small, "header",
                 std::to_string(size) + " bytes");
}

TEST(Safetensors, HeaderTooLarge) {
  expect_error(safetensors_bytes("{}", "", 99'999'999), Kind::header_too_large,
               "header", "100000001");
  expect_error(std::string(16, '\xff'), Kind::header_too_large, "header",
               "18446744073709551615");
}

TEST(Safetensors, InvalidHeaderLength) {
  expect_error(safetensors_bytes("{}", "", 1), Kind::invalid_header_length,
               "header", "its length is 3, but only 2 bytes follow");
  expect_error(safetensors_bytes("{}", "", 99'999'998),
               Kind::invalid_header_length, "header", "100000000");
}

TEST(Safetensors, InvalidHeaderStart) {
  for (const char *text : {"", " {}", "[]", "\"{}\"", "\xef\xbb\xbf{}"})
    expect_error(safetensors_bytes(text), Kind::invalid_header_start, "header",
                 "'{'");
}

TEST(Safetensors, InvalidHeader) {
  for (const char *bad : {"\xff", "\xc0\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    expect_error(safetensors_bytes("{\"" + std::string(bad) + "\":1}"),
                 Kind::invalid_header, "header", "not UTF-8 at byte 2");
}

TEST(Safetensors, InvalidHeaderDeserialization) {
  struct Case {
    const char *header, *field, *words;
  };
  const Case cases[] = {
      {"{", "header, line 1, column 2", "not valid JSON"},
      {"{}x", "header, line 1, column 3", "not valid JSON"},
      {"{}{}", "header, line 1, column 3", "not valid JSON"},
      {"{\n\"a\":}", "header, line 2, column 5", "not valid JSON"},
      {"{'a':1}", "header, line 1, column 2", "not valid JSON"},
      {R"({"a":{}})", "a", "has no dtype"},
      {R"({"a":{"dtype":"F32"}})", "a", "has no shape"},
      {R"({"a":{"dtype":"F32","shape":[]}})", "a", "has no data_offsets"},
      {R"({"a":1})", "a", "a number where the format wants an object"},
      {R"({"a":-1})", "a", "a negative number"},
      {R"({"a":null})", "a", "null where the format wants an object"},
      {R"({"a":[]})", "a", "a list where"},
      {R"({"a":"b"})", "a", "a string where"},
      {R"({"a":true})", "a", "true or false where"},
      {R"({"a":{"dtype":3}})", "a", "wants a string as dtype"},
      {R"({"a":{"dtype":"F33"}})", "a", "dtype 'F33' is not known"},
      {R"({"a":{"dtype":"f32"}})", "a", "dtype 'f32' is not known"},
      {R"({"a":{"shape":3}})", "a", "wants a list of numbers"},
      {R"({"a":{"shape":{}}})", "a", "an object where"},
      {R"({"a":{"shape":[-1]}})", "a", "a negative number where"},
      {R"({"a":{"shape":[1.5]}})", "a", "not whole"},
      {R"({"a":{"shape":[1e0]}})", "a", "not whole"},
      {R"({"a":{"shape":[18446744073709551616]}})", "a", "too large"},
      {R"({"a":{"shape":["1"]}})", "a", "a string where"},
      {R"({"a":{"shape":[[1]]}})", "a", "a list where"},
      {R"({"a":{"shape":[null]}})", "a", "null where"},
      {R"({"a":{"data_offsets":[0]}})", "a", "must be two numbers"},
      {R"({"a":{"data_offsets":[0,1,2]}})", "a", "more than two"},
      {R"({"a":{"data_offsets":0}})", "a", "wants a list"},
      {R"({"a":{"dtype":"U8","dtype":"U8"}})", "a", "has dtype twice"},
      {R"({"a":{"shape":[],"shape":[]}})", "a", "has shape twice"},
      {R"({"a":{"data_offsets":[0,0],"data_offsets":[0,0]}})", "a",
       "has data_offsets twice"},
      {R"({"__metadata__":{"a":1}})", "a", "wants a string as metadata"},
      {R"({"__metadata__":{"a":null}})", "a", "wants a string as metadata"},
      {R"({"__metadata__":{"a":{}}})", "a", "wants a string as metadata"},
      {R"({"__metadata__":[]})", "__metadata__", "wants an object"},
      {R"({"__metadata__":{"a":"b","a":"c"}})", "a", "twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", "__metadata__", "twice"},
  };
  for (const Case &each : cases) {
    SCOPED_TRACE(each.header);
    expect_error(safetensors_bytes(each.header),
                 Kind::invalid_header_deserialization, each.field, each.words);
  }
}

// The parser alone would take a byte 0 for the end.
TEST(Safetensors, PaddingByZeros) {
  expect_error(safetensors_bytes(std::string("{}\0\0", 4)),
               Kind::invalid_header_deserialization, "header, line 1, column 3",
               "there is a byte 0");
}

TEST(Safetensors, SameTensorTwice) {
  const char *header =
      R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
      R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})";
  expect_error(safetensors_bytes(header), Kind::invalid_header_deserialization,
               "a", "is there twice");
}

TEST(Safetensors, DeepNesting) {
  std::string header = R"({"a":{"x":)";
  header += std::string(100'000, '[');
  expect_error(safetensors_bytes(header), Kind::invalid_header_deserialization,
               "a", "too deep");
}

TEST(Safetensors, InvalidOffset) {
  expect_error(one("U8", "[1]", "[1,2]", "12"), Kind::invalid_offset, "t",
               "1 and 2, but the tensor before it ends at 0");
  expect_error(one("U8", "[1]", "[1,0]", "1"), Kind::invalid_offset, "t",
               "1 and 0");
  auto two = [](const char *first, const char *second) {
    return safetensors_bytes(
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" +
            std::string(first) +
            R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second +
            "}}",
        "12345");
  };
  expect_error(two("[0,2]", "[1,3]"), Kind::invalid_offset, "b", "ends at 2");
  expect_error(two("[0,2]", "[2,1]"), Kind::invalid_offset, "b", "2 and 1");
  expect_error(two("[0,2]", "[0,2]"), Kind::invalid_offset, "b", "ends at 2");
  expect_error(two("[0,2]", "[3,5]"), Kind::invalid_offset, "b", "ends at 2");
  expect_error(two("[3,5]", "[0,2]"), Kind::invalid_offset, "a", "ends at 2");
  expect_error(one("U8", "[1]", "[18446744073709551615,18446744073709551615]"),
               Kind::invalid_offset, "t", "ends at 0");
}

TEST(Safetensors, ValidationOverflow) {
  for (const char *shape :
       {"[9223372036854775807,3]", "[4294967296,4294967296]",
        "[18446744073709551615]", "[9223372036854775808]",
        "[2305843009213693952]", // its product with 8 bits
        "[4294967296,4294967296,0]", "[0,9223372036854775808]"})
    expect_error(one("U8", shape, "[0,0]"), Kind::validation_overflow, "t",
                 "too large");
  // What the format's library multiplies is the same: zero first is legal.
  EXPECT_EQ(parse(one("U8", "[0,4294967296,4294967296]", "[0,0]"))
                .tensors[0]
                .shape.size(),
            3u);
}

TEST(Safetensors, TooManyDimensions) {
  std::string shape = "[0";
  for (int i = 0; i < 64; ++i)
    shape += ",1";
  expect_error(one("U8", shape + "]", "[0,0]"),
               Kind::invalid_header_deserialization, "t",
               "too many dimensions");
}

TEST(Safetensors, MisalignedSlice) {
  expect_error(one("F4", "[3]", "[0,2]", "12"), Kind::misaligned_slice, "t",
               "12 bits end within a byte");
  expect_error(one("F6_E3M2", "[3]", "[0,3]", "123"), Kind::misaligned_slice,
               "t", "18 bits");
}

TEST(Safetensors, TensorInvalidInfo) {
  expect_error(one("F32", "[2]", "[0,7]", "1234567"), Kind::tensor_invalid_info,
               "t",
               "F32 of shape [2] takes 8 bytes, its data_offsets are 7 apart");
  expect_error(one("F32", "[0]", "[0,4]", "1234"), Kind::tensor_invalid_info,
               "t", "takes 0 bytes");
  expect_error(one("BF16", "[]", "[0,4]", "1234"), Kind::tensor_invalid_info,
               "t", "takes 2 bytes");
}

TEST(Safetensors, MetadataIncompleteBuffer) {
  expect_error(one("U8", "[3]", "[0,3]", "12"),
               Kind::metadata_incomplete_buffer, "",
               "the tensors have 3 bytes, the file 2 after its header");
  expect_error(one("U8", "[3]", "[0,3]", "1234"),
               Kind::metadata_incomplete_buffer, "", "the file 4");
  expect_error(safetensors_bytes("{}", "1"), Kind::metadata_incomplete_buffer,
               "", "0 bytes");
}

} // namespace
} // namespace girih::testing

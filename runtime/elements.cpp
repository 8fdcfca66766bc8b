// SPDX-License-Identifier: Apache-2.0
#include "girih/runtime/elements.h"

#include "girih/dsl/support/float_formats.h"

#include <cstring>

namespace girih {
namespace {

/// The bits of one element, in the low end.
std::uint64_t read_code(const void *base, std::int64_t index, DType dtype) {
  const auto *bytes = static_cast<const unsigned char *>(base);
  std::uint64_t code = 0;
  if (bits(dtype) == 4) {
    // Floor division, so that offsets before the base work too.
    const unsigned char byte = bytes[index >> 1];
    return (index & 1) != 0 ? byte >> 4 : byte & 15;
  }
  const auto width = girih::bytes(dtype);
  std::memcpy(&code, bytes + index * width, static_cast<std::size_t>(width));
  return code;
}

void write_code(void *base, std::int64_t index, DType dtype,
                std::uint64_t code) {
  auto *bytes = static_cast<unsigned char *>(base);
  if (bits(dtype) == 4) {
    unsigned char &byte = bytes[index >> 1];
    const auto nibble = static_cast<unsigned>(code & 15);
    byte = static_cast<unsigned char>((index & 1) != 0
                                          ? (byte & 0x0f) | (nibble << 4)
                                          : (byte & 0xf0) | nibble);
    return;
  }
  const auto width = girih::bytes(dtype);
  std::memcpy(bytes + index * width, &code, static_cast<std::size_t>(width));
}

std::int64_t integer_of(std::uint64_t code, DType dtype) {
  const int width = bits(dtype);
  if (!is_signed(dtype) || width == 64)
    return static_cast<std::int64_t>(code);
  const auto shift = static_cast<unsigned>(64 - width);
  return static_cast<std::int64_t>(code << shift) >> shift;
}

} // namespace

double read_element(const void *base, std::int64_t index, DType dtype) {
  return decode(dtype, read_code(base, index, dtype));
}

void write_element(void *base, std::int64_t index, DType dtype, double value) {
  write_code(base, index, dtype, encode(dtype, value));
}

void copy_element(void *to, std::int64_t to_index, const void *from,
                  std::int64_t from_index, DType dtype) {
  write_code(to, to_index, dtype, read_code(from, from_index, dtype));
}

void convert_element(void *to, std::int64_t to_index, DType to_dtype,
                     const void *from, std::int64_t from_index,
                     DType from_dtype) {
  if (to_dtype == DType::i64 && !is_float(from_dtype)) {
    const std::uint64_t code = read_code(from, from_index, from_dtype);
    write_code(to, to_index, to_dtype,
               static_cast<std::uint64_t>(integer_of(code, from_dtype)));
    return;
  }
  write_element(to, to_index, to_dtype,
                read_element(from, from_index, from_dtype));
}

} // namespace girih

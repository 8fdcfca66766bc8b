// SPDX-License-Identifier: Apache-2.0
// The safetensors format: 8 bytes that say how long a JSON header is, the
// header, and the bytes of all tensors without a gap.
#pragma once

#include "girih/dsl/dtype.h"
#include "girih/examples/llm/error.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace girih::llm {

/// What may be wrong, by the names that the format's own library has for it.
enum class SafetensorsErrorKind {
  header_too_small,               // less than 8 bytes
  header_too_large,               // more than 100,000,000 bytes
  invalid_header_length,          // past the end of the file
  invalid_header_start,           // its first byte is not '{'
  invalid_header,                 // not UTF-8
  invalid_header_deserialization, // not JSON, or not of the right form
  invalid_offset,                 // a gap, an overlap, an end before its begin
  validation_overflow,            // sizes whose product is too large
  misaligned_slice,               // ends within a byte
  tensor_invalid_info,            // offsets that disagree with shape and dtype
  metadata_incomplete_buffer,     // the file does not end with the last tensor
  tensor_not_found,               // asked for, but not there
};

/// "HeaderTooSmall", as the format's library prints it.
std::string_view name(SafetensorsErrorKind kind);

class SafetensorsError : public ModelError {
public:
  SafetensorsError(SafetensorsErrorKind kind, const std::string &file,
                   const std::string &field, std::string_view message);
  SafetensorsErrorKind kind() const { return kind_; }

private:
  SafetensorsErrorKind kind_;
};

/// One of the dtypes that a file may say.
struct SafetensorsDtype {
  std::string_view name; // "F8_E4M3"
  int bits;
  std::optional<DType> dtype; // empty: Girih has none of this kind
};

struct SafetensorsTensor {
  std::string name;
  const SafetensorsDtype *type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end; // bytes of the data
};

struct SafetensorsHeader {
  std::vector<SafetensorsTensor> tensors; // in the order of their bytes
  std::map<std::string, std::string> metadata;
  std::size_t data_begin = 0; // byte of the file
};

/// Checks a whole file by the format's rules and tells what is in it; `name`
/// is for messages. Throws SafetensorsError.
SafetensorsHeader parse_safetensors(std::span<const std::byte> file,
                                    const std::string &name);

} // namespace girih::llm

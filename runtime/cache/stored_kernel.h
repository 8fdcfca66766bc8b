// SPDX-License-Identifier: Apache-2.0
// What the disk cache holds of a kernel, and its format. Not installed.
#pragma once

#include "girih/compiler/compiler.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace girih {

/// A compiled kernel, ready to be loaded.
struct StoredKernel {
  enum class Form : std::uint8_t { host_object, ptx, cubin };
  Form form = Form::host_object;
  std::string target; // compiler::Target::to_string()
  std::string entry;
  std::string code;
  std::int64_t shared_bytes = 0;
  std::int64_t scratch_bytes = 0;
  std::int32_t threads = 1; // of a block
  std::int32_t blocks = 1;  // of a program
  bool persistent = false;  // as many blocks as there is room for do all
  std::vector<compiler::TensorMap> tensor_maps;
  std::int64_t stream_bytes = 0; // of a block, and its flags: see Artifact
  std::int32_t stream_flags = 0;
  std::int32_t spill_bytes = -1; // of a thread; -1: the assembler did not say
  bool pdl = false; // the code waits for the kernel before it, if launched so
  /// Of kernels written in CUDA C++.
  struct Parameter {
    std::uint32_t bytes = 0, alignment = 0;
    bool operator==(const Parameter &) const = default;
  };
  std::vector<Parameter> parameters;
  std::vector<compiler::Remark> remarks;
};

/// Version of the entry format: raised with every change to it, and part of
/// every key, so that versions never read each other's entries.
inline constexpr std::uint32_t entry_version = 5;

/// One self-contained entry: magic, version, length and XXH3-128 checksum, then
/// the key's text, then the kernel. Integers are little-endian.
std::string write_entry(const StoredKernel &kernel, std::string_view key_text);

/// Nothing unless `bytes` is an entry, intact, of this version, for exactly
/// this key and target.
std::optional<StoredKernel> read_entry(std::string_view bytes,
                                       std::string_view key_text,
                                       std::string_view target);

/// File name of the entry of a key: 32 hex digits of its XXH3-128.
std::string entry_name(std::string_view key_text);

} // namespace girih

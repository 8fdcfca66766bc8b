// SPDX-License-Identifier: Apache-2.0
// C structs to the library's own types and back.
#pragma once

#include "girih/ops/capi/girih_c.h"
#include "girih/runtime/kernel.h"

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

struct girih_buffer {
  girih::Array array;
};

struct girih_kernel {
  girih::Kernel kernel;
};

namespace girih::capi {

/// What an error of this interface says about the line of the call: nothing,
/// as the caller's line is in another language.
inline constexpr std::source_location no_line{};

DType dtype_of(std::int32_t dtype);
Device device_of(girih_device device);
Stream stream_of(void *native, Device device);
Array array_of(const girih_array &array);
/// Flags of an array and what they promise.
Access access_of(std::uint32_t flags);
std::uint32_t flags_of(Access access);
/// A number passed by value. Throws RuntimeError [null] [shape] [dtype].
Array number_at(const void *data, std::int32_t dtype, std::int32_t rank);
/// `missing_data` stands for a NULL pointer; each array gets its own.
std::vector<Array> arrays_of(const girih_array *arrays, std::int32_t count,
                             bool placeholders = false);
/// Reads "CAUSAL=true BLOCK=64 SCALE=0.5".
Constants constants_of(std::string_view text);
LaunchOptions options_of(const girih_launch_options *options, Device device);
std::vector<const Array *> pointers_to(std::span<const Array> arrays);

/// The caller's struct in the library's size: fields that an older caller does
/// not know are zero, those that we do not know must be.
template <class Options>
Options read_options(const Options *given, const char *what);

/// Throws unless it can be the size of a struct.
void check_size(std::uint64_t size, const char *what);
/// Throws unless the caller's extra bytes are zero. Returns the bytes to copy.
std::size_t checked_size(const void *given, std::size_t known,
                         const char *what);

template <class Options>
Options read_options(const Options *given, const char *what) {
  Options options{};
  if (given)
    std::memcpy(&options, given, checked_size(given, sizeof(Options), what));
  return options;
}

} // namespace girih::capi

// SPDX-License-Identifier: Apache-2.0
// The C interface to dtypes, devices and streams.
#include "girih/ops/capi/conversions.h"
#include "girih/ops/capi/failures.h"
#include "girih/ops/capi/girih_c.h"

#include <algorithm>

using namespace girih;
using capi::guarded;

struct girih_stream {
  Stream stream;
  Device device;
};

namespace {

bool valid(int32_t dtype) { return dtype >= 0 && dtype < dtype_count; }

} // namespace

extern "C" {

const char *girih_dtype_name(int32_t dtype) {
  // The names are literals, so they end with a zero.
  return valid(dtype) ? name(static_cast<DType>(dtype)).data() : nullptr;
}

int32_t girih_dtype_bits(int32_t dtype) {
  return valid(dtype) ? bits(static_cast<DType>(dtype)) : 0;
}

int32_t girih_dtype_parse(const char *text) {
  const auto parsed = text ? parse_dtype(text) : std::nullopt;
  return parsed ? static_cast<int32_t>(*parsed) : -1;
}

int32_t girih_dtype_promote(int32_t first, int32_t second) {
  int32_t result = -1;
  if (valid(first) && valid(second))
    guarded([&] {
      result = static_cast<int32_t>(
          promote(static_cast<DType>(first), static_cast<DType>(second)));
    });
  return result;
}

int32_t girih_cuda_device_count(void) { return cuda_device_count(); }

const char *girih_cuda_unavailable_reason(void) {
  thread_local std::string reason;
  guarded([] { reason = cuda_unavailable_reason(); });
  return reason.c_str();
}

girih_status girih_device_get_info(girih_device device,
                                   girih_device_info *info) {
  return guarded([&] {
    capi::require(info, "girih_device_get_info: info");
    const uint64_t size = info->size;
    capi::check_size(size, "girih_device_info");
    const DeviceProperties &known = properties(capi::device_of(device));
    girih_device_info made{};
    made.size = size;
    known.name.copy(made.name, sizeof(made.name) - 1);
    made.compute_capability = known.compute_capability;
    made.processors = known.processors;
    made.memory_bytes = known.memory_bytes;
    made.l2_bytes = known.l2_bytes;
    made.shared_bytes = known.shared_bytes;
    made.driver_version = known.driver_version;
    std::memcpy(static_cast<void *>(info), &made,
                std::min<std::size_t>(size, sizeof(made)));
  });
}

girih_status girih_device_synchronize(girih_device device) {
  return guarded([&] { synchronize(capi::device_of(device)); });
}

girih_status girih_stream_create(girih_device device, girih_stream **out) {
  return guarded([&] {
    capi::require(out, "girih_stream_create: out");
    const Device made = capi::device_of(device);
    *out = new girih_stream{Stream::create(made), made};
  });
}

girih_status girih_stream_wrap(void *native, girih_device device,
                               girih_stream **out) {
  return guarded([&] {
    capi::require(out, "girih_stream_wrap: out");
    const Device made = capi::device_of(device);
    *out = new girih_stream{Stream::wrap(native, made), made};
  });
}

void *girih_stream_native(const girih_stream *stream) {
  return stream ? stream->stream.native() : nullptr;
}

girih_status girih_stream_synchronize(const girih_stream *stream) {
  return guarded([&] {
    capi::require(stream, "girih_stream_synchronize: stream");
    stream->stream.synchronize();
  });
}

void girih_stream_free(girih_stream *stream) { delete stream; }

} // extern "C"

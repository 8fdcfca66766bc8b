// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/error.h"
#include "girih/examples/llm/model/weight_source.h"
#include "girih/examples/llm/weights/check_weights.h"
#include "girih/examples/llm/weights/expected_tensors.h"
#include "girih/ops/elementwise.h"
#include "girih/ops/quantised.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

namespace girih::llm {

namespace {

/// The stored bytes as an Array on the host, copied where they lie unaligned.
Array on_host(const StoredTensor &stored) {
  const auto at = reinterpret_cast<std::uintptr_t>(stored.bytes.data());
  if (at % 8 == 0)
    return Array(const_cast<std::byte *>(stored.bytes.data()), stored.shape,
                 stored.dtype)
        .as_read_only();
  Array copy = Array::empty(stored.shape, stored.dtype, host_device);
  std::memcpy(copy.data(), stored.bytes.data(), stored.bytes.size());
  return copy;
}

void check_shape(const StoredTensor &stored, const Array &into) {
  if (!std::ranges::equal(stored.shape, into.shape()))
    throw ModelError(*stored.file, std::string(stored.name),
                     fmt::format("has shape [{}], but the configuration asks "
                                 "for [{}]",
                                 fmt::join(stored.shape, ", "),
                                 fmt::join(into.shape(), ", ")));
}

/// Copies, or converts on the device of `into`.
void write(const StoredTensor &stored, const Array &into) {
  const Array source = on_host(stored);
  if (stored.dtype == into.dtype())
    into.copy_from(source);
  else if (into.device().kind == Device::Kind::host)
    ops::cast_out(source, into);
  else
    ops::cast_out(source.to(into.device()), into);
}

/// Of all tensors that will be read.
CopyMeter checked_meter(const ModelConfig &config, const WeightFiles &files,
                        OnCopyProgress on_progress) {
  check_weights(config, files);
  std::int64_t tensors = 0, bytes = 0;
  for (const StoredTensor &each : files.all())
    if (!is_unused(config, each.name)) {
      ++tensors;
      bytes += static_cast<std::int64_t>(each.bytes.size());
    }
  return CopyMeter(tensors, bytes, std::move(on_progress));
}

} // namespace

FileWeights::FileWeights(WeightFiles files, const ModelConfig &config,
                         OnCopyProgress on_progress)
    : files_(std::move(files)),
      meter_(checked_meter(config, files_, std::move(on_progress))) {}

bool FileWeights::has(const std::string &name) const {
  return files_.find(name) != nullptr;
}

bool FileWeights::scaled(const std::string &name) const {
  return files_.find(scales_name(name)) != nullptr;
}

void FileWeights::read(const std::string &name, const Array &into) {
  const StoredTensor &stored = files_.at(name);
  check_shape(stored, into);
  if (scaled(name) && into.dtype() != e4m3)
    read_scaled(stored, into);
  else
    write(stored, into);
  meter_.add(stored);
}

void FileWeights::read_scaled(const StoredTensor &stored, const Array &into) {
  const StoredTensor &scales = files_.at(scales_name(std::string(stored.name)));
  const auto blocks = [](std::int64_t size) { return (size + 127) / 128; };
  const Array numbers = Array::empty(
      {blocks(into.size(0)), blocks(into.size(1))}, f32, into.device());
  check_shape(scales, numbers);
  write(scales, numbers);
  meter_.add(scales);
  ops::weight_dequant_out(on_host(stored).to(into.device()), numbers, into);
}

} // namespace girih::llm

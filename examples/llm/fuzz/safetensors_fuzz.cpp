// SPDX-License-Identifier: Apache-2.0
// A whole safetensors file: refused, or its tensors are where it says.
#include "girih/examples/llm/fuzz/fuzz_target.h"
#include "girih/examples/llm/weights/weight_files.h"

#include "girih/examples/llm/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  using namespace girih;
  try {
    const auto files = llm::WeightFiles::of_memory(
        std::as_bytes(std::span(data, size)), "fuzz");
    const auto *end = reinterpret_cast<const std::byte *>(data) + size;
    for (const llm::StoredTensor &each : files.all()) {
      const std::byte *first = each.bytes.data();
      llm::require(first >= reinterpret_cast<const std::byte *>(data));
      llm::require(first <= end &&
                   each.bytes.size() <= static_cast<std::size_t>(end - first));
      std::int64_t numbers = 1;
      for (std::int64_t extent : each.shape)
        numbers *= extent;
      llm::require(numbers * bits(each.dtype) ==
                   8 * static_cast<std::int64_t>(each.bytes.size()));
      // Without duplicates the first of its name is the only one.
      llm::require(&files.at(each.name) == &each);
    }
  } catch (const llm::ModelError &) {
  }
  return 0;
}

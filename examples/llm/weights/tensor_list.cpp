// SPDX-License-Identifier: Apache-2.0
#include "girih/examples/llm/weights/tensor_list.h"

#include "girih/examples/llm/error.h"
#include "girih/examples/llm/weights/expected_tensors.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace girih::llm {
namespace {

// DeepSeek-V3 has 92 thousand.
constexpr std::size_t most_tensors = std::size_t{1} << 18;

ListedTensor listed(std::string name, DType dtype,
                    std::vector<std::int64_t> shape) {
  std::int64_t bits = girih::bits(dtype);
  for (const std::int64_t size : shape)
    bits *= size;
  return {std::move(name), dtype, std::move(shape), bits / 8};
}

/// Parts of a name that are numbers become stars.
std::string kind_of(const std::string &name) {
  std::string out;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    const std::string part = name.substr(at, end - at);
    const bool number = !part.empty() && part.find_first_not_of("0123456789") ==
                                             std::string::npos;
    out += (at > 0 ? "." : "") + (number ? "*" : part);
    at = end + 1;
  }
  return out;
}

} // namespace

std::vector<ListedTensor> stored_tensors(const WeightFiles &files) {
  std::vector<ListedTensor> out;
  for (const StoredTensor &each : files.all())
    out.push_back({std::string(each.name), each.dtype, each.shape,
                   static_cast<std::int64_t>(each.bytes.size())});
  return out;
}

std::vector<ListedTensor> expected_tensors(const ModelConfig &config) {
  const bool eight_bits = config.block_scales.block_rows > 0;
  std::vector<ListedTensor> out;
  visit_tensors(config, [&](const ExpectedTensor &each) {
    const bool scaled = eight_bits && each.product;
    out.push_back(
        listed(each.name, scaled ? DType::e4m3 : config.dtype, each.shape));
    if (scaled)
      out.push_back(listed(scales_name(each.name), DType::f32,
                           scales_shape(config.block_scales, each.shape)));
    return out.size() <= most_tensors;
  });
  if (out.size() > most_tensors)
    throw ModelError("config.json", "",
                     "asks for more tensors than any model has");
  return out;
}

std::vector<ListedTensor>
tensor_kinds(const std::vector<ListedTensor> &tensors) {
  std::vector<ListedTensor> out;
  std::map<std::tuple<std::string, DType, std::vector<std::int64_t>>,
           std::size_t>
      places;
  for (const ListedTensor &each : tensors) {
    std::string kind = kind_of(each.name);
    const auto [place, fresh] =
        places.try_emplace({kind, each.dtype, each.shape}, out.size());
    if (fresh) {
      out.push_back(each);
      out.back().name = std::move(kind);
      continue;
    }
    out[place->second].bytes += each.bytes;
    out[place->second].count += each.count;
  }
  return out;
}

} // namespace girih::llm

// SPDX-License-Identifier: Apache-2.0
#include "girih/ops/movement/joined.h"

#include "girih/ops/elementwise/elementwise.h"

namespace girih::ops {

std::vector<std::string> names_of(const std::vector<Array> &arrays) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    names.push_back("arrays[" + std::to_string(i) + "]");
  return names;
}

DType joined_dtype(const Call &call, const std::vector<Array> &arrays) {
  call.require(!arrays.empty(), "arrays must have at least one");
  const std::vector<std::string> names = names_of(arrays);
  std::vector<Argument> all;
  for (std::size_t i = 0; i < arrays.size(); ++i)
    all.emplace_back(names[i], arrays[i]);
  call.check_same_device(all);
  DType dtype = arrays[0].dtype();
  bool differ = false;
  for (const Array &each : arrays)
    differ |= each.dtype() != dtype;
  for (const Argument &each : all) {
    if (!differ) {
      call.check_dtype(each, moved);
      continue;
    }
    call.check_dtype(each, numbers_and_bool);
    dtype = promote(dtype, each.array->dtype());
  }
  return dtype;
}

} // namespace girih::ops

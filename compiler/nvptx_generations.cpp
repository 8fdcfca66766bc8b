// SPDX-License-Identifier: Apache-2.0
#include "girih/compiler/nvptx_generations.h"

#include <charconv>
#include <string_view>

namespace girih::compiler {

namespace {

constexpr Generation all[] = {
    {80, "sm_80", 70, 166912, 0},     {86, "sm_86", 71, 101376, 0},
    {87, "sm_87", 74, 166912, 0},     {89, "sm_89", 78, 101376, 0},
    {90, "sm_90a", 80, 232448, 0},    {100, "sm_100a", 86, 232448, 88},
    {103, "sm_103a", 88, 232448, 88}, {110, "sm_110a", 90, 232448, 90},
    {120, "sm_120a", 87, 101376, 88}, {121, "sm_121a", 88, 101376, 88},
};

} // namespace

std::span<const Generation> generations() { return all; }

const Generation &generationOf(int capability) {
  const Generation *found = &all[0];
  for (const Generation &generation : all)
    if (generation.capability <= capability)
      found = &generation;
  return *found;
}

int capabilityOf(const Target &target) {
  std::string_view name(target.arch);
  if (name.starts_with("sm_"))
    name.remove_prefix(3);
  int capability = 0;
  std::from_chars(name.data(), name.data() + name.size(), capability);
  return capability;
}

bool hasWarpgroups(const Target &target) {
  return target.kind == Target::Kind::nvptx && capabilityOf(target) == 90;
}

std::int64_t sharedMemoryLimit(int capability) {
  return generationOf(capability).sharedBytes;
}

} // namespace girih::compiler

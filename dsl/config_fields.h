// SPDX-License-Identifier: Apache-2.0
// The fields of a Config that are plain numbers, and those that are there or
// not: one table for texts, checks and search spaces.
#pragma once

#include "girih/dsl/config.h"

namespace girih {

struct ConfigNumber {
  std::string_view name;
  int Config::*value;
  int low, high; // both are allowed
};
inline constexpr ConfigNumber config_numbers[] = {
    {"num_warps", &Config::num_warps, 1, 32},
    {"num_stages", &Config::num_stages, 1, 64},
    {"num_ctas", &Config::num_ctas, 1, 16},
    {"split_k", &Config::split_k, 1, 1 << 16}};

struct ConfigChoice {
  std::string_view name;
  bool Config::*value;
};
inline constexpr ConfigChoice config_choices[] = {
    {"warp_specialize", &Config::warp_specialize},
    {"persistent", &Config::persistent},
    {"ping_pong", &Config::ping_pong},
    {"stream_k", &Config::stream_k}};

} // namespace girih

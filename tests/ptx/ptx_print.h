// SPDX-License-Identifier: Apache-2.0
// What emulated kernels print; takePrinted() gives it.
#pragma once

#include <cstdint>

extern "C" std::int32_t emulated_vprintf(const char *pattern,
                                         const char *arguments);

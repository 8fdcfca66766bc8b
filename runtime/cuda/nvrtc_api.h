// SPDX-License-Identifier: Apache-2.0
// Our own declarations of what we use of NVRTC, the library that compiles CUDA
// C++ at run time: it is opened when first needed, and no header of it is
// needed to build. tests/runtime/driver_api_test.cpp compares them with nvrtc.h
// where there is one.
#pragma once

#include <cstddef>

namespace girih::cuda {

using NvrtcResult = int; // nvrtcResult; 0 is success
using NvrtcProgram = void *;

inline constexpr NvrtcResult nvrtc_success = 0;
inline constexpr NvrtcResult nvrtc_compilation = 6;

// clang-format off
#define GIRIH_NVRTC_FUNCTIONS(F)                                               \
  F(nvrtcVersion, (int *major, int *minor))                                    \
  F(nvrtcCreateProgram,                                                        \
    (NvrtcProgram *program, const char *source, const char *name, int headers, \
     const char *const *header_texts, const char *const *header_names))        \
  F(nvrtcDestroyProgram, (NvrtcProgram *program))                              \
  F(nvrtcAddNameExpression, (NvrtcProgram program, const char *expression))    \
  F(nvrtcCompileProgram,                                                       \
    (NvrtcProgram program, int count, const char *const *options))             \
  F(nvrtcGetProgramLogSize, (NvrtcProgram program, std::size_t *bytes))        \
  F(nvrtcGetProgramLog, (NvrtcProgram program, char *log))                     \
  F(nvrtcGetLoweredName,                                                       \
    (NvrtcProgram program, const char *expression, const char **name))         \
  F(nvrtcGetPTXSize, (NvrtcProgram program, std::size_t *bytes))               \
  F(nvrtcGetPTX, (NvrtcProgram program, char *ptx))                            \
  F(nvrtcGetCUBINSize, (NvrtcProgram program, std::size_t *bytes))             \
  F(nvrtcGetCUBIN, (NvrtcProgram program, char *cubin))
// clang-format on

/// NVRTC's functions. Tests swap in a table of their own.
struct NvrtcTable {
#define GIRIH_MEMBER(name, arguments) NvrtcResult(*name) arguments = nullptr;
  GIRIH_NVRTC_FUNCTIONS(GIRIH_MEMBER)
#undef GIRIH_MEMBER
  const char *(*nvrtcGetErrorString)(NvrtcResult result) = nullptr;
};

} // namespace girih::cuda

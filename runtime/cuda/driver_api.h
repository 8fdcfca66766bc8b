// SPDX-License-Identifier: Apache-2.0
// Our own declarations of what we use of the CUDA driver's binary interface:
// the library is opened at run time and no CUDA header is needed to build.
// tests/runtime/driver_api_test.cpp compares them with cuda.h where there is
// one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace girih::cuda {

using Result = int; // CUresult
using DeviceHandle = int;
using DevicePointer = std::uint64_t;
using ContextHandle = void *;
using StreamHandle = void *;
using EventHandle = void *;
using ModuleHandle = void *;
using FunctionHandle = void *;
using GraphHandle = void *;
using GraphExecHandle = void *;
using GraphNodeHandle = void *;

/// Values of CUresult that we treat by name.
enum : Result {
  success = 0,
  error_out_of_memory = 2,
  error_not_initialized = 3,
  error_deinitialized = 4,
  error_no_device = 100,
  error_invalid_image = 200,
  error_no_binary = 209,
  error_invalid_ptx = 218,
  error_unsupported_ptx = 222,
  error_not_found = 500,
  error_not_ready = 600,
  error_assert = 710,
  error_capture_unsupported = 900, // first and last of what captures cause
  error_capture_invalidated = 901,
  error_capture_unjoined = 904,
  error_capture_wrong_thread = 908,
};

/// CUdevice_attribute.
enum DeviceAttribute : int {
  attribute_multiprocessors = 16,
  attribute_l2_bytes = 38,
  attribute_major = 75,
  attribute_minor = 76,
  attribute_shared_optin = 97,
};

/// CUfunction_attribute.
enum FunctionAttribute : int {
  function_max_threads = 0,
  function_shared_bytes = 1,
  function_local_bytes = 3,
  function_registers = 4,
  function_max_dynamic_shared = 8,
};

/// CUjit_option.
enum JitOption : int {
  jit_info_log_buffer = 3,
  jit_info_log_bytes = 4,
  jit_error_log_buffer = 5,
  jit_error_log_bytes = 6,
  jit_log_verbose = 12,
};

/// CUstreamCaptureMode.
enum CaptureMode : int {
  capture_global = 0,
  capture_thread_local = 1,
  capture_relaxed = 2,
};

/// CUlaunchAttributeID.
enum LaunchAttributeId : int { launch_programmatic_serialization = 6 };

/// CUlaunchAttribute; of its value only the form that we use.
struct LaunchAttribute {
  LaunchAttributeId id;
  char padding[4];
  union {
    char bytes[64];
    int programmatic_serialization;
  };
};

/// CUlaunchConfig.
struct LaunchConfig {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  StreamHandle stream;
  LaunchAttribute *attributes;
  unsigned attribute_count;
};

inline constexpr unsigned stream_non_blocking = 1;
inline constexpr unsigned event_disable_timing = 2;
inline constexpr unsigned host_alloc_portable = 1;
inline constexpr unsigned host_alloc_device_map = 2;
/// CU_STREAM_LEGACY: the default stream by another name than null.
inline StreamHandle stream_legacy() { return reinterpret_cast<void *>(1); }
/// cuGetProcAddress: entry points that use the legacy default stream.
inline constexpr std::uint64_t proc_legacy_stream = 1;

/// CUtensorMap.
struct alignas(64) TensorMap {
  std::uint64_t opaque[16];
};
/// CUtensorMapDataType: what bytes are does not matter where they are copied.
enum TensorMapType : int {
  tensor_map_u8 = 0,
  tensor_map_u16 = 1,
  tensor_map_u32 = 2,
  tensor_map_u64 = 4,
};
/// CUtensorMapSwizzle.
enum TensorMapSwizzle : int {
  tensor_map_swizzle_none = 0,
  tensor_map_swizzle_32 = 1,
  tensor_map_swizzle_64 = 2,
  tensor_map_swizzle_128 = 3,
};
/// CUtensorMapInterleave, CUtensorMapL2promotion, CUtensorMapFloatOOBfill: of
/// each the one that we use.
enum TensorMapInterleave : int { tensor_map_interleave_none = 0 };
enum TensorMapPromotion : int { tensor_map_l2_256_bytes = 3 };
enum TensorMapFill : int { tensor_map_fill_zeros = 0 };

/// Markers of cuLaunchKernel's `extra` list.
inline void *launch_buffer_pointer() { return reinterpret_cast<void *>(1); }
inline void *launch_buffer_size() { return reinterpret_cast<void *>(2); }
inline void *launch_end() { return nullptr; }

// Every function with the version of its entry point: those of CUDA 12.0 and
// before, as cuda.h 13 maps some names to entry points that 12.x lacks.
// clang-format off
#define GIRIH_DRIVER_FUNCTIONS(F)                                              \
  F(cuInit, 2000, (unsigned flags))                                            \
  F(cuDriverGetVersion, 2020, (int *version))                                  \
  F(cuGetErrorName, 6000, (Result error, const char **name))                   \
  F(cuGetErrorString, 6000, (Result error, const char **text))                 \
  F(cuDeviceGetCount, 2000, (int *count))                                      \
  F(cuDeviceGet, 2000, (DeviceHandle *device, int index))                      \
  F(cuDeviceGetName, 2000, (char *name, int length, DeviceHandle device))      \
  F(cuDeviceTotalMem, 3020, (std::size_t *bytes, DeviceHandle device))         \
  F(cuDeviceGetAttribute, 2000,                                                \
    (int *value, DeviceAttribute attribute, DeviceHandle device))              \
  F(cuDevicePrimaryCtxRetain, 7000,                                            \
    (ContextHandle *context, DeviceHandle device))                             \
  F(cuCtxGetCurrent, 4000, (ContextHandle *context))                           \
  F(cuCtxPushCurrent, 4000, (ContextHandle context))                           \
  F(cuCtxPopCurrent, 4000, (ContextHandle *context))                           \
  F(cuCtxSynchronize, 2000, ())                                                \
  F(cuMemAlloc, 3020, (DevicePointer *pointer, std::size_t bytes))             \
  F(cuMemFree, 3020, (DevicePointer pointer))                                  \
  F(cuMemHostAlloc, 2020,                                                      \
    (void **memory, std::size_t bytes, unsigned flags))                        \
  F(cuMemHostGetDevicePointer, 3020,                                           \
    (DevicePointer *pointer, void *memory, unsigned flags))                    \
  F(cuMemFreeHost, 2000, (void *memory))                                       \
  F(cuMemcpyHtoDAsync, 3020,                                                   \
    (DevicePointer to, const void *from, std::size_t bytes,                    \
     StreamHandle stream))                                                     \
  F(cuMemcpyDtoHAsync, 3020,                                                   \
    (void *to, DevicePointer from, std::size_t bytes, StreamHandle stream))    \
  F(cuMemcpyDtoDAsync, 3020,                                                   \
    (DevicePointer to, DevicePointer from, std::size_t bytes,                  \
     StreamHandle stream))                                                     \
  F(cuMemcpyPeerAsync, 4000,                                                   \
    (DevicePointer to, ContextHandle to_context, DevicePointer from,           \
     ContextHandle from_context, std::size_t bytes, StreamHandle stream))      \
  F(cuMemsetD8Async, 3020,                                                     \
    (DevicePointer to, unsigned char byte, std::size_t count,                  \
     StreamHandle stream))                                                     \
  F(cuStreamCreate, 2000, (StreamHandle *stream, unsigned flags))              \
  F(cuStreamDestroy, 4000, (StreamHandle stream))                              \
  F(cuStreamSynchronize, 2000, (StreamHandle stream))                          \
  F(cuStreamWaitEvent, 3020,                                                   \
    (StreamHandle stream, EventHandle event, unsigned flags))                  \
  F(cuStreamIsCapturing, 10000, (StreamHandle stream, int *status))            \
  F(cuStreamBeginCapture, 10010, (StreamHandle stream, CaptureMode mode))      \
  F(cuStreamEndCapture, 10000, (StreamHandle stream, GraphHandle *graph))      \
  F(cuThreadExchangeStreamCaptureMode, 10010, (CaptureMode *mode))             \
  F(cuGraphGetNodes, 10000,                                                    \
    (GraphHandle graph, GraphNodeHandle *nodes, std::size_t *count))           \
  F(cuGraphInstantiateWithFlags, 11040,                                        \
    (GraphExecHandle *exec, GraphHandle graph, unsigned long long flags))      \
  F(cuGraphExecUpdate, 10020,                                                  \
    (GraphExecHandle exec, GraphHandle graph, GraphNodeHandle *error_node,     \
     int *result))                                                             \
  F(cuGraphLaunch, 10000, (GraphExecHandle exec, StreamHandle stream))         \
  F(cuGraphExecDestroy, 10000, (GraphExecHandle exec))                         \
  F(cuGraphDestroy, 10000, (GraphHandle graph))                                \
  F(cuEventCreate, 2000, (EventHandle *event, unsigned flags))                 \
  F(cuEventDestroy, 4000, (EventHandle event))                                 \
  F(cuEventRecord, 2000, (EventHandle event, StreamHandle stream))             \
  F(cuEventQuery, 2000, (EventHandle event))                                   \
  F(cuEventSynchronize, 2000, (EventHandle event))                             \
  F(cuEventElapsedTime, 2000,                                                  \
    (float *milliseconds, EventHandle begin, EventHandle end))                 \
  F(cuModuleLoadDataEx, 2010,                                                  \
    (ModuleHandle *module, const void *image, unsigned count,                  \
     JitOption *options, void **values))                                       \
  F(cuModuleUnload, 2000, (ModuleHandle module))                               \
  F(cuModuleGetFunction, 2000,                                                 \
    (FunctionHandle *function, ModuleHandle module, const char *name))         \
  F(cuModuleGetGlobal, 3020,                                                   \
    (DevicePointer *pointer, std::size_t *bytes, ModuleHandle module,          \
     const char *name))                                                        \
  F(cuFuncGetAttribute, 2020,                                                  \
    (int *value, FunctionAttribute attribute, FunctionHandle function))        \
  F(cuFuncSetAttribute, 9000,                                                  \
    (FunctionHandle function, FunctionAttribute attribute, int value))         \
  F(cuOccupancyMaxActiveBlocksPerMultiprocessor, 6050,                         \
    (int *blocks, FunctionHandle function, int threads,                        \
     std::size_t shared_bytes))                                                \
  F(cuLaunchKernel, 4000,                                                      \
    (FunctionHandle function, unsigned grid_x, unsigned grid_y,                \
     unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,    \
     unsigned shared_bytes, StreamHandle stream, void **parameters,            \
     void **extra))

// Those that an older driver may lack: null there.
#define GIRIH_OPTIONAL_DRIVER_FUNCTIONS(F)                                     \
  F(cuLaunchKernelEx, 11060,                                                   \
    (const LaunchConfig *config, FunctionHandle function, void **parameters,   \
     void **extra))                                                            \
  F(cuStreamGetCaptureInfo, 12030,                                             \
    (StreamHandle stream, int *status, unsigned long long *id,                 \
     GraphHandle *graph, const GraphNodeHandle **ahead, const void **edges,    \
     std::size_t *count))                                                      \
  F(cuTensorMapEncodeTiled, 12000,                                             \
    (TensorMap *map, TensorMapType type, std::uint32_t rank, void *address,    \
     const std::uint64_t *sizes, const std::uint64_t *strides,                 \
     const std::uint32_t *box, const std::uint32_t *element_strides,           \
     TensorMapInterleave interleave, TensorMapSwizzle swizzle,                 \
     TensorMapPromotion promotion, TensorMapFill fill))
// clang-format on

/// The driver's functions. Tests swap in a table of their own.
struct DriverTable {
#define GIRIH_MEMBER(name, version, arguments)                                 \
  Result(*name) arguments = nullptr;
  GIRIH_DRIVER_FUNCTIONS(GIRIH_MEMBER)
  GIRIH_OPTIONAL_DRIVER_FUNCTIONS(GIRIH_MEMBER)
#undef GIRIH_MEMBER
};

} // namespace girih::cuda

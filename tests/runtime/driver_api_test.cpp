// SPDX-License-Identifier: Apache-2.0
// Our declarations of the driver's interface against those of cuda.h. The only
// place that includes it, and only where the build has found one.
#include "girih/runtime/cuda/driver_api.h"
#include "girih/runtime/cuda/nvrtc_api.h"

#include <gtest/gtest.h>

#ifdef GIRIH_HAVE_CUDA_H
#include <cuda.h>
#include <cudaTypedefs.h>
#include <nvrtc.h>

#include <array>
#include <type_traits>

namespace {

/// What the calling convention sees of a type.
enum class Kind { pointer, integer, none };
struct Shape {
  Kind kind = Kind::none;
  std::size_t size = 0;
  bool operator==(const Shape &) const = default;
};

template <class T> constexpr Shape shape_of() {
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return {std::is_pointer_v<T> ? Kind::pointer : Kind::integer, sizeof(T)};
}

template <class F> struct Signature;
template <class R, class... A> struct Signature<R (*)(A...)> {
  static constexpr std::array shapes{shape_of<R>(), shape_of<A>()...};
  // One level further: an `int *` must not be taken for a `size_t *`, unless it
  // points to a handle, which they declare as pointers to unknown structs.
  static constexpr std::array<std::size_t, sizeof...(A) + 1> pointees{
      0, [] {
        using P = std::remove_pointer_t<A>;
        if constexpr (std::is_pointer_v<A> && !std::is_void_v<P> &&
                      requires { sizeof(P); })
          return sizeof(P);
        else
          return std::size_t{0};
      }()...};
};

// The names are macros of cuda.h: ## keeps them from being expanded.
#define GIRIH_COMPARE(name, version, arguments)                                \
  TEST(DriverApi, name##_##version) {                                          \
    using Ours = girih::cuda::Result(*) arguments;                             \
    using Theirs = PFN_##name##_v##version;                                    \
    EXPECT_EQ(Signature<Ours>::shapes, Signature<Theirs>::shapes);             \
    for (std::size_t at = 0; at < Signature<Ours>::pointees.size(); ++at) {    \
      const std::size_t ours = Signature<Ours>::pointees[at];                  \
      const std::size_t theirs = Signature<Theirs>::pointees[at];              \
      EXPECT_TRUE(ours == 0 || theirs == 0 || ours == theirs) << at;           \
    }                                                                          \
  }
using girih::cuda::CaptureMode;
using girih::cuda::ContextHandle;
using girih::cuda::DeviceAttribute;
using girih::cuda::DeviceHandle;
using girih::cuda::DevicePointer;
using girih::cuda::EventHandle;
using girih::cuda::FunctionAttribute;
using girih::cuda::FunctionHandle;
using girih::cuda::GraphExecHandle;
using girih::cuda::GraphHandle;
using girih::cuda::GraphNodeHandle;
using girih::cuda::JitOption;
using girih::cuda::LaunchConfig;
using girih::cuda::ModuleHandle;
using girih::cuda::Result;
using girih::cuda::StreamHandle;
using girih::cuda::TensorMap;
using girih::cuda::TensorMapFill;
using girih::cuda::TensorMapInterleave;
using girih::cuda::TensorMapPromotion;
using girih::cuda::TensorMapSwizzle;
using girih::cuda::TensorMapType;
GIRIH_DRIVER_FUNCTIONS(GIRIH_COMPARE)
GIRIH_OPTIONAL_DRIVER_FUNCTIONS(GIRIH_COMPARE)

#define GIRIH_COMPARE_NVRTC(name, arguments)                                   \
  TEST(NvrtcApi, name) {                                                       \
    using Ours = girih::cuda::NvrtcResult(*) arguments;                        \
    EXPECT_EQ(Signature<Ours>::shapes, Signature<decltype(&::name)>::shapes);  \
  }
using girih::cuda::NvrtcProgram;
GIRIH_NVRTC_FUNCTIONS(GIRIH_COMPARE_NVRTC)

TEST(NvrtcApi, Results) {
  EXPECT_EQ(girih::cuda::nvrtc_success, int(NVRTC_SUCCESS));
  EXPECT_EQ(girih::cuda::nvrtc_compilation, int(NVRTC_ERROR_COMPILATION));
}

TEST(DriverApi, LaunchStructures) {
  using Config = girih::cuda::LaunchConfig;
  using Attribute = girih::cuda::LaunchAttribute;
  EXPECT_EQ(sizeof(Config), sizeof(CUlaunchConfig));
  EXPECT_EQ(offsetof(Config, block_x), offsetof(CUlaunchConfig, blockDimX));
  EXPECT_EQ(offsetof(Config, shared_bytes),
            offsetof(CUlaunchConfig, sharedMemBytes));
  EXPECT_EQ(offsetof(Config, stream), offsetof(CUlaunchConfig, hStream));
  EXPECT_EQ(offsetof(Config, attributes), offsetof(CUlaunchConfig, attrs));
  EXPECT_EQ(offsetof(Config, attribute_count),
            offsetof(CUlaunchConfig, numAttrs));
  EXPECT_EQ(sizeof(Attribute), sizeof(CUlaunchAttribute));
  EXPECT_EQ(offsetof(Attribute, programmatic_serialization),
            offsetof(CUlaunchAttribute,
                     value.programmaticStreamSerializationAllowed));
  EXPECT_EQ(int(girih::cuda::launch_programmatic_serialization),
            int(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION));
}

TEST(DriverApi, TensorMaps) {
  using namespace girih;
  EXPECT_EQ(sizeof(cuda::TensorMap), sizeof(CUtensorMap));
  EXPECT_EQ(alignof(cuda::TensorMap), 64u); // theirs says so in newer C++ only
  EXPECT_EQ(int(cuda::tensor_map_u8), int(CU_TENSOR_MAP_DATA_TYPE_UINT8));
  EXPECT_EQ(int(cuda::tensor_map_u16), int(CU_TENSOR_MAP_DATA_TYPE_UINT16));
  EXPECT_EQ(int(cuda::tensor_map_u32), int(CU_TENSOR_MAP_DATA_TYPE_UINT32));
  EXPECT_EQ(int(cuda::tensor_map_u64), int(CU_TENSOR_MAP_DATA_TYPE_UINT64));
  EXPECT_EQ(int(cuda::tensor_map_swizzle_none),
            int(CU_TENSOR_MAP_SWIZZLE_NONE));
  EXPECT_EQ(int(cuda::tensor_map_swizzle_32), int(CU_TENSOR_MAP_SWIZZLE_32B));
  EXPECT_EQ(int(cuda::tensor_map_swizzle_64), int(CU_TENSOR_MAP_SWIZZLE_64B));
  EXPECT_EQ(int(cuda::tensor_map_swizzle_128), int(CU_TENSOR_MAP_SWIZZLE_128B));
  EXPECT_EQ(int(cuda::tensor_map_interleave_none),
            int(CU_TENSOR_MAP_INTERLEAVE_NONE));
  EXPECT_EQ(int(cuda::tensor_map_l2_256_bytes),
            int(CU_TENSOR_MAP_L2_PROMOTION_L2_256B));
  EXPECT_EQ(int(cuda::tensor_map_fill_zeros),
            int(CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE));
}

TEST(DriverApi, CaptureConstants) {
  using namespace girih;
  EXPECT_EQ(int(cuda::error_capture_unsupported),
            int(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED));
  EXPECT_EQ(int(cuda::error_capture_invalidated),
            int(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED));
  EXPECT_EQ(int(cuda::error_capture_unjoined),
            int(CUDA_ERROR_STREAM_CAPTURE_UNJOINED));
  EXPECT_EQ(int(cuda::error_capture_wrong_thread),
            int(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD));
  EXPECT_EQ(int(cuda::capture_global), int(CU_STREAM_CAPTURE_MODE_GLOBAL));
  EXPECT_EQ(int(cuda::capture_thread_local),
            int(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  EXPECT_EQ(int(cuda::capture_relaxed), int(CU_STREAM_CAPTURE_MODE_RELAXED));
}

TEST(DriverApi, Constants) {
  using namespace girih;
  EXPECT_EQ(int(cuda::error_out_of_memory), int(CUDA_ERROR_OUT_OF_MEMORY));
  EXPECT_EQ(int(cuda::error_not_initialized), int(CUDA_ERROR_NOT_INITIALIZED));
  EXPECT_EQ(int(cuda::error_deinitialized), int(CUDA_ERROR_DEINITIALIZED));
  EXPECT_EQ(int(cuda::error_no_device), int(CUDA_ERROR_NO_DEVICE));
  EXPECT_EQ(int(cuda::error_invalid_image), int(CUDA_ERROR_INVALID_IMAGE));
  EXPECT_EQ(int(cuda::error_no_binary), int(CUDA_ERROR_NO_BINARY_FOR_GPU));
  EXPECT_EQ(int(cuda::error_invalid_ptx), int(CUDA_ERROR_INVALID_PTX));
  EXPECT_EQ(int(cuda::error_unsupported_ptx),
            int(CUDA_ERROR_UNSUPPORTED_PTX_VERSION));
  EXPECT_EQ(int(cuda::error_not_ready), int(CUDA_ERROR_NOT_READY));
  EXPECT_EQ(int(cuda::error_assert), int(CUDA_ERROR_ASSERT));
  EXPECT_EQ(int(cuda::attribute_multiprocessors),
            int(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
  EXPECT_EQ(int(cuda::attribute_l2_bytes),
            int(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE));
  EXPECT_EQ(int(cuda::attribute_major),
            int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR));
  EXPECT_EQ(int(cuda::attribute_minor),
            int(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
  EXPECT_EQ(int(cuda::attribute_shared_optin),
            int(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN));
  EXPECT_EQ(int(cuda::function_max_threads),
            int(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
  EXPECT_EQ(int(cuda::function_shared_bytes),
            int(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES));
  EXPECT_EQ(int(cuda::function_local_bytes),
            int(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES));
  EXPECT_EQ(int(cuda::function_registers), int(CU_FUNC_ATTRIBUTE_NUM_REGS));
  EXPECT_EQ(int(cuda::function_max_dynamic_shared),
            int(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES));
  EXPECT_EQ(int(cuda::jit_info_log_buffer), int(CU_JIT_INFO_LOG_BUFFER));
  EXPECT_EQ(int(cuda::jit_info_log_bytes),
            int(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES));
  EXPECT_EQ(int(cuda::jit_error_log_buffer), int(CU_JIT_ERROR_LOG_BUFFER));
  EXPECT_EQ(int(cuda::jit_error_log_bytes),
            int(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES));
  EXPECT_EQ(int(cuda::jit_log_verbose), int(CU_JIT_LOG_VERBOSE));
  EXPECT_EQ(unsigned(cuda::event_disable_timing),
            unsigned(CU_EVENT_DISABLE_TIMING));
  EXPECT_EQ(cuda::stream_legacy(), static_cast<void *>(CU_STREAM_LEGACY));
  EXPECT_EQ(unsigned(cuda::stream_non_blocking),
            unsigned(CU_STREAM_NON_BLOCKING));
  EXPECT_EQ(cuda::proc_legacy_stream,
            std::uint64_t(CU_GET_PROC_ADDRESS_LEGACY_STREAM));
  EXPECT_EQ(cuda::launch_buffer_pointer(), CU_LAUNCH_PARAM_BUFFER_POINTER);
  EXPECT_EQ(cuda::launch_buffer_size(), CU_LAUNCH_PARAM_BUFFER_SIZE);
  EXPECT_EQ(cuda::launch_end(), CU_LAUNCH_PARAM_END);
}

} // namespace
#else
TEST(DriverApi, Declarations) {
  GTEST_SKIP() << "no cuda.h was found when this was built";
}
#endif

// SPDX-License-Identifier: Apache-2.0
// Mistakes with kernels in CUDA C++ and with DLPack tensors, on a fake GPU.
#include "expect_error.h"

#include "girih/girih.h"
#include "girih/runtime/cuda/nvrtc_compiler.h"
#include "girih/tests/runtime/fake_driver.h"

namespace girih::testing {
namespace {

/// An NVRTC that takes no source, or none at all.
cuda::NvrtcLookup nvrtc_that(bool exists) {
  static const cuda::NvrtcTable table = [] {
    cuda::NvrtcTable made;
    made.nvrtcCreateProgram = [](cuda::NvrtcProgram *, const char *,
                                 const char *, int, const char *const *,
                                 const char *const *) { return 3; };
    made.nvrtcGetErrorString = [](cuda::NvrtcResult) { return "no"; };
    return made;
  }();
  cuda::NvrtcLookup lookup;
  if (exists)
    lookup.table = &table;
  else
    lookup.reason = "no libnvrtc: looked for /nowhere";
  return lookup;
}

TEST(RuntimeCudaKernelErrors, NoNvrtc) {
  const FakeDriver driver;
  const cuda::ScopedNvrtc none(nvrtc_that(false));
  const CudaKernel kernel = cuda_kernel("", "k");
  expect_error(ErrorId::nvrtc_missing, [&] { AT, kernel({}, 1); });
}

TEST(RuntimeCudaKernelErrors, SourceThatDoesNotCompile) {
  const FakeDriver driver;
  const cuda::ScopedNvrtc refusing(nvrtc_that(true));
  // The line of the source, not that of the call.
  expect_error(ErrorId::nvrtc, [&] {
    const CudaKernel kernel = (AT, cuda_kernel("", "k"));
    kernel({}, 1);
  });
}

TEST(RuntimeCudaKernelErrors, OnTheHost) {
  const CudaKernel kernel = cuda_kernel("", "k");
  const Array array = Array::zeros({4}, f32, host_device);
  expect_error(ErrorId::device, [&] { AT, kernel({}, array); });
}

TEST(RuntimeDlpackErrors, NullAndReadOnly) {
  expect_error(ErrorId::argument, [] {
    Array::from_dlpack(static_cast<DLManagedTensor *>(nullptr));
  });
  const Array array = Array::zeros({4}, f32, host_device).as_read_only();
  expect_error(ErrorId::dlpack, [&] { array.to_dlpack(); });
}

} // namespace
} // namespace girih::testing

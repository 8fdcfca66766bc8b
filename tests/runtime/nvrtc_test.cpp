// SPDX-License-Identifier: Apache-2.0
// Kernels in CUDA C++: looking for NVRTC, compiling by a fake one and, where it
// is found, by the real one; arguments and launches on the fake GPU.
#include "error_text.h"
#include "fake_driver.h"
#include "fake_toolchain.h"

#include "girih/girih.h"
#include "girih/runtime/cuda/nvrtc_compiler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace girih {
namespace {

using testing::error_of;
using testing::FakeDevice;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::has;
using testing::ScopedEnv;
using testing::TemporaryFolder;
using Origin = KernelReport::Origin;
using Parameter = StoredKernel::Parameter;
using Values = std::vector<double>;

/// A compiler whose "source" is the PTX that it gives; `bad` in it is an error.
struct FakeNvrtc {
  static inline std::atomic<int> compiles{0};
  static inline std::vector<std::string> options;

  struct Program {
    std::string source, log, name;
  };
  static Program &of(cuda::NvrtcProgram program) {
    return *static_cast<Program *>(program);
  }
  static std::string cubin(cuda::NvrtcProgram program) {
    return "CUBIN of " + of(program).source;
  }

  FakeNvrtc() : scope(lookup()) { compiles = 0; }

  static cuda::NvrtcLookup lookup() {
    cuda::NvrtcLookup found;
    found.table = &table();
    found.version = 13000;
    return found;
  }
  static const cuda::NvrtcTable &table();
  cuda::ScopedNvrtc scope;
};

int fake_create(cuda::NvrtcProgram *program, const char *source, const char *,
                int, const char *const *, const char *const *) {
  *program = new FakeNvrtc::Program{source, "", ""};
  return 0;
}

int fake_compile(cuda::NvrtcProgram program, int count,
                 const char *const *options) {
  ++FakeNvrtc::compiles;
  FakeNvrtc::options.assign(options, options + count);
  FakeNvrtc::Program &own = FakeNvrtc::of(program);
  if (!has(own.source, "bad"))
    return 0;
  own.log = "kernel.cu(1): warning: odd\nkernel.cu(3): error: bad code\n";
  return cuda::nvrtc_compilation;
}

template <auto Text>
int fake_size(cuda::NvrtcProgram program, std::size_t *bytes) {
  *bytes = Text(program).size() + 1;
  return 0;
}

template <auto Text> int fake_text(cuda::NvrtcProgram program, char *out) {
  const std::string text = Text(program);
  std::copy_n(text.c_str(), text.size() + 1, out);
  return 0;
}

std::string log_of(cuda::NvrtcProgram program) {
  return FakeNvrtc::of(program).log;
}
std::string ptx_of(cuda::NvrtcProgram program) {
  return FakeNvrtc::of(program).source;
}

const cuda::NvrtcTable &FakeNvrtc::table() {
  static const cuda::NvrtcTable made = [] {
    cuda::NvrtcTable table;
    table.nvrtcCreateProgram = fake_create;
    table.nvrtcCompileProgram = fake_compile;
    table.nvrtcDestroyProgram = [](cuda::NvrtcProgram *program) {
      delete &of(*program);
      return 0;
    };
    table.nvrtcAddNameExpression = [](cuda::NvrtcProgram program,
                                      const char *name) {
      of(program).name = name;
      return 0;
    };
    table.nvrtcGetLoweredName = [](cuda::NvrtcProgram program, const char *,
                                   const char **name) {
      *name = of(program).name.c_str();
      return 0;
    };
    table.nvrtcGetProgramLogSize = fake_size<log_of>;
    table.nvrtcGetProgramLog = fake_text<log_of>;
    table.nvrtcGetPTXSize = fake_size<ptx_of>;
    table.nvrtcGetPTX = fake_text<ptx_of>;
    table.nvrtcGetCUBINSize = fake_size<cubin>;
    table.nvrtcGetCUBIN = fake_text<cubin>;
    table.nvrtcGetErrorString = [](cuda::NvrtcResult) {
      return "NVRTC_ERROR_FAKE";
    };
    return table;
  }();
  return made;
}

constexpr const char *scale_ptx =
    ".visible .entry scale(\n"
    "  .param .u64 .ptr .align 1 scale_param_0,\n"
    "  .param .f32 scale_param_1,\n"
    "  .param .align 8 .b8 scale_param_2[16],\n"
    "  .param .u32 scale_param_3\n)\n{\nret;\n}\n";

TEST(PtxParameters, SizesAndAlignments) {
  EXPECT_EQ(cuda::parse_parameters(scale_ptx, "scale"),
            (std::vector<Parameter>{{8, 8}, {4, 4}, {16, 8}, {4, 4}}));
  EXPECT_TRUE(cuda::parse_parameters(scale_ptx, "scal").empty());
  EXPECT_TRUE(cuda::parse_parameters(".entry k()\n{}", "k").empty());
  EXPECT_TRUE(cuda::parse_parameters(".entry k\n{}", "k").empty());
  const std::string two = ".entry kk(.param .u8 a)\n{}\n.entry k(.param .b16 a,"
                          ".param .s64 b,.param .align 4 .b8 c[12])";
  EXPECT_EQ(cuda::parse_parameters(two, "k"),
            (std::vector<Parameter>{{2, 2}, {8, 8}, {12, 4}}));
  EXPECT_EQ(cuda::parse_parameters(two, "kk"),
            (std::vector<Parameter>{{1, 1}}));
}

TEST(NvrtcLookup, SaysWhereItLooked) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/libnvrtc.so") << "not a library";
  {
    const ScopedEnv chosen("GIRIH_NVRTC", folder.path() + "/libnvrtc.so");
    const cuda::NvrtcLookup found = cuda::open_nvrtc();
    EXPECT_EQ(found.table, nullptr);
    EXPECT_TRUE(has(found.reason, folder.path() + "/libnvrtc.so"))
        << found.reason;
  }
  {
    const ScopedEnv off("GIRIH_NVRTC", "off");
    EXPECT_EQ(cuda::open_nvrtc().reason, "GIRIH_NVRTC is off");
  }
  // A library that is something else.
  const ScopedEnv other("GIRIH_NVRTC", "libm.so.6");
  EXPECT_TRUE(has(cuda::open_nvrtc().reason, "libm.so.6 is not NVRTC"));
}

TEST(NvrtcLookup, HomeComesFirst) {
  const TemporaryFolder folder;
  const ScopedEnv home("CUDA_HOME", folder.path());
  const cuda::NvrtcLookup found = cuda::open_nvrtc();
  if (!found.table)
    EXPECT_LT(found.reason.find(folder.path() + "/lib64/libnvrtc.so.13"),
              found.reason.find(" libnvrtc.so.13"));
}

struct CudaKernels : ::testing::Test {
  FakeDriver driver{{FakeDevice{}, FakeDevice{}}};
  FakeToolchain toolchain; // no disk cache
  FakeNvrtc nvrtc;
  const CudaKernel scale = cuda_kernel(scale_ptx, "scale");
  const Array x = Array::from(Values{1, 2, 3}, {3}, f32, cuda_device());
  struct Pair {
    std::int64_t first = 0, second = 0;
  };
};

TEST_F(CudaKernels, PacksArgumentsAsTheKernelTakesThem) {
  scale({.blocks = {3, 2}, .threads = {32, 4}, .shared_bytes = 1024}, x, 2.5f,
        Pair{7, 8}, 9);
  ASSERT_EQ(driver.launches().size(), 1u);
  const testing::FakeLaunch launch = driver.launches()[0];
  EXPECT_EQ(launch.entry, "scale");
  EXPECT_EQ(launch.programs, 3u);
  EXPECT_EQ(launch.grid_y, 2u);
  EXPECT_EQ(launch.threads, 32u);
  EXPECT_EQ(launch.block_y, 4u);
  EXPECT_EQ(launch.shared_bytes, 1024u);
  ASSERT_EQ(launch.bytes.size(), 36u);
  const auto at = [&]<class T>(std::size_t offset, T value) {
    std::memcpy(&value, launch.bytes.data() + offset, sizeof value);
    return value;
  };
  EXPECT_EQ(at(0, static_cast<void *>(nullptr)), x.data());
  EXPECT_EQ(at(8, 0.0f), 2.5f);
  EXPECT_EQ(at(16, std::int64_t{0}), 7);
  EXPECT_EQ(at(24, std::int64_t{0}), 8);
  EXPECT_EQ(at(32, 0), 9);
}

TEST_F(CudaKernels, CompiledOnceForAllThreadsAndLoadedOnEachDevice) {
  {
    std::vector<std::jthread> threads;
    for (int at = 0; at < 6; ++at)
      threads.emplace_back([&, at] {
        const Array own = Array::from(Values{1}, {1}, f32, cuda_device(at % 2));
        for (int round = 0; round < 20; ++round)
          scale({}, own, 1.0f, Pair{}, 1);
      });
  }
  EXPECT_EQ(FakeNvrtc::compiles, 1);
  EXPECT_EQ(driver.count("cuModuleLoadDataEx"), 2);
  EXPECT_EQ(driver.launches().size(), 120u);
}

TEST_F(CudaKernels, OptionsReachNvrtcAndTheKey) {
  const CudaKernel fast = cuda_kernel(scale_ptx, "scale", {"--use_fast_math"});
  fast.prepare(cuda_device());
  EXPECT_EQ(FakeNvrtc::options,
            (std::vector<std::string>{"--gpu-architecture=sm_90a",
                                      "--use_fast_math"}));
  scale.prepare(cuda_device());
  EXPECT_EQ(FakeNvrtc::compiles, 2);
}

TEST(CudaKernelCache, WarmDiskNeverCompiles) {
  const TemporaryFolder folder;
  FakeDriver driver;
  const FakeNvrtc nvrtc;
  for (const Origin origin : {Origin::compiled, Origin::disk}) {
    FakeToolchain toolchain(nullptr, folder.path() + "/cache");
    const CudaKernel scale = cuda_kernel(scale_ptx, "scale");
    EXPECT_EQ(scale.prepare(cuda_device()).origin, origin);
    const Array x = Array::zeros({1}, f32, cuda_device());
    scale({}, x, 1.0f, CudaKernels::Pair{}, 1); // parameters are known
  }
  EXPECT_EQ(FakeNvrtc::compiles, 1);
}

TEST_F(CudaKernels, TheDriverAssemblesWhatItCannotLoad) {
  driver.fail("cuModuleLoadDataEx", 1, cuda::error_no_binary);
  scale({}, x, 1.0f, Pair{}, 1);
  EXPECT_EQ(FakeNvrtc::compiles, 2); // the second time to PTX
  EXPECT_EQ(driver.launches().size(), 1u);
}

TEST_F(CudaKernels, ErrorsCarryTheLog) {
  const CudaKernel bad = cuda_kernel("bad", "scale", {"--odd"});
  const std::string text = error_of(ErrorId::nvrtc, [&] { bad({}, x); });
  EXPECT_TRUE(has(text, "kernel scale does not compile for sm_90a: "
                        "kernel.cu(3): error: bad code"))
      << text;
  EXPECT_TRUE(has(text, "kernel.cu(1): warning: odd")) << text;
  EXPECT_TRUE(has(text, "its options were --odd")) << text;
  EXPECT_TRUE(has(text, "nvrtc_test.cpp:")) << text;
  EXPECT_TRUE(has(text, "in this call of kernel scale")) << text;
  error_of(ErrorId::nvrtc, [&] { bad({}, x); });
  EXPECT_EQ(FakeNvrtc::compiles, 2); // tried again
}

TEST_F(CudaKernels, WithoutNvrtc) {
  cuda::NvrtcLookup none;
  none.reason = "no libnvrtc: looked for /here, /there";
  const cuda::ScopedNvrtc scope(none);
  const std::string text =
      error_of(ErrorId::nvrtc_missing, [&] { scale({}, x, 1.0f, Pair{}, 1); });
  EXPECT_TRUE(has(text, "looked for /here, /there")) << text;
  EXPECT_TRUE(has(text, "GIRIH_NVRTC")) << text;
  EXPECT_TRUE(has(text, "nvrtc_test.cpp:")) << text;
}

TEST_F(CudaKernels, Mistakes) {
  const auto refuse = [&](ErrorId id, const char *part, auto call) {
    const std::string text = error_of(id, call);
    EXPECT_TRUE(has(text, part)) << text;
    EXPECT_TRUE(has(text, "nvrtc_test.cpp:")) << text;
  };
  refuse(ErrorId::argument, "it has 4 parameters but got 2 arguments",
         [&] { scale({}, x, 1.0f); });
  refuse(ErrorId::argument, "argument 1 has 8 bytes, the parameter 4",
         [&] { scale({}, x, 1.0, Pair{}, 1); });
  refuse(ErrorId::argument, "(the pointer of an Array)",
         [&] { scale({}, x, x, Pair{}, 1); });
  refuse(ErrorId::argument, "2048 threads a block",
         [&] { scale({.threads = {2048}}, x, 1.0f, Pair{}, 1); });
  refuse(ErrorId::argument, "at least one block",
         [&] { scale({.blocks = {0}}, x, 1.0f, Pair{}, 1); });
  refuse(ErrorId::argument, "bytes of dynamic shared memory",
         [&] { scale({.shared_bytes = 1 << 20}, x, 1.0f, Pair{}, 1); });
  refuse(ErrorId::argument, "griddepcontrol.wait",
         [&] { scale({.pdl = true}, x, 1.0f, Pair{}, 1); });
  refuse(ErrorId::device, "runs on a GPU, not on host", [&] {
    scale({}, Array::zeros({1}, f32, host_device), 1.0f, Pair{}, 1);
  });
  refuse(ErrorId::device, "argument 1 is on cuda:1", [&] {
    scale({}, x, Array::zeros({1}, f32, cuda_device(1)), Pair{}, 1);
  });
  refuse(ErrorId::device, "the stream is of cuda:1", [&] {
    scale({.stream = Stream::create(cuda_device(1))}, x, 1.0f, Pair{}, 1);
  });
  EXPECT_TRUE(driver.launches().empty());
}

TEST_F(CudaKernels, InGraphsAndByDependentLaunch) {
  const std::string ptx = std::string(scale_ptx) + "griddepcontrol.wait;";
  const CudaKernel waits = cuda_kernel(ptx, "scale");
  const Stream stream = Stream::create(cuda_device());
  Graph graph;
  {
    const Array mine = Array::zeros({1}, f32, cuda_device());
    graph = Graph::capture(
        stream, [&] { waits({.pdl = true}, mine, 1.0f, Pair{}, 1); });
  }
  EXPECT_TRUE(driver.launches().empty());
  graph.launch(stream);
  ASSERT_EQ(driver.launches().size(), 1u);
  EXPECT_TRUE(driver.launches()[0].programmatic);
  EXPECT_EQ(driver.launches()[0].stream, stream.native());
}

TEST_F(CudaKernels, AStickyErrorNamesKernelAndLine) {
  scale({}, x, 1.0f, Pair{}, 1);
  driver.fail("cuCtxSynchronize", 1, 700);
  const std::string text =
      error_of(ErrorId::cuda, [&] { synchronize(cuda_device()); });
  EXPECT_TRUE(has(text, "scale (")) << text;
  EXPECT_TRUE(has(text, "nvrtc_test.cpp:")) << text;
}

// The real one, where there is one: it needs no GPU.

constexpr const char *source = R"(
#include <cuda_fp16.h>
namespace n {
template <class T> __global__ void axpy(T *y, const T *x, T a, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = a * x[i] + y[i];
}
}
extern "C" __global__ void later(float *y) {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
  y[threadIdx.x] = 1;
}
)";

struct RealNvrtc : ::testing::Test {
  const cuda::NvrtcLookup lookup = cuda::open_nvrtc();
  void SetUp() override {
    if (!lookup.table)
      GTEST_SKIP() << lookup.reason;
  }
};

TEST_F(RealNvrtc, CompilesTemplatesToCubinAndPtx) {
  const cuda::CudaSource axpy{source, "n::axpy<float>", {}};
  const StoredKernel cubin = compile_cuda(axpy, "sm_90a", lookup, false);
  EXPECT_EQ(cubin.form, StoredKernel::Form::cubin);
  EXPECT_TRUE(cubin.code.starts_with("\x7f"
                                     "ELF"));
  EXPECT_TRUE(has(cubin.entry, "axpy")) << cubin.entry;
  EXPECT_EQ(cubin.parameters,
            (std::vector<Parameter>{{8, 8}, {8, 8}, {4, 4}, {4, 4}}));
  EXPECT_FALSE(cubin.pdl);
  const StoredKernel ptx =
      compile_cuda({source, "n::axpy<__half>", {}}, "sm_80", lookup, true);
  EXPECT_TRUE(has(ptx.code, ".target sm_80")) << ptx.code.substr(0, 200);
  EXPECT_EQ(ptx.parameters,
            (std::vector<Parameter>{{8, 8}, {8, 8}, {2, 2}, {4, 4}}));
}

TEST_F(RealNvrtc, FindsTheWait) {
  const cuda::CudaSource later{source, "later", {}};
  EXPECT_TRUE(compile_cuda(later, "sm_90a", lookup, true).pdl);
  EXPECT_EQ(compile_cuda(later, "sm_90a", lookup, true).entry, "later");
}

TEST_F(RealNvrtc, ErrorsCarryTheLog) {
  const std::string text = error_of(ErrorId::nvrtc, [&] {
    compile_cuda({"__global__ void k(int *p) {\n  *p = q;\n}", "k", {}},
                 "sm_90a", lookup, false);
  });
  EXPECT_TRUE(has(text, "kernel.cu(2): error:")) << text;
  EXPECT_TRUE(has(text, "\"q\" is undefined")) << text;
  const std::string name = error_of(ErrorId::nvrtc, [&] {
    compile_cuda({source, "nothing_of_that_name", {}}, "sm_90a", lookup, false);
  });
  EXPECT_TRUE(has(name, "nothing_of_that_name")) << name;
  error_of(ErrorId::nvrtc, [&] {
    compile_cuda({source, "later", {"--no-such-option"}}, "sm_90a", lookup,
                 false);
  });
}

} // namespace
} // namespace girih

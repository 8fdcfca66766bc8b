// SPDX-License-Identifier: Apache-2.0
// Assertions that fail on a GPU, over the fake driver: the kernel leaves its
// record in host memory, then every call of the driver gives the same error.
#include "fake_driver.h"
#include "fake_toolchain.h"
#include "test_kernels.h"

#include "girih/compiler/assert_record.h"
#include "girih/runtime/event.h"
#include "girih/runtime/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace girih {
namespace {

using compiler::assert_variable;
using compiler::AssertRecord;
using testing::add_config;
using testing::FakeDriver;
using testing::FakeToolchain;
using testing::make_add;
using testing::ScopedEnv;
using Values = std::vector<double>;

template <class Call> std::string error_of(ErrorId id, Call run) {
  try {
    run();
  } catch (const RuntimeError &error) {
    EXPECT_EQ(error.id(), id) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

/// As a kernel does it.
void fill(AssertRecord &record, std::vector<std::int64_t> lane,
          const std::string &file, const std::string &message) {
  const std::string text = file + '\0' + message;
  std::memcpy(record.text, text.data(),
              std::min(text.size() + 1, sizeof(record.text)));
  record.line = 17;
  record.program = 3;
  record.rank = static_cast<std::int64_t>(lane.size());
  std::copy_n(lane.begin(), std::min(lane.size(), std::size(record.lane)),
              record.lane);
  record.written = 1;
}

struct GpuAssert : ::testing::Test {
  FakeDriver driver;
  const ScopedEnv ptxas{"GIRIH_PTXAS", "off"};
  FakeToolchain toolchain;
  const Kernel add = make_add();
  const Array x = Array::from(Values{1, 2, 3}, {3}, f32);
  const std::vector<Array> arrays{x, x, Array::zeros({3}, f32)};
  const LaunchOptions options{add_config(), {}};

  GpuAssert() {
    toolchain.code = ".visible .global .align 8 .u64 girih_assert_record;\n"
                     ".visible .entry kernel() {}\n";
  }
  AssertRecord &left() {
    return *reinterpret_cast<AssertRecord *>(driver.variable(assert_variable));
  }
  /// The launch leaves that record; the calls after it fail.
  void fail_with(std::vector<std::int64_t> lane, const std::string &file,
                 const std::string &message, int result = 710) {
    driver.on_kernel("kernel", [=, this](const std::int64_t *, unsigned) {
      fill(left(), lane, file, message);
      for (const char *call : {"cuStreamSynchronize", "cuCtxSynchronize",
                               "cuLaunchKernel", "cuEventSynchronize"})
        driver.fail(call, 1, result, true);
    });
  }
};

TEST_F(GpuAssert, SyncModeTellsLineMessageAndLane) {
  const ScopedEnv env("GIRIH_DEBUG", "sync");
  fail_with({1, 4}, "model.cpp", "small enough");
  const std::string text =
      error_of(ErrorId::device_assert, [&] { add.launch(arrays, options); });
  EXPECT_TRUE(text.starts_with("model.cpp:17: error: [device-assert] kernel "
                               "add: small enough: not so in program 3, lane "
                               "[1, 4]\n"))
      << text;
  EXPECT_TRUE(has(text, "cuStreamSynchronize on cuda:0: FAKE_ERROR (710)"))
      << text;
  EXPECT_TRUE(has(text, "in this call of kernel add")) << text;
  EXPECT_TRUE(has(text, "assert_test.cpp:")) << text;
  EXPECT_TRUE(has(text, "must be restarted")) << text;
}

struct FoundLater : GpuAssert, ::testing::WithParamInterface<int> {};

TEST_P(FoundLater, NamesWhatWasLaunched) {
  fail_with({}, "model.cpp", "the whole is fine", GetParam());
  add.launch(arrays, options);
  for (int round = 0; round < 2; ++round) {
    const std::string text = error_of(ErrorId::device_assert, [&] {
      cuda::gpu(0).check(GetParam(), "cuEventQuery");
    });
    EXPECT_TRUE(has(text, "the whole is fine: not so in program 3\n")) << text;
    EXPECT_TRUE(has(text, "add (")) << text; // what was launched, and where
    EXPECT_TRUE(has(text, "assert_test.cpp:")) << text;
  }
  const std::string later =
      error_of(ErrorId::cuda, [] { Array::empty({4}, f32, cuda_device()); });
  EXPECT_TRUE(has(later, "cannot be used since an earlier error")) << later;
  EXPECT_TRUE(has(later, "model.cpp:17: kernel add: the whole is fine"))
      << later;
}

INSTANTIATE_TEST_SUITE_P(Results, FoundLater, ::testing::Values(710, 719));

TEST_F(GpuAssert, TheNextWaitAndTheNextLaunchTell) {
  fail_with({}, "model.cpp", "fine");
  add.launch(arrays, options);
  error_of(ErrorId::device_assert, [&] { add.launch(arrays, options); });
  error_of(ErrorId::cuda, [] { synchronize(cuda_device()); }); // known by now
}

TEST_F(GpuAssert, OtherErrorsStayWhatTheyAre) {
  add.launch(arrays, options);
  EXPECT_EQ(left().written, 0U);
  driver.fail("cuCtxSynchronize", 1, 700);
  const std::string text =
      error_of(ErrorId::cuda, [] { synchronize(cuda_device()); });
  EXPECT_TRUE(has(text, "add (")) << text;
}

TEST_F(GpuAssert, TheKernelIsTheOneThatFailed) {
  const Kernel other =
      make("other", testing::add_arrangement, testing::add_application);
  add.launch(arrays, options);
  other.prepare(arrays, options); // loaded last: its record is filled
  EXPECT_EQ(driver.live_pinned(), 2U);
  fail_with({2}, "model.cpp", "in order");
  other.launch(arrays, options);
  const std::string text =
      error_of(ErrorId::device_assert, [] { synchronize(cuda_device()); });
  EXPECT_TRUE(has(text, "kernel other: in order: not so in")) << text;
}

TEST_F(GpuAssert, RecordsAreReadWithCare) {
  const ScopedEnv env("GIRIH_DEBUG", "sync");
  // Texts that fill everything, more coordinates than fit, no known line.
  driver.on_kernel("kernel", [this](const std::int64_t *, unsigned) {
    fill(left(), std::vector<std::int64_t>(11, 5), std::string(1000, 'f'), "");
    left().line = 0;
    driver.fail("cuStreamSynchronize", 1, 710, true);
  });
  const std::string text =
      error_of(ErrorId::device_assert, [&] { add.launch(arrays, options); });
  EXPECT_FALSE(has(text, "fff")) << text;
  EXPECT_TRUE(has(text, "lane [5, 5, 5, 5, 5, 5, 5, 5]")) << text;
}

TEST_F(GpuAssert, WithoutAssertionsNothingIsPaid) {
  toolchain.code = ".visible .entry kernel() {}\n";
  add.launch(arrays, options);
  EXPECT_EQ(driver.count("cuModuleGetGlobal"), 0);
  EXPECT_EQ(driver.count("cuMemHostAlloc"), 0);
  // Nor where the name is something else's.
  toolchain.code = "// girih_assert_record\n.visible .entry kernel() {}\n";
  Config config = add_config();
  config.num_stages = 7;
  add.launch(arrays, {config, {}});
  EXPECT_EQ(driver.count("cuModuleGetGlobal"), 1);
  EXPECT_EQ(driver.count("cuMemHostAlloc"), 0);
}

TEST_F(GpuAssert, EveryDriverCallMayFail) {
  int stages = 2;
  for (const char *call :
       {"cuModuleGetGlobal", "cuMemHostAlloc", "cuMemHostGetDevicePointer",
        "cuStreamCreate", "cuMemcpyHtoDAsync", "cuStreamSynchronize"}) {
    Config config = add_config();
    config.num_stages = ++stages; // another kernel each time
    const std::size_t pinned = driver.live_pinned();
    driver.fail(call, 1, cuda::error_out_of_memory);
    const std::string text =
        error_of(ErrorId::cuda, [&] { add.launch(arrays, {config, {}}); });
    EXPECT_TRUE(has(text, call)) << text;
    EXPECT_EQ(driver.live_pinned(), pinned) << call;
    add.launch(arrays, {config, {}}); // and it is tried again
    EXPECT_EQ(driver.live_pinned(), pinned + 1) << call;
  }
  EXPECT_EQ(driver.count("cuStreamDestroy"),
            driver.count("cuStreamCreate") - 1);
}

TEST_F(GpuAssert, TheDeviceMayBeLostMeanwhile) {
  driver.fail("cuMemcpyHtoDAsync", 1, 700, true);
  error_of(ErrorId::cuda, [&] { add.launch(arrays, options); });
  EXPECT_EQ(driver.live_pinned(), 0U);
}

TEST_F(GpuAssert, LoadsInsideACapture) {
  const Graph graph = Graph::capture(Stream::create(cuda_device()),
                                     [&] { add.launch(arrays, options); });
  EXPECT_EQ(driver.live_pinned(), 1U);
  EXPECT_EQ(left().written, 0U);
  fail_with({0}, "model.cpp", "in a graph");
  graph.launch();
  const std::string text =
      error_of(ErrorId::device_assert, [] { synchronize(cuda_device()); });
  EXPECT_TRUE(has(text, "in a graph")) << text;
}

TEST_F(GpuAssert, LinesOfAssertionsArePartOfTheKey) {
  const auto program = [](unsigned line) {
    const Kernel kernel = make(
        "checked",
        [](Tensor a, Tensor b) { return arranged(a.tile({4}), b.tile({4})); },
        [](In a, Out b) {
          device_assert(Tile(a) < 3.f, "small");
          b = a;
        });
    const DType dtypes[] = {f32, f32};
    const int ranks[] = {1, 1};
    Program recorded = record(kernel.source(), dtypes, ranks, {}, Config());
    for (Node &node : recorded.body.nodes)
      node.line.line = node.op == Op::assertion ? line : node.line.line + line;
    return recorded;
  };
  const compiler::Target target = target_of(cuda_device());
  EXPECT_EQ(program(7).to_string(), program(8).to_string());
  EXPECT_NE(key_text(program(7), target, ""), key_text(program(8), target, ""));
  EXPECT_EQ(key_text(program(7), target, ""), key_text(program(7), target, ""));
}

} // namespace
} // namespace girih
